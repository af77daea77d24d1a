// SPDX-License-Identifier: Apache-2.0
// Every status of add-checkpoint (C2SP tlog-witness), over real HTTP.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { cosignatureTime, emptyRoot, openCheckpoint, parseNote, parseVerifierKey } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { forgedLine, request, testKey, TestLog } from "./testing/log.ts";
import { logKey, testCosigner, testName, testSeconds, testWitness } from "./testing/witness.ts";
import type { Answered, TestWitness } from "./testing/witness.ts";

const origin = "log.example/a";
const log = new TestLog(origin);
const forked = new TestLog(origin, 5);
const second = testKey(origin, "second");
const mlDsa = testKey(origin, "ml-dsa", "ml-dsa-44");
const stranger = testKey("stranger.example", "stranger");
const impostor = testKey(origin, "impostor");
const ownEd25519 = testKey(testName, "own", "ed25519-cosignature");
const ownMlDsa = testKey(testName, "own", "ml-dsa-44");
const keys = [log.key.vkey, second.vkey, mlDsa.vkey].map((vkey) => logKey(vkey));
const zeroRoot = new Uint8Array(32) as Hash;
const hashes = (count: number): Hash[] => Array.from({ length: count }, () => zeroRoot);
const base64Root = /\n([A-Za-z0-9+/]{43}=)\n/;

/** The signers of the witness's lines in an answer, checked against the checkpoint that was sent. */
function cosigners(note: string, { body }: Answered): string[] {
  const { text } = parseNote(Buffer.from(note));
  const own = testCosigner().verifiers;
  const { verified, unverified } = openCheckpoint(Buffer.from(`${text}\n${body}`), own, origin);
  assert.deepEqual(unverified, []);
  for (const { signature } of verified) assert.equal(cosignatureTime(signature), testSeconds);
  return verified.map(({ verifier }) => verifier.algorithm);
}

const both = ["ed25519-cosignature", "ml-dsa-44"];

/** A case: what the witness has cosigned before, what it is sent, what it must answer. */
type Case = {
  name: string;
  /** The size that was cosigned before; none if left out. */
  last?: number;
  body: string;
  status: number;
  /** What the body of the answer holds; for 409 all of it. */
  answer?: RegExp;
  /** For 200: whose lines come. */
  signers?: string[];
};

const noteOf3 = log.checkpoint(3);
const rootOf3 = base64Root.exec(noteOf3)?.[1] ?? "";

const cosigned: Case[] = [
  { name: "a first checkpoint", body: log.request(0, 3), status: 200, signers: both },
  { name: "a first checkpoint of size 0", body: log.request(0, 0), status: 200, signers: both },
  { name: "the same empty checkpoint again", last: 0, body: log.request(0, 0), status: 200, signers: both },
  { name: "growth from size 0", last: 0, body: log.request(0, 5), status: 200, signers: both },
  { name: "growth by one", last: 3, body: log.request(3, 4), status: 200, signers: both },
  { name: "growth to a power of two", last: 3, body: log.request(3, 8), status: 200, signers: both },
  { name: "growth from a power of two", last: 4, body: log.request(4, 7), status: 200, signers: both },
  { name: "growth by a thousand", last: 3, body: log.request(3, 1003), status: 200, signers: both },
  { name: "the same size and root", last: 3, body: log.request(3, 3), status: 200, signers: both },
  {
    name: "a checkpoint that the log's second key alone signed",
    body: log.request(0, 3, log.checkpoint(3, { signers: [second.signer] })),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint that the log's ML-DSA-44 key alone signed",
    body: log.request(0, 3, log.checkpoint(3, { signers: [mlDsa.signer] })),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with all of the log's signatures",
    body: log.request(0, 3, log.checkpoint(3, { signers: [log.key.signer, mlDsa.signer, second.signer] })),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with a line of an unknown key",
    body: log.request(0, 3, log.checkpoint(3, { signers: [stranger.signer, log.key.signer] })),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with a line of an unknown key that does not verify",
    body: log.request(0, 3, noteOf3 + forgedLine(stranger, 64)),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with a line in the log's name by an unknown key",
    body: log.request(0, 3, noteOf3 + forgedLine(impostor, 64)),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with forged lines in the witness's name",
    body: log.request(0, 3, noteOf3 + forgedLine(ownEd25519, 72) + forgedLine(ownMlDsa, 2428)),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint that the witness's own key signed too",
    body: log.request(0, 3, log.checkpoint(3, { signers: [log.key.signer, ownEd25519.signer] })),
    status: 200,
    signers: both,
  },
  {
    name: "a checkpoint with extension lines, which ML-DSA-44 would not cover",
    body: log.request(0, 3, log.checkpoint(3, { extensions: ["one", "two"] })),
    status: 200,
    signers: ["ed25519-cosignature"],
  },
];

