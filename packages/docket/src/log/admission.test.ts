// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { overload } from "./admission.ts";

const limits = { waitingMax: 100, unpublishedMax: 1000 };

test("as the queue fills, what can wait is refused first, and what the log needs last", () => {
  const admitted = (waiting: number, unpublished: number): string[] =>
    (["bulk", "normal", "system"] as const).filter(
      (priority) => overload(limits, waiting, unpublished, priority) === undefined,
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

test("a refusal says when to ask again", () => {
  const refusal = overload(limits, 100, 0, "normal");
  assert.deepEqual([refusal?.code, refusal?.retryAfterSeconds], ["overloaded", 1]);
});
