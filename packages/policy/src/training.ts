// SPDX-License-Identifier: Apache-2.0
/**
 * Training of models: what only those need who make them. Scoring is in the package's main entry.
 */
export { trainingConfiguration } from "./model/training/configuration.ts";
export type { TrainingConfiguration } from "./model/training/configuration.ts";
export type { Example } from "./model/training/example.ts";
export { trainModel } from "./model/training/train.ts";
export type { Trained, TrainOptions, TrainProgress, TrainReport } from "./model/training/train.ts";
