// SPDX-License-Identifier: Apache-2.0
// The evaluation against a slow twin that does what docs/formats/policy.md says, one sentence after the
// other, on random policies and events: conditions nest, exemptions, held rules and thresholds meet.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { evaluate, evaluateFromFacts, factsOf } from "./evaluate.ts";
import { createListView } from "./lists/list.ts";
import { loadPolicies } from "./loading/load.ts";
import { outcomes } from "./types.ts";
import type { Evaluation, EvaluationInput, Outcome, PolicyFile } from "./types.ts";

/** Clauses that conditions are made of, and whether their results are recorded. */
const pool: readonly (readonly [clause: string, recorded: boolean])[] = [
  ["signals.linkCount > 1", false],
  ["has(content.revision)", false],
  ["content.revision / (content.revision - 2) == 1", false],
  ["content.text.contains('poker')", true],
  ["actor.age < duration('1h')", false],
  ["fields.mentionCount > 2", false],
  ["fields.mentions.exists(x, x == actor.id)", true],
  ["actor.id in lists.who", true],
  ["lists.words.hits(content.text).size() > 0", true],
  ["counters.n > 2", false],
  ["limits.l.exceeded", false],
  ["standing.restricted", false],
  ["(event.op == 'edit' ? standing.restricted : counters.n == 0)", false],
];

type Tree =
  | { readonly kind: "clause"; readonly clause: number }
  | { readonly kind: "not"; readonly of: Tree }
  | { readonly kind: "&&" | "||"; readonly sides: readonly Tree[] };

type TwinRule = {
  readonly tree: Tree;
  readonly points: number;
  readonly outcome: Outcome | undefined;
  readonly shadow: boolean;
};
type TwinPolicy = {
  readonly id: string;
  readonly on: readonly string[];
  readonly exempt: readonly {
    readonly tree: Tree;
    readonly from: readonly number[];
    readonly ended: boolean;
  }[];
  readonly rules: readonly TwinRule[];
  readonly thresholds: readonly { readonly points: number; readonly outcome: Outcome }[];
};

const now = Date.UTC(2026, 5, 15);
const commonRule = pool.map(([clause]) => clause).join(" || ");

const trees = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.nat(pool.length - 1).map((clause): Tree => ({ kind: "clause", clause })),
    tie("tree").map((of): Tree => ({ kind: "not", of })),
    fc
      .tuple(
        fc.constantFrom("&&" as const, "||" as const),
        fc.array(tie("tree"), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, sides]): Tree => ({ kind, sides })),
  ),
})).tree;

function policies(id: string, on: readonly string[]): fc.Arbitrary<TwinPolicy> {
  const rules = fc.uniqueArray(
    fc.record({
      tree: trees,
      points: fc.constantFrom(10, 20, 30, 7),
      outcome: fc.option(fc.constantFrom<Outcome>("flag", "challenge", "hold", "reject"), { nil: undefined }),
      shadow: fc.boolean(),
    }),
    // Two rules that do the same would be a mistake.
    { minLength: 1, maxLength: 6, selector: ({ tree }) => textOf(tree) },
  );
  const exempt = fc.array(
    fc.record({
      tree: trees,
      from: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
      ended: fc.boolean(),
    }),
    { maxLength: 3 },
  );
  const thresholds = fc.constantFrom(
    [],
    [{ points: 20, outcome: "flag" as const }],
    [
      { points: 10, outcome: "flag" as const },
      { points: 30, outcome: "challenge" as const },
      { points: 50, outcome: "reject" as const },
    ],
  );
  return fc.record({ id: fc.constant(id), on: fc.constant(on), exempt, rules, thresholds });
}

function yamlOf({ id, on, exempt, rules, thresholds }: TwinPolicy): PolicyFile {
  // The rule `ID-all` reads all that is declared, and gives points enough for any threshold.
  const lines = [
    `policy: ${id}`,
    `on: [${on.join(", ")}]`,
    "lists: { who: { kind: actor }, words: { kind: term } }",
    "counters: { n: { count: events, by: actor.id, over: 1h } }",
    "limits: { l: { rate: 1/m, by: actor.id } }",
    "rules:",
    `  - { id: ${id}-all, when: ${JSON.stringify(`event.op == 'delete' && (${commonRule})`)}, points: 1000 }`,
    ...rules.map(({ tree, points, outcome, shadow }, index) => {
      const then = outcome === undefined ? "" : `, then: { outcome: ${outcome} }`;
      const mode = shadow ? ", mode: shadow" : "";
      const when = JSON.stringify(textOf(tree));
      return `  - { id: ${id}-${index}, when: ${when}, points: ${points * 10}${then}${mode} }`;
    }),
    ...(thresholds.length === 0 ? [] : ["thresholds:"]),
    ...thresholds.map(({ points, outcome }) => `  - { points: ${points * 10}, outcome: ${outcome} }`),
    ...(exempt.length === 0 ? [] : ["exempt:"]),
    ...exempt.map(({ tree, from, ended }, index) => {
      const named = from.filter((rule) => rule < rules.length).map((rule) => `${id}-${rule}`);
      const when = JSON.stringify(textOf(tree));
      const until = ended ? "2026-06-14" : "2026-06-15";
      const rest = `from: [${[...named, `${id}-all`].join(", ")}], owner: me, until: ${until}`;
      return `  - { id: ${id}-x${index}, when: ${when}, ${rest} }`;
    }),
  ];
  return { path: `${id}.yaml`, text: `${lines.join("\n")}\n` };
}

