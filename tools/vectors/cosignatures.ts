// SPDX-License-Identifier: Apache-2.0
// cosignatures.json: lines of types 0x04 and 0x06 under checkpoints, and of type 0x06 for subtrees.
import { ml_dsa44 as mlDsa44 } from "@noble/post-quantum/ml-dsa.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import {
  base64,
  checkpointText,
  concat,
  cosignatureMessage,
  cosignLine,
  flip,
  hex,
  lineOf,
  makeKey,
  noteOf,
  seedOf,
  someTime,
  subtreeLine,
  subtreeMessage,
  types,
  uint64,
  type Bytes,
  type Case,
  type Key,
  type Range,
  type VectorFile,
} from "./kit.ts";

const origin = "example.com/log";
const classic = makeKey("witness.example/w1", types.cosignature);
const lattice = makeKey("witness.example/w2", types.mlDsa44);
const lattice2 = makeKey("witness.example/w2-next", types.mlDsa44, lattice.seed);
const log = makeKey(origin, types.ed25519);
const keys: Record<string, Key> = { classic, lattice, lattice2, log };

const root = seedOf("a root");
const text = checkpointText(origin, 20_852_163, root);
const extended = checkpointText(origin, 20_852_163, root, ["extension"]);
const whole: Range = { origin, start: 0, end: 20_852_163, root };
const latticeMessage = subtreeMessage(lattice.name, whole, someTime);
const latticeSignature = lattice.sign(latticeMessage);

/** The vectors of cosignatures. */
export function cosignatureVectors(): VectorFile {
  return {
    name: "cosignatures",
    title: "Cosignatures of checkpoints (types 0x04 and 0x06) and of subtrees (type 0x06)",
    specifications: [
      "https://c2sp.org/tlog-cosignature",
      "https://csrc.nist.gov/pubs/fips/204/final",
      "https://www.ietf.org/archive/id/draft-ietf-plants-merkle-tree-certs-02.html",
    ],
    keys,
    cases: [
      ...goodOnes(),
      ...badClassic(),
      ...badLattice(),
      ...badLatticeMessages(),
      ...times(),
      ...goodSubtrees(),
      ...badSubtrees(),
    ],
  };
}

function goodOnes(): Case[] {
  const empty = checkpointText(origin, 0, root);
  return [
    accepted("ed25519/good", "classic", text, cosignLine(classic, text), {
      message: hex(cosignatureMessage(text, someTime)),
    }),
    accepted("ed25519/with-extension", "classic", extended, cosignLine(classic, extended)),
    accepted("ed25519/time-1", "classic", text, cosignLine(classic, text, 1), { times: ["1"] }),
    accepted("ed25519/time-beyond-32-bits", "classic", text, cosignLine(classic, text, 2 ** 40), {
      times: [String(2 ** 40)],
    }),
    accepted("ml-dsa-44/good", "lattice", text, line(latticeSignature), { message: hex(latticeMessage) }),
    accepted("ml-dsa-44/empty-tree", "lattice", empty, subtreeLine(lattice, { ...whole, end: 0 })),
    accepted("ml-dsa-44/time-beyond-32-bits", "lattice", text, subtreeLine(lattice, whole, 2 ** 40), {
      times: [String(2 ** 40)],
    }),
    {
      ...accepted("both-kinds", "classic", text, cosignLine(classic, text) + line(latticeSignature)),
      verifiers: ["classic", "lattice"],
      verified: ["classic", "lattice"],
      times: [String(someTime), String(someTime)],
    },
  ];
}

