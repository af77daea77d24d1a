// SPDX-License-Identifier: Apache-2.0
// What the models of a release say of an event: computed once, before its turn, as its signals are.
import { scoreText } from "./model/model.ts";
import type { Model } from "./model/model.ts";
import type { ModelText } from "./model/model-text.ts";
import type { ModelRead } from "./types.ts";

/**
 * What each model says of a text, by the models' names.
 *
 * @returns `undefined` where there is no model: nothing is read then
 */
export function scoreModels(
  models: ReadonlyMap<string, Model>,
  text: ModelText,
): Readonly<Record<string, ModelRead>> | undefined {
  if (models.size === 0) return undefined;
  const reads: Record<string, ModelRead> = {};
  for (const [name, model] of models) {
    const { score, known } = scoreText(model, text);
    reads[name] = { score, known };
  }
  return reads;
}
