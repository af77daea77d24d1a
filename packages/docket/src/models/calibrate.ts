// SPDX-License-Identifier: Apache-2.0
// A cut of scores that flags at most a given share of an operator's own ham.
import { scoreMax } from "@docket/policy";

/** A cut and what it rests on. */
export type HamCut = {
  /** A text is flagged from this score on; `undefined` if no cut flags so few. */
  readonly cut: number | undefined;
  readonly hams: number;
  /** How many hams the rate allows to be flagged. */
  readonly allowed: number;
  /** How many the cut does flag. */
  readonly flagged: number;
  /**
   * The upper end of a 95 % interval (Clopper and Pearson, one side) of the true share of ham flagged: what
   * so few hams can promise.
   */
  readonly upper: number;
};

const certainty = 0.95;

/**
 * The lowest cut that flags at most `rate` of the hams.
 *
 * @param scores of ham; `undefined` where too little was known, which a policy never flags
 * @param rate from 0 to 1
 */
export function cutForHam(scores: readonly (number | undefined)[], rate: number): HamCut {
  const hams = scores.length;
  // A rate such as 0.001 isn't exact: 0.001 × 3,000 must still be 3.
  const allowed = Math.floor(rate * hams + 1e-9);
  const sorted = scores.map((score) => score ?? -1).toSorted((a, b) => b - a);
  // Strictly above the first ham that may not be flagged.
  const above = sorted[allowed] ?? -1;
  const cut = Math.max(0, above + 1);
  const flagged = sorted.filter((score) => score >= cut).length;
  return { cut: cut > scoreMax ? undefined : cut, hams, allowed, flagged, upper: upperShare(flagged, hams) };
}

/** The share at which so few flagged, or fewer, would come out in one of twenty samples only. */
export function upperShare(flagged: number, hams: number): number {
  if (flagged >= hams) return 1;
  let low = flagged / hams;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (atMost(flagged, hams, middle) > 1 - certainty) low = middle;
    else high = middle;
  }
  return high;
}

/** The probability of at most `count` of `trials` at a share: the sum of the binomial's first terms. */
function atMost(count: number, trials: number, share: number): number {
  let term = trials * Math.log1p(-share);
  let sum = Math.exp(term);
  for (let k = 1; k <= count; k++) {
    term += Math.log((trials - k + 1) / k) + Math.log(share) - Math.log1p(-share);
    sum += Math.exp(term);
  }
  return sum;
}
