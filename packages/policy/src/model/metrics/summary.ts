// SPDX-License-Identifier: Apache-2.0
// A row of figures: what tables of models and filters show.
import { type AtCut, atCut } from "./at-cut.ts";
import { type RecallAtHamRate, oneMinusAuc, recallAtHamRate } from "./roc.ts";
import { type Scored, countClasses } from "./scored.ts";

/** The figures of one scorer on one set of texts. */
export interface ScoreSummary {
  readonly spams: number;
  readonly hams: number;
  /** 0 to 1. */
  readonly oneMinusAuc: number;
  /** At one false positive in a thousand. */
  readonly at1In1000: RecallAtHamRate;
  /** At one in a hundred. */
  readonly at1In100: RecallAtHamRate;
  /** At the scorer's own cut. */
  readonly own: AtCut;
}

/**
 * The figures of scores whose own cut is `cut`.
 *
 * @throws {RangeError} a score that is not finite
 */
export function summariseScores(scored: readonly Scored[], cut: number): ScoreSummary {
  return {
    ...countClasses(scored),
    oneMinusAuc: oneMinusAuc(scored),
    at1In1000: recallAtHamRate(scored, 1),
    at1In100: recallAtHamRate(scored, 10),
    own: atCut(scored, cut),
  };
}
