// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { evaluate, evaluateFromFacts, factsOf, fieldValue } from "./evaluate.ts";
import { PolicyError } from "./errors.ts";
import { loadPolicies } from "./loading/load.ts";
import { readSet } from "./program.ts";
import type { PolicySet } from "./program.ts";
import { clausesOf } from "./trace.ts";
import type { Evaluation, EvaluationInput, FiredRule, TraceValue } from "./types.ts";

/** An input in which nothing has a value that needn't have one. */
const bare: EvaluationInput = {
  type: "comment",
  op: "create",
  decidedAt: Date.UTC(2026, 0, 2),
  actor: { id: "a" },
  signals: {},
  counters: new Map(),
  standing: { strikes: 0, restricted: false },
};

/** A set with one rule for each condition, named r0, r1, … */
function setOf(conditions: readonly string[], more = ""): PolicySet {
  const rules = conditions.map(
    (when, index) => `  - { id: r${index}, when: ${JSON.stringify(when)}, points: ${index + 1} }\n`,
  );
  return loadPolicies([
    { path: "p.yaml", text: `policy: p\non: [comment]\n${more}rules:\n${rules.join("")}` },
  ]);
}

/** What each condition comes to. */
function resultsOf(
  conditions: readonly string[],
  input: EvaluationInput,
  more = "",
): (boolean | "missing")[] {
  const evaluation = evaluate(setOf(conditions, more), input);
  return conditions.map((_, index) => {
    const rule = `r${index}`;
    if (evaluation.missing.some((each) => each.rule === rule)) return "missing";
    return evaluation.rules.some((each) => each.rule === rule);
  });
}

test("three-valued logic absorbs a missing value as CEL absorbs an error", () => {
  const values = { T: "(signals.words == 1)", F: "(signals.capitals == 2)", M: "(content.revision == 1)" };
  const table: readonly (readonly [string, boolean | "missing"])[] = [
    ["T && T", true],
    ["T && F", false],
    ["T && M", "missing"],
    ["F && M", false],
    ["M && F", false],
    ["M && M", "missing"],
    ["T || M", true],
    ["M || T", true],
    ["F || M", "missing"],
    ["F || F", false],
    ["!M", "missing"],
    ["!F", true],
    ["!(F && M)", true],
    ["!(T || M)", false],
    ["M || M || T", true],
    ["(M || F) && T", "missing"],
    ["M ? T : T", "missing"],
    ["T ? M : T", "missing"],
    ["F ? M : T", true],
    ["(T ? (F && M) : T)", false],
    ["has(content.revision)", false],
    ["has(signals.words)", true],
    ["!has(content.revision) || M", true],
  ].map(([text, expected]) => [text as string, expected as boolean | "missing"]);
  const conditions = table.map(([text]) => text.replaceAll(/\b[TFM]\b/g, (name) => values[name as "T"]));
  const results = resultsOf(conditions, { ...bare, signals: { words: 1, capitals: 1 } });
  assert.deepEqual(
    table.map(([text], index) => [text, results[index]]),
    table,
  );
});

