// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { roundUp, stackBars, stoppedOf, totalOf } from "./outcome-buckets.ts";

const startMs = Date.UTC(2026, 10, 23);

test("bars stand where their time is, the strictest outcome at the bottom", () => {
  const bucket = (
    minute: number,
    outcomes: Record<string, number>,
  ): { from: string; outcomes: typeof outcomes } => ({
    from: new Date(startMs + minute * 60_000).toISOString(),
    outcomes,
  });
  const { bars, most } = stackBars([bucket(0, { allow: 6, reject: 2 }), bucket(2, { flag: 4 })], {
    fromMs: startMs,
    toMs: startMs + 240_000,
    bucketMs: 60_000,
  });
  assert.equal(most, 10);
  assert.deepEqual(
    bars.map(({ x, width, total }) => [x, width, total]),
    [
      [0, 0.25, 8],
      [0.5, 0.25, 4],
    ],
  );
  assert.deepEqual(bars[0]?.pieces, [
    { outcome: "reject", count: 2, y: 0, height: 0.2 },
    { outcome: "allow", count: 6, y: 0.2, height: 0.6 },
  ]);
});

test("counts are added up, and axes end at round numbers", () => {
  assert.equal(totalOf({ allow: 2, flag: 3 }), 5);
  assert.equal(stoppedOf({ allow: 2, flag: 3, hold: 1, reject: 4 }), 5);
  assert.deepEqual([1, 3, 10, 11, 499, 501].map(roundUp), [1, 5, 10, 20, 500, 1000]);
});
