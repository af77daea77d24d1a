// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rule, Trial } from "./answers.ts";
import { eventOf, groupRules, whyText } from "./outline.ts";

const rule = (name: string, result: Rule["result"]): Rule => ({
  policy: "p",
  rule: name,
  does: "rejects",
  points: 0,
  clauses: [],
  result,
});
const trial = (
  rules: Rule[],
  over: Partial<NonNullable<Trial["explanation"]>> = {},
  outcome = "allow",
): Trial => ({
  decision: { outcome, rules: [], reasons: [], release: "r" },
  actor: null,
  explanation: {
    outcomeWords: outcome,
    refusedBy: null,
    next: null,
    held: [],
    near: [],
    points: [],
    strikes: [],
    restrictions: [],
    standing: { strikes: 0, restrictions: [] },
    counters: [],
    hits: [],
    rules,
    ...over,
  },
});

void test("what was typed becomes an event", () => {
  const typed = { text: "hi", account: "alice", type: "comment", attributes: " " };
  assert.deepEqual(eventOf(typed, "1"), {
    event: { id: "1", type: "comment", actor: { id: "alice" }, content: { text: "hi" } },
  });
  assert.deepEqual(eventOf({ ...typed, attributes: '{"karma":1}' }, "1"), {
    event: {
      id: "1",
      type: "comment",
      actor: { id: "alice", attributes: { karma: 1 } },
      content: { text: "hi" },
    },
  });
  for (const attributes of ["[]", "1", "null", "{"]) {
    assert.ok("wrong" in eventOf({ ...typed, attributes }, "1"), attributes);
  }
});

void test("rules stand in one group each", () => {
  const [fired, held, near, rest] = [
    rule("a", true),
    rule("b", true),
    rule("c", false),
    rule("d", "missing"),
  ];
  const heldRule = { ...held, heldWords: "it is tried" };
  const { explanation } = trial([fired, held, near, rest], {
    held: [heldRule],
    near: [{ ...near, keptFrom: 0 }],
  });
  const grouped = groupRules(explanation as NonNullable<Trial["explanation"]>);
  assert.deepEqual(
    [grouped.fired, grouped.held, grouped.near, grouped.rest].map((rules) => rules.map((each) => each.rule)),
    [["a"], ["b"], ["c"], ["d"]],
  );
  assert.equal(grouped.held[0]?.heldWords, "it is tried");
});

void test("why is one sentence", () => {
  assert.equal(whyText(trial([rule("a", true)], {}, "reject")), "One rule fired: p/a.");
  assert.equal(whyText(trial([rule("a", true), rule("b", true)], {}, "reject")), "2 rules fired: p/a, p/b.");
  assert.equal(
    whyText(trial([rule("a", false)], { near: [rule("a", false)] })),
    "None of 1 rules has its way here. 1 lacked a single clause.",
  );
  assert.equal(whyText(trial([])), "No policy is about events of this type.");
  assert.equal(
    whyText(trial([], { refusedBy: "suspended until tomorrow" }, "reject")),
    "Refused whatever it says: suspended until tomorrow.",
  );
  assert.equal(whyText(trial([rule("a", false)], {}, "flag")), "Points of rules reached a threshold.");
});