test("conditions mean what they say", () => {
  const input: EvaluationInput = {
    ...bare,
    actor: {
      id: "ann",
      createdAt: "2026-01-01T23:00:00Z",
      attributes: { posts: 7, ok: true, role: "mod", since: "2025-12-31T00:00:00Z" },
    },
    content: { text: "Straße 🐱", title: "a", group: "g", revision: 2, language: "en" },
    signals: { links: ["https://a.example/x", "https://b.example"], domains: ["a.example"], words: 3 },
    counters: new Map([["count events by actor.id over 3600000 on comment", 4]]),
    standing: { strikes: 2, restricted: true },
  };
  const more =
    "attributes: { posts: int, ok: bool, role: string, since: timestamp, absent: int }\n" +
    "counters: { n: { count: events, by: actor.id, over: 1h } }\n";
  const conditions: readonly (readonly [string, boolean | "missing"])[] = [
    ["actor.age == duration('1h')", true],
    ["actor.age + duration('30m') < duration('1h30m1ms')", true],
    ["-1 * content.revision == -2 && content.revision / 4 == 0 && content.revision % 4 == 2", true],
    ["content.revision / (content.revision - 2) == 1", "missing"],
    ["content.revision * 9223372036854775807 == 1", "missing"],
    ["content.revision + 9223372036854775805 == 9223372036854775807", true],
    ["content.revision - 9223372036854775807 < -9223372036854775804", true],
    ["content.text.size() == 8 && size(content.title) == 1", true],
    ["content.text.matches('^Stra(ß|ss)e') && !content.text.matches('x')", true],
    ["content.title + '!' == 'a!' && content.title < 'b'", true],
    ["'\\U0001F431' > '\\uFFFD' && content.title == 'a'", true],
    ["content.text.contains('🐱') && content.text.startsWith('S') && content.text.endsWith('🐱')", true],
    ["signals.domains[0] == 'a.example'", true],
    ["signals.domains[1] == 'a.example'", "missing"],
    ["signals.links.exists(x, x.endsWith('/x')) && !signals.links.all(x, x.endsWith('/x'))", true],
    ["signals.links.exists_one(x, x.startsWith('https://a'))", true],
    ["signals.links.filter(x, x.contains('b.'))[0] == 'https://b.example'", true],
    ["signals.links.map(x, x.size()) == [19, 17]", true],
    ["signals.links.map(x, x.contains('a.'), x.size()) == [19]", true],
    ["signals.links.exists(x, signals.domains.exists(y, x.contains(y)))", true],
    ["'a.example' in signals.domains && content.language in ['de', 'en']", true],
    ["content.language in [content.group, 'x']", false],
    ["actor.attributes.posts > 5 && actor.attributes.ok && actor.attributes.role == 'mod'", true],
    ["actor.attributes.since + duration('24h') == timestamp('2026-01-01T01:00:00+01:00')", true],
    ["timestamp('2026-01-01T00:00:00Z') - actor.attributes.since == duration('24h')", true],
    ["actor.attributes.absent > 1", "missing"],
    ["counters.n >= 4 && standing.strikes == 2 && standing.restricted", true],
    ["event.type == 'comment' && event.op == 'create' && actor.id == 'ann'", true],
    ["actor.email == 'x'", "missing"],
  ];
  const results = resultsOf(
    conditions.map(([text]) => text),
    input,
    more,
  );
  assert.deepEqual(
    conditions.map(([text], index) => [text, results[index]]),
    conditions,
  );
});

const policy = `
policy: comments
on: [comment, message]
attributes: { posts: int, role: string }
counters:
  same: { count: distinct actor.id, by: [signals.fingerprint, content.group], over: 1h }
  links: { count: events, by: signals.domains, over: 1d }
rules:
  - id: burst
    when: signals.links.size() >= 2 && actor.age < duration('24h')
    then: { outcome: reject, strike: 2, throttle: { rate: 3/m, for: 1h } }
    reason: Too many links.
    disclose: [signals.linkCount, counters.same]
    strikeEvery: 1h
  - id: waiting
    when: counters.same >= 3 || content.text.contains('x')
    then: { outcome: hold, holdFor: 1h, otherwise: flag }
    mode: shadow
  - { id: slow, when: "counters.links > 5", then: { outcome: delay, retryAfter: 30s } }
  - { id: loud, when: signals.capitals > 500, points: 60 }
  - { id: role, when: "actor.attributes.role == 'new' || actor.attributes.posts < 3", points: 40 }
  - { id: trusted, when: "actor.attributes.posts > 100", points: -100 }
thresholds: [{ points: 100, outcome: challenge }, { points: 50, outcome: flag }]
ladder: [{ strikes: 3, within: 7d, then: { suspend: 24h } }]
`;
const set = loadPolicies([{ path: "c.yaml", text: policy }]);

