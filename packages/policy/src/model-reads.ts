// SPDX-License-Identifier: Apache-2.0
// What the models of a release say of an event: computed once, before its turn, as its signals are.
import { scoreText } from "./model/model.ts";
import type { Model } from "./model/model.ts";
import type { Plan, PolicySet } from "./program.ts";
import { modelTextOf } from "./signals/content-input.ts";
import type { ContentTexts } from "./signals/content-input.ts";
import type { EvaluationInput, FieldPath } from "./types.ts";

/**
 * What each model that the policies about such events read says of one, by the models' names. A model that is
 * read and isn't among `models` says nothing: what is read of it is missing.
 *
 * @returns `undefined` where none is read
 */
export function scoreModels(
  set: PolicySet,
  models: ReadonlyMap<string, Model>,
  type: string,
  content: ContentTexts | undefined,
): EvaluationInput["models"] {
  const names = namesRead(set.program.plans.get(type));
  if (names.length === 0) return undefined;
  const text = modelTextOf(content);
  const reads: Record<string, { score: number | undefined; known: number }> = {};
  for (const name of names) {
    const model = models.get(name);
    if (model === undefined) continue;
    const { score, known } = scoreText(model, text);
    reads[name] = { score, known };
  }
  return reads;
}

/** What facts record of what models said: all of it, by path, whichever of it a condition read. */
export function modelFacts(models: EvaluationInput["models"]): readonly (readonly [FieldPath, number])[] {
  if (models === undefined) return [];
  return Object.entries(models).flatMap(([name, { score, known }]) => {
    const read: [FieldPath, number][] = [[`models.${name}.known`, known]];
    if (score !== undefined) read.push([`models.${name}.score`, score]);
    return read;
  });
}

const namesByPlan = new WeakMap<Plan, readonly string[]>();

function namesRead(plan: Plan | undefined): readonly string[] {
  if (plan === undefined) return [];
  let names = namesByPlan.get(plan);
  if (names === undefined) {
    const read = plan.readers.flatMap(({ path }) => (path.startsWith("models.") ? [path.split(".")[1]] : []));
    names = [...new Set(read.filter((name) => name !== undefined))].sort();
    namesByPlan.set(plan, names);
  }
  return names;
}
