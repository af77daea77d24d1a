// SPDX-License-Identifier: Apache-2.0
// Everything that was chosen about training, by kind. Chosen on training parts of corpora only.
import { featuresVersion } from "../features.ts";
import type { ModelKind } from "../model-text.ts";

/** Everything about training that is not the examples or the seed. */
export type TrainingConfiguration = {
  readonly kind: ModelKind;
  readonly features: string;
  /** How many bits of a feature's hash name it at most. */
  readonly bits: number;
  /** The most features of a model; the rarest are left out above that. */
  readonly featuresMax: number;
  readonly descent: DescentConfiguration;
  readonly margin: MarginConfiguration;
  readonly bayes: BayesConfiguration;
  /** What the margin of a text's best stretch is less worth than that of a whole text. */
  readonly stretchCost: number;
  /** Above the margin that so many hams of a thousand held out reach as a whole, a stretch counts half. */
  readonly stretchHams: number;
  /** How many inner folds calibration is learned on. */
  readonly folds: number;
  /** The most examples of one actor: as a share of its class in thousandths, and at least. */
  readonly actorShare: number;
  readonly actorMin: number;
};

/** Logistic regression by stochastic gradient descent. */
export type DescentConfiguration = {
  /** Its share of the sum, each expert's margins being of one spread. */
  readonly weight: number;
  /** So many times it learns, each time in another order; the weights are added up. */
  readonly runs: number;
  /** Whether each text is also taught by a beginning or an end of it. */
  readonly cuts: boolean;
  readonly epochs: number;
  readonly step: number;
  /** Errors below this teach nothing. */
  readonly errorMin: number;
};

/** A support vector machine with squared hinge loss. */
export type MarginConfiguration = { readonly weight: number; readonly cost: number; readonly epochs: number };

/** Naive Bayes over the same features. */
export type BayesConfiguration = { readonly weight: number; readonly smoothing: number };

const short = {
  features: featuresVersion,
  bits: 22,
  featuresMax: 1_000_000,
  descent: { weight: 1, runs: 1, cuts: false, epochs: 8, step: 0.3, errorMin: 0.02 },
  margin: { weight: 1, cost: 10, epochs: 20 },
  bayes: { weight: 0.75, smoothing: 0.1 },
  stretchCost: 0.25,
  stretchHams: 3,
  folds: 4,
  actorShare: 50,
  actorMin: 10,
};

const configurations: Readonly<Record<ModelKind, TrainingConfiguration>> = {
  comment: { kind: "comment", ...short },
  message: { kind: "message", ...short },
  email: {
    ...short,
    kind: "email",
    descent: { weight: 3, runs: 3, cuts: true, epochs: 5, step: 0.3, errorMin: 0.02 },
    margin: { weight: 0, cost: 10, epochs: 0 },
    bayes: { weight: 1, smoothing: 0.1 },
    stretchCost: 0.45,
  },
};

/** How models of a kind are trained: plain data, whose hash names the configuration. */
export function trainingConfiguration(kind: ModelKind): TrainingConfiguration {
  return configurations[kind];
}
