// SPDX-License-Identifier: Apache-2.0
// Training: from examples to the bytes of a model.
import { decideMargin, type Margins } from "../margin.ts";
import { encodeModel, marginMax } from "../model-file.ts";
import type { ModelKind } from "../model-text.ts";
import { limitActors } from "./actors.ts";
import { learnBayes } from "./bayes.ts";
import { fitLine, hamMargin, knotsOf, knownBound, type Line } from "./calibrate.ts";
import { trainingConfiguration, type TrainingConfiguration } from "./configuration.ts";
import type { Example } from "./example.ts";
import { foldsOf } from "./folds.ts";
import { countFeatures, fuse, heldOutMargins, type Counts, type Linear } from "./linear.ts";
import { learnLogistic } from "./logistic.ts";
import { quantise } from "./quantise.ts";
import { readRows, type Rows } from "./rows.ts";
import { learnWidest } from "./widest.ts";

/** What may be said about a training. Everything else is fixed for each kind. */
export type TrainOptions = {
  /** The same examples and seed make the same bytes. Default 1. */
  readonly seed?: number;
  readonly onProgress?: (progress: TrainProgress) => void;
};

/** How far training is. */
export type TrainProgress = {
  readonly stage: "reading" | "learning" | "writing";
  readonly done: number;
  readonly total: number;
};

/** What came of it. */
export type Trained = { readonly bytes: Uint8Array; readonly report: TrainReport };

/** What training saw. */
export type TrainReport = {
  readonly kind: ModelKind;
  readonly examples: { readonly spam: number; readonly ham: number };
  /** How many examples were left out since their actor had too many. */
  readonly leftOut: number;
  /** How many features have a weight. */
  readonly features: number;
  /** The share of known features, in thousandths, below which the model gives no score. */
  readonly knownMin: number;
};

/**
 * Trains a model.
 *
 * @param examples any number; without both classes, scores are near the share of spam
 */
export function trainModel(
  kind: ModelKind,
  examples: readonly Example[],
  options: TrainOptions = {},
): Trained {
  const { seed = 1, onProgress = () => undefined } = options;
  const configuration = trainingConfiguration(kind);
  const kept = limitActors(examples, configuration);
  const total = kept.length;
  const rows = readRows(kind, kept, configuration, (done) => onProgress({ stage: "reading", done, total }));
  const stages = configuration.folds + 1;
  const onFold = (done: number): void => onProgress({ stage: "learning", done, total: stages });
  const { line, stretchMost, knownMin } = calibrate(
    rows,
    foldsOf(kept, configuration.folds),
    configuration,
    seed,
    onFold,
  );
  const { linear } = learn(rows, Int32Array.from(rows.spam.keys()), configuration, seed);
  onFold(stages);
  onProgress({ stage: "writing", done: 0, total: 1 });
  const spam = rows.spam.reduce((sum, one) => sum + one, 0);
  const counts = { spam, ham: rows.count - spam };
  const bytes = encodeModel({
    kind,
    examples: counts,
    knownMin,
    bits: rows.bits,
    ...quantise(rows, linear),
    stretchCost: Math.round(configuration.stretchCost * 65_536),
    stretchMost: Math.max(-marginMax, Math.min(marginMax, Math.round(stretchMost * 65_536))),
    knots: knotsOf(line),
  });
  onProgress({ stage: "writing", done: 1, total: 1 });
  const leftOut = examples.length - kept.length;
  return { bytes, report: { kind, examples: counts, leftOut, features: rows.buckets.length, knownMin } };
}

function learn(
  rows: Rows,
  taught: Int32Array,
  { descent, margin, bayes }: TrainingConfiguration,
  seed: number,
): { linear: Linear; counts: Counts } {
  const counts = countFeatures(rows, taught);
  const experts = [{ linear: learnBayes(counts, bayes), weight: bayes.weight }];
  // With one class there is nothing to tell apart.
  if (counts.spams > 0 && counts.hams > 0) {
    for (let run = 0; run < descent.runs; run++) {
      const linear = learnLogistic(rows, taught, descent, seed + run);
      experts.push({ linear, weight: descent.weight / descent.runs });
    }
    if (margin.weight > 0) {
      experts.push({ linear: learnWidest(rows, taught, margin, seed), weight: margin.weight });
    }
  }
  return { linear: fuse(rows, taught, experts), counts };
}

/** Each fold's margins come from weights that learned from the others. */
function calibrate(
  rows: Rows,
  folds: Uint8Array,
  configuration: TrainingConfiguration,
  seed: number,
  onFold: (done: number) => void,
): { line: Line; stretchMost: number; knownMin: number } {
  const margins: (Margins | undefined)[] = [];
  const shares = new Float64Array(rows.count);
  for (let fold = 0; fold < configuration.folds; fold++) {
    onFold(fold);
    const taught = Int32Array.from(folds.keys()).filter((row) => folds[row] !== fold);
    const { linear, counts } = learn(rows, taught, configuration, seed);
    for (let row = 0; row < rows.count; row++) {
      if (folds[row] !== fold) continue;
      const held = heldOutMargins(rows, row, linear, counts);
      margins[row] = held.margins;
      shares[row] = held.known / Math.max(1, rows.sizes[row] ?? 1);
    }
  }
  const { stretchCost, stretchHams } = configuration;
  const whole = Float64Array.from({ length: rows.count }, (_, row) => margins[row]?.whole ?? 0);
  const stretchMost = hamMargin(whole, rows.spam, stretchHams);
  const decided = whole.map((_, row) => {
    const both = margins[row];
    return both === undefined ? 0 : decideMargin(both, { stretchCost, stretchMost });
  });
  return { line: fitLine(decided, rows.spam), stretchMost, knownMin: knownBound(shares) };
}
