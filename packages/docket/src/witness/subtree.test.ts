// SPDX-License-Identifier: Apache-2.0
// sign-subtree (C2SP tlog-witness), over real HTTP.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cosignatureTime, encodeBase64, parseCosignatures, verifySubtreeCosignature } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { at } from "../testing/at.ts";
import { forgedLine, testKey, TestLog } from "./testing/log.ts";
import { logKey, testName, testWitness } from "./testing/witness.ts";
import type { Answered, TestWitness } from "./testing/witness.ts";

const log = new TestLog("log.example/a");
const keys = [logKey(log.key.vkey)];
const size = 14;
const ownMlDsa = testKey(testName, "own", "ml-dsa-44");
const ownEd25519 = testKey(testName, "own", "ed25519-cosignature");
const stranger = testKey("stranger.example", "stranger", "ml-dsa-44");

/** The body of a request, written by hand; `checkpoint` is a text or a note. */
function body(start: number, end: number, checkpoint: string, over: Partial<Parts> = {}): string {
  const { root, proof, lines } = { ...honest(start, end), ...over };
  const hashes = proof.map((hash) => `${encodeBase64(hash)}\n`).join("");
  return `subtree ${start} ${end}\n${encodeBase64(root)}\n${lines}${hashes}\n${checkpoint}`;
}

type Parts = { root: Hash; proof: Hash[]; lines: string };

function honest(start: number, end: number): Parts {
  return { root: log.rangeRoot(start, end), proof: log.subtreeProof(start, end, size), lines: "" };
}

function textOf(note: string): string {
  return note.slice(0, note.indexOf("\n\n") + 1);
}

function check(witness: TestWitness, { status, body: lines }: Answered, start: number, end: number): void {
  assert.equal(status, 200, lines);
  const [line, ...more] = parseCosignatures(Buffer.from(lines));
  assert.ok(line !== undefined);
  assert.deepEqual(more, []);
  const subtree = { origin: log.origin, start, end, root: log.rangeRoot(start, end) };
  assert.ok(verifySubtreeCosignature(at(witness.cosigner.verifiers, 1), subtree, line));
  assert.equal(cosignatureTime(line.signature), 0);
}

const ranges = [
  [0, 1],
  [13, 14],
  [0, 8],
  [8, 13],
  [8, 14],
  [8, 12],
  [0, 14],
  [0, 11],
  [12, 14],
] as const;

describe("sign-subtree", () => {
  test("signs every subtree of the latest checkpoint, with its cosignatures or without", async (t) => {
    const witness = await testWitness(t, keys);
    assert.equal((await witness.add(log.request(0, size))).status, 200);
    const note = (await witness.latest(log.origin)).body;
    for (const [start, end] of ranges) {
      check(witness, await witness.post("/sign-subtree", body(start, end, note)), start, end);
      check(witness, await witness.post("/sign-subtree", body(start, end, textOf(note))), start, end);
    }
    const { lines } = { lines: forgedLine(stranger, 2428) };
    check(witness, await witness.post("/sign-subtree", body(8, 13, note, { lines })), 8, 13);
    assert.equal((await witness.latest(log.origin)).body, note, "it changes nothing");
  });

  test("of an older checkpoint, by the witness's own cosignature on it", async (t) => {
    const witness = await testWitness(t, keys);
    const { body: lines } = await witness.add(log.request(0, size));
    await witness.add(log.request(size, 20));
    const note = log.checkpoint(size) + lines;
    check(witness, await witness.post("/sign-subtree", body(8, 13, note)), 8, 13);
    const [ed25519 = "", mlDsa = ""] = lines.split(/(?<=\n)/);
    for (const line of [ed25519, mlDsa]) {
      check(witness, await witness.post("/sign-subtree", body(8, 13, log.checkpoint(size) + line)), 8, 13);
    }
    // Without it the witness says which checkpoint it would take.
    const latest = (await witness.latest(log.origin)).body;
    for (const unsigned of [textOf(note), log.checkpoint(size)]) {
      const answered = await witness.post("/sign-subtree", body(8, 13, unsigned));
      assert.deepEqual([answered.status, answered.body], [409, latest]);
    }
  });

  test("refuses, with the status of each reason", async (t) => {
    const witness = await testWitness(t, keys);
    const before = await witness.post("/sign-subtree", body(8, 13, log.checkpoint(size)));
    assert.equal(before.status, 403, "nothing was cosigned yet");
    await witness.add(log.request(0, size));
    const note = (await witness.latest(log.origin)).body;
    const forged = new TestLog(log.origin, 5);
    const elsewhere = new TestLog("log.example/b");
    const one = log.rangeRoot(0, 1);
    const good = body(8, 13, note);
    for (const [name, text, status] of [
      ["nothing", "", 400],
      ["no subtree line", good.slice(good.indexOf("\n") + 1), 400],
      ["a start above the end", good.replace("subtree 8 13", "subtree 13 8"), 400],
      ["an empty range", good.replace("subtree 8 13", "subtree 8 8"), 400],
      ["a range that is no subtree", good.replace("subtree 8 13", "subtree 7 13"), 400],
      ["a leading zero", good.replace("subtree 8 13", "subtree 08 13"), 400],
      ["an end above the checkpoint's size", good.replace("subtree 8 13", "subtree 8 16"), 400],
      ["64 hashes", body(8, 13, note, { proof: Array.from({ length: 64 }, () => one) }), 400],
      ["nine cosignature lines", body(8, 13, note, { lines: forgedLine(stranger, 2428).repeat(9) }), 400],
      ["no checkpoint", good.slice(0, good.indexOf("\n\n") + 2), 400],
      ["an unknown log", body(8, 13, elsewhere.checkpoint(size)), 404],
      ["another root", body(8, 13, note, { root: one }), 422],
      ["no proof", body(8, 13, note, { proof: [] }), 422],
      ["a hash too many", body(8, 13, note, { proof: [...honest(8, 13).proof, one] }), 422],
      ["another subtree's proof", body(8, 13, note, { proof: honest(8, 12).proof }), 422],
      [
        "a forged Ed25519 line of its own",
        body(8, 13, log.checkpoint(size) + forgedLine(ownEd25519, 72)),
        403,
      ],
      [
        "a forged ML-DSA-44 line of its own",
        body(8, 13, log.checkpoint(size) + forgedLine(ownMlDsa, 2428)),
        403,
      ],
      ["its own lines below another root", body(8, 13, note.replace(/^.*\n/, "x\n")), 404],
      ["its own lines below a fork's root", forkedNote(note, forged), 403],
      ["a fork's checkpoint", body(8, 13, forged.checkpoint(size)), 409],
      ["a larger checkpoint", body(8, 13, log.checkpoint(20)), 409],
    ] as const) {
      const answered = await witness.post("/sign-subtree", text);
      assert.equal(answered.status, status, `${name}: ${answered.body}`);
      if (status !== 409) assert.ok(!answered.body.includes("\u{2014}"), name);
    }
    assert.deepEqual(witness.faults, []);
  });
});

function forkedNote(note: string, fork: TestLog): string {
  return body(8, 13, note.replace(encodeBase64(log.root(size)), encodeBase64(fork.root(size))));
}
