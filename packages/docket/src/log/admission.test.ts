// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { overload } from "./admission.ts";

const limits = {
  waiting: 100,
  waitingBytes: 1000,
  unpublished: 1000,
  unpublishedBytes: 10_000,
  unsynced: 5000,
};
const idle = { waiting: 0, waitingBytes: 0, unpublished: 0, unpublishedBytes: 0, unsynced: 0 };

test("as the queue fills, what can wait is refused first, and what the log needs last", () => {
  const admitted = (waiting: number, unpublished: number): string[] =>
    (["bulk", "normal", "system"] as const).filter(
      (priority) => overload(limits, { ...idle, waiting, unpublished }, priority) === undefined,
    );
  assert.deepEqual(admitted(0, 0), ["bulk", "normal", "system"]);
  assert.deepEqual(admitted(49, 499), ["bulk", "normal", "system"]);
  assert.deepEqual(admitted(50, 0), ["normal", "system"]);
  assert.deepEqual(admitted(0, 500), ["normal", "system"]);
  assert.deepEqual(admitted(90, 0), ["system"]);
  assert.deepEqual(admitted(0, 999), ["system"]);
  assert.deepEqual(admitted(100, 0), []);
  assert.deepEqual(admitted(0, 1000), []);
});

test("a few large ones fill the queue as well as many small ones", () => {
  assert.equal(overload(limits, { ...idle, waiting: 1, waitingBytes: 899 }, "normal"), undefined);
  assert.equal(overload(limits, { ...idle, waiting: 1, waitingBytes: 900 }, "normal")?.code, "overloaded");
  assert.equal(overload(limits, { ...idle, unpublishedBytes: 8999 }, "normal"), undefined);
  assert.equal(overload(limits, { ...idle, unpublishedBytes: 9000 }, "normal")?.code, "overloaded");
  assert.equal(overload(limits, { ...idle, unsynced: 4499 }, "normal"), undefined);
  assert.equal(overload(limits, { ...idle, unsynced: 4500 }, "normal")?.code, "overloaded");
});

test("a refusal says when to ask again", () => {
  const refusal = overload(limits, { ...idle, waiting: 100 }, "normal");
  assert.deepEqual([refusal?.code, refusal?.retryAfterSeconds], ["overloaded", 1]);
});
