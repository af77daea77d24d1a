// SPDX-License-Identifier: Apache-2.0
// The witness as a log of docket asks it: both halves of the protocol, over real HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { cosignatureTime, openCheckpoint, utf8 } from "@docket/tlog";
import { askWitness } from "../publication/ask-witness.ts";
import type { WitnessAnswer } from "../publication/ask-witness.ts";
import { post } from "../publication/requests.ts";
import { testKey, TestLog } from "./testing/log.ts";
import { logKey, testSeconds, testWitness } from "./testing/witness.ts";
import type { TestWitness } from "./testing/witness.ts";

const log = new TestLog("log.example/a");
const mlDsa = testKey(log.origin, "ml-dsa", "ml-dsa-44");
const keys = [logKey(log.key.vkey), logKey(mlDsa.vkey)];

function asker(witness: TestWitness): (log: TestLog, size: number, hint: number) => Promise<WitnessAnswer> {
  const endpoint = { name: "w1", url: witness.url, verifiers: [...witness.cosigner.verifiers] };
  return (asking, size, hint) => {
    const note = utf8(asking.checkpoint(size, { signers: [asking.key.signer, mlDsa.signer] }));
    const consistency = async (first: number, second: number) => asking.proof(first, second);
    return askWitness({ post, consistency }, endpoint, { note, size }, hint, AbortSignal.timeout(30_000));
  };
}

test("a log gets both cosignatures, whatever it thinks that the witness has seen", async (t) => {
  const witness = await testWitness(t, keys);
  const ask = asker(witness);
  for (const [size, hint] of [
    [3, 0],
    [10, 3],
    [10, 10],
    [300, 0],
    [301, 7],
    [1000, 5000],
  ] as const) {
    const answer = await ask(log, size, hint);
    assert.equal(answer.kind, "cosigned", JSON.stringify(answer));
    const lines = answer.kind === "cosigned" ? answer.lines : [];
    assert.deepEqual(
      lines.map(({ verifier, signature }) => [verifier.algorithm, cosignatureTime(signature)]),
      [
        ["ed25519-cosignature", testSeconds],
        ["ml-dsa-44", testSeconds],
      ],
    );
  }
  const latest = utf8((await witness.latest(log.origin)).body);
  const { verified } = openCheckpoint(latest, [
    ...witness.cosigner.verifiers,
    ...keys.map((key) => key.verifier),
  ]);
  assert.equal(verified.length, 4);
});

test("a log that went back, forked, or is not known is told apart", async (t) => {
  const witness = await testWitness(t, keys);
  const ask = asker(witness);
  assert.equal((await ask(log, 10, 0)).kind, "cosigned");
  assert.deepEqual(await ask(log, 9, 9), { kind: "ahead", size: 10 });
  assert.equal((await ask(new TestLog(log.origin, 5), 12, 10)).kind, "conflict");
  assert.equal((await ask(new TestLog(log.origin, 5), 10, 10)).kind, "conflict");
  assert.deepEqual(await ask(new TestLog("log.example/b"), 3, 0), { kind: "refused", status: 404 });
});
