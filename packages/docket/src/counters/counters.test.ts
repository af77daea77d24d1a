// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { bucketsPerWindow, Counters, distinctValuesMax, keptMs, latenessMsMax } from "./counters.ts";
import type { CounterKey, CounterKind, Undo } from "./counters.ts";

type Seen = { keys: readonly CounterKey[]; decidedAtMs: number };

/** The slow, obvious twin: all events in the order of the log. */
function naive(kind: CounterKind, seen: readonly Seen[], keys: readonly CounterKey[], atMs: number): number {
  const last = Math.floor(atMs / kind.bucketMs);
  const values = keys.map(([key]) => {
    const inWindow = seen.filter(({ decidedAtMs }) => {
      const bucket = Math.floor(decidedAtMs / kind.bucketMs);
      return bucket <= last && bucket > last - bucketsPerWindow;
    });
    const own = inWindow.flatMap((event) => event.keys.filter((each) => each[0] === key));
    return kind.kind === "count" ? own.length : new Set(own.map(([, value]) => value)).size;
  });
  return Math.max(0, ...values);
}

const event = fc.record({
  stepMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 90_000 })),
  lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: latenessMsMax })),
  keys: fc.uniqueArray(fc.tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("1", "2", "3", "4")), {
    maxLength: 3,
    selector: (key) => key.join(),
  }),
  taken: fc.boolean(),
});

for (const kind of ["count", "distinct"] as const) {
  for (const bucketMs of [1000, 60_000]) {
    test(`${kind}: in windows of ${bucketMs * bucketsPerWindow} ms the same as counting by hand`, () => {
      const counter: CounterKind = { id: "c", kind, bucketMs };
      fc.assert(
        fc.property(fc.array(event, { maxLength: 60 }), (events) => {
          const counters = new Counters([counter]);
          const seen: Seen[] = [];
          let nowMs = 1_700_000_000_000;
          let undone: Undo[] = [];
          for (const { stepMs, lateMs, keys: pairs, taken } of events) {
            nowMs += stepMs;
            const atMs = nowMs - lateMs;
            const keys = pairs.map(([key, value]): CounterKey => (kind === "count" ? [key] : [key, value]));
            const own = kind === "count" ? [...new Map(keys.map((key) => [key[0], key])).values()] : keys;
            assert.equal(counters.read("c", own, atMs), naive(counter, seen, own, atMs));
            undone.push(counters.add("c", own, atMs));
            seen.push({ keys: own, decidedAtMs: atMs });
            if (!taken) undone = [];
            else if (undone.length > 2) {
              // A void batch: the newest additions go, newest first.
              for (const undo of undone.toReversed()) undo();
              seen.splice(seen.length - undone.length);
              undone = [];
            }
          }
        }),
        { numRuns: 300 },
      );
    });
  }
}

test("a counter over an unknown declaration is 0, and adding to it does nothing", () => {
  const counters = new Counters([]);
  counters.add("gone", [["a"]], 0)();
  assert.equal(counters.read("gone", [["a"]], 0), 0);
  assert.equal(counters.keys, 0);
});

test("sweeping takes dead keys and changes no value that can still be read", () => {
  const count: CounterKind = { id: "n", kind: "count", bucketMs: 1000 };
  const counters = new Counters([count, { id: "d", kind: "distinct", bucketMs: 1000 }]);
  const startMs = 1_700_000_000_000;
  const reach = keptMs(count);
  counters.add("n", [["dead"]], startMs);
  counters.add("d", [["dead", "1"]], startMs);
  const nowMs = startMs + reach + 2000;
  const late = nowMs - latenessMsMax;
  counters.add("n", [["late"]], late);
  counters.add("d", [["late", "1"]], late);
  for (let i = 0; i < 100_000; i++) counters.add(i % 2 === 0 ? "n" : "d", [["busy", "x"]], nowMs);
  assert.equal(counters.keys, 4, "the dead keys are gone");
  assert.equal(counters.read("n", [["late"]], late), 1);
  assert.equal(counters.read("d", [["late", "1"]], late), 1);
  assert.equal(counters.read("n", [["busy"]], nowMs), 50_000);
});

test("a distinct counter stays at its limit, and counts again when old values have gone", () => {
  const counters = new Counters([{ id: "d", kind: "distinct", bucketMs: 60_000 }]);
  const startMs = 1_700_000_000_000;
  for (let i = 0; i < distinctValuesMax; i++) counters.add("d", [["k", String(i)]], startMs);
  const undo = counters.add("d", [["k", "one more"]], startMs);
  assert.equal(counters.read("d", [["k", ""]], startMs), distinctValuesMax);
  undo();
  assert.equal(counters.read("d", [["k", ""]], startMs), distinctValuesMax);
  const laterMs = startMs + 3 * 3_600_000;
  counters.add("d", [["k", "0"]], laterMs);
  counters.add("d", [["k", "new"]], laterMs);
  assert.equal(counters.read("d", [["k", ""]], laterMs), 2);
});
