// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, factsOf, loadPolicies, prepareType, factsSource } from "./index.ts";
import { createListView } from "./index.ts";
import type { Evaluation, EvaluationInput, MemoryRead, PolicySet } from "./index.ts";

const policy = `policy: comments
on: [comment]
attributes: { level: int, nick: string }
counters:
  posts: { count: events, by: actor.id, over: 10m }
limits:
  pace: { rate: 1/m, burst: 1, by: actor.id }
lists:
  hosts: { kind: domain }
  words: { kind: term }
exempt:
  - { id: old, when: actor.attributes.level > 5, from: [mixed], owner: t, until: "2030-01-01T00:00:00Z" }
rules:
  - { id: plain, when: signals.linkCount > 0, then: { outcome: flag } }
  - { id: counted, when: counters.posts >= 2 && signals.letters > 3, then: { outcome: hold } }
  - { id: mixed, when: counters.posts * 10 > signals.letters, then: { outcome: delay, retryAfter: 5s } }
  - { id: personal, when: "actor.attributes.nick == 'x' || content.text.contains('free')", points: 10 }
  - { id: long, when: content.text.size() > counters.posts, points: 1 }
  - { id: host, when: "signals.domains.exists(d, d in lists.hosts)", then: { outcome: reject } }
  - { id: word, when: "!(lists.words.hits(signals.normalised).size() > 1)", then: { outcome: flag } }
  - { id: struck, when: standing.strikes > 0 && signals.linkCount > 0, then: { outcome: reject } }
  - { id: slow, when: limits.pace.exceeded, then: { outcome: delay }, mode: shadow }
thresholds: [{ points: 10, outcome: hold }]
`;

const set = load(policy);
const lists = new Map([
  ["hosts", createListView("domain", [{ value: "spam.example" }])],
  ["words", createListView("term", [{ value: "free" }, { value: "money" }])],
]);

test("what is decided in two steps is what is decided in one", () => {
  const preparation = prepared(set);
  for (const input of inputs()) {
    const expected = evaluate(set, input);
    const first = preparation.fromEvent({ ...input, counters: new Map(), limits: new Map() });
    const found = preparation.evaluate(first, memoryOf(input), input.decidedAt);
    assert.deepEqual(plain(found), plain(expected));
  }
});

test("facts do where no clause over memory is personal, and where hits don't matter", () => {
  const open = load(policy.replace(/ {2}words:.*\n| {2}- \{ id: (long|word),.*\n/g, ""));
  const source = factsSource(open, open, "comment", () => true);
  assert.ok(source !== undefined);
  const preparation = prepared(open);
  let covered = 0;
  for (const input of inputs()) {
    const expected = evaluate(open, input);
    const facts = factsOf(open, input, expected.clauses);
    const first = preparation.fromFacts(facts, source);
    const isHit = expected.rules.some(({ rule }) => rule === "host");
    assert.equal(first === undefined, isHit);
    const anyhow = preparation.fromFacts(facts, source, true);
    assert.ok(anyhow !== undefined);
    const found = preparation.evaluate(anyhow, memoryOf(input), input.decidedAt);
    assert.deepEqual(plain({ ...found, hits: [] }), plain({ ...expected, hits: [] }));
    covered += first === undefined ? 0 : 1;
  }
  assert.ok(covered > 0);
});

test("counters whose recorded values hold are read before the turn, from events and from facts", () => {
  const lists = /(lists|limits):\n| {2}(pace|words|hosts):.*\n/g;
  const rules = / {2}- \{ id: (long|word|host|struck|slow),.*\n/g;
  const only = load(policy.replace(lists, "").replace(rules, ""));
  const names = new Map(only.counters.map(({ id }) => [id, id]));
  const source = factsSource(only, only, "comment", () => true, undefined, names);
  const preparation = prepareType(only, "comment", names);
  assert.ok(source !== undefined && preparation !== undefined);
  let quiet = 0;
  for (const input of inputs()) {
    const expected = evaluate(only, input);
    const firsts = [
      preparation.fromEvent(input),
      preparation.fromFacts(factsOf(only, input, expected.clauses), source),
    ];
    for (const first of firsts) {
      assert.ok(first !== undefined);
      const memory = { ...memoryOf(input), counters: new Map() };
      const found = preparation.evaluate(first, memory, input.decidedAt);
      assert.deepEqual(plain({ ...found, hits: [] }), plain({ ...expected, hits: [] }));
      quiet += first.results.length === 0 ? 1 : 0;
    }
  }
  assert.ok(quiet > 0, "of some events nothing more can be said");
});

test("facts don't do for what other policies didn't read, or read otherwise", () => {
  const without = (pattern: RegExp): PolicySet => load(policy.replace(pattern, ""));
  const open = without(/ {2}words:.*\n| {2}- \{ id: (long|word),.*\n/g);
  const lacking = factsSource(
    open,
    without(/ {2}words:.*\n| {2}- \{ id: (long|word|personal),.*\n|thresholds.*\n/g),
    "comment",
    () => true,
  );
  assert.equal(lacking, undefined);
  assert.equal(
    factsSource(open, open, "comment", (name) => name !== "hosts"),
    undefined,
  );
  assert.equal(
    factsSource(set, set, "comment", () => true),
    undefined,
    "a personal clause over a counter",
  );
  assert.equal(
    factsSource(set, set, "message", () => true),
    undefined,
  );
});

function load(text: string): PolicySet {
  return loadPolicies([{ path: "comments.yaml", text }]);
}

function prepared(of: PolicySet): NonNullable<ReturnType<typeof prepareType>> {
  const preparation = prepareType(of, "comment");
  assert.ok(preparation !== undefined);
  return preparation;
}

function memoryOf({ counters, limits, shadowLimits, standing, held }: EvaluationInput): MemoryRead {
  return { counters, limits, shadowLimits, standing, held };
}

// Traces hold values, which the second step doesn't have.
function plain({ rules, shadow, hits, clauses: _clauses, ...rest }: Evaluation): unknown {
  const fired = (all: Evaluation["rules"]): unknown =>
    all.map(({ trace, disclosed: _disclosed, ...each }) => ({
      ...each,
      trace: trace.results,
    }));
  const sorted = hits.map(({ list, entry }) => `${list}:${entry}`).sort();
  return { ...rest, rules: fired(rules), shadow: fired(shadow), hits: sorted };
}

function* inputs(): Generator<EvaluationInput> {
  const [counter] = set.counters;
  const [limit] = set.limits;
  assert.ok(counter !== undefined && limit !== undefined);
  for (const posts of [undefined, 0, 3]) {
    for (const text of ["free money", "hello", undefined]) {
      for (const domains of [[], ["a.spam.example"], undefined]) {
        for (const strikes of [0, 1]) {
          yield {
            type: "comment",
            op: "create",
            decidedAt: 1_795_435_200_000,
            actor: { id: "a", attributes: { level: strikes * 10, nick: "y" } },
            content: { text },
            signals: { linkCount: domains?.length, letters: text?.length, domains, normalised: text },
            counters: posts === undefined ? new Map() : new Map([[counter.id, posts]]),
            limits: new Map([[limit.id, strikes * 1000]]),
            lists,
            standing: { strikes, restricted: false, limited: [] },
            held: new Map(strikes === 0 ? [] : [["comments/plain", "rollout"]]),
          };
        }
      }
    }
  }
}
