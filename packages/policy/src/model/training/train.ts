// SPDX-License-Identifier: Apache-2.0
// Training: from examples to the bytes of a model.
import { unseen, encodeModel, groupScaleMax } from "../model-file.ts";
import type { ModelKind } from "../model-text.ts";
import { fitLine, knotsOf, type Line } from "./calibrate.ts";
import type { Example } from "./example.ts";
import { foldsOf } from "./folds.ts";
import { learnWeights, marginOfRow, type LogisticOptions, type Weights } from "./logistic.ts";
import { readRows, type Rows } from "./rows.ts";

/** How to train. Everything else is fixed for each kind. */
export type TrainOptions = {
  /** The same examples and seed make the same bytes. Default 1. */
  readonly seed?: number;
  readonly onProgress?: (progress: TrainProgress) => void;
};

/** How far training is. */
export type TrainProgress = {
  readonly stage: "reading" | "learning" | "calibrating" | "writing";
  readonly done: number;
  readonly total: number;
};

/** What came of it. */
export type Trained = { readonly bytes: Uint8Array; readonly report: TrainReport };

/** What training saw. */
export type TrainReport = {
  readonly kind: ModelKind;
  readonly examples: { readonly spam: number; readonly ham: number };
  /** How many features have a weight. */
  readonly features: number;
  /** The share of known features, in thousandths, below which the model gives no score. */
  readonly knownMin: number;
};

const bits = 20;
const foldCount = 4;

/**
 * Trains a model.
 *
 * @param examples at least none: without both classes, every score is near the share of spam
 */
export function trainModel(
  kind: ModelKind,
  examples: readonly Example[],
  options: TrainOptions = {},
): Trained {
  const { seed = 1, onProgress = () => undefined } = options;
  const total = examples.length;
  const rows = readRows(kind, examples, bits, (done) => onProgress({ stage: "reading", done, total }));
  const learning: LogisticOptions = { epochs: kind === "email" ? 5 : 8, step: 0.3, errorMin: 0.02, seed };
  const line = calibrationLine(rows, foldsOf(examples, foldCount), learning, onProgress);
  onProgress({ stage: "learning", done: foldCount, total: foldCount + 1 });
  const weights = learnWeights(rows, Int32Array.from(rows.spam.keys()), learning);
  onProgress({ stage: "writing", done: 0, total: 1 });
  const spam = rows.spam.reduce((sum, one) => sum + one, 0);
  const counts = { spam, ham: rows.count - spam };
  const { table, scale } = quantise(rows, weights);
  const bytes = encodeModel({
    kind,
    examples: counts,
    knownMin: 100,
    bits,
    table,
    groupScales: Array.from({ length: rows.groups }, () => scale),
    bias: Math.round(weights.bias * 65_536),
    knots: knotsOf(line),
  });
  const features = table.reduce((sum, code) => (code === unseen ? sum : sum + 1), 0);
  return { bytes, report: { kind, examples: counts, features, knownMin: 100 } };
}

/** Each fold's margins come from weights that learned from the others. */
function calibrationLine(
  rows: Rows,
  folds: Uint8Array,
  learning: LogisticOptions,
  onProgress: (progress: TrainProgress) => void,
): Line {
  const margins = new Float64Array(rows.count);
  for (let fold = 0; fold < foldCount; fold++) {
    onProgress({ stage: "learning", done: fold, total: foldCount + 1 });
    const taught = Int32Array.from(folds.keys()).filter((row) => folds[row] !== fold);
    const weights = learnWeights(rows, taught, learning);
    for (let row = 0; row < rows.count; row++) {
      if (folds[row] === fold) margins[row] = marginOfRow(rows, row, weights);
    }
  }
  onProgress({ stage: "calibrating", done: 0, total: 1 });
  return fitLine(margins, rows.spam);
}

function quantise(rows: Rows, weights: Weights): { table: Int8Array; scale: number } {
  const table = new Int8Array(2 ** rows.bits).fill(unseen);
  for (const bucket of rows.buckets) table[bucket] = 0;
  let largest = 1e-6;
  for (const weight of weights.byBucket) largest = Math.max(largest, Math.abs(weight));
  largest = Math.min(largest, 60);
  weights.byBucket.forEach((weight, bucket) => {
    if (table[bucket] === unseen) return;
    const code = Math.min(127, Math.round(127 * Math.sqrt(Math.abs(weight) / largest)));
    table[bucket] = weight < 0 ? -code : code;
  });
  const scale = Math.min(groupScaleMax, Math.max(1, Math.round((largest / 16_129) * 2 ** 32)));
  return { table, scale };
}
