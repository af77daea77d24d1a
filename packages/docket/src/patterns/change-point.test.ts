// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { findBurst } from "./change-point.ts";
import type { HourlyCount } from "./change-point.ts";
import { dispersionOf, logGamma, logProbability, logTail10 } from "./counts.ts";

test("probabilities add up, and tails are what is left", () => {
  for (const expected of [
    { mean: 0.3, dispersion: 0 },
    { mean: 4, dispersion: 0.5 },
    { mean: 20, dispersion: 2 },
  ]) {
    let sum = 0;
    for (let count = 0; count < 1000; count++) {
      const tail = 10 ** logTail10(count, expected);
      assert.ok(Math.abs(tail - (1 - sum)) < 1e-9, `${count} of ${expected.mean}: ${tail}`);
      sum += Math.exp(logProbability(count, expected));
    }
    assert.ok(Math.abs(sum - 1) < 1e-9);
  }
  // Known values: Γ(10) = 9!, Γ(1/2) = √π; P(X >= 30) of Poisson with mean 3.
  assert.ok(Math.abs(logGamma(10) - Math.log(362_880)) < 1e-12);
  assert.ok(Math.abs(logGamma(0.5) - Math.log(Math.PI) / 2) < 1e-12);
  assert.ok(Math.abs(10 ** logTail10(30, { mean: 3, dispersion: 0 }) / 4.2739e-20 - 1) < 1e-1);
  assert.equal(logTail10(0, { mean: 3, dispersion: 0 }), 0);
  assert.equal(logTail10(5, { mean: 0, dispersion: 0 }), -Infinity);
});

test("a dispersion is found again", () => {
  const random = seeded(7);
  const pairs = Array.from({ length: 20_000 }, () => [negativeBinomial(random, 5, 0.5), 5] as const);
  assert.ok(Math.abs(dispersionOf(pairs) - 0.5) < 0.05);
  const plain = Array.from({ length: 20_000 }, () => [poisson(random, 5), 5] as const);
  assert.ok(dispersionOf(plain) < 0.02);
});

test("a rise is found, with its beginning and end; a series as usual is not", () => {
  const counts = [2, 3, 1, 2, 0, 4, 2, 1, 14, 17, 12, 15, 2, 1, 3];
  const found = findBurst(hoursOf(counts), { mean: 2, dispersion: 0.1 }, 10_000);
  assert.deepEqual([found?.from, found?.to], [8, 11]);
  assert.deepEqual([found?.count, found?.expected], [58, 8]);
  assert.ok((found?.logTail10 ?? 0) < -10);
  assert.equal(findBurst(hoursOf(counts.slice(0, 8)), { mean: 2, dispersion: 0.1 }, 10_000), undefined);
  assert.equal(findBurst([], { mean: 2, dispersion: 0 }, 10_000), undefined);
  // Four times the traffic explains four times the count.
  const busy = hoursOf(counts).map((hour) => ({ ...hour, exposure: hour.count > 10 ? 7 : 1 }));
  assert.equal(findBurst(busy, { mean: 2, dispersion: 0.1 }, 10_000), undefined);
});

// What the threshold promises of series that stay as usual: an alarm in 500 hours on average, at most. There
// are fewer, since the sum jumps over the threshold.
test("false alarms are as rare as the threshold says", () => {
  const threshold = 500;
  const hours = 500;
  for (const [mean, dispersion] of [
    [0.05, 0],
    [3, 0],
    [3, 0.8],
  ] as const) {
    const random = seeded(3);
    let alarms = 0;
    const series = 200;
    for (let each = 0; each < series; each++) {
      const counts = Array.from({ length: hours }, () =>
        dispersion === 0 ? poisson(random, mean) : negativeBinomial(random, mean, dispersion),
      );
      if (findBurst(hoursOf(counts), { mean, dispersion }, threshold) !== undefined) alarms += 1;
    }
    // Each series has at most hours / threshold = 1 false alarm expected; the chance of one or more is less.
    assert.ok(alarms <= series * (hours / threshold), `${alarms} of ${series}`);
    assert.ok(alarms < series * 0.75, `${alarms} of ${series}`);
  }
});

function hoursOf(counts: readonly number[]): HourlyCount[] {
  return counts.map((count, hour) => ({ hour, count, exposure: 1 }));
}

/** Numbers in [0, 1) (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function poisson(random: () => number, mean: number): number {
  const end = Math.exp(-mean);
  let count = 0;
  for (let product = random(); product > end; product *= random()) count += 1;
  return count;
}

// A Poisson count whose mean is drawn from a gamma distribution.
function negativeBinomial(random: () => number, mean: number, dispersion: number): number {
  return poisson(random, mean * dispersion * gamma(random, 1 / dispersion));
}

/** Marsaglia and Tsang, 2000. */
function gamma(random: () => number, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v <= 0) continue;
    if (Math.log(random()) < 0.5 * normal ** 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
