// SPDX-License-Identifier: Apache-2.0
// Tests that stand in policies: what they run, and what a person reads of one that fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createListView } from "./lists/list.ts";
import { loadPolicies } from "./loading/load.ts";
import { runPolicyTests } from "./policy-tests.ts";
import type { PolicyTestOptions } from "./policy-tests.ts";

const policy = `
policy: shop
on: [comment, listing]
attributes: { trusted: bool, since: timestamp }
events: { listing: { like: comment, fields: { price: int, tags: list<string> } } }
lists: { domains: { kind: domain }, words: { kind: term } }
counters:
  posts: { count: events, by: actor.id, over: 1h }
  spent: { sum: fields.price, by: actor.id, over: 1d }
  known: { first: events, by: actor.id, over: 30d }
limits: { pace: { rate: 10/m, by: actor.id } }
exempt: [{ id: staff, when: actor.attributes.trusted, from: [link], owner: ops }]
rules:
  - id: link
    when: signals.domains.exists(d, d in lists.domains) && actor.age < duration('24h')
    then: { outcome: reject }
  - { id: slow, when: limits.pace.exceeded, then: { outcome: delay } }
  - { id: many, when: counters.posts > 10 || counters.spent > 1000, points: 50, mode: shadow }
  - { id: words, when: lists.words.hits(signals.normalised).size() > 0, points: 40, rollout: 10% }
  - { id: new, when: "!has(counters.known) || counters.known < duration('1h')", points: 5 }
thresholds: [{ points: 90, outcome: hold }]
tests:
`;

function run(tests: string, options: PolicyTestOptions = {}): (readonly string[])[] {
  const text = policy + tests.replaceAll(/^(?=.)/gm, "  ");
  return runPolicyTests(loadPolicies([{ path: "p.yaml", text }]), options).map(({ failures }) => failures);
}

test("tests pass where the policy does what they say", () => {
  const results = run(`- name: a link to a bad domain
  given:
    type: comment
    actor: { age: 1h }
    content: { text: see https://www.bad.example/x }
    lists: { domains: [bad.example] }
  expect: { outcome: reject, rules: [link, new], not: [many], points: 5 }
- name: staff may
  given:
    type: comment
    actor: { age: 1h, attributes: { trusted: true, since: 2025-01-01 } }
    content: { text: see https://www.bad.example/x }
    lists: { domains: [bad.example] }
    counters: { known: 2d }
  expect: { outcome: allow, rules: [] }
- given: { type: listing, op: edit, fields: { price: 3, tags: [a] }, limits: { pace: 30s } }
  expect: { outcome: delay }
- name: rules in shadow and half rolled out count
  given:
    type: listing
    at: 2026-03-04T05:06:07Z
    actor: { id: a, name: b, ip: 192.0.2.1, email: a@b.example, createdAt: 2026-03-01 }
    content: { text: CASINO, revision: 2 }
    counters: { posts: 0, spent: 1001, known: 1h }
    lists: { words: [casino] }
    limits: { pace: 0 }
    standing: { strikes: 2, limited: [links] }
  expect: { outcome: hold, rules: [words, many], points: 90 }
`);
  assert.deepEqual(results, [[], [], [], []]);
});

test("lists are as they were loaded where a test gives none", () => {
  const given = "- given: { type: comment, content: { text: casino } }\n  expect: { not: [words] }\n";
  const lists = new Map([["words", createListView("term", [{ value: "casino" }])]]);
  assert.equal(run(given)[0]?.length, 0);
  assert.equal(run(given, { lists })[0]?.length, 1);
});

test("a failure says what was expected, what came, and which clauses made it so", () => {
  const [failures] = run(`- given:
    type: comment
    actor: { age: 90s, attributes: { trusted: true } }
    content: { text: "https://bad.example/ ${"x".repeat(80)}" }
    counters: { posts: 11 }
    lists: { domains: [bad.example], words: [https] }
  expect: { outcome: reject, rules: [link, slow], not: [many], points: 7 }
`);
  assert.deepEqual(failures, [
    "expected the outcome reject; it came to hold, by 95 points of the 90 that it takes; as to link, " +
      "it fired, and the exemption staff applies",
    "expected the rule link to fire; it fired, and the exemption staff applies",
    "expected the rule slow to fire; it didn't: limits.pace.exceeded is false",
    "expected the rule many not to fire; it did: counters.posts > 10 is true (counters.posts is 11)",
    "expected the rule words not to fire; it did: lists.words.hits(signals.normalised).size() > 0 is true " +
      `(lists.words found https, signals.normalised is "https://bad.example/ ${"x".repeat(38)}…)`,
    "expected the rule new not to fire; it did: has(counters.known) is false (counters.known is missing)",
    "expected 7 points; there were 95: many 50, words 40, new 5",
  ]);
});

test("missing values are named, and durations are in words", () => {
  const [failures] = run(`- given:
    type: comment
    content: { text: "https://bad.example/" }
    counters: { known: 2h }
    lists: { domains: [bad.example] }
  expect: { rules: [link, new] }
`);
  assert.deepEqual(failures, [
    "expected the rule link to fire; it didn't: actor.age < duration('24h') is missing " +
      "(actor.age is missing)",
    "expected the rule new to fire; it didn't: has(counters.known) is true (counters.known is 2h); " +
      "counters.known < duration('1h') is false (counters.known is 2h)",
  ]);
});

test("a test is about its own policy", () => {
  const strict =
    "policy: strict\non: [comment]\n" +
    "rules: [{ id: all, when: signals.length > 0, then: { outcome: reject } }]";
  const text = `${policy}  - { given: { type: comment, content: { text: a } }, expect: { outcome: allow } }`;
  const set = loadPolicies([
    { path: "p.yaml", text },
    { path: "q.yaml", text: strict },
  ]);
  assert.deepEqual(
    runPolicyTests(set).map(({ policy: name, name: which, place, passed }) => [name, which, place, passed]),
    [["shop", "test 1", "p.yaml:23", true]],
  );
});
