// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { rememberedMax, RequestBrake } from "./request-brake.ts";

void test("a burst passes, then one at a time, and everyone has their own", () => {
  let nowMs = 1_000_000;
  const brake = new RequestBrake({ burst: 3, everyMs: 10_000 }, () => nowMs);
  assert.deepEqual(
    [1, 2, 3, 4, 5].map(() => brake.take("a")),
    [undefined, undefined, undefined, 10, 10],
  );
  assert.equal(brake.take("b"), undefined);
  nowMs += 9999;
  assert.equal(brake.take("a"), 1);
  nowMs += 1;
  assert.deepEqual([brake.take("a"), brake.take("a")], [undefined, 10]);
  nowMs += 3_600_000;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => brake.take("a")),
    [undefined, undefined, undefined, 10],
  );
});

void test("only so many are remembered", () => {
  const brake = new RequestBrake({ burst: 1, everyMs: 1000 }, () => 0);
  assert.equal(brake.take("first"), undefined);
  assert.equal(brake.take("first"), 1);
  for (let each = 0; each < rememberedMax; each++) brake.take(`other ${each}`);
  assert.equal(brake.take("first"), undefined);
});

void test("what is taken back does not count", () => {
  const brake = new RequestBrake({ burst: 2, everyMs: 1000 }, () => 0);
  for (let time = 0; time < 10; time++) {
    assert.equal(brake.take("ana"), undefined);
    brake.giveBack("ana");
  }
  assert.deepEqual([brake.take("ana"), brake.take("ana"), brake.take("ana")], [undefined, undefined, 1]);
  // Who was refused took nothing, and gives nothing back.
  brake.giveBack("nobody");
  assert.equal(brake.take("nobody"), undefined);
});
