// SPDX-License-Identifier: Apache-2.0
// The policy: a language of rules over events, their signals and counters; and the signals themselves.
export { nearestName } from "./names.ts";
export { counterEntries, counts, scalarsReader } from "./counting.ts";
export type { CounterEntry, Scalar, ScalarsReader } from "./counting.ts";
export {
  bannedReason,
  concludeDecision,
  suspendedReason,
  throttledReason,
} from "./enforcement/conclusion.ts";
export type { ConcludedFacts, Conclusion, FiredFact, Reason } from "./enforcement/conclusion.ts";
export { announcedStrikes, lateSteps, namedStep, stepEffect } from "./enforcement/confirm.ts";
export type { FiredName, StepEffect } from "./enforcement/confirm.ts";
export { enforce, restricts } from "./enforcement/enforce.ts";
export type { Caps, Enforcement, ReachedStep } from "./enforcement/enforce.ts";
export { correction, holdsAsLong, reevaluate } from "./enforcement/reevaluate.ts";
export type {
  Correction,
  PastConfirmation,
  PastDecision,
  PastItem,
  PastMeasure,
} from "./enforcement/reevaluate.ts";
export {
  recordedRestriction,
  restrictionFromRecord,
  sameRate,
  timeMsMax,
} from "./enforcement/restriction.ts";
export type { RecordedRestriction, Restriction } from "./enforcement/restriction.ts";
export {
  applyAct,
  applyDecision,
  applyPassing,
  cleanStanding,
  isClean,
  latenessMsMax,
  readStanding,
  restrictionsAt,
  sameStrike,
  strikeInForceMs,
  strikeMemoryMs,
  strikesWithin,
  throttleWaitMs,
} from "./enforcement/standing.ts";
export type {
  ActChange,
  BeyondActor,
  RestrictionRead,
  Standing,
  StandingBeyond,
  StandingChange,
  StandingRead,
  Strike,
} from "./enforcement/standing.ts";
export { evaluate, evaluateFromFacts, factsOf, fieldValue, stricterOutcome } from "./evaluate.ts";
export { actorPaths, builtinEventTypes } from "./event-types.ts";
export type { BuiltinEventType, BuiltinField } from "./event-types.ts";
export { explainDecision, explainRules } from "./explain/explain.ts";
export type { ExplanationInput } from "./explain/explain.ts";
export type {
  ExplainedClause,
  ExplainedPoints,
  ExplainedRule,
  ExplainedStep,
  ExplainedValue,
  Explanation,
  UserExplanation,
} from "./explain/explanation.ts";
export { explanationText, userExplanationText } from "./explain/text.ts";
export { traceRules } from "./explain/traces.ts";
export type { RuleTrace } from "./explain/traces.ts";
export { explainToUser } from "./explain/user.ts";
export type { UserExplanationInput } from "./explain/user.ts";
export { explanationLanguages } from "./explain/words.ts";
export type { ExplanationLanguage } from "./explain/words.ts";
export { formatProblem, PolicyError } from "./errors.ts";
export type { PolicyErrorCode, Problem, ProblemCode } from "./errors.ts";
export {
  formatListLine,
  formatListProblem,
  isEntryProblem,
  readListFile,
  readListLine,
  readListValue,
} from "./lists/entries.ts";
export type { EntryProblem, ListEntry, ListFileProblem, ReadEntryOptions } from "./lists/entries.ts";
export { formatNetwork, masked, parseAddress, parseNetwork } from "./lists/addresses.ts";
export type { Address, Network } from "./lists/addresses.ts";
export { createList, createListView, isSearched } from "./lists/list.ts";
export type { List, ListChange, ListOptions } from "./lists/list.ts";
export { compareText } from "./lists/order.ts";
export { patternStepsMax } from "./lists/patterns.ts";
export {
  CampaignIndex,
  campaignBounds,
  domainsPerCampaignMax,
  domainsPerEventMax,
  signaturesPerCampaignMax,
} from "./campaigns/campaign-index.ts";
export type {
  CampaignBounds,
  CampaignEvent,
  PlainCampaign,
  PlainCampaigns,
  PlainSignature,
  TakeBack,
} from "./campaigns/campaign-index.ts";
export type { PlainDomain } from "./campaigns/domain-table.ts";
export {
  shingleKey,
  shingleKeyBytes,
  shinglesOf,
  signatureLength,
  signatureWords,
} from "./campaigns/shingles.ts";
export type { ShingleKey } from "./campaigns/shingles.ts";
export { counterListElementsMax } from "./loading/counted.ts";
export { windowBuckets } from "./loading/counters.ts";
export { loadPolicies } from "./loading/load.ts";
export {
  lookupFacts,
  lookupQuestions,
  lookupsRead,
  lookupValuesMax,
  recordedLookups,
} from "./lookup-reads.ts";
export type { LookupQuestion } from "./lookup-reads.ts";
export { lookupTimeoutMsMax } from "./loading/lookups.ts";
export { modelFacts, scoreModels } from "./model-reads.ts";
export { explainScore, loadModel, scoreText } from "./model/model.ts";
export type { Model, ModelFeature, ModelScore } from "./model/model.ts";
export { modelBytesMax, scoreMax } from "./model/model-file.ts";
export { modelKinds } from "./model/model-text.ts";
export type { ModelKind, ModelText } from "./model/model-text.ts";
export { policyNotes } from "./policy-notes.ts";
export type { PolicyNote } from "./policy-notes.ts";
export { runPolicyTests } from "./policy-tests.ts";
export type { PolicyTestOptions, PolicyTestResult } from "./policy-tests.ts";
export { factsSource, prepareType } from "./prepared.ts";
export type {
  FactsSource,
  KnownCounters,
  MemoryRead,
  PreparedEvent,
  PreparedHit,
  Preparation,
} from "./prepared.ts";
export { readSet } from "./program.ts";
export type { PolicySet, ReadSet } from "./program.ts";
export { recordedReports } from "./report-reads.ts";
export { recordedFields } from "./recorded-values.ts";
export type { RecordedFields } from "./recorded-values.ts";
export { modelTextOf, signalInputOf } from "./signals/content-input.ts";
export type { ContentTexts } from "./signals/content-input.ts";
export { attachmentKinds, mailTraits } from "./signals/mail.ts";
export type { AttachmentKind, MailTrait } from "./signals/mail.ts";
export { computeSignals, signalDefinitions, signalsVersion } from "./signals/signals.ts";
export type {
  SignalDefinition,
  SignalInput,
  SignalOptions,
  Signals,
  SignalType,
  SignalValue,
} from "./signals/signals.ts";
export { foldText } from "./text/fold.ts";
export type { FoldedText, Tricks } from "./text/fold.ts";
export { normaliseText } from "./text/normalise.ts";
export { unicodeVersion } from "./text/unicode.ts";
export { keptPersonalValues } from "./kept-values.ts";
export { clausesOf } from "./trace.ts";
export { listHitsMax, outcomes } from "./types.ts";
export type {
  AbilityLimit,
  AttributeType,
  Brake,
  Campaigns,
  ClauseTrace,
  Counter,
  Evaluation,
  EvaluationInput,
  ReportsRead,
  EventField,
  EventFieldType,
  EventType,
  Exemption,
  Facts,
  FieldPath,
  FieldValue,
  FiredRule,
  FiredThreshold,
  Held,
  LadderStep,
  Limit,
  ListDeclaration,
  ListHit,
  ListKind,
  ListView,
  Measures,
  Outcome,
  LookupDeclaration,
  LookupRead,
  ModelDeclaration,
  ModelRead,
  Policy,
  PolicyFile,
  PolicyTest,
  Rule,
  TestExpectation,
  TestGiven,
  Then,
  Threshold,
  Throttle,
  Trace,
  TracedClause,
  TraceValue,
} from "./types.ts";

/** Names the language: its syntax and what it means. A release names it, and replay needs the same. */
export const languageVersion: string = "docket-policy/2";
