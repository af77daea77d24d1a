// SPDX-License-Identifier: Apache-2.0
// What came out of a recorded decision besides its outcome: what it is compared by, and what later decisions
// see of it. For most decisions that is nothing.
import type { DecisionBody, Facts, FiredFact } from "@docket/protocol";

/** What a rule that fired came to. */
export type FiredEffect = Omit<FiredFact, "clauses">;

/** What came out. */
export type RecordedEffects = Pick<
  Facts,
  "thresholds" | "hits" | "restricting" | "capped" | "shadowed" | "shadowLimits" | "strikes"
> & {
  readonly fired: readonly FiredEffect[];
  readonly restrictions: DecisionBody["restrictions"];
};

/** Nothing. */
export const noEffects: RecordedEffects = Object.freeze({ fired: [], strikes: [], restrictions: [] });

/** As JSON; empty where there is nothing. */
export function effectsText(record: DecisionBody, facts: Facts): string {
  const { thresholds, hits, restricting, capped, shadowed, shadowLimits, strikes, fired } = facts;
  const { restrictions } = record;
  const isNothing =
    fired.length === 0 &&
    thresholds === undefined &&
    restrictions.length === 0 &&
    strikes.length === 0 &&
    shadowed === undefined &&
    shadowLimits === undefined;
  if (isNothing) return "";
  const effects: RecordedEffects = {
    fired: fired.map(effectOf),
    strikes,
    restrictions,
    ...(thresholds === undefined ? {} : { thresholds }),
    ...(hits === undefined ? {} : { hits }),
    ...(restricting === undefined ? {} : { restricting }),
    ...(capped === undefined ? {} : { capped }),
    ...(shadowed === undefined ? {} : { shadowed }),
    ...(shadowLimits === undefined ? {} : { shadowLimits }),
  };
  return JSON.stringify(effects);
}

// Each key by itself: leaving one out of all takes several times as long.
function effectOf({ policy, rule, mode, outcome, exemption }: FiredFact): FiredEffect {
  return exemption === undefined
    ? { policy, rule, mode, outcome }
    : { policy, rule, mode, outcome, exemption };
}

/** What {@link effectsText} gave. */
export function readEffects(text: string): RecordedEffects {
  return text === "" ? noEffects : (JSON.parse(text) as RecordedEffects);
}
