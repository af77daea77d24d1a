// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DecisionCount } from "../views/decision-row.ts";
import { heldDaysMax, heldOf, heldRulesFinder } from "./held-rules.ts";

const count = (
  day: string,
  outcome: DecisionCount["outcome"],
  fired: readonly string[],
  n: number,
): DecisionCount => ({
  day,
  outcome,
  fired,
  count: n,
  type: "comment",
  late: false,
  rules: [],
});

test("what a rule found is told by what held it back, by what came of it, and by day", () => {
  const { decisions, rules } = heldOf([
    count("2026-11-22", "allow", ["comments/links:shadow"], 3),
    count("2026-11-23", "reject", ["comments/flood", "comments/links:shadow"], 2),
    count("2026-11-23", "allow", ["comments/links:exempt"], 1),
    count("2026-11-23", "allow", [], 10),
  ]);
  assert.equal(decisions, 16);
  assert.deepEqual(
    rules.map(({ rule, mode, events }) => [rule, mode, events]),
    [
      ["links", "shadow", 5],
      ["links", "exempt", 1],
    ],
  );
  assert.deepEqual([rules[0]?.outcomes.allow, rules[0]?.outcomes.reject], [3, 2]);
  assert.deepEqual(rules[0]?.days, [
    { day: "2026-11-22", events: 3 },
    { day: "2026-11-23", events: 2 },
  ]);
});

test("days are counted back from the latest decision, and are bounded", async () => {
  const asked: { fromMs: number; toMs: number }[] = [];
  const find = heldRulesFinder({
    indexed: async () => undefined,
    latestMs: async () => Date.parse("2026-11-23T10:00:00.000Z"),
    decisionCounts: async (query) => {
      asked.push(query);
      return [];
    },
  });
  const { from, to } = await find(2);
  assert.deepEqual([from, to], ["2026-11-21T10:00:00.001Z", "2026-11-23T10:00:00.001Z"]);
  assert.equal(asked.length, 1);
  for (const days of [0, 1.5, heldDaysMax + 1, Number.NaN]) {
    await assert.rejects(find(days), { code: "usage" });
  }
});
