// SPDX-License-Identifier: Apache-2.0
// From margins to probabilities: a logistic curve through margins that rows got from weights which had not
// seen them, written as points with straight lines between.
import { marginMax, scoreMax, type Knot } from "../model-file.ts";
import { logarithm, logistic } from "./elementary.ts";

/** The line from margins to log-odds: `slope * margin + offset`. */
export type Line = { readonly slope: number; readonly offset: number };

/** Platt's line, with his targets, by Newton's method. */
export function fitLine(margins: Float64Array, spam: Uint8Array): Line {
  const spams = spam.reduce((sum, one) => sum + one, 0);
  const hams = spam.length - spams;
  const high = (spams + 1) / (spams + 2);
  const low = 1 / (hams + 2);
  let slope = 1;
  let offset = logarithm((spams + 1) / (hams + 1));
  for (let round = 0; round < 50; round++) {
    // A little weight on a slope of 1, so that few examples don't make a step of it.
    let [g1, g2, h11, h12, h22] = [slope - 1, 0, 1, 0, 0.01];
    for (let row = 0; row < spam.length; row++) {
      const margin = margins[row] ?? 0;
      const p = logistic(slope * margin + offset);
      const error = p - (spam[row] === 1 ? high : low);
      const curve = p * (1 - p);
      g1 += error * margin;
      g2 += error;
      h11 += curve * margin * margin;
      h12 += curve * margin;
      h22 += curve;
    }
    const determinant = h11 * h22 - h12 * h12;
    if (!(determinant > 1e-12)) break;
    const d1 = (h22 * g1 - h12 * g2) / determinant;
    const d2 = (h11 * g2 - h12 * g1) / determinant;
    // Newton's step may be far too long where the curve is flat.
    const shorter = Math.min(1, 1 / Math.max(Math.abs(d1), Math.abs(d2), 1e-9));
    slope -= shorter * d1;
    offset -= shorter * d2;
    if (Math.abs(d1) + Math.abs(d2) < 1e-9) break;
  }
  return slope > 0.01 ? { slope, offset } : { slope: 0.01, offset };
}

/**
 * As far as this the score is the probability: a few thousand examples can't tell one in a thousand from
 * less.
 */
const trustedLogOdds = 6;
const trustedSteps = 48;
/**
 * Beyond, the score goes on rising, so that the surest texts keep their order: what is left up to 0 and to
 * 1,000,000 is shared out over these log-odds, the outer ones getting less.
 */
const tailLogOdds: readonly number[] = [7, 8, 9, 10, 12, 14, 17, 20, 25, 30, 40, 60];
const tailShare = 0.3;

/** The points of a line's calibration, strictly ascending. */
export function knotsOf({ slope, offset }: Line): Knot[] {
  const upper: (readonly [number, number])[] = [];
  for (let step = 1; step <= trustedSteps; step++) {
    const logOdds = (step * trustedLogOdds) / trustedSteps;
    upper.push([logOdds, Math.round(scoreMax * logistic(logOdds))]);
  }
  let reached = upper.at(-1)?.[1] ?? 0;
  for (const logOdds of tailLogOdds) {
    reached += Math.floor((scoreMax - reached) * tailShare);
    upper.push([logOdds, reached]);
  }
  const lower = upper.toReversed().map(([logOdds, score]) => [-logOdds, scoreMax - score] as const);
  const knots: Knot[] = [];
  for (const [logOdds, score] of [...lower, [0, scoreMax / 2] as const, ...upper]) {
    const margin = Math.round(((logOdds - offset) / slope) * 65_536);
    const kept = Math.max(-marginMax, Math.min(marginMax, margin));
    const before = knots.at(-1);
    if (before === undefined || (kept > before.margin && score > before.score))
      knots.push({ margin: kept, score });
  }
  return knots;
}

/** The margin that at most so many hams of a thousand exceed; 0 without hams. */
export function hamMargin(margins: Float64Array, spam: Uint8Array, perThousand: number): number {
  const hams = margins.filter((_, row) => spam[row] === 0).toSorted();
  return hams.at(-1 - Math.floor((perThousand * hams.length) / 1_000)) ?? 0;
}

/** Texts of which less is known than of nearly all held out, and half of that again, get no score. */
export function knownBound(shares: Float64Array): number {
  if (shares.length === 0) return 1_000;
  const sorted = shares.toSorted();
  const low = sorted[Math.floor(sorted.length / 100)] ?? 0;
  return Math.max(1, Math.min(300, Math.floor(low * 500)));
}
