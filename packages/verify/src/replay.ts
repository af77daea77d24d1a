// SPDX-License-Identifier: Apache-2.0
/**
 * Replay: decisions made again from their recorded facts and the releases kept by hash, and what they read
 * held against the records before them. Pure, and runs in a browser; whoever calls it brings the facts, which
 * the site's key opens. Start at `openRelease`, `readFacts`, `replayDecision` and `StateReplay`.
 */
export type { RecountSummary } from "./replay/counters.ts";
export {
  concludeFromFacts,
  policyFactsOf,
  readFacts,
  replayDecision,
  type DecisionRecord,
} from "./replay/decision.ts";
export type { ClauseDifference, FindingKind, ReplayFinding } from "./replay/finding.ts";
export {
  isReleaseFault,
  keptReleaseBytesMax,
  filesOwner,
  openRelease,
  type ReleaseFault,
  type ReleaseList,
  type ReleaseManifest,
  type ReplayRelease,
} from "./replay/release.ts";
export type { LimitSummary } from "./replay/limits.ts";
export type { ActRecord } from "./replay/standing.ts";
export { StateReplay, type StateSummary } from "./replay/state.ts";
