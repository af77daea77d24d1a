// SPDX-License-Identifier: Apache-2.0
// Lists, limits, exemptions, and rules that fire and have no effect.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { evaluate, evaluateFromFacts, factsOf } from "./evaluate.ts";
import { PolicyError } from "./errors.ts";
import { createListView } from "./lists/list.ts";
import { loadPolicies } from "./loading/load.ts";
import { clausesOf } from "./trace.ts";
import type { Evaluation, EvaluationInput, FiredRule, ListView, TraceValue } from "./types.ts";

const day = 86_400_000;
const now = Date.UTC(2026, 0, 2);

const bare: EvaluationInput = {
  type: "comment",
  op: "create",
  decidedAt: now,
  actor: { id: "ann" },
  signals: {},
  counters: new Map(),
  standing: { strikes: 0, restricted: false },
};

const set = loadPolicies([
  {
    path: "p.yaml",
    text: `
policy: p
on: [comment]
events: { comment: { fields: { price: int, shop: string, tags: { type: list<string>, personal: false } } } }
lists:
  domains: { kind: domain }
  words: { kind: term }
  suspects: { kind: actor }
  nets: { kind: network, brake: { share: 0.5% } }
counters:
  spent: { sum: fields.price, by: actor.id, over: 1d, where: "event.op == 'create'" }
  known: { first: events, by: actor.id, over: 30d }
limits:
  pace: { rate: 10/m, burst: 5, by: actor.id }
  edits: { rate: 3/h, by: [actor.id, content.group], where: "event.op   ==   'edit'" }
exempt:
  - { id: staff, when: actor.name == 'staff', from: [domain, slow, bulk], owner: ops }
  - { id: fair, when: fields.price < 5, from: [word], owner: ops, until: 2026-01-01 }
rules:
  - { id: domain, when: "signals.domains.exists(d, d in lists.domains)",
      then: { outcome: reject, strike: 1 } }
  - { id: word, when: lists.words.hits(content.text).size() >= 2, then: { outcome: hold } }
  - { id: suspect, when: actor.id in lists.suspects, then: { outcome: challenge }, mode: shadow }
  - { id: slow, when: limits.pace.exceeded, then: { outcome: delay } }
  - { id: slower, when: "limits.edits.wait > duration('10s')", then: { outcome: delay }, mode: shadow }
  - { id: bulk, when: counters.spent > 100, points: 60 }
  - { id: fresh, when: "counters.known < duration('1h') && !('vip' in fields.tags)", points: 50,
      always: true }
  - { id: network, when: actor.ip in lists.nets, then: { outcome: flag }, rollout: 25% }
thresholds: [{ points: 50, outcome: flag }, { points: 100, outcome: hold }]
`,
  },
]);
const [policy] = set.policies;
assert.ok(policy);

const lists: ReadonlyMap<string, ListView> = new Map([
  ["domains", createListView("domain", [{ value: "bad.example" }, { value: "worse.example", untilMs: now }])],
  ["words", createListView("term", [{ value: "casino" }, { value: "free money" }, { value: "poker" }])],
  ["suspects", createListView("actor", [{ value: "eve" }])],
  ["nets", createListView("network", [{ value: "192.0.2.0/24" }])],
]);
const limitId = (name: string): string => policy.limits.get(name)?.id ?? "";
const counterId = (name: string): string => policy.counters.get(name)?.id ?? "";

function named(rules: readonly FiredRule[]): string[] {
  return rules.map(({ rule, held }) => (held === undefined ? rule : `${rule} (${held})`));
}

test("lists are asked at the time of the decision, and the entries that were found are told", () => {
  const input: EvaluationInput = {
    ...bare,
    actor: { id: "eve", ip: "192.0.2.7" },
    content: { text: "Free money at the casino: CASINO!" },
    signals: { domains: ["good.example", "www.bad.example", "worse.example"] },
    lists,
  };
  const evaluation = evaluate(set, input);
  assert.deepEqual(named(evaluation.rules), ["domain", "word", "network"]);
  assert.deepEqual(named(evaluation.shadow), ["suspect (shadow)"]);
  assert.deepEqual(evaluation.hits, [
    { list: "domains", entry: "bad.example" },
    { list: "words", entry: "casino" },
    { list: "words", entry: "free money" },
    { list: "nets", entry: "192.0.2.0/24" },
    { list: "suspects", entry: "eve" },
  ]);
  const [, word] = evaluation.rules;
  assert.deepEqual(word && clausesOf(word.trace), [
    {
      clause: "lists.words.hits(content.text).size() >= 2",
      result: true,
      values: [
        { path: "lists.words", value: ["casino", "free money"], personal: true },
        { path: "content.text", value: "Free money at the casino: CASINO!", personal: true },
      ],
    },
  ]);
  assert.equal(evaluation.clauses.length, 5, "of two exemptions one clause, of eight rules four");
  const before = evaluate(set, { ...input, decidedAt: now - 1, signals: { domains: ["worse.example"] } });
  assert.deepEqual(before.hits[0], { list: "domains", entry: "worse.example" });
});

