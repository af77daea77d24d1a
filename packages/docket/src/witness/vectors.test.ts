// SPDX-License-Identifier: Apache-2.0
// The exchanges of packages/tlog/vectors, which another writer of the formats made, over real HTTP.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  decodeBase64,
  encodeBase64,
  formatCheckpoint,
  formatSignature,
  openCheckpoint,
  openCosignatures,
  parseSignerKey,
  parseVerifierKey,
  utf8,
} from "@docket/tlog";
import type { Hash, Signer } from "@docket/tlog";
import type { Cosigner } from "./cosigner.ts";
import { nameOfOrigin } from "./directory.ts";
import { logKey, readText, temporaryDirectory, testWitness } from "./testing/witness.ts";

type Head = { size: string; root: string };
type Case = { name: string; kind: string; result: string; request?: string; requestBase64?: string };
type Exchange = Case & {
  logs: Record<string, string[]>;
  witness: string[];
  time: string;
  before: Head | null;
  status: number;
  contentType?: string;
  body?: string;
  after: Head | null;
  answer?: string;
};
type Vectors = { keys: Record<string, { vkey: string; skey: string }>; cases: Case[] };

const url = new URL("../../../tlog/vectors/witness.json", import.meta.url);
const { keys, cases } = JSON.parse(readFileSync(url, "utf8")) as Vectors;
const origin = "example.com/log";

function keyOf(name: string): { vkey: string; skey: string } {
  const key = keys[name];
  assert.ok(key !== undefined, name);
  return key;
}

function bytesOf({ request, requestBase64 }: Case): Uint8Array {
  return request === undefined ? decodeBase64(requestBase64 ?? "") : utf8(request);
}

/** A cosigner with the keys that a case names, whatever their names. */
function cosignerOf(names: readonly string[], seconds: () => number): Cosigner {
  const signers = names.map((name): Signer => parseSignerKey(keyOf(name).skey, seconds));
  return {
    name: "witness.example",
    verifiers: names.map((name) => parseVerifierKey(keyOf(name).vkey)),
    cosign: (_checkpoint, text) => linesOf(signers, text),
    cosignSubtree: () => assert.fail("no case asks for it"),
  };
}

function linesOf(signers: readonly Signer[], text: string): string {
  return signers
    .map(({ name, keyId, sign }) => formatSignature({ name, keyId, signature: sign(utf8(text)) }))
    .join("");
}

/** The state of a case: a note that its witness cosigned. */
function noteOf(head: Head, cosigner: Cosigner): string {
  const root = decodeBase64(head.root) as Hash;
  const checkpoint = { origin, size: Number(head.size), root, extensions: [] };
  const text = formatCheckpoint(checkpoint);
  return `${text}\n${cosigner.cosign(checkpoint, text, 0)}`;
}

function headOf(note: string | undefined, cosigner: Cosigner): Head | null {
  if (note === undefined) return null;
  const { size, root } = openCheckpoint(utf8(note), cosigner.verifiers).checkpoint;
  return { size: String(size), root: encodeBase64(root) };
}

describe("the vectors of witnesses", () => {
  const exchanges = cases.filter((each): each is Exchange => each.kind === "exchange");

  test("are there", () => {
    assert.ok(exchanges.length >= 50, `${exchanges.length}`);
    const statuses = new Set(exchanges.map(({ status }) => status));
    assert.deepEqual(statuses, new Set([200, 400, 403, 404, 409, 422]));
  });

  for (const each of exchanges) {
    test(each.name, async (t) => {
      const seconds = Number(each.time);
      const cosigner = cosignerOf(each.witness, () => seconds);
      const logs = Object.entries(each.logs).flatMap(([log, names]) =>
        names.map((name) => logKey(keyOf(name).vkey, log)),
      );
      const directory = temporaryDirectory(t);
      if (each.before !== null) {
        writeFileSync(`${directory}/${nameOfOrigin(origin)}`, noteOf(each.before, cosigner));
      }
      const witness = await testWitness(t, logs, { cosigner, directory, createdSeconds: seconds });
      witness.now.ms = seconds * 1000;
      const answered = await witness.post("/add-checkpoint", bytesOf(each));
      assert.equal(answered.status, each.status, answered.body);
      if (each.contentType !== undefined) {
        assert.equal(answered.headers.get("content-type"), each.contentType);
      }
      if (each.body !== undefined) assert.equal(answered.body, each.body);
      const kept = each.after === null ? undefined : readText(witness.stateFile(origin));
      assert.deepEqual(headOf(kept, cosigner), each.after);
      if (each.status !== 200) return;
      // An ML-DSA-44 signature is another each time; an Ed25519 one is the same.
      const note = utf8((each.request ?? "").slice((each.request ?? "").indexOf("\n\n") + 2));
      const verified = openCosignatures(note, utf8(answered.body), cosigner.verifiers);
      assert.equal(verified.length, each.witness.length);
      if (!each.witness.includes("lattice")) assert.equal(answered.body, each.answer);
    });
  }

  for (const [kind, path] of [
    ["add-checkpoint", "/add-checkpoint"],
    ["sign-subtree", "/sign-subtree"],
  ] as const) {
    test(`every malformed ${kind} is 400`, async (t) => {
      const witness = await testWitness(t, [logKey(keyOf("log").vkey)]);
      const malformed = cases.filter((each) => each.kind === kind && each.result === "refuse");
      assert.ok(malformed.length >= 30, `${malformed.length}`);
      for (const each of malformed) {
        const answered = await witness.post(path, bytesOf(each));
        assert.equal(answered.status, 400, `${each.name}: ${answered.body}`);
      }
      assert.equal((await witness.latest(origin)).status, 404);
    });
  }
});
