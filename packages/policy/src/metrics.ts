// SPDX-License-Identifier: Apache-2.0
// How good scores are.
export { atCut, atCutBy } from "./model/metrics/at-cut.ts";
export type { AtCut } from "./model/metrics/at-cut.ts";
export { bootstrapRounds, compareAuc } from "./model/metrics/bootstrap.ts";
export type { AucDifference, ScoredTwice } from "./model/metrics/bootstrap.ts";
export { reliability, reliabilityBins } from "./model/metrics/reliability.ts";
export type { Reliability, ReliabilityBin } from "./model/metrics/reliability.ts";
export { oneMinusAuc, recallAtHamRate, rocPoints } from "./model/metrics/roc.ts";
export type { RecallAtHamRate, RocPoint } from "./model/metrics/roc.ts";
export { countClasses } from "./model/metrics/scored.ts";
export type { ClassCounts, Scored } from "./model/metrics/scored.ts";
export { summariseScores } from "./model/metrics/summary.ts";
export type { ScoreSummary } from "./model/metrics/summary.ts";