test("a list that isn't there makes its clauses missing", () => {
  const { missing } = evaluate(set, { ...bare, signals: { domains: ["bad.example"] } });
  assert.ok(missing.some(({ rule }) => rule === "domain"));
  const none = evaluate(set, { ...bare, signals: { domains: [] } });
  assert.ok(!none.missing.some(({ rule }) => rule === "domain"), "no element, nothing to ask");
});

test("a rule that reads a limit delays until there is room", () => {
  const limits = new Map([
    [limitId("pace"), 7_500],
    [limitId("edits"), 0],
  ]);
  const { rules, outcome } = evaluate(set, { ...bare, limits });
  assert.equal(outcome, "delay");
  assert.deepEqual(rules[0]?.then, { outcome: "delay", strike: 0, retryAfterMs: 7_500 });
  assert.deepEqual(named(evaluate(set, { ...bare, limits: new Map([[limitId("pace"), 0]]) }).rules), []);
});

test("a rule that is held reads its own copy of a limit", () => {
  const limits = new Map([
    [limitId("pace"), 7_500],
    [limitId("edits"), 20_000],
  ]);
  const copies = (wait: number): Map<string, number> =>
    new Map([
      [`${limitId("edits")}\np/slower`, wait],
      [`${limitId("pace")}\np/slow`, 0],
    ]);
  assert.deepEqual(named(evaluate(set, { ...bare, limits }).shadow), ["slower (shadow)"]);
  assert.deepEqual(named(evaluate(set, { ...bare, limits, shadowLimits: copies(0) }).shadow), []);
  assert.deepEqual(named(evaluate(set, { ...bare, limits, shadowLimits: copies(0) }).rules), ["slow"]);
  const held = new Map([["p/slow", "brake" as const]]);
  const braked = evaluate(set, { ...bare, limits, shadowLimits: copies(20_000), held });
  assert.deepEqual(named(braked.rules), []);
  assert.deepEqual(named(braked.shadow), ["slower (shadow)"]);
});

test("what is held is evaluated and has no effect", () => {
  const counters = new Map([
    [counterId("spent"), 500],
    [counterId("known"), 60_000],
  ]);
  const input: EvaluationInput = { ...bare, counters, fields: { tags: [] } };
  assert.equal(evaluate(set, input).outcome, "hold");
  const lower = evaluate(set, { ...input, held: new Map([["p/points-100", "brake"]]) });
  assert.equal(lower.outcome, "flag");
  assert.equal(lower.points, 110);
  assert.deepEqual(
    lower.heldThresholds.map(({ points, held }) => [points, held]),
    [[100, "brake"]],
  );
  const warming = evaluate(set, { ...input, held: new Map([["p/bulk", "warming"]]) });
  assert.deepEqual([warming.outcome, warming.points], ["flag", 50]);
  assert.deepEqual(named(warming.shadow), ["bulk (warming)"]);
  const rolled = new Map([["p/network", "rollout" as const]]);
  const outside = evaluate(set, { ...bare, actor: { id: "a", ip: "192.0.2.1" }, lists, held: rolled });
  assert.deepEqual([outside.outcome, named(outside.shadow)], ["allow", ["network (rollout)"]]);
});

test("an exemption suppresses the rules that it names, and stops at its end", () => {
  const input: EvaluationInput = {
    ...bare,
    actor: { id: "a", name: "staff" },
    content: { text: "poker, casino" },
    signals: { domains: ["bad.example"] },
    fields: { price: 1 },
    lists,
  };
  const after = evaluate(set, input);
  assert.equal(after.outcome, "hold", "the fair ended yesterday");
  assert.deepEqual(named(after.shadow), ["domain (exempt)"]);
  assert.equal(after.shadow[0]?.exemption, "staff");
  const before = evaluate(set, { ...input, decidedAt: now - day - 1 });
  assert.deepEqual(
    before.shadow.map(({ rule, exemption }) => [rule, exemption]),
    [
      ["domain", "staff"],
      ["word", "fair"],
    ],
  );
  assert.equal(before.outcome, "allow");
  const braked = evaluate(set, { ...input, held: new Map([["p/domain", "brake"]]) });
  assert.deepEqual([braked.shadow[0]?.held, braked.shadow[0]?.exemption], ["brake", "staff"]);
});