test("an evaluation says what happened, and why", () => {
  const input: EvaluationInput = {
    ...bare,
    actor: { id: "a", createdAt: bare.decidedAt - 1_000, attributes: { role: "new" } },
    content: { text: "hello" },
    signals: { links: ["a", "b"], linkCount: 2, capitals: 900 },
  };
  const evaluation = evaluate(set, input);
  assert.equal(evaluation.outcome, "reject");
  assert.deepEqual(
    evaluation.rules.map((each) => each.rule),
    ["burst", "loud", "role"],
  );
  assert.deepEqual(evaluation.missing, [
    { policy: "comments", rule: "waiting" },
    { policy: "comments", rule: "slow" },
    { policy: "comments", rule: "trusted" },
  ]);
  assert.equal(evaluation.points, 100);
  assert.deepEqual(evaluation.thresholds, [
    { policy: "comments", points: 100, outcome: "challenge", brake: { share: 500, least: 50 } },
  ]);
  assert.equal(evaluation.clauses, "tft");
  const [burst] = evaluation.rules;
  assert.deepEqual(burst && { ...burst, trace: clausesOf(burst.trace) }, {
    policy: "comments",
    rule: "burst",
    outcome: "reject",
    then: { outcome: "reject", strike: 2, throttle: { count: 3, perMs: 60_000, burst: 1, forMs: 3_600_000 } },
    points: 0,
    reason: { en: "Too many links." },
    strikeEveryMs: 3_600_000,
    trace: [
      {
        clause: "signals.links.size() >= 2",
        result: true,
        values: [{ path: "signals.links", value: ["a", "b"], personal: true }],
      },
      {
        clause: "actor.age < duration('24h')",
        result: true,
        values: [{ path: "actor.age", value: 1_000, personal: false }],
      },
    ],
    disclosed: [
      { path: "signals.linkCount", value: 2, personal: false },
      { path: "counters.same", personal: false },
    ],
  });
});

test("an event of another type concerns no policy", () => {
  const evaluation = evaluate(set, { ...bare, type: "login" });
  assert.deepEqual(evaluation, {
    outcome: "allow",
    rules: [],
    shadow: [],
    missing: [],
    points: 0,
    thresholds: [],
    heldThresholds: [],
    clauses: "",
    hits: [],
  });
});

test("declarations are plain data", () => {
  const [declared] = set.policies;
  assert.deepEqual(declared?.ladder, [
    { strikes: 3, withinMs: 604_800_000, then: { suspendMs: 86_400_000 } },
  ]);
  assert.deepEqual(declared?.thresholds, [
    { points: 50, outcome: "flag", brake: { share: 500, least: 50 } },
    { points: 100, outcome: "challenge", brake: { share: 500, least: 50 } },
  ]);
  assert.deepEqual(set.counters, [
    {
      id: "count distinct actor.id by content.group, signals.fingerprint over 3600000 on comment, message",
      kind: "distinct",
      of: "actor.id",
      by: ["content.group", "signals.fingerprint"],
      on: ["comment", "message"],
      overMs: 3_600_000,
      bucketMs: 60_000,
    },
    {
      id: "count events by signals.domains over 86400000 on comment, message",
      kind: "count",
      by: ["signals.domains"],
      on: ["comment", "message"],
      overMs: 86_400_000,
      bucketMs: 1_440_000,
    },
  ]);
  const [burst, waiting] = declared?.rules ?? [];
  assert.deepEqual(burst?.required, ["signals.links", "actor.age"]);
  assert.deepEqual(waiting?.required, []);
  assert.deepEqual(waiting?.reads, ["counters.same", "content.text"]);
  assert.deepEqual(readSet(set), {
    signals: new Set(["links", "linkCount", "capitals", "fingerprint", "domains"]),
    fields: new Set([
      "actor.age",
      "content.text",
      "actor.attributes.role",
      "actor.attributes.posts",
      "content.group",
      "actor.id",
    ]),
    counters: new Set(set.counters.map((counter) => counter.id)),
    limits: new Set(),
    lists: new Set(),
    models: new Set(),
    lookups: new Set(),
  });
});