function textOf(tree: Tree): string {
  if (tree.kind === "clause") return pool[tree.clause]?.[0] ?? "";
  if (tree.kind === "not") return `!(${textOf(tree.of)})`;
  return `(${tree.sides.map(textOf).join(` ${tree.kind} `)})`;
}

const lists = new Map([
  ["who", createListView("actor", [{ value: "eve" }])],
  ["words", createListView("term", [{ value: "poker" }])],
]);
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const heldKeys = ["a", "b"].flatMap((policy) => [
  ...[0, 1, 2, 3].map((index) => `${policy}/${policy}-${index}`),
  ...[100, 300, 500].map((points) => `${policy}/points-${points}`),
]);

const inputs: fc.Arbitrary<EvaluationInput> = fc.record({
  type: fc.constantFrom("comment", "comment", "message"),
  op: fc.constantFrom("create", "edit"),
  decidedAt: fc.constant(now),
  actor: fc.record({
    id: fc.constantFrom("ann", "eve"),
    createdAt: perhaps(fc.constantFrom(now - 60_000, 0)),
  }),
  content: fc.record({
    text: perhaps(fc.constantFrom("poker", "hello")),
    revision: perhaps(fc.constantFrom(1, 2, 3)),
  }),
  fields: fc.record({ mentionCount: perhaps(fc.nat(5)), mentions: perhaps(fc.subarray(["eve", "bob"])) }),
  signals: fc.record({ linkCount: perhaps(fc.nat(3)) }),
  counters: fc.constantFrom(
    new Map<string, number>(),
    ...[0, 5].map(
      (value) =>
        new Map([
          ["count events by actor.id over 3600000 on comment", value],
          ["count events by actor.id over 3600000 on comment, message", value],
        ]),
    ),
  ),
  limits: fc.constantFrom(
    new Map<string, number>(),
    ...[0, 5_000].map(
      (value) =>
        new Map([
          ["limit 1 per 60000 burst 1 by actor.id on comment", value],
          ["limit 1 per 60000 burst 1 by actor.id on comment, message", value],
        ]),
    ),
  ),
  lists: perhaps(fc.constant(lists)),
  standing: fc.record({ strikes: fc.nat(2), restricted: fc.boolean() }),
  held: fc
    .array(fc.tuple(fc.constantFrom(...heldKeys), fc.constantFrom("rollout", "warming", "brake")), {
      maxLength: 4,
    })
    .map((pairs) => new Map(pairs)),
}) as fc.Arbitrary<EvaluationInput>;

/** One rule for each clause: what each comes to by itself. */
const alone = ["comment", "message"].map((type) => {
  // A message has no mentions: there the clause is known to be missing.
  const readable = pool.map(([clause]) => (type === "message" ? !clause.startsWith("fields.") : true));
  const rules = pool.flatMap(([clause], index) =>
    (readable[index] ?? false)
      ? [`  - { id: c${index}, when: ${JSON.stringify(clause)}, points: ${index + 1} }`]
      : [],
  );
  const text = [
    `policy: ${type}`,
    "on: [comment, message]",
    "lists: { who: { kind: actor }, words: { kind: term } }",
    "counters: { n: { count: events, by: actor.id, over: 1h } }",
    "limits: { l: { rate: 1/m, by: actor.id } }",
    "rules:",
    ...rules,
  ];
  return [type, loadPolicies([{ path: "alone.yaml", text: `${text.join("\n")}\n` }])] as const;
});
const aloneByType = new Map(alone);

type Truth = boolean | "missing";

function truthsOf(input: EvaluationInput): Truth[] {
  const set = aloneByType.get(input.type);
  assert.ok(set);
  const { rules, missing } = evaluate(set, { ...input, held: new Map() });
  return pool.map(([clause], index) => {
    if (input.type === "message" && clause.startsWith("fields.")) return "missing";
    if (missing.some(({ rule }) => rule === `c${index}`)) return "missing";
    return rules.some(({ rule }) => rule === `c${index}`);
  });
}

