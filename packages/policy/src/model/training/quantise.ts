// SPDX-License-Identifier: Apache-2.0
// Weights as the small integers of a model file.
import { groupScaleMax, marginMax, unseen } from "../model-file.ts";
import type { Linear } from "./linear.ts";
import type { Rows } from "./rows.ts";

/** The most that a weight may be, so that sums stay exact. */
const weightMax = 60;
/** A code's square at most: 127 * 127. */
const codeSquareMax = 16_129;
const marginUnits = 65_536;

/** The table of a model file, what its weights are worth, and the bias. */
export type Quantised = {
  readonly table: Int8Array;
  readonly groupScales: readonly number[];
  readonly bias: number;
};

/**
 * Rounds weights to signed squares of up to 127: small weights, which are the most, keep their differences.
 */
export function quantise(rows: Rows, { weights, bias }: Linear): Quantised {
  const table = new Int8Array(2 ** rows.bits).fill(unseen);
  let largest = 1e-6;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  largest = Math.min(largest, weightMax);
  rows.buckets.forEach((bucket, feature) => {
    const weight = weights[feature] ?? 0;
    const code = Math.min(127, Math.round(127 * Math.sqrt(Math.abs(weight) / largest)));
    table[bucket] = weight < 0 ? -code : code;
  });
  const scale = Math.round((largest / codeSquareMax) * marginUnits * 65_536);
  const kept = Math.max(1, Math.min(groupScaleMax, scale));
  const margin = Math.round(bias * marginUnits);
  return {
    table,
    groupScales: Array.from({ length: rows.groups }, () => kept),
    bias: Math.max(-marginMax, Math.min(marginMax, margin)),
  };
}
