// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Ruling } from "@docket/protocol";
import { wilson } from "../share.ts";
import type { Dispute } from "./state.ts";
import { disputeStatistics, medianOf, quantileOf } from "./statistics.ts";
import type { CountedDispute, Disputed } from "./statistics.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 10, 1);

type Given = {
  day: number;
  ended?: [day: number, ruling: Ruling, by: string];
  via?: "token" | "app";
  about?: Partial<Disputed>;
};

function dispute({ day, ended, via = "token", about = {} }: Given, index: number): CountedDispute {
  const openedMs = start + day * dayMs;
  const ruling: Dispute["ruling"] = ended && {
    index: index + 100,
    by: ended[2],
    role: "reviewer",
    ruling: ended[1],
    reason: "mistaken",
    atMs: start + ended[0] * dayMs,
  };
  const text = { messages: [], acts: [], ruling };
  const which = { index, of: index + 50, actor: `a_${"a".repeat(22)}`, via, by: "token" };
  return {
    dispute: { ...which, openedMs, dueMs: openedMs + 14 * dayMs, ...text },
    about: { kind: "decision", rules: ["comments/links"], deciders: ["docket"], ...about },
  };
}

void test("disputes of a period: counts, times, rates by rule, decider and reviewer", () => {
  const all = [
    { day: -20, ended: [2, "upheld", "k_a"] },
    { day: 1, ended: [3, "overturned", "k_a"], about: { rules: ["comments/links", "comments/caps"] } },
    { day: 1, ended: [9, "modified", "k_b"], via: "app", about: { kind: "measure", deciders: ["k_z"] } },
    { day: 2, ended: [3, "withdrawn", "token"] },
    { day: 3 },
    { day: 20, ended: [40, "upheld", "k_a"] },
    { day: 31 },
  ].map((given, at) => dispute(given as Given, at));
  const found = disputeStatistics(all, start, start + 30 * dayMs);
  assert.deepEqual(found.opened, { decision: 4, verdict: 0, measure: 1, total: 5 });
  assert.deepEqual(found.openedBy, { token: 4, app: 1 });
  const { upheld, overturned, modified, withdrawn, overturnRate, changeRate } = found.ended;
  assert.deepEqual([upheld, overturned, modified, withdrawn], [1, 1, 1, 1]);
  assert.deepEqual(overturnRate, wilson(1, 3));
  assert.deepEqual(changeRate, wilson(2, 3));
  assert.deepEqual(found.times, { count: 3, medianMs: 8 * dayMs, p90Ms: 22 * dayMs });
  assert.deepEqual(found.late, wilson(1, 3));
  assert.deepEqual([found.open, found.overdue], [2, 1]);
  assert.deepEqual(
    found.byRule.map(({ rule, overturned: count, overturnRate: { of } }) => [rule, count, of]),
    [
      ["comments/caps", 1, 1],
      ["comments/links", 1, 3],
    ],
  );
  assert.deepEqual(
    found.byDecider.map(({ by, modified: count }) => [by, count]),
    [
      ["docket", 0],
      ["k_z", 1],
    ],
  );
  assert.deepEqual(
    found.byReviewer.map(({ by, times }) => [by, times.count]),
    [
      ["k_a", 2],
      ["k_b", 1],
    ],
  );
});

void test("nothing happened", () => {
  const found = disputeStatistics([], start, start + dayMs);
  assert.equal(found.ended.overturnRate.share, null);
  assert.deepEqual(found.times, { count: 0, medianMs: null, p90Ms: null });
  assert.deepEqual([found.open, found.byRule.length], [0, 0]);
});

void test("medians and quantiles", () => {
  assert.equal(medianOf([]), null);
  assert.equal(medianOf([5]), 5);
  assert.equal(medianOf([1, 4]), 3);
  assert.equal(quantileOf([], 0.9), null);
  assert.equal(quantileOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9), 9);
});