function badClassic(): Case[] {
  const message = cosignatureMessage(text, someTime);
  const blob = (signed: Bytes, time: Uint8Array = uint64(someTime)): string =>
    lineOf(classic, concat(time, classic.sign(signed)));
  const good = concat(uint64(someTime), classic.sign(message));
  const cases: [string, string][] = [
    ["of-another-text", cosignLine(classic, checkpointText(origin, 20_852_164, root))],
    ["text-without-header", blob(text)],
    ["header-of-another-version", blob(message.replace("v1", "v2"))],
    ["header-without-time", blob(`cosignature/v1\n${text}`)],
    ["time-with-leading-zero", blob(message.replace("time ", "time 0"))],
    ["time-of-another-second-in-the-message", blob(cosignatureMessage(text, someTime + 1))],
    ["time-changed-afterwards", lineOf(classic, flip(good, 7))],
    ["time-little-endian", blob(message, uint64(someTime).toReversed())],
    ["time-in-milliseconds", blob(cosignatureMessage(text, someTime), uint64(someTime * 1000))],
    ["time-missing", lineOf(classic, classic.sign(message))],
    ["time-of-four-bytes", lineOf(classic, concat(uint64(someTime).subarray(4), classic.sign(message)))],
    ["signature-cut-short", lineOf(classic, good.subarray(0, 71))],
    ["signature-lengthened", lineOf(classic, concat(good, Uint8Array.of(0)))],
    ["signature-bit-flipped", lineOf(classic, flip(good, 40))],
    ["time-alone", lineOf(classic, uint64(someTime))],
    ["of-the-first-three-lines-alone", cosignLine(classic, text)],
    ["of-the-ml-dsa-message", blob(subtreeMessage(classic.name, whole, someTime))],
  ];
  return cases.map(([what, bad]) =>
    refused(`ed25519/${what}`, "classic", what === "of-the-first-three-lines-alone" ? extended : text, bad),
  );
}

function badLattice(): Case[] {
  const prefix = uint64(someTime);
  const sign = (message: Uint8Array, options: object): Uint8Array => {
    const { secretKey } = mlDsa44.keygen(lattice.seed);
    return Uint8Array.from(mlDsa44.sign(message, secretKey, { extraEntropy: false, ...options }));
  };
  const { secretKey } = mlDsa44.keygen(lattice.seed);
  const prehashed = mlDsa44.prehash(nobleSha256).sign(latticeMessage, secretKey, { extraEntropy: false });
  const internal = mlDsa44.internal.sign(latticeMessage, secretKey, { extraEntropy: false });
  const cases: [string, string][] = [
    ["with-a-context", line(sign(latticeMessage, { context: Buffer.from("subtree/v1") }))],
    ["prehashed", line(prehashed)],
    ["by-the-internal-interface", line(internal)],
    ["first-bit-flipped", line(flip(latticeSignature, 0))],
    ["bit-in-the-middle-flipped", line(flip(latticeSignature, 1_000, 0x10))],
    ["bit-in-the-hints-flipped", line(flip(latticeSignature, 2_350))],
    ["last-bit-flipped", line(flip(latticeSignature, 2_419, 0x80))],
    ["zeros", line(new Uint8Array(2_420))],
    ["cut-short", line(latticeSignature.subarray(0, 2_419))],
    ["lengthened", line(concat(latticeSignature, Uint8Array.of(0)))],
    ["time-missing", lineOf(lattice, latticeSignature)],
    ["time-alone", lineOf(lattice, prefix)],
    ["time-changed-afterwards", lineOf(lattice, concat(uint64(someTime + 1), latticeSignature))],
    ["time-set-to-zero-afterwards", lineOf(lattice, concat(uint64(0), latticeSignature))],
    [
      "of-an-ed25519-cosignature",
      lineOf(lattice, concat(prefix, classic.sign(cosignatureMessage(text, someTime)))),
    ],
    ["by-another-key", line(makeKey(lattice.name, types.mlDsa44, seedOf("stranger")).sign(latticeMessage))],
  ];
  return cases.map(([what, bad]) => refused(`ml-dsa-44/${what}`, "lattice", text, bad));
}

