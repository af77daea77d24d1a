// SPDX-License-Identifier: Apache-2.0
// What of a site is read, and which of it leaves a record. docs/operations/reads.md says the same in a table,
// and a test compares the two.
import type { Author } from "../releases/duties.ts";

/** The code of something that can be read. */
export type ReadingCode =
  | "facts"
  | "decisions"
  | "texts"
  | "stream"
  | "entries"
  | "standing"
  | "timeline"
  | "findings"
  | "listEntries"
  | "labels"
  | "restricted"
  | "changes"
  | "notices"
  | "notice"
  | "reports"
  | "cases"
  | "disputes"
  | "dispute"
  | "requests"
  | "erasures"
  | "subjectExport"
  | "people"
  | "backtests"
  | "labelledTexts"
  | "reads";

/** How a reading is noted. */
export type ReadingRule = {
  /** What is read, in words. */
  readonly about: string;
  /** A record each; else they are counted. */
  readonly each: boolean;
  /** A reason must be given, except by an app. */
  readonly reason: boolean;
};

/**
 * What can be read that is not for everybody. Where `each` is true, each reading by a person or by a key that
 * is not an app's is a record of its own; the others are counted: the first of a while is a record before its
 * answer, those that follow are gathered. `reason` says whether a reason must be given.
 */
export const readings: Readonly<Record<ReadingCode, ReadingRule>> = {
  facts: { about: "what a decision read, its trace and scores", each: false, reason: false },
  stream: { about: "decisions as they are sealed", each: false, reason: false },
  decisions: { about: "decisions that were found by what they are", each: false, reason: false },
  texts: { about: "decisions that were found by what was posted", each: true, reason: false },
  entries: { about: "leaves of the log: entry bundles, and the list of records", each: false, reason: false },
  standing: { about: "strikes and restrictions of an account", each: false, reason: false },
  timeline: { about: "all that concerns an actor", each: true, reason: false },
  findings: { about: "patterns across actors", each: false, reason: false },
  listEntries: { about: "entries of a list, and what a value hits", each: false, reason: false },
  labels: { about: "labels in force", each: false, reason: false },
  restricted: { about: "whom or what restrictions are on, or would be", each: false, reason: false },
  changes: { about: "what is in force for contents", each: false, reason: false },
  notices: { about: "notices of many records, with receipts that open evidence", each: false, reason: false },
  notice: { about: "the notices of one record, with receipts that open evidence", each: true, reason: true },
  reports: { about: "what users reported", each: false, reason: false },
  cases: { about: "cases that wait for a reviewer, and batches", each: false, reason: false },
  disputes: { about: "disputes of many, or of an account", each: false, reason: false },
  dispute: { about: "one dispute with what was written", each: true, reason: false },
  reads: { about: "who read what", each: false, reason: false },
  requests: { about: "requests for what takes a second person", each: false, reason: false },
  erasures: { about: "erasures and legal holds, and what an erasure would take", each: false, reason: false },
  subjectExport: { about: "everything about one actor, with its evidence", each: true, reason: true },
  people: { about: "people and API keys, and their sessions", each: false, reason: false },
  backtests: { about: "what decisions come out otherwise under a candidate", each: false, reason: false },
  labelledTexts: {
    about: "texts of labelled decisions, to train or test a model",
    each: true,
    reason: false,
  },
};

/** Longest reason, in characters. */
export const readReasonLengthMax = 1000;
/** Readings that are counted are gathered for so long, in ms: those of people and auditors, and of apps. */
export const gatherMs = 60_000;
export const gatherAppsMs = 600_000;
/** Before more than so many are gathered and not sealed, the next answer waits until they are. */
export const gatheredMax = 1000;

/** A reading. */
export type Reading = {
  what: ReadingCode;
  /** The record that was read. */
  of?: number | undefined;
  /** The pseudonym of whom it was about. */
  subject?: string | undefined;
  /** How much was read (default 1). */
  count?: number | undefined;
  reason?: string | undefined;
  /** What was searched for: sealed beside the reason. */
  query?: string | undefined;
};

/** A reading that was sealed. */
export type ReadingView = {
  /** The record that says so. */
  index: number;
  at: string;
  by: string;
  role: string;
  what: string;
  of: number | null;
  subject: string | null;
  count: number;
  /** Why, where a reason was given and can still be read. */
  reason: string | null;
  /** What was searched for, where it was a search and can still be read. */
  query: string | null;
};
/** Which readings are asked for, the newest first. */
export type ReadingQuery = {
  /** Those before this record. */
  before?: number | undefined;
  limit: number;
  /** Who read, or whom or what it was about. */
  by?: string | undefined;
  subject?: string | undefined;
  of?: number | undefined;
};
/** Some of them; `next` is what to ask for {@link ReadingQuery.before}, `null` at the end. */
export type ReadingPage = { reads: ReadingView[]; next: number | null };

/** Pages of one search that are read within so long, in ms, are one reading. */
export const searchWhileMs = 600_000;
/** Searches that are remembered for that. */
export const searchesMax = 1000;

/** Most readings of one answer, and how many if nothing is said. */
export const readingsListedMax = 1000;
export const readingsListedDefault = 100;

/** A reading that waits to be sealed; `what` is what some file says, which may be no code. */
export type PendingReading = { name: string; what: string; of: number | undefined; count: number };

/** Readings by the operator's commands beside a server that runs, each durable before it was shown. */
export interface PendingReadings {
  /** Those that wait, by names that {@link drop} knows. */
  take(): Promise<PendingReading[]>;
  /** Forgets some, durably: they are sealed. */
  drop(names: readonly string[]): Promise<void>;
}

/** How often it is looked whether some wait, in ms. */
export const pendingEveryMs = 60_000;

/** Where readings are noted. */
export interface SiteReadings {
  /**
   * Notes a reading; resolves when as much of it is sealed as has to be before the answer leaves. Rejects if
   * that failed: then nothing may be shown.
   */
  note(reader: Author, reading: Reading): Promise<void>;
  /** What was noted, the newest first. */
  list(query: ReadingQuery): Promise<ReadingPage>;
}
