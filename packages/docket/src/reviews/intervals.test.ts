// SPDX-License-Identifier: Apache-2.0
// Intervals against published and hand-computed values.
import assert from "node:assert/strict";
import { test } from "node:test";
import { betaQuantile, clopperPearson, incompleteBeta, normalQuantile } from "./intervals.ts";
import type { ShareEstimate } from "./intervals.ts";

function near(estimate: ShareEstimate | undefined, low: number, high: number): void {
  assert.ok(estimate !== undefined);
  assert.ok(Math.abs(estimate.low - low) < 5e-5, `low ${estimate.low}, expected ${low}`);
  assert.ok(Math.abs(estimate.high - high) < 5e-5, `high ${estimate.high}, expected ${high}`);
}

test("normal and beta quantiles are the tabulated ones", () => {
  assert.ok(Math.abs(normalQuantile(0.975) - 1.959963984540054) < 1e-12);
  assert.ok(Math.abs(normalQuantile(0.5)) < 1e-12);
  assert.ok(Math.abs(normalQuantile(0.05) + 1.6448536269514722) < 1e-12);
  // I_x(a, 1) = x^a and I_x(1, b) = 1 - (1 - x)^b in closed form.
  assert.ok(Math.abs(incompleteBeta(0.3, 5, 1) - 0.3 ** 5) < 1e-14);
  assert.ok(Math.abs(incompleteBeta(0.3, 1, 7) - (1 - 0.7 ** 7)) < 1e-13);
  assert.ok(Math.abs(betaQuantile(0.5, 4, 4) - 0.5) < 1e-12);
});

test("Clopper's and Pearson's interval is that of Newcombe (1998), table I", () => {
  near(clopperPearson(81, 263), 0.2527, 0.3676);
  near(clopperPearson(15, 148), 0.0578, 0.1617);
  near(clopperPearson(0, 20), 0, 0.1684);
  near(clopperPearson(1, 29), 0.0009, 0.1776);
});

test("of nothing there is no share, of all the interval ends at one, and of fewer there are no more", () => {
  assert.equal(clopperPearson(0, 0), undefined);
  assert.equal(clopperPearson(20, 20)?.high, 1);
  near(clopperPearson(20, 20), 1 - 0.1684, 1);
  assert.throws(() => clopperPearson(3, 2), RangeError);
  assert.throws(() => clopperPearson(-1, 2), RangeError);
});

test("the exact interval covers what it says: all outcomes of a binomial of 30, weighted", () => {
  const n = 30;
  for (const share of [0.01, 0.1, 0.35, 0.5, 0.93]) {
    let covered = 0;
    let probability = (1 - share) ** n;
    for (let hits = 0; hits <= n; hits++) {
      const { low, high } = clopperPearson(hits, n) as ShareEstimate;
      if (low <= share && share <= high) covered += probability;
      probability *= ((n - hits) / (hits + 1)) * (share / (1 - share));
    }
    assert.ok(covered >= 0.95, `at ${share} it covers ${covered}`);
  }
});
