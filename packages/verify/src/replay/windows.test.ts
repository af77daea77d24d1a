// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { distinctWindow, eventWindow, firstWindow, sumWindow, windowBuckets } from "./windows.ts";
import type { Window } from "./windows.ts";

type Added = { bucket: number; value: string };

const streams = fc.array(
  fc.record({ bucket: fc.integer({ min: 0, max: 200 }), value: fc.constantFrom("1", "2", "-3", "40") }),
  { maxLength: 80 },
);

const kinds: readonly (readonly [
  name: string,
  make: () => Window,
  naive: (within: readonly Added[]) => number,
])[] = [
  ["events", eventWindow, (within) => within.length],
  ["sums", sumWindow, (within) => within.reduce((sum, { value }) => sum + Number(value), 0)],
  ["different values", distinctWindow, (within) => new Set(within.map(({ value }) => value)).size],
];

for (const [name, make, naive] of kinds) {
  test(`${name} in a window are those of the events added, in whatever order they came`, () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 0, max: 260 }), (stream, bucket) => {
        const window = make();
        for (const { bucket: at, value } of stream) window.add(at, value, at * 1000);
        const within = stream.filter(({ bucket: at }) => at <= bucket && at > bucket - windowBuckets);
        assert.equal(window.read(bucket, bucket * 1000), naive(within));
        // What is forgotten before a window changes nothing in it.
        window.forget(bucket - windowBuckets + 1);
        assert.equal(window.read(bucket, bucket * 1000), naive(within));
      }),
    );
  });
}

test("since when events come is the earliest of their run, whatever was forgotten before it", () => {
  fc.assert(
    fc.property(streams, fc.integer({ min: 150, max: 260 }), (stream, bucket) => {
      const window = firstWindow();
      for (const { bucket: at, value } of stream) window.add(at, value, at * 1000 + Number(value));
      const before = [...new Set(stream.map(({ bucket: at }) => at).filter((at) => at <= bucket))];
      let reached = bucket;
      let first: number | undefined;
      for (const at of before.sort((a, b) => b - a)) {
        if (at <= reached - windowBuckets) break;
        reached = at;
        const own = stream
          .filter(({ bucket: each }) => each === at)
          .map(({ value }) => at * 1000 + Number(value));
        first = Math.min(first ?? Number.POSITIVE_INFINITY, ...own);
      }
      const expected = first === undefined ? undefined : Math.max(0, bucket * 1000 - first);
      assert.equal(window.read(bucket, bucket * 1000), expected);
      window.forget(bucket - windowBuckets + 1);
      if (expected !== undefined) assert.equal(window.read(bucket, bucket * 1000), expected);
    }),
  );
});

test("a sum stays within the integers that JSON has", () => {
  const window = sumWindow();
  for (let i = 0; i < 3; i++) window.add(0, String(Number.MAX_SAFE_INTEGER), 0);
  assert.equal(window.read(0, 0), Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < 6; i++) window.add(0, String(-Number.MAX_SAFE_INTEGER), 0);
  assert.equal(window.read(0, 0), -Number.MAX_SAFE_INTEGER);
});

test("first seen goes back through a run of events, and no further than a window without one", () => {
  const window = firstWindow();
  assert.equal(window.read(100, 100_000), undefined);
  window.add(10, "", 10_500);
  window.add(60, "", 60_000);
  window.add(60, "", 59_900);
  assert.equal(window.read(110, 110_000), 99_500);
  // Bucket 10 is not within a window of bucket 60's when that is 60 buckets long and reaches 1 to 60.
  assert.equal(window.read(119, 119_000), 108_500);
  assert.equal(window.read(120, 120_000), undefined);
  window.add(121, "", 121_000);
  assert.equal(window.read(122, 122_000), 1000);
  // An event of the bucket may be earlier than what the bucket has.
  assert.equal(window.read(121, 120_990), 0);
  assert.equal(window.forget(100), false);
  assert.equal(window.forget(130), true);
});
