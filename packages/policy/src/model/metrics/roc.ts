// SPDX-License-Identifier: Apache-2.0
// How well scores put spam above ham, whatever the cut.
import { type Scored, countClasses, highestFirst } from "./scored.ts";

/** A cut and what comes out above it. Of equal scores all are above or none: each score is one point. */
export interface RocPoint {
  /** Flagged is what scores at least this; the first point flags nothing and has `Infinity`. */
  readonly cut: number;
  readonly hamsFlagged: number;
  readonly spamsCaught: number;
}

/** How much spam is caught while at most so many hams are flagged. */
export interface RecallAtHamRate {
  /** The highest rate of flagged hams allowed, in hams of a thousand. */
  readonly hamsPerThousand: number;
  /** How many hams may be flagged at that rate: what the figure rests on. Under ten it is a coarse one. */
  readonly hamsAllowed: number;
  readonly hamsFlagged: number;
  readonly spamsCaught: number;
  /** Share of all spam that is caught, 0 to 1; `NaN` without spam. */
  readonly recall: number;
  /** The ham score that a spam has to be strictly above; `-Infinity` where every ham may be flagged. */
  readonly above: number;
}

/**
 * The points of the ROC curve, from nothing flagged to everything flagged.
 *
 * @throws {RangeError} a score that is not finite
 */
export function rocPoints(scored: readonly Scored[]): RocPoint[] {
  const points: RocPoint[] = [{ cut: Infinity, hamsFlagged: 0, spamsCaught: 0 }];
  let hamsFlagged = 0;
  let spamsCaught = 0;
  for (const { score, spam } of highestFirst(scored)) {
    if (spam) spamsCaught += 1;
    else hamsFlagged += 1;
    const point = { cut: score, hamsFlagged, spamsCaught };
    if (points[points.length - 1]?.cut === score) points[points.length - 1] = point;
    else points.push(point);
  }
  return points;
}

/**
 * The area above the ROC curve, 0 to 1: the share of pairs of a spam and a ham that are the wrong way round,
 * where a tie counts half (which is the area by mid-ranks). `NaN` if a class is empty.
 *
 * @throws {RangeError} a score that is not finite
 */
export function oneMinusAuc(scored: readonly Scored[]): number {
  const { spams, hams } = countClasses(scored);
  const points = rocPoints(scored);
  let wrongPairs = 0;
  for (let i = 1; i < points.length; i++) {
    const before = points[i - 1] as RocPoint;
    const point = points[i] as RocPoint;
    const spamsHere = point.spamsCaught - before.spamsCaught;
    wrongPairs += (spamsHere * (before.hamsFlagged + point.hamsFlagged)) / 2;
  }
  return wrongPairs / (spams * hams);
}

/**
 * The recall at a rate of false positives of at most `hamsPerThousand` in a thousand: spam counts as caught
 * if it scores strictly above the (⌊rate × hams⌋ + 1)-th highest ham, so that spam on a level with a ham that
 * may not be flagged is not caught.
 *
 * @param hamsPerThousand a whole number from 0 to 1,000, so that the count of hams is exact
 * @throws {RangeError} a rate that is not, or a score that is not finite
 */
export function recallAtHamRate(scored: readonly Scored[], hamsPerThousand: number): RecallAtHamRate {
  if (!Number.isInteger(hamsPerThousand) || hamsPerThousand < 0 || hamsPerThousand > 1_000) {
    throw new RangeError(`${hamsPerThousand} hams of a thousand: expected a whole number from 0 to 1,000`);
  }
  const { spams, hams } = countClasses(scored);
  const hamsAllowed = Math.floor((hamsPerThousand * hams) / 1_000);
  const hamScores = highestFirst(scored.filter(({ spam }) => !spam));
  const above = hamScores[hamsAllowed]?.score ?? -Infinity;
  const flagged = countClasses(scored.filter(({ score }) => score > above));
  return {
    hamsPerThousand,
    hamsAllowed,
    hamsFlagged: flagged.hams,
    spamsCaught: flagged.spams,
    recall: flagged.spams / spams,
    above,
  };
}
