// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { loadPolicies } from "@docket/policy";
import type { PolicySet } from "@docket/policy";
import { comparePolicies, restrictsMore } from "./compare.ts";
import type { PolicyChange, Restricts } from "./compare.ts";

/** A policy with a rule in force, and whatever else a case is about. */
function set(parts: Partial<Record<"rule" | "rest" | "head" | "rules", string>> = {}): PolicySet {
  const { rule = "then: { outcome: hold, strike: 1 }", rest = "", head = "", rules = "" } = parts;
  const text = `policy: p
on: [comment]
${head}
rules:
  - id: r
    when: signals.linkCount >= 3
    ${rule.replaceAll("\n", "\n    ")}
    reason: { en: No. }
  - { id: points, when: signals.capitals > 700, points: 200 }
${rules}
${rest}
`;
  return loadPolicies([{ path: "p.yaml", text }]);
}

function changesOf(before: PolicySet, after: PolicySet): string[] {
  return comparePolicies(before, after).map(
    ({ what, id, change, restricts }) => `${what} ${id} ${change} ${restricts}`,
  );
}

const base = set();

describe("a change of a rule", () => {
  const cases: [string, string, Restricts][] = [
    ["a stricter outcome", "then: { outcome: reject, strike: 1 }", "more"],
    ["a milder outcome", "then: { outcome: delay, retryAfter: 60s }", "less"],
    ["more strikes", "then: { outcome: hold, strike: 2 }", "more"],
    ["no strikes", "then: { outcome: hold }", "less"],
    ["a hold that ends", "then: { outcome: hold, strike: 1, holdFor: 24h, otherwise: allow }", "less"],
    ["a suspension", "then: { outcome: hold, strike: 1, suspend: 1h }", "more"],
    ["a throttle", "then: { outcome: hold, strike: 1, throttle: { rate: 1/m, for: 1h } }", "more"],
    ["shadow", "then: { outcome: hold, strike: 1 }\nmode: shadow", "less"],
    ["a rollout", "then: { outcome: hold, strike: 1 }\nrollout: 25%", "less"],
    ["always", "then: { outcome: hold, strike: 1 }\nalways: true", "more"],
    ["strikes less often", "then: { outcome: hold, strike: 1 }\nstrikeEvery: 30d", "less"],
    ["a looser brake", "then: { outcome: hold, strike: 1 }\nbrake: { share: 20%, least: 50 }", "more"],
    ["a tighter brake", "then: { outcome: hold, strike: 1 }\nbrake: { share: 1%, least: 20 }", "less"],
    ["what it discloses", "then: { outcome: hold, strike: 1 }\ndisclose: [signals.linkCount]", "same"],
  ];
  for (const [name, rule, restricts] of cases) {
    test(`to ${name} restricts ${restricts}`, () => {
      assert.deepEqual(changesOf(base, set({ rule })), [`rule r changed ${restricts}`]);
    });
  }

  test("of its condition restricts more, whatever it says: a bound, not a guess", () => {
    const after = loadPolicies([
      {
        path: "p.yaml",
        text: "policy: p\non: [comment]\nrules:\n  - { id: r, when: signals.linkCount >= 9, points: 5 }\n",
      },
    ]);
    const before = loadPolicies([
      {
        path: "p.yaml",
        text: "policy: p\non: [comment]\nrules:\n  - { id: r, when: signals.linkCount >= 3, points: 5 }\n",
      },
    ]);
    assert.deepEqual(changesOf(before, after), ["rule r changed more"]);
    assert.deepEqual(comparePolicies(before, after)[0]?.fields, [
      { field: "when", before: "signals.linkCount >= 3", after: "signals.linkCount >= 9" },
    ]);
  });

  test("both ways are each other's opposite where one of them restricts less", () => {
    for (const [, rule, restricts] of cases) {
      const [back] = comparePolicies(set({ rule }), base);
      if (restricts === "less") assert.equal(back?.restricts, "more", rule);
      if (restricts === "same") assert.equal(back?.restricts, "same", rule);
    }
  });
});

describe("what came or went", () => {
  const cases: [string, Parameters<typeof set>[0], string, string][] = [
    [
      "a rule that refuses",
      { rules: "  - { id: n, when: signals.words > 9, then: { outcome: reject }, reason: { en: No. } }" },
      "rule n added more",
      "rule n removed less",
    ],
    [
      "a rule in shadow",
      {
        rules:
          "  - { id: n, when: signals.words > 9, then: { outcome: reject }, mode: shadow, " +
          "reason: { en: No. } }",
      },
      "rule n added same",
      "rule n removed same",
    ],
    [
      "a rule that flags",
      { rules: "  - { id: n, when: signals.words > 9, then: { outcome: flag } }" },
      "rule n added same",
      "rule n removed same",
    ],
    [
      "a rule that takes points away",
      { rules: "  - { id: n, when: signals.words > 9, points: -50 }" },
      "rule n added less",
      "rule n removed more",
    ],
    [
      "an exemption",
      {
        rest: "exempt:\n  - { id: x, when: actor.attributes.trusted, from: [r], owner: team }",
        head: "attributes: { trusted: bool }",
      },
      "exemption x added less",
      "exemption x removed more",
    ],
    [
      "a threshold that refuses",
      { rest: "thresholds: [ { points: 200, outcome: reject } ]" },
      "threshold 200 added more",
      "threshold 200 removed less",
    ],
    [
      "a ladder",
      { rest: "ladder:\n  - { strikes: 2, within: 1d, then: { suspend: 24h } }" },
      "ladder 2 within 86400 s added more",
      "ladder 2 within 86400 s removed less",
    ],
    [
      "a test",
      {
        rest:
          "tests:\n  - { name: t, given: { type: comment, actor: { id: a }, content: { text: hi } }, " +
          "expect: { outcome: allow } }",
      },
      "test t added same",
      "test t removed same",
    ],
  ];
  for (const [name, parts, added, removed] of cases) {
    test(name, () => {
      const other = set(parts);
      assert.ok(changesOf(base, other).includes(added), changesOf(base, other).join());
      assert.ok(changesOf(other, base).includes(removed), changesOf(other, base).join());
    });
  }

  test("a step of a ladder that goes may leave a harder one to be reached", () => {
    const two = set({
      rest:
        "ladder:\n  - { strikes: 2, within: 1d, then: { suspend: 24h } }\n" +
        "  - { strikes: 3, within: 1d, then: { suspend: 25h } }",
    });
    const one = set({ rest: "ladder:\n  - { strikes: 2, within: 1d, then: { suspend: 24h } }" });
    assert.deepEqual(changesOf(two, one), ["ladder 3 within 86400 s removed more"]);
  });
});

describe("what rules read", () => {
  test("a counter of another declaration under the same name is another counter", () => {
    const head = (over: string): string => `counters:\n  c: { count: events, by: actor.id, over: ${over} }`;
    const rules = "  - { id: n, when: counters.c > 9, then: { outcome: reject }, reason: { en: No. } }";
    const changes = comparePolicies(set({ head: head("1h"), rules }), set({ head: head("2h"), rules }));
    assert.deepEqual(
      changes.map(({ what, id, restricts }: PolicyChange) => [what, id, restricts]),
      [["counter", "c", "more"]],
    );
  });

  test("nothing differs between the same rules in other words", () => {
    const spaced = set({ rule: "then: { outcome: hold,  strike: 1 }   # a comment" });
    assert.deepEqual(comparePolicies(base, spaced), []);
    assert.equal(restrictsMore([]), false);
  });
});