function truthOf(tree: Tree, truths: readonly Truth[]): Truth {
  if (tree.kind === "clause") return truths[tree.clause] ?? "missing";
  if (tree.kind === "not") {
    const truth = truthOf(tree.of, truths);
    return truth === "missing" ? truth : !truth;
  }
  const sides = tree.sides.map((side) => truthOf(side, truths));
  const deciding = tree.kind === "||";
  if (sides.includes(deciding)) return deciding;
  return sides.includes("missing") ? "missing" : !deciding;
}

/** The results of the recorded clauses of a condition, in the order of its text. */
function lettersOf(tree: Tree, truths: readonly Truth[]): string {
  if (tree.kind === "not") return lettersOf(tree.of, truths);
  if (tree.kind !== "clause") return tree.sides.map((side) => lettersOf(side, truths)).join("");
  const [, recorded] = pool[tree.clause] ?? ["", false];
  return recorded ? letterOf(truths[tree.clause]) : "";
}

function letterOf(truth: Truth | undefined): string {
  return truth === true ? "t" : truth === false ? "f" : "m";
}

type Told = ReturnType<typeof told>;

function told(evaluation: Evaluation) {
  return {
    outcome: evaluation.outcome,
    rules: evaluation.rules.map(({ rule }) => rule),
    held: evaluation.shadow.map(({ rule, held, exemption }) => [rule, held, exemption]),
    missing: evaluation.missing.map(({ rule }) => rule),
    points: evaluation.points,
    thresholds: evaluation.thresholds.map(({ policy, points }) => `${policy} ${points}`),
    heldThresholds: evaluation.heldThresholds.map(
      ({ policy, points, held }) => `${policy} ${points} ${held}`,
    ),
    clauses: evaluation.clauses,
  };
}

/** What the specification says, sentence by sentence. */
function twin(declared: readonly TwinPolicy[], input: EvaluationInput): Told {
  const truths = truthsOf(input);
  const all = pool.map(([, recorded], index) => (recorded ? letterOf(truths[index]) : "")).join("");
  const said: Told = {
    outcome: "allow",
    rules: [],
    held: [],
    missing: [],
    points: 0,
    thresholds: [],
    heldThresholds: [],
    clauses: "",
  };
  const effects: Outcome[] = [];
  for (const { id, on, exempt, rules, thresholds } of declared) {
    if (!on.includes(input.type)) continue;
    for (const { tree } of exempt) said.clauses += lettersOf(tree, truths);
    // The rule that reads everything asks for an operation that no event here has: it is false.
    said.clauses += all;
    let points = 0;
    for (const [index, { tree, points: own, outcome, shadow }] of rules.entries()) {
      said.clauses += lettersOf(tree, truths);
      const truth = truthOf(tree, truths);
      const rule = `${id}-${index}`;
      if (truth === "missing") said.missing.push(rule);
      if (truth !== true) continue;
      const exemption = exempt.findIndex(
        (each) => each.from.includes(index) && !each.ended && truthOf(each.tree, truths) === true,
      );
      const because = exemption < 0 ? undefined : `${id}-x${exemption}`;
      const outside = input.held?.get(`${id}/${rule}`);
      const held = shadow ? "shadow" : (outside ?? (because === undefined ? undefined : "exempt"));
      if (held !== undefined) {
        said.held.push([rule, held, because]);
        continue;
      }
      said.rules.push(rule);
      points += own * 10;
      if (outcome !== undefined) effects.push(outcome);
    }
    said.points += points;
    for (const threshold of thresholds.toReversed()) {
      if (points < threshold.points * 10) continue;
      const held = input.held?.get(`${id}/points-${threshold.points * 10}`);
      if (held === undefined) {
        said.thresholds.push(`${id} ${threshold.points * 10}`);
        effects.push(threshold.outcome);
        break;
      }
      said.heldThresholds.push(`${id} ${threshold.points * 10} ${held}`);
    }
  }
  said.outcome = outcomes.findLast((outcome) => outcome === "allow" || effects.includes(outcome)) ?? "allow";
  return said;
}

test("random policies say of random events what the specification says, and again from the facts", () => {
  const pairs = fc.tuple(policies("a", ["comment"]), policies("b", ["comment", "message"]));
  fc.assert(
    fc.property(pairs, fc.array(inputs, { minLength: 1, maxLength: 8 }), (declared, events) => {
      const set = loadPolicies(declared.map(yamlOf));
      for (const input of events) {
        const evaluation = evaluate(set, input);
        assert.deepEqual(told(evaluation), twin(declared, input));
        const facts = JSON.parse(JSON.stringify(factsOf(set, input, evaluation.clauses)));
        assert.deepEqual(told(evaluateFromFacts(set, facts)), told(evaluation));
      }
    }),
    { numRuns: 40 },
  );
});
