// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPolicies } from "@docket/policy";
import { declarationsOf } from "./declarations.ts";
import type { Declarations } from "./declarations.ts";

const policy = `policy: p
on: [comment]
counters:
  posts: { count: events, by: actor.id, over: 10m }
lists:
  bad: { kind: domain, brake: { share: 3%, least: 30 } }
  noted: { kind: domain }
exempt:
  - { id: staff, when: "actor.id == 'staff'", from: [links], owner: us }
rules:
  - id: links
    when: signals.linkCount > 3
    then: { outcome: reject, strike: 1 }
    restrictsAtMost: 40/h
    brake: { share: 10%, least: 20 }
  - { id: fast, when: counters.posts > 9, then: { outcome: delay, retryAfter: 1m } }
  - { id: suspends, when: signals.words > 900, then: { outcome: reject, suspend: 1h }, restrictsAtMost: 20/h }
  - { id: listed, when: "signals.domains.exists(d, d in lists.bad)", points: 500, rollout: 25% }
  - { id: flagged, when: "signals.domains.exists(d, d in lists.noted)", then: { outcome: flag } }
  - { id: trial, when: signals.words > 90, then: { outcome: reject }, mode: shadow }
thresholds:
  - { points: 300, outcome: flag }
  - { points: 500, outcome: hold }
ladder:
  - { strikes: 1, within: 7d, then: { warn: true } }
  - { strikes: 3, within: 7d, then: { suspend: 1d } }
`;

test("watched is what can restrict somebody, capped what restricts, each as declared", () => {
  const { things, lists, caps, rollouts } = declared(policy);
  const brakes = things.map(({ key, what, brake, on }) => [key, what, brake.share, brake.least, on.join()]);
  assert.deepEqual(brakes, [
    ["p/links", "rule", 1000, 20, "comment"],
    ["p/fast", "rule", 500, 50, "comment"],
    ["p/suspends", "rule", 500, 50, "comment"],
    ["p/points-500", "threshold", 500, 50, "comment"],
  ]);
  const bad = { name: "bad", brake: { share: 300, least: 30 }, on: ["comment"], version: "v1" };
  assert.deepEqual(lists, [bad]);
  assert.deepEqual(
    [...caps],
    [
      ["p/suspends", { count: 20, perMs: 3_600_000 }],
      ["p/ladder-3", { count: 40, perMs: 3_600_000 }],
    ],
  );
  assert.deepEqual([...rollouts], [["p/listed", 2500]]);
});

test("a declaration's hash changes with what decides what is hit and what follows, and nothing else", () => {
  const before = hashes(declared(policy));
  const cases: [from: string, to: string, changed: string[]][] = [
    ["linkCount > 3", "linkCount > 4", ["p/links"]],
    ["strike: 1 }", "strike: 2 }", ["p/links"]],
    ["share: 10%", "share: 11%", ["p/links"]],
    ["over: 10m", "over: 20m", ["p/fast"]],
    ["actor.id == 'staff'", "actor.id == 'nobody'", ["p/links"]],
    ["points: 500, rollout", "points: 600, rollout", ["p/points-500"]],
    ["in lists.bad)", "in lists.bad) && signals.words > 1", ["p/points-500"]],
    ["outcome: hold", "outcome: reject", ["p/points-500"]],
    ["suspend: 1h", "suspend: 2h", ["p/suspends"]],
    ["suspend: 1d", "suspend: 2d", []],
    ["20/h", "30/h", []],
    ["rollout: 25%", "rollout: 50%", []],
    ["owner: us", "owner: them", []],
    ["words > 90,", "words > 91,", []],
    ["on: [comment]", "on: [comment, message]", ["p/links", "p/fast", "p/suspends", "p/points-500"]],
  ];
  for (const [from, to, changed] of cases) {
    assert.ok(policy.includes(from), from);
    const after = hashes(declared(policy.replace(from, to)));
    const differ = [...before].filter(([key, hash]) => after.get(key) !== hash).map(([key]) => key);
    assert.deepEqual(differ, changed, to);
  }
});

test("a rule that leaves shadow, or enters it, is another one", () => {
  const enforced = declared(policy.replace("}, mode: shadow", "}"));
  assert.ok(hashes(enforced).has("p/trial"));
  assert.ok(!hashes(declared(policy)).has("p/trial"));
});

function declared(text: string): Declarations {
  const { policies } = loadPolicies([{ path: "p.yaml", text }]);
  return declarationsOf(policies, [{ name: "bad", version: "v1" }]);
}

function hashes({ things }: Declarations): Map<string, string> {
  return new Map(things.map(({ key, hash }) => [key, hash]));
}

test("with another model, a rule that reads it is another rule, and so is what exempts by it", () => {
  const reading = `policy: p
on: [comment]
models:
  spam: { kind: comment, use: general }
  regular: { kind: comment, use: general }
exempt:
  - { id: regulars, when: models.regular.score < 1000, from: [links], owner: us }
rules:
  - { id: likely, when: models.spam.score > 900000, then: { outcome: hold } }
  - { id: points, when: models.spam.score > 500000, points: 300 }
  - { id: links, when: signals.linkCount > 3, then: { outcome: reject } }
  - { id: loud, when: signals.capitals > 900, then: { outcome: reject } }
thresholds: [ { points: 300, outcome: hold } ]
`;
  const { policies } = loadPolicies([{ path: "p.yaml", text: reading }]);
  const hashes = (spam: string, regular: string): Map<string, string> => {
    const models = [
      { name: "spam", sha256: spam },
      { name: "regular", sha256: regular },
    ];
    return new Map(declarationsOf(policies, [], models).things.map(({ key, hash }) => [key, hash]));
  };
  const changed = (a: Map<string, string>, b: Map<string, string>): string[] =>
    [...a].flatMap(([key, hash]) => (b.get(key) === hash ? [] : [key]));
  assert.deepEqual(changed(hashes("a", "r"), hashes("a", "r")), []);
  assert.deepEqual(changed(hashes("a", "r"), hashes("b", "r")), ["p/likely", "p/points-300"]);
  assert.deepEqual(changed(hashes("a", "r"), hashes("a", "s")), ["p/links"]);
});
