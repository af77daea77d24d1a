// SPDX-License-Identifier: Apache-2.0
// Logistic regression by stochastic gradient descent with AdaGrad's step for each weight (J. Duchi et al.,
// JMLR 12, 2011).
import type { DescentConfiguration } from "./configuration.ts";
import { logistic } from "./elementary.ts";
import { taughtMargin, type Linear } from "./linear.ts";
import { createRandom, shuffle } from "./random.ts";
import { rowStart, type Rows } from "./rows.ts";

/** Learns from some of the rows. */
export function learnLogistic(
  rows: Rows,
  taught: Int32Array,
  { epochs, step, errorMin }: DescentConfiguration,
  seed: number,
): Linear {
  const linear = { weights: new Float32Array(rows.buckets.length), bias: 0 };
  const squares = new Float32Array(rows.buckets.length).fill(1e-12);
  const order = taught.slice();
  const random = createRandom(seed);
  let biasSquares = 1;
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    for (const row of order) {
      const error = (rows.spam[row] ?? 0) - logistic(taughtMargin(rows, row, linear));
      if (Math.abs(error) < errorMin) continue;
      biasSquares += error * error;
      linear.bias += (step * error) / Math.sqrt(biasSquares);
      teach(rows, row, error, step, linear.weights, squares);
    }
  }
  return linear;
}

function teach(
  rows: Rows,
  row: number,
  error: number,
  step: number,
  weights: Float32Array,
  squares: Float32Array,
): void {
  const { features, ends, groups } = rows;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const end = ends[row * groups + group] ?? at;
    const gradient = error / Math.sqrt(Math.max(1, end - at));
    const square = gradient * gradient;
    for (; at < end; at++) {
      const feature = features[at] ?? 0;
      const sum = (squares[feature] ?? 0) + square;
      squares[feature] = sum;
      weights[feature] = (weights[feature] ?? 0) + (step * gradient) / Math.sqrt(sum);
    }
  }
}
