// SPDX-License-Identifier: Apache-2.0
// What a sample says of all that it was drawn from. A drawn case stands for 1/p others, where p is the share
// that was drawn when it came (Horvitz and Thompson 1952); shares change with the settings, so cases are
// weighted. Cases that were drawn and not looked at, or of which nobody could tell, are left out, and those
// of the same share that were looked at stand for them.
import { clopperPearson } from "./intervals.ts";

/** Cases of one share. */
export type Stratum = {
  /** The share that was drawn, over 0 and at most 1. */
  readonly share: number;
  /** How many were drawn. */
  readonly drawn: number;
  /** How many of them somebody found to be one thing or the other. */
  readonly judged: number;
  /** How many of those were what is asked for. */
  readonly hits: number;
};

/** An estimate for everything that a sample was drawn from. */
export type Estimate = {
  /** How many there were in all. */
  readonly population: number;
  readonly drawn: number;
  readonly judged: number;
  readonly hits: number;
  /** The share of hits among all, 0 to 1, and its interval at 95 %; `null` if nothing was judged. */
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The same as numbers of cases. */
  readonly count: number | null;
  readonly countLow: number | null;
  readonly countHigh: number | null;
};

/**
 * The estimate from a sample. Its interval is that of Clopper and Pearson at the sample's effective size
 * (Korn and Graubard 1998), so it holds for few hits and none, too; with one share throughout it is the
 * exact interval itself.
 *
 * @param population how many there were in all
 * @throws {RangeError} for counts that contradict each other
 */
export function estimateFrom(strata: readonly Stratum[], population: number): Estimate {
  for (const { share, drawn, judged, hits } of strata) {
    if (!(share > 0 && share <= 1 && hits <= judged && judged <= drawn)) {
      throw new RangeError(`${hits} of ${judged} judged of ${drawn} drawn at ${share} cannot be`);
    }
  }
  const sum = (pick: (stratum: Stratum) => number): number =>
    strata.reduce((total, stratum) => total + pick(stratum), 0);
  const [drawn, judged, hits] = [
    sum((each) => each.drawn),
    sum((each) => each.judged),
    sum((each) => each.hits),
  ];
  const counted = { population, drawn, judged, hits };
  // What nobody judged at a share is taken to be as everything else.
  const used = strata.filter((stratum) => stratum.judged > 0);
  const all = used.reduce((total, stratum) => total + stratum.drawn / stratum.share, 0);
  if (judged === 0) {
    return { ...counted, share: null, low: null, high: null, count: null, countLow: null, countHigh: null };
  }
  const weightOf = (stratum: Stratum): number => stratum.drawn / stratum.share / all;
  const share = used.reduce((total, each) => total + (weightOf(each) * each.hits) / each.judged, 0);
  const size = effectiveSize(used, weightOf, share);
  const interval = clopperPearson(Math.min(size, share * size), size);
  const [low, high] = [interval?.low ?? 0, interval?.high ?? 1];
  const cases = (value: number): number => Math.round(value * population);
  return {
    ...counted,
    share,
    low,
    high,
    count: cases(share),
    countLow: cases(low),
    countHigh: cases(high),
  };
}

// The size that a plain sample would need for the same variance, and never more than was judged.
function effectiveSize(
  strata: readonly Stratum[],
  weightOf: (stratum: Stratum) => number,
  share: number,
): number {
  const judged = strata.reduce((total, stratum) => total + stratum.judged, 0);
  if (strata.length === 1) return judged;
  // Without a hit, or with nothing else, no variance shows: weights alone then (Kish 1965).
  const kish = 1 / strata.reduce((total, each) => total + weightOf(each) ** 2 / each.judged, 0);
  const variance = strata.reduce((total, each) => {
    const part = each.hits / each.judged;
    return total + (weightOf(each) ** 2 * part * (1 - part)) / Math.max(1, each.judged - 1);
  }, 0);
  if (variance === 0) return Math.min(judged, kish);
  return Math.min(judged, kish, (share * (1 - share)) / variance);
}
