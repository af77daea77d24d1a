// SPDX-License-Identifier: Apache-2.0
// How the weights of a text's features come to one margin.
import { contentGroups } from "./features.ts";

/**
 * In so many pieces of the same number of features a group is added up, in the order of the text: innocent
 * text around spam shall not hide it, so the best beginning or end of a text counts too.
 */
export const pieces = 8;
/** A stretch has at least so many pieces. */
export const stretchPiecesMin = 2;
/** Texts with fewer known features of their characters are only taken whole: their pieces say too little. */
export const stretchTextMin = 200;
/** A stretch has at least so many known features of its characters. */
const stretchKnownMin = 100;
/** What a stretch is worth above the bound counts so many times less. */
const overMost = 2;

/**
 * Sums of weights and numbers of known features: for each group, up to each piece's end, beginning with 0.
 */
export type Tally = {
  readonly groups: number;
  readonly sums: Float64Array;
  readonly counts: Float64Array;
};

/** An empty tally. */
export function createTally(groups: number): Tally {
  const places = groups * (pieces + 1);
  return { groups, sums: new Float64Array(places), counts: new Float64Array(places) };
}

/** The place of a tally where a group's sum up to a piece's end is; piece 0 is what is before the first. */
export function tallyPlace(group: number, piece: number): number {
  return group * (pieces + 1) + piece;
}

/** What a text is worth whole, and its best stretch with what is no content: its first and last piece. */
export type Margins = {
  readonly whole: number;
  /** `-Infinity` of a text that is too short. */
  readonly stretch: number;
  readonly from: number;
  readonly to: number;
};

/** What a model thinks of stretches. */
export type Stretches = {
  /** What a stretch is less worth than a whole text. */
  readonly stretchCost: number;
  /** Up to this, a stretch counts in full: it alone makes nothing surely spam. */
  readonly stretchMost: number;
};

/**
 * The margin of the whole text and that of its best beginning or end.
 *
 * @param value what a sum of weights over so many features of a group is worth
 */
export function marginsOf(
  tally: Tally,
  bias: number,
  value: (group: number, sum: number, count: number) => number,
): Margins {
  const part = (group: number, from: number, to: number): number => {
    const count = at(tally.counts, group, to) - at(tally.counts, group, from);
    return count === 0 ? 0 : value(group, at(tally.sums, group, to) - at(tally.sums, group, from), count);
  };
  let rest = bias;
  for (let group = contentGroups; group < tally.groups; group++) rest += part(group, 0, pieces);
  const whole = rest + part(0, 0, pieces) + part(1, 0, pieces);
  let best = { whole, stretch: -Infinity, from: 0, to: pieces };
  if (at(tally.counts, 0, pieces) < stretchTextMin) return best;
  const consider = (from: number, to: number): void => {
    if (at(tally.counts, 0, to) - at(tally.counts, 0, from) < stretchKnownMin) return;
    const stretch = rest + part(0, from, to) + part(1, from, to);
    if (stretch > best.stretch) best = { whole, stretch, from, to };
  };
  for (let size = stretchPiecesMin; size < pieces; size++) {
    consider(0, size);
    consider(pieces - size, pieces);
  }
  return best;
}

/** The margin that counts: that of the whole text, or what its best stretch is worth, if that is more. */
export function decideMargin({ whole, stretch }: Margins, { stretchCost, stretchMost }: Stretches): number {
  const paid = stretch - stretchCost;
  return Math.max(whole, paid > stretchMost ? stretchMost + (paid - stretchMost) / overMost : paid);
}

function at(values: Float64Array, group: number, piece: number): number {
  return values[tallyPlace(group, piece)] ?? 0;
}
