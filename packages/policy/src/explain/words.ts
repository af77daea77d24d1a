// SPDX-License-Identifier: Apache-2.0
// The words in which decisions are explained: a file for each language (words-en.ts, words-de.ts), and no
// text anywhere else. Sentences about a field begin with its noun in the nominative, so that a table of
// nouns is enough.
import type { FieldPath, Held, Outcome } from "../types.ts";
import { germanClauses, germanDecisions } from "./words-de.ts";
import { englishClauses, englishDecisions } from "./words-en.ts";

/** The languages in which decisions can be explained. */
export const explanationLanguages = ["en", "de"] as const;
/** A language in which decisions can be explained. */
export type ExplanationLanguage = (typeof explanationLanguages)[number];

/** The words for conditions, by language. */
export const clauseWords: Readonly<Record<ExplanationLanguage, ClauseWords>> = {
  en: englishClauses,
  de: germanClauses,
};

/** The words for decisions, by language. */
export const decisionWords: Readonly<Record<ExplanationLanguage, DecisionWords>> = {
  en: englishDecisions,
  de: germanDecisions,
};

/** How the elements of a list are spoken of. */
export type ListWords = {
  /** One of them, as what events have in common. */
  readonly item: string;
  readonly count: string;
  readonly one: string;
  readonly every: string;
  readonly exactlyOne: string;
};

/** What a list that has a name of its own is called. */
export type NamedListWords = ListWords & {
  /** All of it, as what was read. */
  readonly all: string;
};

/** A comparison: of numbers, lengths of time and texts, or of points in time. */
export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** The units of a length of time, from the longest. */
export type TimeUnit = "day" | "hour" | "minute" | "second" | "millisecond";

/** All words of one language for conditions and their values. */
export type ClauseWords = {
  readonly fields: Readonly<Record<FieldPath, string>>;
  readonly lists: Readonly<Record<FieldPath, NamedListWords>>;
  readonly attribute: (name: string) => string;
  readonly eventField: (name: string) => string;
  readonly anyList: (noun: string) => ListWords;
  readonly length: (noun: string) => string;
  readonly compare: Readonly<Record<Comparison, string>>;
  readonly compareTimes: Readonly<Record<Comparison, string>>;
  /** Yes and no of what is said as a whole sentence. */
  readonly statements: Readonly<Record<FieldPath, readonly [yes: string, no: string]>>;
  readonly isTrue: string;
  readonly isFalse: string;
  readonly oneOf: (values: readonly string[]) => string;
  readonly noneOf: (values: readonly string[]) => string;
  readonly more: (count: number) => string;
  readonly contains: (value: string) => string;
  readonly startsWith: (value: string) => string;
  readonly endsWith: (value: string) => string;
  readonly matches: (pattern: string) => string;
  /** Of a pattern that is too long to be said: its source is shown beside. */
  readonly matchesLong: string;
  readonly onList: (list: string) => string;
  readonly hits: (list: string, noun: string) => ListWords;
  readonly known: string;
  readonly and: string;
  readonly or: string;
  readonly arithmetic: Readonly<Record<"+" | "-" | "*" | "/" | "%", string>>;
  readonly quote: (text: string) => string;
  readonly units: Readonly<Record<TimeUnit, readonly [one: string, many: string]>>;
  readonly yes: string;
  readonly no: string;
  readonly noValues: string;
  readonly count: (what: string, by: string | undefined, window: string, isFiltered: boolean) => string;
  readonly events: string;
  readonly distinct: (noun: string) => string;
  /** Different values of the account. */
  readonly distinctActors: string;
  readonly sum: (noun: string) => string;
  readonly sameAs: (nouns: readonly string[]) => string;
  readonly thisActor: string;
  readonly since: (by: string | undefined, window: string, isFiltered: boolean) => string;
  readonly limitExceeded: (name: string) => readonly [yes: string, no: string];
  readonly limitWait: (name: string) => string;
};

/** All words of one language for decisions. */
export type DecisionWords = {
  readonly outcomes: Readonly<Record<Outcome, string>>;
  readonly effects: Readonly<Record<Outcome, string>>;
  readonly headings: Readonly<
    Record<
      | "fired"
      | "held"
      | "near"
      | "missing"
      | "points"
      | "strikes"
      | "restrictions"
      | "before"
      | "counters"
      | "limits"
      | "hits",
      string
    >
  >;
  readonly record: (index: number, outcome: string) => string;
  readonly facts: Readonly<
    Record<"decidedAt" | "sealedAt" | "actor" | "release" | "event" | "refusedBy", string>
  >;
  readonly was: (value: string) => string;
  readonly unknown: string;
  readonly gone: string;
  readonly clauseTrue: string;
  readonly clauseFalse: string;
  readonly clauseMissing: string;
  readonly onlyThis: string;
  readonly lacks: (what: readonly string[]) => string;
  readonly held: Readonly<Record<Held, string>>;
  readonly exemptBy: (exemption: string, owner: string | undefined) => string;
  readonly strikes: (count: number) => string;
  readonly strikesBefore: (count: number) => string;
  readonly noStrike: (within: string) => string;
  readonly points: (count: number) => string;
  readonly pointsOf: (policy: string, sum: number) => string;
  readonly threshold: (points: number, outcome: string) => string;
  readonly reached: string;
  readonly notReached: string;
  readonly holdFor: (time: string, otherwise: string) => string;
  readonly holdUntilReview: string;
  readonly retryAfter: (time: string) => string;
  readonly warn: string;
  readonly ban: string;
  readonly suspendFor: (time: string) => string;
  readonly throttleFor: (rate: string, burst: number, time: string) => string;
  readonly limitFor: (abilities: string, time: string) => string;
  readonly warned: (until: string) => string;
  readonly banned: string;
  readonly suspended: (until: string) => string;
  readonly throttled: (rate: string, burst: number, until: string) => string;
  readonly limited: (ability: string, until: string) => string;
  readonly wait: (time: string) => string;
  readonly ladder: (policy: string, strikes: string, within: string) => string;
  readonly proposed: string;
  readonly capped: string;
  readonly nothing: string;
  readonly limitRoom: (rate: string, burst: number) => string;
  readonly limitFull: (time: string) => string;
  readonly limitFree: string;
  readonly hits: (count: number) => string;
  /** For the affected user. */
  readonly user: {
    readonly outcomes: Readonly<Record<Outcome, string>>;
    readonly why: string;
    readonly noReason: string;
    readonly seen: string;
    readonly measures: string;
    readonly retry: (time: string) => string;
    readonly heldUntil: (until: string, otherwise: string) => string;
    readonly heldForReview: string;
    readonly object: (index: number, origin: string) => string;
    readonly proof: string;
  };
};
