// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeBody } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import { MemoryDisk } from "../testing/memory-disk.ts";
import { createTestLog, openTestLog, testOrigin, testRequest } from "../testing/test-log.ts";
import {
  changeKeys,
  currentKeys,
  firstPeriod,
  keyHistoryOfLog,
  keyHistoryPath,
  keysAt,
  readKeyHistory,
  writeKeyHistory,
} from "./key-history.ts";

const key = (letter: string): string => `${testOrigin}+0123abcd+${letter.repeat(44)}`;

test("keys of a size: those of one period, and of two where they changed", () => {
  let history = firstPeriod(testOrigin, [key("A")]);
  history = changeKeys(history, 9, [key("B"), key("C")]);
  history = changeKeys(history, 19, [key("D")]);
  assert.deepEqual(currentKeys(history), [key("D")]);
  for (const [size, letters] of [
    [0, "A"],
    [9, "A"],
    [10, "ABC"],
    [11, "BC"],
    [20, "BCD"],
    [21, "D"],
    [1000, "D"],
  ] as const) {
    assert.deepEqual(keysAt(history, size), Array.from(letters, key), `size ${size}`);
  }
});

test("the history is read as it was kept, and refused if it is another log's or none", () => {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  assert.equal(readKeyHistory(disk, paths, testOrigin), undefined);
  const history = changeKeys(firstPeriod(testOrigin, [key("A")]), 9, [key("B")]);
  writeKeyHistory(disk, paths, history);
  assert.deepEqual(readKeyHistory(disk, paths, testOrigin), history);
  assert.throws(() => readKeyHistory(disk, paths, "other"), { code: "directory_damaged" });
  disk.replaceFile(keyHistoryPath(paths), Buffer.from("{}"), true);
  assert.throws(() => readKeyHistory(disk, paths, testOrigin), { code: "directory_damaged" });
});

test("it comes out of the log's records again, from full and partial bundles", () => {
  const disk = new MemoryDisk();
  const paths = createTestLog(disk, "/data");
  const log = openTestLog(disk, paths, () => 0);
  const bodies: BodyWithoutParts[] = [
    { kind: "created", by: "operator", origin: testOrigin, key: key("A"), mlDsaKey: key("B") },
    ...Array.from({ length: 300 }, (): BodyWithoutParts => ({ kind: "stop", by: "operator" })),
  ];
  bodies[7] = { kind: "key-change", by: "operator", old: [key("A"), key("B")], new: [key("C")] };
  bodies[256] = { kind: "key-change", by: "operator", old: [key("C")], new: [key("D")] };
  // A text that looks like one is none.
  bodies[9] = { kind: "start", by: "operator", version: '"kind":"key-change"', recovered: 0 };
  for (const [id, body] of bodies.entries()) {
    const { batch } = log.sequencer.commit([{ ...testRequest(id), body: encodeBody(body) }]);
    log.materialiser.ingest({ batches: [batch], checkpoint: log.sequencer.checkpoint() });
  }
  log.materialiser.sync(0);
  let expected = firstPeriod(testOrigin, [key("A"), key("B")]);
  expected = changeKeys(changeKeys(expected, 7, [key("C")]), 256, [key("D")]);
  assert.deepEqual(keyHistoryOfLog(disk, paths, testOrigin, bodies.length), expected);
  assert.equal(keyHistoryOfLog(disk, paths, testOrigin, 0), undefined);
});
