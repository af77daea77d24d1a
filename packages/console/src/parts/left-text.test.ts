// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { leftOf } from "./left-text.ts";

test("what is left is said to the second within the hour, and what is over is late", () => {
  const cases: [number, string, string][] = [
    [2 * 86_400_000, "2 d left", "later"],
    [3_600_000, "1 h left", "later"],
    [3_599_999, "59 min 59 s left", "soon"],
    [249_000, "4 min 09 s left", "soon"],
    [59_999, "59 s left", "soon"],
    [0, "now", "over"],
    [-999, "now", "over"],
    [-1000, "1 s late", "over"],
    [-3 * 86_400_000, "3 d late", "over"],
  ];
  for (const [left, text, state] of cases) assert.deepEqual(leftOf(left, 0), { text, state });
});
