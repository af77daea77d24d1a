// SPDX-License-Identifier: Apache-2.0
// What is asked of many decisions at once: groups of what is alike, and how many there are an hour.
import type { Outcome } from "@docket/protocol";
import type { AccountAge } from "./decision-row.ts";

/** A time: from, in ms since 1970, and before. */
export type Period = { readonly fromMs: number; readonly toMs: number };

/** What decisions are grouped by. */
export type GroupBy = "actor" | "campaign" | "fingerprint";

/** Which groups are asked for: those with at least so many decisions, actors and outcomes. */
export type GroupQuery = Period & {
  readonly by: GroupBy;
  /** Only the group of this key. */
  readonly key?: string | undefined;
  readonly decisionsMin: number;
  readonly actorsMin: number;
  /** At least so many that were refused or held for their own sake, and not because of a restriction. */
  readonly refusedMin: number;
  /** At least so many letters in each text, where a policy reads how many there are. */
  readonly lettersMin?: number | undefined;
  /** At least so many different outcomes under one release, for events of one type. */
  readonly outcomesMin: number;
  /** Most groups, those with the most decisions first. */
  readonly limit: number;
};

/** Decisions that are alike. */
export type DecisionGroup = {
  readonly key: string;
  readonly decisions: number;
  readonly actors: number;
  /** Those with an outcome of hold, reject or delay that no restriction brought about. */
  readonly refused: number;
  /** Those that were refused because of a restriction. */
  readonly restricted: number;
  /** How many there are of each outcome. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** The first record and the last, and between which times they were decided. */
  readonly first: number;
  readonly last: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/** What is counted by the hour. `all`: every decision. */
export type SeriesBy = "all" | "rule" | "mark";

/** Which series are asked for. */
export type SeriesQuery = Period & {
  readonly by: SeriesBy;
  /** Those with at least so many decisions from this time on. */
  readonly sinceMs: number;
  readonly countMin: number;
  /** Most series, those with the most since then first. */
  readonly limit: number;
};

/**
 * A campaign that an actor had a part in: how many decisions are its own, and how many there are, by how many
 * actors, counted to 200.
 */
export type CampaignPart = {
  readonly campaign: string;
  readonly own: number;
  readonly decisions: number;
  readonly actors: number;
};
/** What the decisions of an actor came to. */
export type ActorFigures = {
  readonly decisions: number;
  /** Refused because of a restriction. */
  readonly restricted: number;
  /** When the first and the last were decided. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** Rules that fired, with `:mode` if without effect; those that fired most first. */
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  /** Campaigns of more than one actor, those with the most actors first. */
  readonly campaigns: readonly CampaignPart[];
};

/**
 * How many decisions (`all`) or accounts (otherwise) there were in an hour (since 1970); hours without any
 * are left out.
 */
export type HourCount = readonly [hour: number, count: number];
/** Decisions of one key by the hour, in order. */
export type Series = { readonly key: string; readonly counts: readonly HourCount[] };

/** How often something came out, by what it was of. */
export type OutcomeShare = {
  readonly group: string;
  readonly decisions: number;
  readonly refused: number;
  /** Which ages of accounts these are. */
  readonly accountAge?: AccountAge | undefined;
};
/** What outcomes are compared across. */
export type ShareBy = "language" | "accountAge";
