// SPDX-License-Identifier: Apache-2.0
// What crosses a boundary: events, decisions, records, receipts and errors, with the one encoder of each. The
// readers of events, and the schemas, are in events.ts: they bring a library that takes longer to load than
// all the rest, and whoever reads records does without.
export {
  batchKinds,
  isCaseRecord,
  linkedActorsMax,
  linkRelations,
  measureCauses,
  namedRecordsMax,
  reviewFindings,
  reviewTasks,
  rulings,
  subjectKinds,
  verdictCauses,
  verdicts,
} from "./case-record.ts";
export type * from "./case-record.ts";
export {
  anchorSources,
  clockStates,
  erasureSteps,
  evidenceKeys,
  gapCauses,
  isCustodyRecord,
  personChanges,
  personRolesMax,
  requestSteps,
  signInChanges,
  stampLengthMax,
} from "./custody-record.ts";
export type * from "./custody-record.ts";
export type * from "./decision.ts";
export * from "./error.ts";
export type * from "./event.ts";
export { encodeEvent, eventBytesMax, nameLengthMax, normaliseEvent } from "./event-encoding.ts";
export * from "./brake.ts";
export * from "./facts.ts";
export { codePattern, isPseudonym } from "./field-tests.ts";
export * from "./json.ts";
export * from "./parts.ts";
export * from "./receipt.ts";
export * from "./record.ts";
export * from "./shape.ts";
export * from "./time.ts";