test("fieldValue reads as conditions do", () => {
  const input: EvaluationInput = { ...bare, actor: { id: "a", attributes: { posts: 3, role: 4, other: 1 } } };
  assert.equal(fieldValue(set, input, "actor.id"), "a");
  assert.equal(fieldValue(set, input, "actor.attributes.posts"), 3);
  assert.equal(fieldValue(set, input, "actor.attributes.role"), undefined);
  assert.equal(fieldValue(set, input, "actor.attributes.other"), undefined);
  assert.equal(fieldValue(set, input, "signals.constructor"), undefined);
  assert.equal(
    fieldValue(set, { ...input, signals: { domains: ["a"] } }, "signals.domains")?.toString(),
    "a",
  );
});

test("facts of other policies are refused", () => {
  const facts = factsOf(set, bare, evaluate(set, bare).clauses);
  for (const clauses of ["", "ttttt", "txt"]) {
    assert.throws(
      () => evaluateFromFacts(set, { ...facts, clauses }),
      (error) => error instanceof PolicyError && error.code === "facts-mismatch",
    );
  }
});

const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true });
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });

const inputs: fc.Arbitrary<EvaluationInput> = fc
  .record({
    type: fc.constantFrom("comment", "message", "login"),
    op: fc.constant("create"),
    decidedAt: fc.integer({ min: 0, max: 2 ** 42 }),
    actor: fc.record({
      id: fc.string(),
      createdAt: perhaps(
        fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.constant("2026-01-01T00:00:00Z"), fc.string()),
      ),
      attributes: perhaps(
        fc.record({ posts: fc.oneof(fc.integer(), anything), role: fc.oneof(fc.constant("new"), anything) }),
      ),
    }),
    content: perhaps(fc.record({ text: perhaps(fc.constantFrom("x", "y")), group: perhaps(fc.string()) })),
    signals: fc.record(
      {
        links: fc.oneof(fc.array(fc.string()), anything),
        linkCount: fc.oneof(fc.nat(), anything),
        capitals: fc.oneof(fc.nat(1_000), anything),
      },
      { requiredKeys: [] },
    ),
    counters: fc
      .tuple(perhaps(fc.nat(10)), perhaps(fc.nat(10)))
      .map((values) => new Map(set.counters.map(({ id }, index) => [id, values[index]] as const))),
    standing: fc.record({ strikes: fc.nat(3), restricted: fc.boolean() }),
  })
  .map((input) => input as EvaluationInput);

test("evaluation never throws, and comes out again from its facts", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const evaluation = evaluate(set, input);
      const facts = factsOf(set, input, evaluation.clauses);
      const recorded = JSON.parse(JSON.stringify(facts)) as typeof facts;
      assert.deepEqual(evaluateFromFacts(set, recorded), withoutPersonal(evaluation));
      assert.ok(
        !Object.keys(facts.values).some((path) =>
          ["signals.links", "content.text", "actor.attributes.role"].includes(path),
        ),
      );
    }),
    { numRuns: 500 },
  );
});

/** The evaluation with the values of personal fields left out of its traces. */
function withoutPersonal(evaluation: Evaluation): Evaluation {
  return { ...evaluation, rules: evaluation.rules.map(stripRule), shadow: evaluation.shadow.map(stripRule) };
}

function stripRule(rule: FiredRule): FiredRule {
  const { clauses, results, values } = rule.trace;
  const fields = clauses.flatMap((clause) => clause.fields);
  const shown = values.map((value, at) => (fields[at]?.personal ? undefined : value));
  return { ...rule, trace: { clauses, results, values: shown }, disclosed: strip(rule.disclosed) };
}

function strip(values: readonly TraceValue[]): TraceValue[] {
  return values.map((each) => (each.personal ? { path: each.path, personal: true } : each));
}

test("a pattern made to backtrack takes linear time", () => {
  const bomb = setOf([
    "content.text.matches('^(a+)+$') || content.text.matches('(a*)*b') || content.text.matches('(x+x+)+y')",
  ]);
  const text = `${"a".repeat(50_000)}${"x".repeat(49_999)}!`;
  assert.deepEqual(evaluate(bomb, { ...bare, content: { text } }).rules, []);
});
