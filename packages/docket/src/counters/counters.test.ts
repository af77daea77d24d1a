// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { shardBounds, shardsPerCounter } from "./bounds.ts";
import type { ShardBounds } from "./bounds.ts";
import { bucketsPerWindow, Counters, keptMs } from "./counters.ts";
import type { CounterKey, CounterKind, Undo } from "./counters.ts";
import { held, lateMsMax, TwinCounter } from "./testing/twin.ts";

const startMs = 1_700_000_000_000;
const kinds = ["count", "sum", "distinct", "first"] as const;

const summands = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.maxSafeInteger());

function events(maxLength: number, keys: readonly string[], lateMs: number) {
  return fc.array(
    fc.record({
      stepMs: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 3000 }) },
        { weight: 4, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 8_000_000 }) },
      ),
      lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: lateMs })),
      keys: fc.uniqueArray(fc.constantFrom(...keys), { maxLength: 3 }),
      value: fc.integer({ min: 1, max: 12 }),
      summand: summands,
      taken: fc.boolean(),
    }),
    { maxLength },
  );
}

function keysOf(kind: CounterKind, keys: readonly string[], value: number, summand: number): CounterKey[] {
  if (kind.kind === "sum") return keys.map((key) => [key, String(summand)]);
  return keys.map((key) => (kind.kind === "distinct" ? [key, `v${value}`] : [key]));
}

/** Runs a stream through a counter and its twin; some batches are void and taken back. */
function compare(
  kind: CounterKind,
  bounds: ShardBounds,
  stream: readonly {
    stepMs: number;
    lateMs: number;
    keys: readonly string[];
    value: number;
    summand: number;
    taken: boolean;
  }[],
): void {
  const counters = new Counters([kind], bounds);
  const twin = new TwinCounter(kind, bounds);
  let nowMs = startMs;
  let batch: { undo: Undo; before: unknown }[] = [];
  let durable = twin.shards;
  for (const { stepMs, lateMs, keys: names, value, summand, taken } of stream) {
    nowMs += stepMs;
    const atMs = nowMs - lateMs;
    const keys = keysOf(kind, names, value, summand);
    assert.equal(counters.read(kind.id, keys, atMs), twin.read(keys, atMs));
    assert.equal(counters.read(kind.id, keys, nowMs), twin.read(keys, nowMs));
    const before = held(counters);
    batch.push({ undo: counters.add(kind.id, keys, atMs), before });
    twin.add(keys, atMs);
    if (!taken) {
      batch = [];
      durable = twin.shards;
    } else if (batch.length > 2) {
      // A void batch: the newest additions go, newest first.
      for (const each of batch.toReversed()) {
        each.undo();
        assert.deepEqual(held(counters), each.before);
      }
      twin.shards = durable;
      batch = [];
    }
  }
}

for (const kind of kinds) {
  for (const bucketMs of [50, 1000, 60_000, 720_000]) {
    test(`${kind}: in windows of ${bucketMs * bucketsPerWindow} ms the same as counting by hand`, () => {
      const counter: CounterKind = { id: "c", kind, bucketMs };
      const lateMs = Math.min(lateMsMax, 16 * bucketsPerWindow * bucketMs);
      const stream = events(40, ["a", "b", "c"], lateMs);
      fc.assert(
        fc.property(stream, (each) => compare(counter, shardBounds, each)),
        { numRuns: 100 },
      );
    });
  }

  test(`${kind}: with little room, keys go that were added to longest ago; estimates as by hand`, () => {
    const counter: CounterKind = { id: "c", kind, bucketMs: 60_000 };
    const bounds: ShardBounds = { keys: 3, nodes: 300, values: 80, exactValues: 4, sketches: 3 };
    // All in one shard.
    const names = ["k0", "k16", "k34", "k157", "k190", "k207"];
    fc.assert(
      fc.property(events(60, oneShard(names.length), lateMsMax), (each) => compare(counter, bounds, each)),
      { numRuns: 100 },
    );
  });
}

test("a counter of an unknown declaration has no value, and adding to it does nothing", () => {
  const counters = new Counters([]);
  counters.add("gone", [["a"]], 0)();
  assert.equal(counters.read("gone", [["a"]], 0), undefined);
  assert.equal(counters.keys, 0);
});

