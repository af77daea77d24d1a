// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { array, assert as check, nat, property, record } from "fast-check";
import { intervalsOf } from "./interval.ts";
import type { CheckedAnchor } from "./interval.ts";

const end = 40;
const anchors = array(
  record({ index: nat(end), back: nat(5), at: nat(100_000), radius: nat(2000) }).map(
    ({ index, back, at, radius }): CheckedAnchor => {
      const size = Math.max(0, index - back);
      return { index, size, source: "rfc3161", name: "one", earliestMs: at, latestMs: at + radius };
    },
  ),
  { maxLength: 12 },
);

void test("a record is later than every stamp before it, and there by every stamp over it", () => {
  check(
    property(anchors, nat(end), (given, index) => {
      const { notBefore, notAfter, widthMs } = intervalsOf(given).of(index);
      const earliest = given.filter((each) => each.index < index).map((each) => each.earliestMs);
      const latest = given.filter((each) => each.size > index).map((each) => each.latestMs);
      const timeOf = (ms: readonly number[], pick: (...all: number[]) => number): string | undefined =>
        ms.length === 0 ? undefined : new Date(pick(...ms)).toISOString();
      assert.equal(notBefore?.time, timeOf(earliest, Math.max));
      assert.equal(notAfter?.time, timeOf(latest, Math.min));
      const hasBoth = earliest.length > 0 && latest.length > 0;
      assert.equal(widthMs, hasBoth ? Math.min(...latest) - Math.max(...earliest) : null);
    }),
  );
});

void test("widths are those of the records one by one", () => {
  check(
    property(anchors, (given) => {
      const intervals = intervalsOf(given);
      const widths = Array.from({ length: end }, (_, index) => intervals.of(index).widthMs)
        .filter((width) => width !== null)
        .sort((a, b) => a - b);
      const at = (share: number): number | null => widths[Math.ceil(widths.length * share) - 1] ?? null;
      const found = intervals.widths(end);
      assert.deepEqual(found, {
        records: widths.length,
        medianMs: at(0.5),
        p99Ms: at(0.99),
        mostMs: at(1),
      });
    }),
  );
});

void test("two stamps contradict each other where the later one says an earlier time", () => {
  const one = { index: 3, size: 3, source: "rfc3161", name: "one", earliestMs: 9000, latestMs: 10_000 };
  const two = { index: 8, size: 7, source: "roughtime", name: "two", earliestMs: 1000, latestMs: 2000 };
  assert.deepEqual(intervalsOf([one, two]).contradictions, [{ earlier: one, later: two }]);
  // It doesn't cover the record that holds the first.
  assert.deepEqual(intervalsOf([one, { ...two, size: 3 }]).contradictions, []);
  assert.deepEqual(intervalsOf([one, { ...two, latestMs: 9000 }]).contradictions, []);
});
