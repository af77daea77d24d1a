// SPDX-License-Identifier: Apache-2.0
// How good scores are.
export { atCut, atCutBy } from "./at-cut.ts";
export type { AtCut } from "./at-cut.ts";
export { bootstrapRounds, compareAuc } from "./bootstrap.ts";
export type { AucDifference, ScoredTwice } from "./bootstrap.ts";
export { reliability, reliabilityBins } from "./reliability.ts";
export type { Reliability, ReliabilityBin } from "./reliability.ts";
export { oneMinusAuc, recallAtHamRate, rocPoints } from "./roc.ts";
export type { RecallAtHamRate, RocPoint } from "./roc.ts";
export { countClasses } from "./scored.ts";
export type { ClassCounts, Scored } from "./scored.ts";
export { summariseScores } from "./summary.ts";
export type { ScoreSummary } from "./summary.ts";