test("an event without keys reads 0, and of first nothing", () => {
  const counters = new Counters(kinds.map((kind) => ({ id: kind, kind, bucketMs: 1000 })));
  assert.deepEqual(
    kinds.map((kind) => counters.read(kind, [], startMs)),
    [0, 0, 0, undefined],
  );
});

test("sums are exact whatever comes and goes, and stay at ±(2^53 - 1) where they would go beyond", () => {
  const counters = new Counters([{ id: "s", kind: "sum", bucketMs: 1000 }]);
  const max = Number.MAX_SAFE_INTEGER;
  const add = (summand: number): Undo => counters.add("s", [["k", String(summand)]], startMs);
  const read = (): number | undefined => counters.read("s", [["k", "0"]], startMs);
  add(max);
  assert.equal(read(), max);
  const undo = add(max);
  add(-5)();
  assert.equal(read(), max);
  undo();
  add(-max);
  assert.equal(read(), 0);
  add(-max);
  add(-1);
  assert.equal(read(), -max);
});

test("dead keys go, two for each addition, and no value changes that can still be read", () => {
  const count: CounterKind = { id: "n", kind: "count", bucketMs: 1000 };
  const counters = new Counters([count]);
  for (let i = 0; i < 2000; i++) counters.add("n", [[`dead ${i}`]], startMs);
  const nowMs = startMs + keptMs(count) + 2000;
  const lateMs = nowMs - lateMsMax;
  counters.add("n", [["late"]], lateMs);
  for (let i = 0; i < 2000; i++) counters.add("n", [[`new ${i}`]], nowMs);
  assert.ok(counters.keys < 2200, `${counters.keys} keys`);
  assert.equal(counters.read("n", [["late"]], lateMs), 1);
  assert.equal(counters.memory.evicted, 0);
});

test("memory is bounded: the keys that were added to longest ago go", () => {
  const counters = new Counters([{ id: "n", kind: "count", bucketMs: 1000 }], { ...shardBounds, keys: 16 });
  for (let i = 0; i < 5000; i++) counters.add("n", [[`k${i}`]], startMs);
  assert.equal(counters.keys, 16 * shardsPerCounter);
  assert.equal(counters.memory.evicted, 5000 - 16 * shardsPerCounter);
  assert.equal(counters.read("n", [["k0"]], startMs), 0);
  assert.equal(counters.read("n", [["k4999"]], startMs), 1);
});

test("different values beyond those that are remembered are estimated, within 5 % of 200,000", () => {
  const counters = new Counters([{ id: "d", kind: "distinct", bucketMs: 60_000 }]);
  for (let i = 0; i < 200_000; i++) {
    counters.add("d", [["k", `v${i}`]], startMs + i);
    const seen = i + 1;
    if (seen === 1024) assert.equal(counters.read("d", [["k", ""]], startMs + i), 1024);
    if (seen % 20_000 !== 0) continue;
    const read = counters.read("d", [["k", ""]], startMs + i) as number;
    assert.ok(Math.abs(read / seen - 1) < 0.05, `${read} of ${seen}`);
  }
  assert.ok(counters.memory.bytes < 2_000_000, `${counters.memory.bytes} bytes`);
  const laterMs = startMs + 3_600_000 + 200_000;
  counters.add("d", [["k", "one"]], laterMs);
  assert.equal(counters.read("d", [["k", ""]], laterMs), 1);
});

test("adopting other declarations keeps the state of those that stay", () => {
  const a: CounterKind = { id: "a", kind: "count", bucketMs: 1000 };
  const b: CounterKind = { id: "b", kind: "count", bucketMs: 1000 };
  const counters = new Counters([a]);
  counters.add("a", [["k"]], startMs);
  assert.deepEqual(counters.adopt([b, a]), [b]);
  assert.equal(counters.read("a", [["k"]], startMs), 1);
  assert.equal(counters.read("b", [["k"]], startMs), 0);
  counters.adopt([b]);
  assert.equal(counters.read("a", [["k"]], startMs), undefined);
});

/** Keys that all belong to the shard of the first. */
function oneShard(count: number): string[] {
  const counters = new Counters([{ id: "c", kind: "count", bucketMs: 1000 }]);
  const found: string[] = [];
  for (let i = 0; found.length < count; i++) {
    const undo = counters.add("c", [[`k${i}`]], startMs);
    const plain = counters.plainShard("c", 0);
    if (plain?.kind === "buckets" && [...plain.plain.keys].length > 0) {
      found.push(`k${i}`);
    }
    undo();
  }
  return found;
}
