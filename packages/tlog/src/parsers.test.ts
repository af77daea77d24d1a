// SPDX-License-Identifier: Apache-2.0
// Properties of every reader of this package: what is written is read the same, what is read is written the
// same, and no bytes whatever make one throw anything but a TlogError.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { TlogError } from "./error.ts";
import * as tlog from "./index.ts";
import { asHash, fromUtf8, utf8, type Hash, type NoteSignature, type TlogPolicy } from "./index.ts";
import { at } from "./testing/at.ts";
import { testHash } from "./testing/naive.ts";

/** A reader, and the writer that undoes it where there is one. Bytes that are not UTF-8 are not for texts. */
type Reader = {
  name: string;
  read: (bytes: Uint8Array) => unknown;
  /** What was read, written again; equal to the input, unless `isLoose`. */
  write?: (bytes: Uint8Array) => Uint8Array;
  /** Where one meaning has several spellings, the second writing must equal the first. */
  isLoose?: boolean;
  samples: Uint8Array[];
};

/** A policy's, a note's and a proof's checkpoint are opened with these, so that the mutations get deep. */
const vectors = readVectors();

const readers: Reader[] = [
  {
    name: "parseNote",
    read: tlog.parseNote,
    write: (bytes) => {
      const { text, signatures } = tlog.parseNote(bytes);
      return utf8(`${text}\n${signatures.map(tlog.formatSignature).join("")}`);
    },
    samples: vectors.notes,
  },
  { name: "openNote", read: (bytes) => tlog.openNote(bytes, vectors.noteKeys), samples: vectors.notes },
  {
    name: "openCheckpoint",
    read: (bytes) => tlog.openCheckpoint(bytes, vectors.cosignatureKeys),
    samples: vectors.cosignatures,
  },
  {
    name: "parseCheckpoint",
    read: (bytes) => tlog.parseCheckpoint(loose(bytes)),
    write: (bytes) => utf8(tlog.formatCheckpoint(tlog.parseCheckpoint(loose(bytes)))),
    samples: vectors.checkpoints,
  },
  {
    name: "parseVerifierKey",
    read: (bytes) => tlog.parseVerifierKey(loose(bytes)),
    write: (bytes) => utf8(tlog.parseVerifierKey(loose(bytes)).vkey),
    samples: vectors.verifierKeys,
  },
  {
    name: "parseSignerKey",
    read: (bytes) => tlog.parseSignerKey(loose(bytes), () => 1),
    samples: vectors.signerKeys,
  },
  {
    name: "parseProof",
    read: (bytes) => tlog.parseProof(loose(bytes)),
    write: (bytes) => utf8(tlog.formatProof(tlog.parseProof(loose(bytes)))),
    samples: vectors.proofs,
  },
  {
    name: "parsePolicy",
    read: tlog.parsePolicy,
    write: (bytes) => utf8(tlog.formatPolicy(tlog.parsePolicy(bytes))),
    isLoose: true,
    samples: vectors.policies,
  },
  {
    name: "openWithPolicy",
    read: (bytes) => tlog.openWithPolicy(bytes, vectors.judgedPolicy),
    samples: vectors.judgedNotes,
  },
  {
    name: "parseAddCheckpoint",
    read: tlog.parseAddCheckpoint,
    write: (bytes) => tlog.formatAddCheckpoint(tlog.parseAddCheckpoint(bytes)),
    samples: vectors.requests,
  },
  {
    name: "parseSignSubtree",
    read: tlog.parseSignSubtree,
    write: (bytes) => tlog.formatSignSubtree(tlog.parseSignSubtree(bytes)),
    samples: vectors.signSubtrees,
  },
  {
    name: "parseCosignatures",
    read: tlog.parseCosignatures,
    write: (bytes) => tlog.formatCosignatures(tlog.parseCosignatures(bytes)),
    samples: vectors.answers,
  },
  {
    name: "openCosignatures",
    read: (bytes) => tlog.openCosignatures(at(vectors.answered, 0), bytes, vectors.witnessKeys),
    samples: vectors.answers,
  },
  {
    name: "parseTreeSize",
    read: tlog.parseTreeSize,
    write: (bytes) => tlog.formatTreeSize(tlog.parseTreeSize(bytes)),
    samples: ["0\n", "20852014\n", "9007199254740991\n"].map(utf8),
  },
  {
    name: "decodeEntryBundle",
    read: (bytes) => tlog.decodeEntryBundle(bytes, 3),
    write: (bytes) => tlog.encodeEntryBundle(tlog.decodeEntryBundle(bytes, 3)),
    samples: [tlog.encodeEntryBundle(["one", "", "three"].map(utf8))],
  },
  {
    name: "parseTilePath",
    read: (bytes) => tlog.parseTilePath(loose(bytes)),
    write: (bytes) => {
      const path = tlog.parseTilePath(loose(bytes));
      if (path === undefined) throw new TlogError("tile", "no path: told by undefined");
      return utf8(path.kind === "hash" ? tlog.tilePath(path.tile) : tlog.entriesPath(path.index, path.width));
    },
    samples: vectors.paths,
  },
  {
    name: "cosignatureTime",
    read: tlog.cosignatureTime,
    samples: [new Uint8Array(72), new Uint8Array(2_428)],
  },
  {
    name: "decodeBase64",
    read: (bytes) => tlog.decodeBase64(loose(bytes)),
    write: (bytes) => utf8(tlog.encodeBase64(tlog.decodeBase64(loose(bytes)))),
    samples: [utf8(tlog.encodeBase64(testHash(1))), utf8("AAE="), utf8("AA==")],
  },
  {
    name: "decodeBase64Url",
    read: (bytes) => tlog.decodeBase64Url(loose(bytes)),
    write: (bytes) => utf8(tlog.encodeBase64Url(tlog.decodeBase64Url(loose(bytes)))),
    samples: [utf8(tlog.encodeBase64Url(testHash(2))), utf8("AAE"), utf8("AA")],
  },
  {
    name: "decodeHex",
    read: (bytes) => tlog.decodeHex(loose(bytes)),
    write: (bytes) => utf8(tlog.encodeHex(tlog.decodeHex(loose(bytes)))),
    samples: [utf8(tlog.encodeHex(testHash(3)))],
  },
  {
    name: "fromUtf8",
    read: fromUtf8,
    write: (bytes) => utf8(fromUtf8(bytes)),
    samples: [utf8("\u{feff}aé\u{1f332}\0")],
  },
  { name: "asHash", read: asHash, write: (bytes) => asHash(bytes), samples: [testHash(4)] },
];