const malformed: Case[] = [
  { name: "nothing", body: "", status: 400 },
  { name: "a note without the lines before it", body: noteOf3, status: 400 },
  { name: "no blank line before the checkpoint", body: `old 0\n${noteOf3}`, status: 400 },
  { name: "no checkpoint", body: "old 0\n\n", status: 400 },
  { name: "a checkpoint without a signature", body: `old 0\n\n${noteOf3.split("\n\n")[0]}\n`, status: 400 },
  { name: "no newline at the end", body: log.request(0, 3).slice(0, -1), status: 400 },
  { name: "bytes behind the note", body: `${log.request(0, 3)}x`, status: 400 },
  { name: "another word than old", body: log.request(0, 3).replace("old 0", "new 0"), status: 400 },
  { name: "two spaces behind old", body: log.request(0, 3).replace("old 0", "old  0"), status: 400 },
  {
    name: "an old size with a leading zero",
    body: log.request(0, 3).replace("old 0", "old 00"),
    status: 400,
  },
  { name: "a negative old size", body: log.request(0, 3).replace("old 0", "old -1"), status: 400 },
  { name: "an old size with a sign", body: log.request(0, 3).replace("old 0", "old +0"), status: 400 },
  { name: "an old size in hex", body: log.request(0, 3).replace("old 0", "old 0x0"), status: 400 },
  { name: "an old size past 64 bits", body: request("9".repeat(30), [], noteOf3), status: 400 },
  { name: "carriage returns", body: log.request(0, 3).replaceAll("\n", "\r\n"), status: 400 },
  { name: "an old size above the checkpoint's", last: 3, body: request(4, [], noteOf3), status: 400 },
  { name: "an old size above it, of an unknown state", body: request(4, [], noteOf3), status: 400 },
  { name: "a hash that is too short", last: 2, body: request(2, [new Uint8Array(31)], noteOf3), status: 400 },
  { name: "a hash that is too long", last: 2, body: request(2, [new Uint8Array(33)], noteOf3), status: 400 },
  {
    name: "a hash in base64 that is not canonical",
    last: 2,
    body: `old 2\n${"A".repeat(42)}B=\n\n${noteOf3}`,
    status: 400,
  },
  { name: "a hash without padding", last: 2, body: `old 2\n${"A".repeat(43)}\n\n${noteOf3}`, status: 400 },
  { name: "64 hashes", last: 2, body: request(2, hashes(64), noteOf3), status: 400 },
  {
    name: "a size that is no number",
    body: `old 0\n\n${noteOf3.replace("\n3\n", "\nthree\n")}`,
    status: 400,
  },
  { name: "a size with a leading zero", body: `old 0\n\n${noteOf3.replace("\n3\n", "\n03\n")}`, status: 400 },
  { name: "a root that is too short", body: `old 0\n\n${noteOf3.replace(rootOf3, "AAAA")}`, status: 400 },
  { name: "two lines of one key", body: `old 0\n\n${noteOf3}${forgedLine(log.key, 64)}`, status: 400 },
  { name: "a control character", body: `old 0\n\n${noteOf3.replace("log", "l\tog")}`, status: 400 },
];

const refused: Case[] = [
  {
    name: "a log that is not known",
    body: request(0, [], new TestLog("log.example/b").checkpoint(3)),
    status: 404,
    answer: /log\.example\/b/,
  },
  {
    name: "an origin that is the known one and a bit more",
    body: request(0, [], log.checkpoint(3, { origin: `${origin}b` })),
    status: 404,
  },
  {
    name: "an unknown key's signature alone",
    body: log.request(0, 3, log.checkpoint(3, { signers: [stranger.signer] })),
    status: 403,
  },
  {
    name: "the signature of an unknown key of the log's name",
    body: log.request(0, 3, log.checkpoint(3, { signers: [impostor.signer] })),
    status: 403,
  },
  {
    name: "a signature over another size",
    body: `old 0\n\n${noteOf3.replace("\n3\n", "\n4\n")}`,
    status: 403,
  },
  {
    name: "a good signature, and a line of another trusted key that does not verify",
    body: `old 0\n\n${noteOf3}${forgedLine(second, 64)}`,
    status: 403,
  },
  {
    name: "a good signature, and a trusted ML-DSA-44 key's line that does not verify",
    body: `old 0\n\n${noteOf3}${forgedLine(mlDsa, 2428)}`,
    status: 403,
  },
  {
    name: "the witness's own signature alone",
    body: log.request(0, 3, log.checkpoint(3, { signers: [ownEd25519.signer] })),
    status: 403,
  },
  {
    name: "extension lines under an ML-DSA-44 signature alone, which does not cover them",
    body: log.request(0, 3, log.checkpoint(3, { signers: [mlDsa.signer] }).replace("\n\n", "\nx\n\n")),
    status: 403,
  },
];

