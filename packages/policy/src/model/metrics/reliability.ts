// SPDX-License-Identifier: Apache-2.0
// Whether a score means what it says: of what scores 0.9, nine in ten should be spam.
import { type Scored, highestFirst } from "./scored.ts";

/** No probability is taken to be nearer to 0 or 1 than this in the logarithm, which would be infinite. */
export const probabilityMin = 1e-6;
/** The bins that figures are given in unless one asks otherwise. */
export const reliabilityBins = 10;

/** What scored within some bounds, and what it was. */
export interface ReliabilityBin {
  /** The bounds; the lower belongs to the bin, the upper does only in the last. */
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** The mean score; `NaN` in an empty bin. */
  readonly said: number;
  /** The share that was spam; `NaN` in an empty bin. */
  readonly found: number;
}

/** How far probabilities are from the truth. All are 0 for who always knows, and best as low as can be. */
export interface Reliability {
  /** Expected calibration error: mean distance of `said` and `found`, over bins of equal width. */
  readonly ece: number;
  /** The same over bins that hold equally many, which doesn't hide what lies between the extremes. */
  readonly eceEqualMass: number;
  /** Brier score: mean square of the distance between probability and truth. */
  readonly brier: number;
  /** Mean of −ln of the probability given to the truth, in nats. */
  readonly logLoss: number;
  readonly bins: readonly ReliabilityBin[];
}

/**
 * How reliable scores are as probabilities.
 *
 * @param scored scores from 0 to 1
 * @param binCount how many bins
 * @throws {RangeError} a score outside 0 to 1
 */
export function reliability(scored: readonly Scored[], binCount: number = reliabilityBins): Reliability {
  let brier = 0;
  let logLoss = 0;
  const members: Scored[][] = Array.from({ length: binCount }, () => []);
  for (const item of scored) {
    const { score, spam } = item;
    if (!(score >= 0 && score <= 1)) throw new RangeError(`${score} is not a probability`);
    brier += (score - (spam ? 1 : 0)) ** 2;
    logLoss -= Math.log(Math.max(spam ? score : 1 - score, probabilityMin));
    members[Math.min(binCount - 1, Math.floor(score * binCount))]?.push(item);
  }
  const bins = members.map((items, index) => binOf(items, index / binCount, (index + 1) / binCount));
  return {
    ece: calibrationError(bins, scored.length),
    eceEqualMass: calibrationError(equalMassBins(scored, binCount), scored.length),
    brier: brier / scored.length,
    logLoss: logLoss / scored.length,
    bins,
  };
}

function binOf(items: readonly Scored[], from: number, to: number): ReliabilityBin {
  const said = items.reduce((sum, { score }) => sum + score, 0) / items.length;
  const found = items.reduce((sum, { spam }) => sum + (spam ? 1 : 0), 0) / items.length;
  return { from, to, count: items.length, said, found };
}

// Equal scores stay together, so that the order of the input changes nothing.
function equalMassBins(scored: readonly Scored[], binCount: number): ReliabilityBin[] {
  const sorted = highestFirst(scored).reverse();
  const bins: ReliabilityBin[] = [];
  let start = 0;
  for (let bin = 1; bin <= binCount && start < sorted.length; bin++) {
    let end = Math.max(Math.ceil((bin * sorted.length) / binCount), start);
    while (end < sorted.length && sorted[end]?.score === sorted[end - 1]?.score) end += 1;
    const items = sorted.slice(start, end);
    if (items.length > 0) bins.push(binOf(items, items[0]?.score ?? 0, items.at(-1)?.score ?? 1));
    start = end;
  }
  return bins;
}

function calibrationError(bins: readonly ReliabilityBin[], count: number): number {
  const filled = bins.filter((bin) => bin.count > 0);
  return filled.reduce(
    (sum, { said, found, count: here }) => sum + (here / count) * Math.abs(said - found),
    0,
  );
}