for (const { name, read, write, isLoose = false, samples } of readers) {
  void test(`${name}: good samples are read, and mutations of them are read or refused`, () => {
    assert.ok(samples.length > 0);
    for (const sample of samples) read(sample);
    const bytes = fc.oneof(
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 90 }) },
      { weight: 6, arbitrary: mutated(samples) },
    );
    fc.assert(
      fc.property(bytes, (bytes) => {
        const isRead = tries(() => read(bytes));
        if (write === undefined) return;
        let written: Uint8Array = new Uint8Array();
        if (!tries(() => (written = write(bytes)))) return;
        assert.ok(isRead);
        assert.deepEqual(
          Uint8Array.from(isLoose ? write(written) : written),
          isLoose ? written : Uint8Array.from(bytes),
        );
      }),
      { numRuns: 250 },
    );
  });
}

const name = fc.string({
  unit: fc.constantFrom("a", "é", ".", "/", "\u{200b}", "-", "0"),
  minLength: 1,
  maxLength: 12,
});
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }) as fc.Arbitrary<Hash>;
const line = fc.record(
  { name, keyId: fc.nat(0xffff_ffff), signature: fc.uint8Array({ minLength: 1, maxLength: 80 }) },
  { noNullPrototype: true },
);
const lines = (minLength: number, maxLength: number): fc.Arbitrary<NoteSignature[]> =>
  fc.uniqueArray(line, { minLength, maxLength, selector: tlog.formatSignature });

void test("a note, an answer and a request that are written are read the same", () => {
  const size = fc.oneof(fc.nat(300), fc.maxSafeNat());
  const checkpoint = fc.record(
    { origin: name, size, root: hash, extensions: fc.constant<string[]>([]) },
    { noNullPrototype: true },
  );
  const request = fc.tuple(size, fc.array(hash, { maxLength: 63 }), checkpoint, lines(1, 8));
  fc.assert(
    fc.property(request, ([oldSize, proof, checkpoint, signatures]) => {
      const text = tlog.formatCheckpoint(checkpoint);
      const note = utf8(`${text}\n${signatures.map(tlog.formatSignature).join("")}`);
      assert.deepEqual(tlog.parseNote(note), { text, signatures });
      assert.deepEqual(tlog.parseCosignatures(tlog.formatCosignatures(signatures)), signatures);
      const add = { oldSize, proof, checkpoint: note };
      assert.deepEqual(tlog.parseAddCheckpoint(tlog.formatAddCheckpoint(add)), add);
      assert.deepEqual(tlog.parseTreeSize(tlog.formatTreeSize(oldSize)), oldSize);
    }),
    { numRuns: 60 },
  );
});