test("declarations of lists, limits, sums and rules are plain data", () => {
  assert.deepEqual(policy.limits.get("edits"), {
    id: "limit 3 per 3600000 burst 1 by actor.id, content.group on comment where event . op == 'edit'",
    by: ["actor.id", "content.group"],
    on: ["comment"],
    count: 3,
    perMs: 3_600_000,
    burst: 1,
    where: "event.op   ==   'edit'",
  });
  assert.equal(
    counterId("spent"),
    "sum fields.price by actor.id over 86400000 on comment where event . op == 'create'",
  );
  assert.equal(counterId("known"), "first events by actor.id over 2592000000 on comment");
  assert.deepEqual(set.lists.get("nets"), {
    name: "nets",
    kind: "network",
    brake: { share: 50, least: 20 },
    place: "p.yaml:9",
  });
  const [domain, , suspect] = policy.rules;
  assert.deepEqual(domain?.restricts, { count: 100, perMs: 3_600_000 }, "it gives a strike");
  assert.equal(suspect?.restricts, undefined);
  assert.equal(policy.rules.find(({ id }) => id === "network")?.rollout, 2_500);
  assert.deepEqual(policy.rules.find(({ id }) => id === "slow")?.readsLimits, [limitId("pace")]);
  assert.equal(policy.exempt[1]?.untilMs, now);
});

const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const waits = fc.constantFrom(undefined, 0, 0, 5_000, 20_000);
const views = perhaps(
  fc.subarray([...lists.keys()]).map((names) => new Map([...lists].filter(([name]) => names.includes(name)))),
);
const reasons = fc.constantFrom("rollout" as const, "warming" as const, "brake" as const);
const heldKeys = [...policy.rules.map(({ id }) => `p/${id}`), "p/points-50", "p/points-100", "p/other"];

const inputs = fc.record({
  type: fc.constantFrom("comment", "comment", "message"),
  op: fc.constantFrom("create", "edit"),
  decidedAt: fc.constantFrom(now, now - 2 * day),
  actor: fc.record({
    id: fc.constantFrom("ann", "eve"),
    name: perhaps(fc.constantFrom("staff", "x")),
    ip: perhaps(fc.constantFrom("192.0.2.3", "198.51.100.1", "x")),
  }),
  content: perhaps(
    fc.record({ text: perhaps(fc.constantFrom("poker casino", "poker", "free money casino", "")) }),
  ),
  fields: perhaps(
    fc.record(
      {
        price: fc.oneof(fc.nat(10), fc.anything()),
        tags: fc.oneof(fc.subarray(["vip", "new"]), fc.anything()),
      },
      { requiredKeys: [] },
    ),
  ),
  signals: fc.record({ domains: perhaps(fc.subarray(["a.bad.example", "worse.example", "c.example"])) }),
  counters: fc.tuple(perhaps(fc.nat(200)), perhaps(fc.nat(2 * 3_600_000))).map(([spent, known]) =>
    present([
      [counterId("spent"), spent],
      [counterId("known"), known],
    ]),
  ),
  limits: perhaps(
    fc.tuple(waits, waits).map(([a, b]) =>
      present([
        [limitId("pace"), a],
        [limitId("edits"), b],
      ]),
    ),
  ),
  shadowLimits: perhaps(
    fc.tuple(waits, waits).map(([a, b]) =>
      present([
        [`${limitId("pace")}\np/slow`, a],
        [`${limitId("edits")}\np/slower`, b],
      ]),
    ),
  ),
  lists: views,
  held: perhaps(
    fc
      .array(fc.tuple(fc.constantFrom(...heldKeys), reasons), { maxLength: 5 })
      .map((pairs) => new Map(pairs)),
  ),
  standing: fc.record({ strikes: fc.nat(3), restricted: fc.boolean() }),
}) as fc.Arbitrary<EvaluationInput>;

test("a decision with lists, limits, exemptions and held rules comes out again from its facts", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const evaluation = evaluate(set, input);
      const facts = JSON.parse(JSON.stringify(factsOf(set, input, evaluation.clauses)));
      assert.deepEqual(evaluateFromFacts(set, facts), withoutPersonal(evaluation));
      assert.doesNotMatch(JSON.stringify(facts), /bad\.example|casino|"eve"/);
    }),
    { numRuns: 1_000 },
  );
});

test("facts with a reason of none of ours are refused", () => {
  const facts = factsOf(set, bare, evaluate(set, bare).clauses);
  assert.throws(
    () => evaluateFromFacts(set, { ...facts, held: { "p/word": "whim" } }),
    (error) => error instanceof PolicyError && error.code === "facts-mismatch",
  );
});

function present(pairs: readonly (readonly [string, number | undefined])[]): Map<string, number> {
  return new Map(pairs.flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])));
}

/** The evaluation without the values of personal fields and what was found in lists. */
function withoutPersonal(evaluation: Evaluation): Evaluation {
  const { rules, shadow } = evaluation;
  return { ...evaluation, rules: rules.map(stripRule), shadow: shadow.map(stripRule), hits: [] };
}

function stripRule(rule: FiredRule): FiredRule {
  const { clauses, results, values } = rule.trace;
  const fields = clauses.flatMap((clause) => clause.fields);
  const shown = values.map((value, at) => (fields[at]?.personal ? undefined : value));
  return { ...rule, trace: { clauses, results, values: shown }, disclosed: rule.disclosed.map(strip) };
}

function strip(value: TraceValue): TraceValue {
  return value.personal ? { path: value.path, personal: true } : value;
}
