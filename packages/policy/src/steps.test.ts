// SPDX-License-Identifier: Apache-2.0
// Functions made for a plan do what its closures do, for every event.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate } from "./evaluate.ts";
import { lettersOf } from "./letters.ts";
import { loadPolicies } from "./loading/load.ts";
import type { PolicySet } from "./program.ts";
import { createSteps } from "./steps.ts";
import { seededChance } from "./testing/expressions.ts";
import type { Chance } from "./testing/expressions.ts";
import { generalTracer, generateTracer } from "./trace.ts";
import type { EvaluationInput } from "./types.ts";
import type { WholeScratch } from "./whole.ts";

const conditions = [
  "signals.links.size() > 1 && actor.age < duration('1h')",
  "actor.attributes.level + standing.strikes * 2 > 3 || !actor.attributes.verified",
  `content.text.contains('"k0') || content.text.matches(r'k\\d+$')`,
  "signals.links.exists(x, x.startsWith('a')) && content.language in ['en', 'de']",
  "actor.attributes.role == 'mod' || actor.attributes.role + '!' == 'user!'",
  "counters.posts / signals.words > 1 && counters.posts % 3 == 0",
  `signals.links.size() > 1 || content.text.contains('"k0')`,
  "has(actor.age) && (counters.posts > 4 ? signals.words < 3 : signals.words > 3)",
  "actor.attributes.since > timestamp('2026-01-01T00:00:00Z')",
  "['x', 'y'].exists(x, content.text == x) || content.text.contains('é😀')",
  "content.text.contains('k1') || content.text.matches('(spam|ham)s') || content.text.contains('k')",
  "content.text.contains('k12') && content.text.matches('(?i)K') || content.text.matches('sp.*am$')",
  "content.text.contains('ms') && signals.words > 1",
  "signals.links == ['a', 'b'] || signals.links + ['c'] != ['c']",
];
const text = [
  "policy: steps",
  "on: [comment]",
  "attributes: { level: int, verified: bool, role: string, since: timestamp }",
  "counters: { posts: { count: events, by: actor.id, over: 10m } }",
  "rules:",
  ...conditions.map((when, index) => `  - { id: rule-${index}, when: ${JSON.stringify(when)}, points: 1 }`),
].join("\n");
const set = loadPolicies([{ path: "steps.yaml", text }]);

function pick<Item>(chance: Chance, items: readonly Item[]): Item | undefined {
  return items[chance(items.length + 1)];
}

/** Values of all kinds, some of a wrong type, some missing. */
function randomInput(chance: Chance): EvaluationInput {
  const wrong: readonly unknown[] = [null, Number.NaN, {}, 1.5, "7", true, Symbol.iterator];
  const maybe = (value: unknown): unknown => (chance(6) === 0 ? pick(chance, wrong) : value);
  const attributes = {
    level: maybe(pick(chance, [0, 2, 9, -0, Number.MAX_SAFE_INTEGER])),
    verified: maybe(chance(2) === 0),
    role: maybe(pick(chance, ["mod", "user", "constructor"])),
    since: maybe(pick(chance, [0, 1_795_435_200_000, "2026-05-01T00:00:00Z"])),
  } as Record<string, string | number | boolean>;
  return {
    type: "comment",
    op: "create",
    decidedAt: 1_795_435_200_000,
    actor: {
      id: "a",
      createdAt: pick(chance, [1_795_435_000_000, "2020-01-01T00:00:00Z", "soon"]),
      ...(chance(5) > 0 && { attributes }),
    },
    ...(chance(5) > 0 && {
      content: {
        text: pick(chance, ['"k0', "k12", "", "x", "a spam é😀", "hams", "spams"]),
        language: pick(chance, ["en", "nl"]),
      },
    }),
    signals: {
      links: maybe(pick(chance, [[], ["a", "b"], ["abc", "x", "y"]])),
      words: maybe(pick(chance, [0, 1, 2, 5])),
    },
    counters: new Map(set.counters.map(({ id }) => [id, maybe(chance(9)) as number])),
    standing: { strikes: chance(4), restricted: false },
  };
}