void test("a request to sign a subtree that is written is read the same", () => {
  const range = fc.tuple(fc.nat(40), fc.nat(1_000), fc.nat()).map(([level, index, short]) => {
    const width = 2 ** level - (level > 1 ? short % 2 ** Math.min(level - 1, 30) : 0);
    return { start: index * 2 ** level, end: index * 2 ** level + width };
  });
  fc.assert(
    fc.property(
      range,
      hash,
      lines(0, 8),
      fc.array(hash, { maxLength: 63 }),
      lines(0, 8),
      (range, root, cosignatures, proof, signatures) => {
        const text = tlog.formatCheckpoint({ origin: "o", size: 5, root, extensions: [] });
        const request = { ...range, root, cosignatures, proof, text, signatures };
        assert.deepEqual(tlog.parseSignSubtree(tlog.formatSignSubtree(request)), request);
      },
    ),
    { numRuns: 60 },
  );
});

void test("a key that is made is read the same, of each kind", () => {
  const algorithm = fc.constantFrom<tlog.KeyAlgorithm[]>("ed25519", "ed25519-cosignature", "ml-dsa-44");
  const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(name, seed, algorithm, (name, seed, algorithm) => {
      const { signerKey, verifierKey } = tlog.generateSignerKey(name, seed, algorithm);
      const verifier = tlog.parseVerifierKey(verifierKey);
      assert.deepEqual([verifier.name, verifier.algorithm, verifier.vkey], [name, algorithm, verifierKey]);
      const signer = tlog.parseSignerKey(signerKey, () => 1);
      assert.deepEqual([signer.name, signer.algorithm, signer.vkey], [name, algorithm, verifierKey]);
      assert.equal(signer.keyId, verifier.keyId);
    }),
    { numRuns: 30 },
  );
});

/** Keys for policies: made once, since a policy is random in its shape and not in these. */
const policyKeys = Array.from({ length: 6 }, (_, i) =>
  tlog.generateSignerKey(
    `w${i}.example`,
    testHash(100 + i),
    i % 2 === 0 ? "ed25519-cosignature" : "ml-dsa-44",
  ),
).map(({ verifierKey }) => verifierKey);
const logKeys = Array.from(
  { length: 3 },
  (_, i) => tlog.generateSignerKey(`l${i}.example`, testHash(200 + i)).verifierKey,
);

void test("a policy that is written is read the same, and its quorum is what its groups say", () => {
  fc.assert(
    fc.property(policies(), fc.nat(63), (policy, mask) => {
      assert.deepEqual(tlog.parsePolicy(tlog.formatPolicy(policy)), policy);
      const cosigned = policy.witnesses.filter((_, i) => ((mask >> i) & 1) === 1);
      const isMet = (name: string): boolean => {
        const group = policy.groups.find((group) => group.name === name);
        if (group === undefined) return cosigned.some((witness) => witness.name === name);
        return group.members.filter(isMet).length >= group.threshold;
      };
      const expected = policy.quorum === "none" || isMet(policy.quorum);
      assert.equal(tlog.policySatisfied(policy, cosigned).satisfied, expected);
      // A witness more never hurts.
      for (const witness of policy.witnesses) {
        const more = tlog.policySatisfied(policy, [...cosigned, witness]).satisfied;
        assert.ok(more || !expected);
      }
    }),
    { numRuns: 300 },
  );
});

/** Policies of up to six witnesses: each group takes some of what no other has. */
function policies(): fc.Arbitrary<TlogPolicy> {
  const url = fc.constantFrom(undefined, "https://example.com/", "http://127.0.0.1:1/a?b#c");
  return fc
    .tuple(
      fc.nat(6),
      fc.array(fc.tuple(fc.nat(3), fc.nat(), fc.nat()), { maxLength: 4 }),
      fc.nat(3),
      fc.nat(),
      url,
    )
    .map(([count, shapes, logs, pick, url]) => {
      const withUrl = url === undefined ? {} : { url };
      const witnesses = policyKeys.slice(0, count).map((vkey, i) => ({ name: `w${i}`, vkey, ...withUrl }));
      const free = witnesses.map(({ name }) => name);
      const groups: TlogPolicy["groups"] = [];
      for (const [size, place, threshold] of shapes) {
        const members = free.splice(free.length === 0 ? 0 : place % free.length, size + 1);
        if (members.length === 0) continue;
        groups.push({ name: `g${groups.length}`, threshold: 1 + (threshold % members.length), members });
        free.push(`g${groups.length - 1}`);
      }
      const names = ["none", ...witnesses.map(({ name }) => name), ...groups.map(({ name }) => name)];
      const quorum = at(names, pick % names.length);
      return {
        logs: logKeys.slice(0, logs).map((vkey) => ({ vkey, ...withUrl })),
        witnesses,
        groups,
        quorum,
      };
    });
}

