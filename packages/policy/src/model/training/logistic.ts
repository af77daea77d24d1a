// SPDX-License-Identifier: Apache-2.0
// Logistic regression by stochastic gradient descent with AdaGrad's step for each weight (J. Duchi et al.,
// JMLR 12, 2011).
import { contentGroups } from "../features.ts";
import { pieces, stretchPiecesMin, stretchTextMin } from "../margin.ts";
import type { DescentConfiguration } from "./configuration.ts";
import { logistic } from "./elementary.ts";
import type { Linear } from "./linear.ts";
import { createRandom, shuffle, type Random } from "./random.ts";
import { rowStart, type Rows } from "./rows.ts";

/**
 * Learns from some of the rows. With `cuts`, each text teaches whole and by one of its beginnings and ends,
 * so that the weights do for stretches too.
 */
export function learnLogistic(
  rows: Rows,
  taught: Int32Array,
  { cuts, epochs, step, errorMin }: DescentConfiguration,
  seed: number,
): Linear {
  const state: State = {
    weights: new Float32Array(rows.buckets.length),
    squares: new Float32Array(rows.buckets.length).fill(1e-12),
    bias: 0,
    biasSquares: 1,
  };
  const order = taught.slice();
  const random = createRandom(seed);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (const row of order) {
      const { begins, ends } = spansOf(rows, row);
      const isSpam = rows.spam[row] ?? 0;
      teach(rows.features, begins, ends, isSpam, state, step, errorMin);
      if (!cuts || (ends[0] ?? 0) - (begins[0] ?? 0) < stretchTextMin) continue;
      cutSpans(begins, ends, random);
      teach(rows.features, begins, ends, isSpam, state, step, errorMin);
    }
  }
  return { weights: state.weights, bias: state.bias };
}

type State = {
  readonly weights: Float32Array;
  readonly squares: Float32Array;
  bias: number;
  biasSquares: number;
};

/** Where each group of a row begins and ends in the features. */
function spansOf(rows: Rows, row: number): { begins: Int32Array; ends: Int32Array } {
  const ends = rows.ends.slice(row * rows.groups, (row + 1) * rows.groups);
  const begins = ends.map((_, group) => (group === 0 ? rowStart(rows, row) : (ends[group - 1] ?? 0)));
  return { begins, ends };
}

/** Leaves a beginning or an end of what the text says, of any length that a stretch may have. */
function cutSpans(begins: Int32Array, ends: Int32Array, random: Random): void {
  const size = stretchPiecesMin + random(pieces - stretchPiecesMin);
  const isBeginning = random(2) === 1;
  for (let group = 0; group < contentGroups; group++) {
    const begin = begins[group] ?? 0;
    const length = (ends[group] ?? begin) - begin;
    if (isBeginning) ends[group] = begin + Math.floor((length * size) / pieces);
    else begins[group] = begin + Math.floor((length * (pieces - size)) / pieces);
  }
}

function teach(
  features: Int32Array,
  begins: Int32Array,
  ends: Int32Array,
  isSpam: number,
  state: State,
  step: number,
  errorMin: number,
): void {
  const { weights, squares } = state;
  let margin = state.bias;
  for (let group = 0; group < begins.length; group++) {
    const begin = begins[group] ?? 0;
    const end = ends[group] ?? begin;
    let sum = 0;
    for (let at = begin; at < end; at++) sum += weights[features[at] as number] as number;
    if (end > begin) margin += sum / Math.sqrt(end - begin);
  }
  const error = isSpam - logistic(margin);
  if (Math.abs(error) < errorMin) return;
  state.biasSquares += error * error;
  state.bias += (step * error) / Math.sqrt(state.biasSquares);
  for (let group = 0; group < begins.length; group++) {
    const begin = begins[group] ?? 0;
    const end = ends[group] ?? begin;
    const gradient = error / Math.sqrt(Math.max(1, end - begin));
    const square = gradient * gradient;
    for (let at = begin; at < end; at++) {
      const feature = features[at] as number;
      const sum = (squares[feature] as number) + square;
      squares[feature] = sum;
      weights[feature] = (weights[feature] as number) + (step * gradient) / Math.sqrt(sum);
    }
  }
}
