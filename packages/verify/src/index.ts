// SPDX-License-Identifier: Apache-2.0
/**
 * Checks of what Docket sealed, by whoever doubts it: a receipt, or a whole log. Needs nothing from the
 * server but the bytes, asks nobody, writes nothing, and runs in a browser. Start at `verifyReceipt` and
 * `verifyLog`.
 */
export * from "./error.ts";
export {
  caseCheckNames,
  caseFileBytesMax,
  caseFileFormat,
  caseFileRecordsMax,
  caseSlot,
  embedCaseFile,
  encodeCaseContent,
  encodeCaseFile,
  looksLikeCaseFile,
  verifyCaseFile,
  type CaseCheckName,
  type CaseContent,
  type CaseDecision,
  type CaseEntry,
  type CaseFile,
  type CaseReport,
} from "./case-file.ts";
export {
  anchoredReceiptFormat,
  encodeAnchoredReceipt,
  looksLikeAnchoredReceipt,
  verifyAnchoredReceipt,
  type AnchoredReceipt,
  type StampOver,
} from "./anchors/anchored-receipt.ts";
export {
  contradictionsMax,
  intervalsOf,
  type Bound,
  type CheckedAnchor,
  type Contradiction,
  type Interval,
  type Intervals,
  type Widths,
} from "./anchors/interval.ts";
export {
  judgeStamp,
  stampedDigest,
  type AnchorTrust,
  type Stamp,
  type StampJudgement,
  type TrustedRoot,
} from "./anchors/judge.ts";
export type { ClockDifference, OwnClock } from "./anchors/own-clock.ts";
export type { AnchorsReport } from "./anchors/walk-anchors.ts";
export { checkerOf, verifyLog, type VerifyLogOptions } from "./log.ts";
export { addToReport, describeFault } from "./log-report.ts";
export type { Progress, WalkOptions } from "./published.ts";
export { stateBytesMax } from "./state.ts";
export { checkRange, checkRoots } from "./range.ts";
export type {
  CheckedBundle,
  CheckedChain,
  NarrowFile,
  RangeChecker,
  RangeMode,
  RangeRequest,
  RangeResult,
  RangeSource,
  RootsRequest,
  RootsResult,
} from "./range.ts";
export { checkSealedParts, type NamedPart } from "./parts.ts";
export { receiptCheckNames, verifyReceipt, type ReceiptCheckName } from "./receipt.ts";
export { pathIn, pathOf, type MerklePath, type PathStep } from "./merkle-path.ts";
export * from "./report.ts";
export type { Silence } from "./silences.ts";
export * from "./source.ts";
export { readSeenFile, seenFileBytesMax, seenNotesMax, type SeenNote } from "./seen.ts";
export { chainStart, keyText, openOwnCheckpoint, type Cosignature, type OwnCheckpoint } from "./signer.ts";
export { asTrust, type Trust, type TrustGiven } from "./trust.ts";
