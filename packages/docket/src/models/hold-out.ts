// SPDX-License-Identifier: Apache-2.0
// How a new model does beside the one in force, on texts that neither learned from.
import { scoreMax, scoreText } from "@docket/policy";
import type { Model, ModelText } from "@docket/policy";
import { oneMinusAuc } from "@docket/policy/metrics";
import type { ModelCheck } from "../releases/contract.ts";

/** With fewer texts of either class a comparison says nothing. */
export const heldOutLeast = 20;

/** What came of a comparison. */
export type HeldOut = Omit<ModelCheck, "forced"> & {
  /** Why the new model isn't to be taken; `undefined` if nothing speaks against it. */
  readonly objection: string | undefined;
};

/** Compares two models by the area above their ROC curves. */
export function compareModels(
  inForce: Model,
  candidate: Model,
  texts: readonly { readonly text: ModelText; readonly spam: boolean }[],
): HeldOut {
  const spam = texts.filter((each) => each.spam).length;
  const ham = texts.length - spam;
  if (spam < heldOutLeast || ham < heldOutLeast) {
    const objection =
      `there are ${spam} spam and ${ham} ham to compare on, and ${heldOutLeast} of each are the least that ` +
      "say anything";
    return { spam, ham, before: scoreMax, after: scoreMax, objection };
  }
  const area = (model: Model): number => {
    const scored = texts.map((each) => ({ spam: each.spam, score: scoreText(model, each.text).computed }));
    return Math.round(oneMinusAuc(scored) * scoreMax);
  };
  const [before, after] = [area(inForce), area(candidate)];
  const worse =
    after > before ? `it ranks ${perCent(after)} of pairs wrongly, and the one in force ` : undefined;
  const objection = worse === undefined ? undefined : `${worse}${perCent(before)}`;
  return { spam, ham, before, after, objection };
}

/** Millionths as a share. */
export function perCent(millionths: number): string {
  return `${(millionths / 10_000).toFixed(3)}%`;
}
