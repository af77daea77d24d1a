// SPDX-License-Identifier: Apache-2.0
// What is drawn: the share that was asked for, by nothing but the index and the key.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import { openSampler, ShareHistory } from "./sampling.ts";

const keyed = (secret: string) => (purpose: string) => createHmac("sha256", secret).update(purpose).digest();
const sampler = openSampler(keyed("one"));
const drawn = (share: number, of: number, from = 0, count = 200_000): number[] =>
  Array.from({ length: count }, (_, place) => from + place).filter((index) =>
    sampler("allowed", index, share, of),
  );

test("as many are drawn as are asked for, within what chance allows", () => {
  for (const [share, of] of [
    [1000, 1_000_000],
    [50_000, 1_000_000],
    [100, 1000],
  ] as const) {
    const expected = (200_000 * share) / of;
    const deviation = Math.sqrt(expected * (1 - share / of));
    assert.ok(Math.abs(drawn(share, of).length - expected) < 4 * deviation);
  }
  // Beyond 2^32 the index's upper half counts too.
  assert.notDeepEqual(
    drawn(100, 1000, 2 ** 32, 2000).map((index) => index - 2 ** 32),
    drawn(100, 1000, 0, 2000),
  );
});

test("none is none, all is all, and a larger share has what a smaller one has", () => {
  assert.equal(drawn(0, 1000, 0, 5000).length, 0);
  assert.equal(drawn(1000, 1000, 0, 5000).length, 5000);
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(1000), fc.nat(1000), (index, one, other) => {
      const [less, more] = [Math.min(one, other), Math.max(one, other)];
      return !sampler("second", index, less, 1000) || sampler("second", index, more, 1000);
    }),
  );
});

test("draws are independent of each other, and another key draws others", () => {
  const other = openSampler(keyed("two"));
  const both = drawn(100, 1000).filter((index) => sampler("refused", index, 100, 1000)).length;
  const shared = drawn(100, 1000).filter((index) => other("allowed", index, 100, 1000)).length;
  for (const count of [both, shared]) assert.ok(Math.abs(count - 2000) < 200, `${count} in both`);
  assert.throws(() => sampler("allowed", 1, 1, 1e9), RangeError);
});

test("a share holds from its record on", () => {
  const history = new ShareHistory(10);
  history.set(100, 20);
  history.set(150, 20);
  history.set(200, 0);
  assert.deepEqual(
    [0, 99, 100, 199, 200, 1e9].map((index) => history.at(index)),
    [10, 10, 20, 20, 0, 0],
  );
});