function stepsOf(kind: "closures" | "generated"): { results: (input: EvaluationInput) => string } {
  const plan = planOf(set);
  const steps = createSteps(plan.readers, plan.conditions, plan.conditions, kind);
  return {
    results: (input) => {
      const frame = Array.from({ length: set.program.slots }, () => undefined);
      const results = new Uint8Array(set.program.clauses);
      steps.read(input, frame);
      steps.run(frame, results);
      const others = new Uint8Array(set.program.clauses);
      steps.runUnrecorded(frame, others);
      for (const place of steps.recorded) others[place] = results[place] ?? 0;
      assert.deepEqual(others, results);
      const verdicts = new Uint8Array(plan.conditions.length);
      const any = steps.decide(results, verdicts);
      return `${results.join()} ${any} ${verdicts.join()} ${JSON.stringify(frame)}`;
    },
  };
}

function planOf({ program }: PolicySet): NonNullable<ReturnType<typeof program.plans.get>> {
  const plan = program.plans.get("comment");
  if (plan === undefined) throw new Error("there is no plan");
  return plan;
}

test("functions made for a plan give what its closures give", () => {
  const chance = seededChance(5);
  const [closures, generated] = [stepsOf("closures"), stepsOf("generated")];
  const seen = new Set<string>();
  for (let index = 0; index < 2_000; index++) {
    const input = randomInput(chance);
    const results = closures.results(input);
    assert.equal(generated.results(input), results, JSON.stringify(input));
    seen.add(results.split(" ")[0] ?? "");
  }
  assert.ok(seen.size > 100, "many different results");
});

function compareWhole(kinds: readonly number[]): number {
  const chance = seededChance(9);
  const rules = kinds.map((index) => conditions[index] ?? "");
  rules.push("!(actor.attributes.level > 1) && !(counters.posts > 3 || !actor.attributes.verified)");
  const lines = rules.map((when, index) => `  - { id: r${index}, when: ${JSON.stringify(when)}, points: 1 }`);
  const small = loadPolicies([
    { path: "small.yaml", text: `${text.slice(0, text.indexOf("rules:"))}rules:\n${lines.join("\n")}` },
  ]);
  const plan = planOf(small);
  const [closures, generated] = (["closures", "generated"] as const).map((kind) =>
    createSteps(plan.readers, plan.conditions, plan.conditions, kind),
  );
  const whole = generated?.whole;
  assert.ok(closures !== undefined && whole !== undefined);
  let quiet = 0;
  for (let index = 0; index < 2_000; index++) {
    const input = randomInput(chance);
    const room = (): WholeScratch => ({
      frame: Array.from({ length: small.program.slots }, () => undefined),
      results: new Uint8Array(small.program.clauses),
      verdicts: new Uint8Array(plan.conditions.length),
      fires: false,
    });
    const [expected, got] = [room(), room()];
    const { frame, results, verdicts } = expected;
    closures.read(input, frame);
    closures.run(frame, results);
    expected.fires = closures.decide(results, verdicts);
    assert.equal(whole(input, got), lettersOf(results, closures.recorded));
    assert.deepEqual(got, expected.fires ? expected : room(), JSON.stringify(input));
    quiet += expected.fires ? 0 : 1;
  }
  return quiet;
}

test("one function for all steps of a small plan gives what its closures give", () => {
  assert.equal(compareWhole([0, 1, 2, 4, 5, 6, 8]), 0);
  assert.ok(compareWhole([2, 6]) > 10, "often nothing comes of fewer");
});

test("a function made for a trace gives what the general form gives", () => {
  const chance = seededChance(6);
  const plan = planOf(set);
  const steps = createSteps(plan.readers, plan.conditions, [], "closures");
  for (let index = 0; index < 200; index++) {
    const frame = Array.from({ length: set.program.slots }, () => undefined);
    const results = new Uint8Array(set.program.clauses);
    steps.read(randomInput(chance), frame);
    steps.run(frame, results);
    for (const placed of plan.conditions) {
      assert.deepEqual(generateTracer(placed)(frame, results), generalTracer(placed)(frame, results));
    }
  }
});

test("nothing of an event stays behind, and it doesn't matter how often a plan was run", () => {
  const fresh = (): PolicySet => loadPolicies([{ path: "steps.yaml", text }]);
  const chance = seededChance(8);
  const often = fresh();
  for (let index = 0; index < 120; index++) {
    const input = randomInput(chance);
    const evaluation = evaluate(often, input);
    if (index % 4 === 0) assert.deepEqual(evaluation, evaluate(fresh(), input));
    assert.ok(often.program.scratch.frame.every((value) => value === undefined));
  }
});