function badLatticeMessages(): Case[] {
  const signs = (message: Bytes): string => line(lattice.sign(message));
  const changed = (change: Partial<Range>, name = lattice.name, time: number = someTime): string =>
    signs(subtreeMessage(name, { ...whole, ...change }, time));
  const cases: [string, string][] = [
    ["of-another-size", changed({ end: 20_852_164 })],
    ["of-another-root", changed({ root: seedOf("another root") })],
    ["of-another-origin", changed({ origin: "example.com/lag" })],
    ["of-another-cosigner", changed({}, "witness.example/w3")],
    ["of-another-time", changed({}, lattice.name, someTime + 1)],
    ["of-a-start-past-zero", changed({ start: 1 })],
    ["names-swapped", signs(subtreeMessage(origin, { ...whole, origin: lattice.name }, someTime))],
    ["origin-with-newline", changed({ origin: `${origin}\n` })],
    ["label-without-null", signs(concat("subtree/v1\n", latticeMessage.subarray(12)))],
    ["label-of-another-version", signs(concat("subtree/v2\n\0", latticeMessage.subarray(12)))],
    ["label-missing", signs(latticeMessage.subarray(12))],
    ["lengths-of-two-bytes", signs(latticeMessageWithLongLengths())],
    ["of-the-text", signs(text)],
    ["of-the-ed25519-message", signs(cosignatureMessage(text, someTime))],
    ["of-the-message-and-a-byte", signs(concat(latticeMessage, Uint8Array.of(0)))],
  ];
  return [
    ...cases.map(([what, bad]) => refused(`ml-dsa-44/message-${what}`, "lattice", text, bad)),
    {
      ...refused(
        "ml-dsa-44/same-key-under-another-name",
        "lattice2",
        text,
        lineOf(lattice2, concat(uint64(someTime), latticeSignature)),
      ),
      comment: "the message names the cosigner, whose key here has two names",
    },
    refused("ml-dsa-44/of-a-text-that-is-no-checkpoint", "lattice", "hello\n", signs("hello\n")),
    {
      ...accepted(
        "ed25519/of-a-text-that-is-no-checkpoint",
        "classic",
        "hello\n",
        cosignLine(classic, "hello\n"),
      ),
      choice: "the message is made of any text; a reader may look at the text first",
    },
    {
      ...refused("ml-dsa-44/with-extension", "lattice", extended, line(latticeSignature)),
      reason: "unverified",
      choice:
        "the cosignature does not cover extension lines, which anyone may add: here it is left uncounted",
    },
  ];
}

function times(): Case[] {
  const classicAt = (time: number | bigint): string => cosignLine(classic, text, time);
  const latticeAt = (time: number | bigint): string => subtreeLine(lattice, whole, time);
  const zero = "zero says that the tree need not be the largest seen; here a checkpoint's has a time";
  const far = "a reader may refuse the future: here all from 2^53 s on";
  const far53 = 2n ** 53n;
  const huge = 2n ** 63n;
  return [
    {
      ...refused("ed25519/time-zero", "classic", text, classicAt(0)),
      choice: "tlog-witness forbids it, tlog-cosignature does not",
    },
    { ...refused("ml-dsa-44/time-zero", "lattice", text, latticeAt(0)), choice: zero },
    { ...refused("ed25519/time-2-to-the-53", "classic", text, classicAt(far53)), choice: far },
    { ...refused("ml-dsa-44/time-2-to-the-53", "lattice", text, latticeAt(far53)), choice: far },
    refused("ed25519/time-2-to-the-63", "classic", text, classicAt(huge)),
    refused("ml-dsa-44/time-2-to-the-63", "lattice", text, latticeAt(huge)),
  ];
}

