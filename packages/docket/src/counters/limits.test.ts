// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { shardBounds, shardsPerCounter } from "./bounds.ts";
import { Counters } from "./counters.ts";
import type { Undo } from "./counters.ts";
import { Limits } from "./limits.ts";
import type { LimitKind } from "./limits.ts";
import { held, lateMsMax, TwinLimit } from "./testing/twin.ts";

const startMs = 1_700_000_000_000;
const none = new Counters([]);

const rates = fc.record({
  id: fc.constant("l"),
  count: fc.integer({ min: 1, max: 100 }),
  perMs: fc.constantFrom(1000, 60_000, 3_600_000, 86_400_000),
  burst: fc.integer({ min: 1, max: 20 }),
});
const stream = fc.array(
  fc.record({
    stepMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 10_000_000 })),
    lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: lateMsMax })),
    key: fc.constantFrom("a", "b", "c"),
    refusedBy: fc.subarray(["p/x", "p/y"]),
    taken: fc.boolean(),
  }),
  { maxLength: 60 },
);

test("limits wait as a list of all that was taken says, copies as if their rules had their effect", () => {
  fc.assert(
    fc.property(rates, stream, (kind, events) => {
      const limits = new Limits([kind]);
      const twin = new TwinLimit(kind);
      let nowMs = startMs;
      let batch: { undo: Undo; before: unknown }[] = [];
      let durable = twin.taken;
      for (const { stepMs, lateMs, key, refusedBy, taken } of events) {
        nowMs += stepMs;
        const atMs = nowMs - lateMs;
        for (const rule of [undefined, "p/x", "p/y", "p/z"]) {
          assert.equal(limits.wait("l", key, atMs, rule), twin.wait(key, atMs, rule));
        }
        const before = held(none, limits);
        batch.push({ undo: limits.consume("l", key, atMs, refusedBy), before });
        twin.consume(key, atMs, refusedBy);
        if (!taken) {
          batch = [];
          durable = twin.taken;
        } else if (batch.length > 2) {
          for (const each of batch.toReversed()) {
            each.undo();
            assert.deepEqual(held(none, limits), each.before);
          }
          twin.taken = durable;
          batch = [];
        }
      }
    }),
    { numRuns: 300 },
  );
});

const perMinute: LimitKind = { id: "l", count: 10, perMs: 60_000, burst: 3 };

test("a burst passes at once, then one each interval", () => {
  const limits = new Limits([perMinute]);
  for (let i = 0; i < 3; i++) {
    assert.equal(limits.wait("l", "k", startMs), 0);
    limits.consume("l", "k", startMs);
  }
  assert.equal(limits.wait("l", "k", startMs), 6000);
  assert.equal(limits.wait("l", "k", startMs + 5999), 1);
  assert.equal(limits.wait("l", "k", startMs + 6000), 0);
  assert.equal(limits.wait("l", "other", startMs), 0);
});

test("what is not declared has no wait, and nothing is taken of it", () => {
  const limits = new Limits([]);
  limits.consume("l", "k", startMs)();
  assert.equal(limits.wait("l", "k", startMs), undefined);
  assert.deepEqual(limits.adopt([perMinute]), [perMinute]);
  assert.equal(limits.wait("l", "k", startMs), 0);
});

test("keys with all their room are forgotten, and beyond the bound those of longest ago", () => {
  const limits = new Limits([perMinute], { ...shardBounds, keys: 4 });
  for (let i = 0; i < 1000; i++) limits.consume("l", `k${i}`, startMs);
  assert.equal(limits.memory.keys, 4 * shardsPerCounter);
  assert.equal(limits.memory.evicted, 1000 - 4 * shardsPerCounter);
  const laterMs = startMs + 2 * lateMsMax;
  for (let i = 0; i < 1000; i++) limits.consume("l", `k${i % 8}`, laterMs + i);
  assert.ok(limits.memory.keys < 4 * shardsPerCounter);
});
