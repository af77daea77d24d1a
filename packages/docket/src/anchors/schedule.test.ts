// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { againAfterMs, againAfterMsMax, isDue, pauseMs, restingMs } from "./schedule.ts";
import type { ClockState } from "./schedule.ts";

const everyMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 23);
const fresh: ClockState = { last: undefined, failedInARow: 0, failedAtMs: 0 };

void test("a log with records is stamped at once, then after its time if others were added", () => {
  const at = (state: ClockState, nowMs: number, size: number, othersSize: number): boolean =>
    isDue(state, { nowMs, everyMs, size, othersSize });
  assert.equal(at(fresh, startMs, 0, 0), false);
  assert.equal(at(fresh, startMs, 5, 5), true);
  const stamped = { ...fresh, last: { atMs: startMs, size: 5 } };
  // Its own record is not another.
  assert.equal(at(stamped, startMs + everyMs, 6, 5), false);
  assert.equal(at(stamped, startMs + everyMs - 1, 9, 9), false);
  assert.equal(at(stamped, startMs + everyMs, 9, 9), true);
  // What was added is not published yet.
  assert.equal(at(stamped, startMs + everyMs, 5, 9), false);
  assert.equal(at(stamped, startMs + restingMs - 1, 6, 5), false);
  assert.equal(at(stamped, startMs + restingMs, 6, 5), true);
});

void test("a clock of ours that went back does not keep the log from being stamped", () => {
  const stamped = { ...fresh, last: { atMs: startMs, size: 5 } };
  assert.equal(isDue(stamped, { nowMs: startMs - 1, everyMs, size: 5, othersSize: 5 }), true);
});

void test("a clock that fails is asked ever less often, and at least every quarter of an hour", () => {
  assert.deepEqual([1, 2, 3].map(pauseMs), [againAfterMs, 2 * againAfterMs, 4 * againAfterMs]);
  assert.equal(pauseMs(50), againAfterMsMax);
  const failed = { ...fresh, failedInARow: 2, failedAtMs: startMs };
  const asked = (nowMs: number): boolean => isDue(failed, { nowMs, everyMs, size: 5, othersSize: 5 });
  assert.equal(asked(startMs + 2 * againAfterMs - 1), false);
  assert.equal(asked(startMs + 2 * againAfterMs), true);
  assert.equal(asked(startMs - 1), true);
});

void test("over a month of fast time a log at rest is stamped once a day, a busy one every hour", () => {
  const stampsOf = (adds: (hour: number) => boolean): number => {
    let state = fresh;
    let [size, othersSize, stamps] = [1, 1, 0];
    for (let hour = 0; hour < 30 * 24; hour++) {
      if (adds(hour)) othersSize = ++size;
      for (let minute = 0; minute < 60; minute++) {
        const nowMs = startMs + (hour * 60 + minute) * 60_000;
        if (!isDue(state, { nowMs, everyMs, size, othersSize })) continue;
        state = { ...state, last: { atMs: nowMs, size } };
        size += 1;
        stamps += 1;
      }
    }
    return stamps;
  };
  assert.equal(
    stampsOf(() => false),
    30,
  );
  assert.equal(
    stampsOf(() => true),
    30 * 24,
  );
});