function goodSubtrees(): Case[] {
  const ranges: [string, number, number][] = [
    ["one-entry", 0, 1],
    ["one-entry-inside", 5, 6],
    ["four-entries", 4, 8],
    ["three-entries", 8, 11],
    ["full-tile", 256, 512],
    ["from-zero-without-time", 0, 13],
    ["beyond-32-bits", 2 ** 40, 2 ** 40 + 2 ** 20],
  ];
  return [
    ...ranges.map(([what, start, end]) => subtree(`subtree/${what}`, { origin, start, end, root }, 0)),
    subtree("subtree/from-zero-with-time", { origin, start: 0, end: 13, root }, someTime),
  ];
}

function badSubtrees(): Case[] {
  const range: Range = { origin, start: 4, end: 8, root };
  const good = subtreeLine(lattice, range, 0);
  const bad = (what: string, subtree: Range, line: string, extra: object = {}): Case => ({
    name: `subtree/${what}`,
    result: "refuse",
    reason: "signature",
    kind: "subtree",
    verifier: "lattice",
    subtree: describe(subtree),
    line,
    ...extra,
  });
  return [
    bad("another-start", { ...range, start: 6 }, good),
    bad("another-end", { ...range, end: 7 }, good),
    bad("another-root", { ...range, root: seedOf("another root") }, good),
    bad("another-origin", { ...range, origin: "example.com/lag" }, good),
    bad("time-past-start-zero", range, subtreeLine(lattice, range, someTime), {
      comment: "a subtree that does not start at 0 has no time",
    }),
    bad(
      "not-aligned",
      { ...range, start: 2, end: 6 },
      subtreeLine(lattice, { ...range, start: 2, end: 6 }, 0),
      {
        comment: "2 is no multiple of 4",
      },
    ),
    bad(
      "start-after-end",
      { ...range, start: 8, end: 4 },
      subtreeLine(lattice, { ...range, start: 8, end: 4 }, 0),
    ),
    bad(
      "by-a-type-0x04-key",
      range,
      lineOf(classic, concat(uint64(0), classic.sign(subtreeMessage(classic.name, range, 0)))),
      {
        verifier: "classic",
      },
    ),
    bad("line-of-another-name", range, good.replace("/w2", "/w3")),
    bad("line-of-another-key-id", range, subtreeLine({ ...lattice, keyId: lattice2.keyId }, range, 0)),
    bad(
      "bit-flipped",
      range,
      lineOf(lattice, concat(uint64(0), flip(lattice.sign(subtreeMessage(lattice.name, range, 0)), 7))),
    ),
  ];
}

function subtree(name: string, range: Range, time: number): Case {
  return {
    name,
    result: "accept",
    kind: "subtree",
    verifier: "lattice",
    subtree: describe(range),
    line: subtreeLine(lattice, range, time),
    time: String(time),
    message: hex(subtreeMessage(lattice.name, range, time)),
  };
}

function describe({ origin, start, end, root }: Range): Record<string, unknown> {
  return { origin, start: String(start), end: String(end), root: base64(root) };
}

function line(signature: Bytes): string {
  return lineOf(lattice, concat(uint64(someTime), signature));
}

/** The message with the lengths of name and origin in two bytes instead of one. */
function latticeMessageWithLongLengths(): Uint8Array {
  const [name, log] = [Buffer.from(lattice.name), Buffer.from(origin)];
  const length = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0, bytes.length);
  return concat(
    "subtree/v1\n\0",
    length(name),
    name,
    uint64(someTime),
    length(log),
    log,
    uint64(0),
    uint64(whole.end),
    root,
  );
}

function accepted(name: string, verifier: string, text: string, line: string, extra: object = {}): Case {
  return {
    name,
    result: "accept",
    kind: "checkpoint",
    note: noteOf(text, line),
    verifiers: [verifier],
    verified: [verifier],
    times: [String(someTime)],
    ...extra,
  };
}

function refused(name: string, verifier: string, text: string, line: string): Case {
  return {
    name,
    result: "refuse",
    reason: "signature",
    kind: "checkpoint",
    note: noteOf(text, line),
    verifiers: [verifier],
  };
}
