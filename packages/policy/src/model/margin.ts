// SPDX-License-Identifier: Apache-2.0
// How the weights of a text's features come to one margin.
import { contentGroups } from "./features.ts";

/**
 * In so many pieces of the same number of features a group is added up, in the order of the text: innocent
 * text around spam shall not hide it, so the best stretch of pieces counts too.
 */
export const pieces = 8;
/** A stretch has at least so many pieces. */
const stretchPiecesMin = 3;
/** Texts with fewer known features of their characters are only taken whole: their pieces say too little. */
const stretchKnownMin = 500;

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

/** The pieces of the text that decided: all of them, or those of the best stretch. */
export type Decided = { readonly margin: number; readonly from: number; readonly to: number };

/**
 * The margin of the whole text, or of its best stretch less what a stretch costs, if that is more.
 *
 * @param value what a sum of weights over so many features of a group is worth
 */
export function decideMargin(
  tally: Tally,
  bias: number,
  stretchCost: number,
  value: (group: number, sum: number, count: number) => number,
): Decided {
  const part = (group: number, from: number, to: number): number => {
    const count = at(tally.counts, group, to) - at(tally.counts, group, from);
    return count === 0 ? 0 : value(group, at(tally.sums, group, to) - at(tally.sums, group, from), count);
  };
  let rest = bias;
  for (let group = contentGroups; group < tally.groups; group++) rest += part(group, 0, pieces);
  let best = { margin: rest + part(0, 0, pieces) + part(1, 0, pieces), from: 0, to: pieces };
  if (at(tally.counts, 0, pieces) < stretchKnownMin) return best;
  for (let from = 0; from <= pieces - stretchPiecesMin; from++) {
    for (let to = from + stretchPiecesMin; to <= pieces; to++) {
      const margin = rest + part(0, from, to) + part(1, from, to) - stretchCost;
      if (margin > best.margin) best = { margin, from, to };
    }
  }
  return best;
}

function at(values: Float64Array, group: number, piece: number): number {
  return values[tallyPlace(group, piece)] ?? 0;
}
