// SPDX-License-Identifier: Apache-2.0
// What all experts are: a weight for each feature. A row's margin is, over its groups, the sum of the weights
// divided by the root of how many features there are.
import { contentGroups } from "../features.ts";
import { createTally, marginsOf, pieces, tallyPlace, type Margins } from "../margin.ts";
import { rowStart, type Rows } from "./rows.ts";

/** A weight for each feature, and what every margin starts from. */
export type Linear = { readonly weights: Float32Array; readonly bias: number };

/** In how many of some rows each feature is, by class. */
export type Counts = {
  readonly inSpam: Int32Array;
  readonly inHam: Int32Array;
  readonly spams: number;
  readonly hams: number;
};

/** Counts features in some rows. */
export function countFeatures(rows: Rows, taught: Int32Array): Counts {
  const inSpam = new Int32Array(rows.buckets.length);
  const inHam = new Int32Array(rows.buckets.length);
  let spams = 0;
  for (const row of taught) {
    const isSpam = rows.spam[row] === 1;
    const counts = isSpam ? inSpam : inHam;
    if (isSpam) spams += 1;
    const end = rows.ends[(row + 1) * rows.groups - 1] ?? 0;
    for (let at = rowStart(rows, row); at < end; at++) {
      const feature = rows.features[at] ?? 0;
      counts[feature] = (counts[feature] ?? 0) + 1;
    }
  }
  return { inSpam, inHam, spams, hams: taught.length - spams };
}

/** The margin of a row that was among those taught: all its features count. */
export function taughtMargin(
  rows: Rows,
  row: number,
  linear: { weights: Float32Array; bias: number },
): number {
  const { features, ends, groups } = rows;
  const { weights } = linear;
  let margin = linear.bias;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const end = ends[row * groups + group] ?? at;
    const start = at;
    let sum = 0;
    for (; at < end; at++) sum += weights[features[at] ?? 0] ?? 0;
    if (end > start) margin += sum / Math.sqrt(end - start);
  }
  return margin;
}

/**
 * The margins of a row that was not among those taught, as scoring has it: what was never seen doesn't count.
 */
export function heldOutMargins(
  rows: Rows,
  row: number,
  linear: Linear,
  { inSpam, inHam }: Counts,
): { margins: Margins; known: number } {
  const { features, ends, groups } = rows;
  const tally = createTally(groups);
  let known = 0;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const start = at;
    const size = (ends[row * groups + group] ?? start) - start;
    let sum = 0;
    let count = 0;
    for (let piece = 1; piece <= pieces; piece++) {
      const end = start + Math.floor((size * piece) / pieces);
      for (; at < end; at++) {
        const feature = features[at] ?? 0;
        if ((inSpam[feature] ?? 0) + (inHam[feature] ?? 0) === 0) continue;
        sum += linear.weights[feature] ?? 0;
        count += 1;
      }
      tally.sums[tallyPlace(group, piece)] = sum;
      tally.counts[tallyPlace(group, piece)] = count;
    }
    if (group < contentGroups) known += count;
  }
  const margins = marginsOf(tally, linear.bias, (_, sum, count) => sum / Math.sqrt(count));
  return { margins, known };
}

/** The spread of the margins of all experts together, if they were of one mind. */
const jointSpread = 1.5;

/**
 * The experts' weights in one, each expert's margins over the rows it was taught having the spread of its
 * share.
 */
export function fuse(
  rows: Rows,
  taught: Int32Array,
  experts: readonly { readonly linear: Linear; readonly weight: number }[],
): Linear {
  const weights = new Float32Array(rows.buckets.length);
  const all = experts.reduce((sum, { weight }) => sum + weight, 0);
  let bias = 0;
  for (const { linear, weight } of experts) {
    const factor = (jointSpread * weight) / all / spread(rows, taught, linear);
    bias += factor * linear.bias;
    for (let feature = 0; feature < weights.length; feature++) {
      weights[feature] = (weights[feature] ?? 0) + factor * (linear.weights[feature] ?? 0);
    }
  }
  return { weights, bias };
}

function spread(rows: Rows, taught: Int32Array, linear: Linear): number {
  let sum = 0;
  let squares = 0;
  for (const row of taught) {
    const margin = taughtMargin(rows, row, linear);
    sum += margin;
    squares += margin * margin;
  }
  const count = Math.max(1, taught.length);
  const mean = sum / count;
  return Math.sqrt(Math.max(1e-12, squares / count - mean * mean)) + 1e-3;
}
