// SPDX-License-Identifier: Apache-2.0
// Patterns of abuse as HTTP and the command line see them: an actor's timeline, and findings across actors.
import type { Outcome } from "@docket/protocol";
import type { RestrictionInForce, StandingNow } from "../enforcement/contract.ts";
import type { ActorFigures, Period } from "../views/pattern-queries.ts";

/** What kinds of findings there are. */
export const findingKinds = [
  "offender",
  "campaign",
  "copies",
  "burst",
  "reports",
  "rule",
  "language",
  "accountAge",
  "pair",
] as const;
/**
 * What was found:
 *
 * - `offender`: an account that goes on although it was refused again and again
 * - `campaign`: near copies, or texts that lead to one place, by many accounts
 * - `copies`: one text by many accounts
 * - `burst`: a rule, or a network, domain or other value that counters count by, far above its usual level
 * - `reports`: far more reports on one account, or by one account, than there are usually
 * - `rule`: a rule that reviewers contradict
 * - `language`, `accountAge`: a language, or an age of accounts, that is refused more than the others
 * - `pair`: one text, decided differently under one release
 */
export type FindingKind = (typeof findingKinds)[number];

/** Something that was found, with the records that show it. */
export type Finding = {
  readonly kind: FindingKind;
  /** What it is about: an actor, a campaign, a rule, a language, … */
  readonly subject: string;
  /** One sentence, in English. */
  readonly says: string;
  /** RFC 3339. */
  readonly from: string;
  readonly to: string;
  /** Numbers by name, which the sentence is made of. */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Indexes of records that support it, at most {@link citedMax}. */
  readonly records: readonly number[];
  /** How many records support it. */
  readonly recordCount: number;
};

/** Most records that a finding cites. */
export const citedMax = 100;
/** Most findings of a kind. */
export const findingsMax = 200;

/** Findings of a time, and what could not be judged. */
export type Findings = {
  readonly from: string;
  readonly to: string;
  readonly findings: readonly Finding[];
  /** What was not looked at, and why: one sentence each. */
  readonly limits: readonly string[];
};

/** Which findings are asked for. */
export type FindingsQuery = Period & { readonly kinds: readonly FindingKind[] };

/** An entry of a timeline: a record that concerns the actor. */
export type TimelineEntry = {
  readonly index: number;
  /** When it was sealed, RFC 3339; of a decision when it was decided. */
  readonly at: string;
  readonly kind: string;
  /** One sentence, in English. */
  readonly says: string;
  /** The record that it is about. */
  readonly of?: number | undefined;
  readonly by?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly campaign?: string | undefined;
};

/** A page of an actor's timeline, the newest first. */
export type Timeline = {
  readonly actor: string;
  /** Strikes and restrictions now, and who or what imposed them. */
  readonly standing: StandingNow;
  readonly figures: TimelineFigures;
  readonly entries: readonly TimelineEntry[];
  /** Where to go on: give it as `before`; `null` at the end. */
  readonly next: number | null;
};
/** What all of an actor's decisions came to. */
export type TimelineFigures = Omit<ActorFigures, "fromMs" | "toMs"> & {
  readonly from: string | null;
  readonly to: string | null;
  /** Decisions a day between the first and the last. */
  readonly perDay: number | null;
  /** Actors that are linked to this one. */
  readonly linked: readonly string[];
  /** Disputes, and how those that are ruled on ended. */
  readonly disputes: Readonly<Record<string, number>>;
  readonly reports: number;
};

/** Most entries of one page of a timeline, and how many if nothing is said. */
export const timelineEntriesMax = 500;
export const timelineEntriesDefault = 50;

/** Which part of a timeline is asked for. */
export type TimelineQuery = {
  /** Only records before this one. */
  readonly before?: number | undefined;
  readonly limit: number;
  /** Only records of these kinds. */
  readonly kinds?: readonly string[] | undefined;
};

/** Which actors are asked for: those of whom something was not allowed, the newest first. */
export type ActorsQuery = {
  /** Only by records before this one. */
  readonly before?: number | undefined;
  /** Only actors with a restriction in force. */
  readonly restricted: boolean;
  readonly limit: number;
};
/** An actor as it is listed. */
export type ListedActor = {
  /** The pseudonym. */
  readonly actor: string;
  /** The newest record by which it was found. */
  readonly last: TimelineEntry;
  /** How many such records this page came upon. */
  readonly records: number;
  /** Strikes now, and restrictions and links in force. */
  readonly strikes: number;
  readonly restrictions: readonly RestrictionInForce[];
  readonly links: number;
};
/** A page of actors. `next`: where to go on, as `before`; `null` at the end. */
export type ActorsPage = { readonly actors: readonly ListedActor[]; readonly next: number | null };
/** Most actors of one page, and how many if nothing is said. */
export const actorsListedMax = 200;
export const actorsListedDefault = 50;
