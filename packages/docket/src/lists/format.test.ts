// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import {
  decodeBase,
  decodeDelta,
  decodeSnapshot,
  encodeBase,
  encodeDelta,
  encodeSnapshot,
  versionOf,
} from "./format.ts";

const page = readFileSync(new URL("../../../../docs/formats/lists.md", import.meta.url), "utf8");
const [baseText = "", changeText = "", snapshotText = ""] = Array.from(
  page.matchAll(/```text\n([^]*?)```/g),
  ([, text]) => text ?? "",
);
const until = { value: "cheap-pills.example", untilMs: Date.UTC(2031, 0, 1) };

test("the examples of docs/formats/lists.md are what the encoder writes, with their versions", () => {
  const base = encodeBase("domain", [until, { value: "evil.example" }]);
  assert.equal(base.toString(), baseText);
  assert.ok(page.includes(`Its version is \`${versionOf(base)}\`. A list`), versionOf(base));
  const previous = versionOf(base);
  const delta = {
    kind: "domain",
    previous,
    add: [{ value: "worse.example" }],
    remove: ["evil.example"],
  } as const;
  const change = encodeDelta(delta);
  assert.equal(change.toString(), changeText);
  assert.ok(page.includes(`Its version is \`${versionOf(change)}\`.\n`), versionOf(change));
  const version = versionOf(change);
  const snapshot = encodeSnapshot({ kind: "domain", version, entries: [until, { value: "worse.example" }] });
  assert.equal(snapshot.toString(), snapshotText);
  assert.deepEqual([...(decodeBase(base, "domain") ?? [])], [until, { value: "evil.example" }]);
  assert.deepEqual(decodeDelta(change, "domain"), delta);
  const read = decodeSnapshot(snapshot, "domain", version);
  assert.deepEqual([...(read?.entries ?? [])], [until, { value: "worse.example" }]);
});

test("files of another kind or version are none", () => {
  const base = encodeBase("domain", []);
  assert.equal(decodeBase(base, "term"), undefined);
  assert.equal(
    decodeBase(encodeDelta({ kind: "term", previous: versionOf(base), add: [], remove: [] }), "term"),
    undefined,
  );
  assert.equal(decodeDelta(base, "domain"), undefined);
  const snapshot = encodeSnapshot({ kind: "hash", version: versionOf(base), entries: [{ value: "a" }] });
  assert.equal(decodeSnapshot(snapshot, "hash", "another"), undefined);
  for (let index = 0; index < snapshot.length; index++) {
    const changed = Buffer.from(snapshot);
    changed[index] = (changed[index] ?? 0) ^ 4;
    assert.equal(decodeSnapshot(changed, "hash", versionOf(base)), undefined);
  }
});
