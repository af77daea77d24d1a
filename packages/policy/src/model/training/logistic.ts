// SPDX-License-Identifier: Apache-2.0
// Logistic regression by stochastic gradient descent with AdaGrad's step for each weight.
import { logistic } from "./elementary.ts";
import { createRandom, shuffle } from "./random.ts";
import { rowStart, type Rows } from "./rows.ts";

/** A weight for each bucket, and what every margin starts from. */
export type Weights = { readonly byBucket: Float32Array; bias: number };

/** How weights are learned. */
export type LogisticOptions = {
  readonly epochs: number;
  readonly step: number;
  /** Errors below this teach nothing. */
  readonly errorMin: number;
  readonly seed: number;
};

/** Learns from some of the rows. */
export function learnWeights(rows: Rows, taught: Int32Array, options: LogisticOptions): Weights {
  const weights: Weights = { byBucket: new Float32Array(2 ** rows.bits), bias: 0 };
  const squares = new Float32Array(2 ** rows.bits);
  const order = taught.slice();
  const random = createRandom(options.seed);
  let biasSquares = 1;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    shuffle(order, random);
    for (const row of order) {
      const error = (rows.spam[row] ?? 0) - logistic(marginOfRow(rows, row, weights));
      if (Math.abs(error) < options.errorMin) continue;
      biasSquares += error * error;
      weights.bias += (options.step * error) / Math.sqrt(biasSquares);
      teach(rows, row, error, options.step, weights.byBucket, squares);
    }
  }
  return weights;
}

function teach(rows: Rows, row: number, error: number, step: number, w: Float32Array, g: Float32Array): void {
  const { buckets, ends, groups } = rows;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const end = ends[row * groups + group] ?? at;
    const gradient = error / Math.sqrt(Math.max(1, end - at));
    const square = gradient * gradient;
    for (; at < end; at++) {
      const bucket = buckets[at] ?? 0;
      const sum = (g[bucket] ?? 0) + square;
      g[bucket] = sum;
      w[bucket] = (w[bucket] ?? 0) + (step * gradient) / Math.sqrt(sum + 1e-12);
    }
  }
}

/** The log-odds of a row. */
export function marginOfRow(rows: Rows, row: number, weights: Weights): number {
  const { buckets, ends, groups } = rows;
  const w = weights.byBucket;
  let margin = weights.bias;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const end = ends[row * groups + group] ?? at;
    const count = Math.max(1, end - at);
    let sum = 0;
    for (; at < end; at++) sum += w[buckets[at] ?? 0] ?? 0;
    margin += sum / Math.sqrt(count);
  }
  return margin;
}
