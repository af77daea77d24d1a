// SPDX-License-Identifier: Apache-2.0
// What models say of an event, in conditions, in facts, and in facts of other policies.
import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, evaluateFromFacts, factsOf } from "./evaluate.ts";
import { loadPolicies } from "./loading/load.ts";
import { modelFacts, scoreModels } from "./model-reads.ts";
import { loadModel } from "./model/model.ts";
import type { Model } from "./model/model.ts";
import { factsSource, prepareType } from "./prepared.ts";
import type { PolicySet } from "./program.ts";
import { trainModel } from "./training.ts";
import type { EvaluationInput } from "./types.ts";

const set: PolicySet = load(`
  - { id: likely, when: models.spam.score >= 500000, then: { outcome: flag } }
  - { id: unknown, when: models.spam.known < 300, points: 10 }
  - { id: either, when: models.spam.score > 1 || content.text == 'x', points: 1 }
`);

function load(rules: string): PolicySet {
  const head = "policy: p\non: [comment, message]\nmodels: { spam: { kind: comment, use: general } }\n";
  const text = `${head}rules:${rules}`;
  return loadPolicies([{ path: "p.yaml", text }]);
}

function model(): Model {
  const examples = Array.from({ length: 60 }, (_, place) => {
    const spam = place % 2 === 0;
    return { text: spam ? `win free cash prize ${place}` : `see you at lunch ${place}`, spam };
  });
  return loadModel(trainModel("comment", examples).bytes);
}

function input(text: string, models: EvaluationInput["models"]): EvaluationInput {
  return {
    type: "comment",
    op: "create",
    decidedAt: 0,
    actor: { id: "a" },
    content: { text },
    signals: {},
    models,
    counters: new Map(),
    standing: { strikes: 0, restricted: false },
  };
}

test("each model that policies read scores an event once; others don't", () => {
  const models = new Map([
    ["spam", model()],
    ["unread", model()],
  ]);
  const read = scoreModels(set, models, "comment", { text: "win free cash" });
  assert.deepEqual(Object.keys(read ?? {}), ["spam"]);
  assert.ok((read?.["spam"]?.score ?? 0) > 500_000);
  assert.equal(scoreModels(set, models, "login", { text: "win free cash" }), undefined);
  assert.deepEqual(
    scoreModels(set, new Map(), "comment", { text: "win" }),
    {},
    "one that isn't there is missing",
  );
});

test("a score below the bound is missing, and what is known is not", () => {
  const read = scoreModels(set, new Map([["spam", model()]]), "comment", { text: "ჯანმრთელობა 你好" });
  assert.equal(read?.["spam"]?.score, undefined);
  const { rules, missing, points } = evaluate(set, input("x", read));
  assert.deepEqual(
    rules.map(({ rule }) => rule),
    ["unknown", "either"],
  );
  assert.deepEqual(missing, [{ policy: "p", rule: "likely" }]);
  assert.equal(points, 11);
});

test("facts have what was said, and decide the same again", () => {
  for (const read of [
    { spam: { score: 900_000, known: 800 } },
    { spam: { score: undefined, known: 5 } },
    undefined,
  ]) {
    const event = input("y", read);
    const evaluation = evaluate(set, event);
    const facts = factsOf(set, event, evaluation.clauses);
    for (const [path, value] of modelFacts(read)) assert.equal(facts.values[path], value);
    const again = evaluateFromFacts(set, facts);
    assert.deepEqual(
      [again.outcome, again.points, again.missing],
      [evaluation.outcome, evaluation.points, evaluation.missing],
    );
  }
});

test("facts tell a candidate what the same model said, and nothing of another", () => {
  const candidate = load("\n  - { id: surer, when: models.spam.score >= 950000, then: { outcome: hold } }");
  const same = (isSame: boolean): ReturnType<typeof factsSource> =>
    factsSource(
      candidate,
      set,
      "comment",
      () => false,
      () => isSame,
    );
  assert.equal(same(false), undefined);
  const source = same(true) ?? assert.fail();
  const event = input("y", { spam: { score: 960_000, known: 800 } });
  const facts = factsOf(set, event, evaluate(set, event).clauses);
  const preparation = prepareType(candidate, "comment") ?? assert.fail();
  const prepared = preparation.fromFacts(facts, source) ?? assert.fail();
  const recorded = { ...prepared, results: prepared.results.slice() };
  assert.deepEqual(recorded, preparation.fromEvent(event));
});
