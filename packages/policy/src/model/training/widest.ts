// SPDX-License-Identifier: Apache-2.0
// A linear support vector machine with squared hinge loss, by coordinate descent in the dual (C.-J. Hsieh et
// al., ICML 2008): few wrong texts decide it, where logistic regression hears all.
import type { MarginConfiguration } from "./configuration.ts";
import { taughtMargin, type Linear } from "./linear.ts";
import { createRandom, shuffle } from "./random.ts";
import { rowStart, type Rows } from "./rows.ts";

/** Steps smaller than this end the descent. */
const stepMin = 0.01;

/** Learns from some of the rows. */
export function learnWidest(
  rows: Rows,
  taught: Int32Array,
  { cost, epochs }: MarginConfiguration,
  seed: number,
): Linear {
  const linear = { weights: new Float32Array(rows.buckets.length), bias: 0 };
  const duals = new Float64Array(taught.length);
  const order = Int32Array.from(taught.keys());
  const random = createRandom(seed);
  const slack = 1 / (2 * cost);
  for (let epoch = 0; epoch < epochs; epoch++) {
    shuffle(order, random);
    let largest = 0;
    for (const index of order) {
      const row = taught[index] ?? 0;
      const side = rows.spam[row] === 1 ? 1 : -1;
      const dual = duals[index] ?? 0;
      const slope = side * taughtMargin(rows, row, linear) - 1 + dual * slack;
      const step = dual === 0 ? Math.min(slope, 0) : slope;
      if (Math.abs(step) < 1e-8) continue;
      largest = Math.max(largest, Math.abs(step));
      const next = Math.max(0, dual - slope / (lengthOf(rows, row) + slack));
      duals[index] = next;
      linear.bias += side * (next - dual);
      move(rows, row, side * (next - dual), linear.weights);
    }
    if (largest < stepMin) break;
  }
  return linear;
}

/** The squared length of a row with the bias's 1: each group with features adds 1. */
function lengthOf(rows: Rows, row: number): number {
  let length = 1;
  let start = rowStart(rows, row);
  for (let group = 0; group < rows.groups; group++) {
    const end = rows.ends[row * rows.groups + group] ?? start;
    if (end > start) length += 1;
    start = end;
  }
  return length;
}

function move(rows: Rows, row: number, by: number, weights: Float32Array): void {
  const { features, ends, groups } = rows;
  let at = rowStart(rows, row);
  for (let group = 0; group < groups; group++) {
    const end = ends[row * groups + group] ?? at;
    const step = by / Math.sqrt(Math.max(1, end - at));
    for (; at < end; at++) {
      const feature = features[at] ?? 0;
      weights[feature] = (weights[feature] ?? 0) + step;
    }
  }
}