/** One of the samples with something done to it; sometimes nothing, sometimes with a piece of another. */
function mutated(samples: Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(fc.nat(7), fc.nat(), fc.nat(), fc.nat(255));
  return fc
    .tuple(fc.nat(), fc.nat(), fc.array(change, { maxLength: 3 }))
    .map(([which, other, changes]) =>
      changes.reduce(
        (bytes, [kind, from, to, byte]) =>
          mutate(bytes, at(samples, other % samples.length), kind, from, to, byte),
        at(samples, which % samples.length),
      ),
    );
}

/** Bytes that mean something in these formats. */
const pieces = [
  "\n",
  "\n\n",
  " ",
  "=",
  "+",
  "\u{2014} ",
  "0",
  "-1",
  "9007199254740993",
  "\r\n",
  "\0",
  "é",
  "\t",
].map(utf8);

function mutate(
  bytes: Uint8Array,
  other: Uint8Array,
  kind: number,
  from: number,
  to: number,
  byte: number,
): Uint8Array {
  const [start, end] = [from % (bytes.length + 1), to % (bytes.length + 1)].toSorted((a, b) => a - b) as [
    number,
    number,
  ];
  const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));
  const [head, middle, tail] = [bytes.subarray(0, start), bytes.subarray(start, end), bytes.subarray(end)];
  switch (kind) {
    case 0:
      return start < bytes.length ? bytes.with(start, byte) : bytes;
    case 1:
      return start < bytes.length ? bytes.with(start, at(bytes, start) ^ (1 << (byte & 7))) : bytes;
    case 2:
      return join(head, tail);
    case 3:
      return join(head, middle, middle, tail);
    case 4:
      return join(head, at(pieces, byte % pieces.length), bytes.subarray(start));
    case 5:
      return join(head, other.subarray(Math.min(start, other.length)));
    case 6:
      return join(head, bytes.subarray(start + 1));
    default:
      return join(head, Uint8Array.of(byte), bytes.subarray(start));
  }
}

/** Whether it comes back. Anything thrown but a TlogError fails the test. */
function tries(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

/** The text of these bytes; where they are not UTF-8, one that is no better: with a lone surrogate. */
function loose(bytes: Uint8Array): string {
  try {
    return fromUtf8(bytes);
  } catch {
    return `${Buffer.from(bytes).toString("latin1")}\u{d800}`;
  }
}

type Item = Record<string, unknown> & { name: string; result: string; kind?: string };

/** Good inputs of all kinds, from the vectors. */
function readVectors() {
  const load = (file: string): { keys?: Record<string, { vkey: string }>; cases: Item[] } =>
    JSON.parse(readFileSync(new URL(`../vectors/${file}.json`, import.meta.url), "utf8")) as ReturnType<
      typeof load
    >;
  const keysOf = (file: string) =>
    Object.values(load(file).keys ?? {}).map(({ vkey }) => tlog.parseVerifierKey(vkey));
  const good = (file: string, member: string, kind?: string): Uint8Array[] =>
    load(file)
      .cases.filter(
        (item) => item.result === "accept" && item.kind === kind && typeof item[member] === "string",
      )
      .map((item) => utf8(String(item[member])));
  const judged = load("policies").cases.filter(({ kind }) => kind === "checkpoint");
  return {
    notes: good("notes", "note"),
    noteKeys: keysOf("notes"),
    checkpoints: good("checkpoints", "text", "text"),
    // One of them is of a note that is no checkpoint.
    cosignatures: good("cosignatures", "note", "checkpoint").filter((note) =>
      fromUtf8(note).includes("/log\n"),
    ),
    cosignatureKeys: keysOf("cosignatures"),
    verifierKeys: good("keys", "key", "verifier"),
    signerKeys: good("keys", "key", "signer"),
    proofs: good("proofs", "proof"),
    policies: good("policies", "policy", "policy"),
    judgedPolicy: tlog.parsePolicy(String(at(judged, 0)["policy"])),
    judgedNotes: good("policies", "note", "checkpoint"),
    requests: good("witness", "request", "add-checkpoint"),
    signSubtrees: good("witness", "request", "sign-subtree"),
    answers: good("witness", "answer", "cosignatures"),
    answered: good("witness", "checkpoint", "cosignatures"),
    witnessKeys: keysOf("witness"),
    paths: good("tiles", "path", "path"),
  };
}