const conflicts: Case[] = [
  { name: "an old size where nothing was cosigned", body: log.request(2, 3), status: 409, answer: /^0\n$/ },
  { name: "old size 0 where something was", last: 3, body: log.request(0, 5), status: 409, answer: /^3\n$/ },
  { name: "an old size that is behind", last: 4, body: log.request(3, 5), status: 409, answer: /^4\n$/ },
  { name: "an old size that is ahead", last: 3, body: log.request(4, 5), status: 409, answer: /^3\n$/ },
  { name: "a checkpoint that is behind", last: 8, body: log.request(3, 5), status: 409, answer: /^8\n$/ },
  { name: "the same checkpoint from 0", last: 3, body: log.request(0, 3), status: 409, answer: /^3\n$/ },
  {
    name: "an old size behind, with a bad proof",
    last: 4,
    body: request(3, [], log.checkpoint(5)),
    status: 409,
  },
];

const inconsistent: Case[] = [
  { name: "no proof", last: 3, body: request(3, [], log.checkpoint(5)), status: 422 },
  {
    name: "a proof with a hash too few",
    last: 3,
    body: request(3, log.proof(3, 5).slice(1), log.checkpoint(5)),
    status: 422,
  },
  {
    name: "a proof with a hash too many",
    last: 3,
    body: request(3, [...log.proof(3, 5), zeroRoot], log.checkpoint(5)),
    status: 422,
  },
  {
    name: "63 hashes",
    last: 3,
    body: request(3, hashes(63), log.checkpoint(5)),
    status: 422,
  },
  {
    name: "a proof in the wrong order",
    last: 3,
    body: request(3, log.proof(3, 5).toReversed(), log.checkpoint(5)),
    status: 422,
  },
  { name: "a fork with a proof of its own", last: 7, body: forked.request(7, 9), status: 422 },
  { name: "another root of the same size", last: 7, body: forked.request(7, 7), status: 422 },
  { name: "a proof at the same size", last: 3, body: request(3, [zeroRoot], noteOf3), status: 422 },
  { name: "a proof from 0", body: request(0, [zeroRoot], noteOf3), status: 422 },
  { name: "a proof from 0 to 0", body: request(0, [zeroRoot], log.checkpoint(0)), status: 422 },
  { name: "a proof from 0, after size 0", last: 0, body: request(0, [zeroRoot], noteOf3), status: 422 },
  {
    name: "size 0 with another root",
    body: log.request(0, 0, log.checkpoint(0, { root: zeroRoot })),
    status: 422,
  },
  {
    name: "size 0 with another root, after size 0",
    last: 0,
    body: log.request(0, 0, log.checkpoint(0, { root: zeroRoot })),
    status: 422,
  },
];

const cases = [...cosigned, ...malformed, ...refused, ...conflicts, ...inconsistent];

async function before(witness: TestWitness, last: number | undefined): Promise<void> {
  if (last === undefined) return;
  assert.equal((await witness.add(log.request(0, last))).status, 200);
}

