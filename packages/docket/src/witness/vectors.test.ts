// SPDX-License-Identifier: Apache-2.0
// The exchanges of packages/tlog/vectors/witness.json, put to a witness: its answers, and what it has kept.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  decodeBase64,
  encodeBase64,
  openCheckpoint,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  utf8,
} from "@docket/tlog";
import type { Answer } from "./answer.ts";
import { nameOfOrigin } from "./directory.ts";
import { knownLogs } from "./logs.ts";
import type { Kept, WitnessStore } from "./store.ts";
import { logKey, testCosigner, testSeconds } from "./testing/witness.ts";
import { Witness } from "./witness.ts";

type Tree = { size: string; root: string } | null;
type Exchange = {
  name: string;
  kind: string;
  logs: Record<string, string[]>;
  before: Tree;
  after: Tree;
  request?: string;
  requestBase64?: string;
  status: number;
  body?: string;
};
type VectorFile = { keys: Record<string, { vkey: string }>; cases: Exchange[] };

/** The log that all of the exchanges are about. */
const origin = "example.com/log";
const cosigner = testCosigner();

const statuses: Readonly<Record<Answer["kind"], number>> = {
  signed: 200,
  malformed: 400,
  forbidden: 403,
  unknown: 404,
  conflict: 409,
  "other-checkpoint": 409,
  inconsistent: 422,
  unavailable: 503,
};

test("a witness answers every exchange of the vectors as they say, and keeps what they say", async () => {
  const url = new URL("../../../tlog/vectors/witness.json", import.meta.url);
  const { keys, cases } = JSON.parse(readFileSync(url, "utf8")) as VectorFile;
  const exchanges = cases.filter(({ kind }) => kind === "exchange");
  for (const { name, logs, before, after, request, requestBase64, status, body } of exchanges) {
    const kept = new Map<string, Uint8Array>();
    if (before !== null) kept.set(nameOfOrigin(origin), cosignedNote(before));
    const logKeys = Object.values(logs).flatMap((ids) => ids.map((id) => logKey(keys[id]?.vkey ?? "")));
    const witness = new Witness({
      cosigner,
      store: memoryStore(kept),
      logs: knownLogs(logKeys, cosigner.verifiers),
      clock: () => testSeconds * 1000,
      createdSeconds: testSeconds - 1000,
    });
    const bytes = requestBase64 === undefined ? utf8(request ?? "") : decodeBase64(requestBase64);
    const answer = await witness.addCheckpoint(bytes);
    assert.equal(statuses[answer.kind], status, `${name}: ${JSON.stringify(answer)}`);
    if (answer.kind === "conflict") assert.equal(`${answer.size}\n`, body, name);
    if (answer.kind === "signed") {
      const { text } = parseNote(parseAddCheckpoint(bytes).checkpoint);
      const { verified, unverified } = openCheckpoint(
        utf8(`${text}\n${answer.lines}`),
        cosigner.verifiers,
        origin,
      );
      assert.deepEqual([verified.length, unverified.length], [2, 0], name);
    }
    assert.deepEqual(treeIn(kept.get(nameOfOrigin(origin))), after, name);
    await witness.close();
  }
  assert.ok(exchanges.length >= 50, `${exchanges.length} exchanges`);
});

/** What the witness would have kept of a checkpoint. */
function cosignedNote({ size, root }: { size: string; root: string }): Uint8Array {
  const text = `${origin}\n${size}\n${root}\n`;
  return utf8(`${text}\n${cosigner.cosign(parseCheckpoint(text), text, testSeconds - 10)}`);
}

function treeIn(note: Uint8Array | undefined): Tree {
  if (note === undefined) return null;
  const { size, root } = parseCheckpoint(parseNote(note).text);
  return { size: String(size), root: encodeBase64(root) };
}

function memoryStore(kept: Map<string, Uint8Array>): WitnessStore {
  return {
    read: (name) => Promise.resolve(kept.get(name)),
    replace: (name, note): Promise<Kept> => {
      kept.set(name, note);
      return Promise.resolve({ outcome: "kept" });
    },
    close: () => Promise.resolve(),
  };
}