describe("add-checkpoint", () => {
  test("the cases are many, and each has a name of its own", () => {
    assert.ok(cases.length >= 60, `${cases.length}`);
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
    assert.deepEqual(log.root(0), emptyRoot);
    assert.deepEqual(log.root(5), forked.root(5));
    assert.notDeepEqual(log.root(7), forked.root(7));
  });

  for (const { name, last, body, status, answer, signers } of cases) {
    test(`${status}: ${name}`, async (t) => {
      const witness = await testWitness(t, keys);
      await before(witness, last);
      const kept = (await witness.latest(origin)).body;
      const answered = await witness.add(body);
      assert.equal(answered.status, status, answered.body);
      const type = status === 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8";
      assert.equal(answered.headers.get("content-type"), type);
      if (answer !== undefined) assert.match(answered.body, answer);
      if (status === 200) {
        const note = body.slice(body.indexOf("\n\n") + 2);
        assert.deepEqual(cosigners(note, answered), signers);
        assert.match(answered.body, /^(?:\u{2014} witness\.example\/w1 [A-Za-z0-9+/]+=*\n)+$/u);
      } else {
        assert.ok(!answered.body.includes("\u{2014}"), "a refusal holds no signature");
        assert.equal((await witness.latest(origin)).body, kept, "a refusal changes nothing");
      }
      assert.deepEqual(witness.faults, []);
    });
  }

  test("bytes that are no UTF-8 are 400", async (t) => {
    const witness = await testWitness(t, keys);
    const bytes = Buffer.from(log.request(0, 3));
    bytes[bytes.indexOf("log.example")] = 0xff;
    assert.equal((await witness.post("/add-checkpoint", bytes)).status, 400);
  });

  test("a log of a key with another name, by its origin", async (t) => {
    const key = testKey("sum.example.org", "named");
    const named = new TestLog("go.sum database tree");
    const witness = await testWitness(t, [logKey(key.vkey, named.origin)]);
    const note = named.checkpoint(3, { signers: [key.signer] });
    assert.equal((await witness.add(named.request(0, 3, note))).status, 200);
    assert.equal((await witness.latest(named.origin)).status, 200);
    const misnamed = log.checkpoint(3, { signers: [key.signer], origin: "sum.example.org" });
    assert.equal((await witness.add(request(0, [], misnamed))).status, 404);
  });
});

describe("what is kept", () => {
  test("is the log's verified lines and the witness's, and what monitors get", async (t) => {
    const witness = await testWitness(t, keys);
    assert.equal((await witness.latest(origin)).status, 404);
    const forged = forgedLine(ownEd25519, 72) + forgedLine(ownMlDsa, 2428) + forgedLine(stranger, 64);
    const answered = await witness.add(log.request(0, 3, noteOf3 + forged));
    assert.equal(answered.status, 200, answered.body);
    const latest = await witness.latest(origin);
    assert.equal(latest.body, noteOf3 + answered.body);
    assert.equal(readFileSync(witness.stateFile(origin), "utf8"), latest.body);
    assert.equal(latest.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.equal(latest.headers.get("cache-control"), "no-cache");
    const all = [parseVerifierKey(log.key.vkey), ...witness.cosigner.verifiers];
    assert.equal(openCheckpoint(Buffer.from(latest.body), all, origin).verified.length, 3);
    // The forged lines did not poison it: the log goes on, also after a start that reads it from the disk.
    assert.equal((await witness.add(log.request(3, 5))).status, 200);
    await witness.close();
    const again = await testWitness(t, keys, { directory: witness.directory });
    assert.equal((await again.add(log.request(5, 9))).status, 200);
    assert.equal((await again.latest(origin)).body.split("\n")[1], "9");
  });

  test("two roots of one size are told, with both notes", async (t) => {
    const witness = await testWitness(t, keys);
    await before(witness, 7);
    await witness.add(forked.request(7, 7));
    const [fork] = witness.forks;
    assert.equal(witness.forks.length, 1);
    assert.equal(fork?.origin, origin);
    const verifier = parseVerifierKey(log.key.vkey);
    const heads = [fork?.kept, fork?.sent].map(
      (note) => openCheckpoint(Buffer.from(note ?? ""), [verifier], origin).checkpoint,
    );
    assert.deepEqual(
      heads.map(({ size }) => size),
      [7, 7],
    );
    assert.deepEqual(
      heads.map(({ root }) => root),
      [log.root(7), forked.root(7)],
    );
  });

  test("a cosignature within the same second is the one that is kept, and costs no write", async (t) => {
    let writes = 0;
    const witness = await testWitness(t, keys, {
      store: (store) => ({ ...store, replace: (...note) => (writes++, store.replace(...note)) }),
    });
    const first = await witness.add(log.request(0, 3));
    witness.now.ms += 999;
    assert.equal((await witness.add(log.request(3, 3))).body, first.body);
    assert.equal(writes, 1);
    // Another set of lines is another note.
    const other = await witness.add(log.request(3, 3, log.checkpoint(3, { signers: [second.signer] })));
    assert.equal(other.status, 200);
    assert.equal(writes, 2);
    witness.now.ms += 1;
    assert.notEqual((await witness.add(log.request(3, 3))).body, first.body);
    assert.equal(writes, 3);
  });
});
