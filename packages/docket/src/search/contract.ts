// SPDX-License-Identifier: Apache-2.0
// The search of decisions: what is asked, what comes back, and what an index of texts has to do for it.
import type { KeyFolder } from "../evidence/key-folder.ts";
import type { LogPaths } from "../log/paths.ts";
import type { DecisionFilter, FoundDecision } from "../views/decision-search.ts";
import type { WantedTerm } from "./terms.ts";

/** Most decisions of one answer, and how many if nothing is said. */
export const searchedMax = 500;
export const searchedDefault = 100;

/** What decisions are searched for; `actor` is an account's id in the app, or a pseudonym. */
export type SearchWish = DecisionFilter & {
  /** Words of the text, all of which must be there. */
  readonly text?: string | undefined;
  /** A domain that a link of the text leads to, or one above it. */
  readonly domain?: string | undefined;
  /** Records before this one; or after this one, then those that follow it next. */
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
};

/** A page of decisions, the newest first. */
export type SearchPage = {
  readonly decisions: readonly FoundDecision[];
  /** What to give as `before` for what is older; `null` if there is no more. */
  readonly older: number | null;
  /** What to give as `after` for what is newer, now or later. */
  readonly newer: number;
  /** Whose decisions were asked for. */
  readonly actor: string | undefined;
  /** Texts are still being read: those of older records are looked at when the page is asked again. */
  readonly isPartial: boolean;
};

/** The search of a site, as HTTP and the command line see it. */
export interface SiteSearch {
  /**
   * Finds decisions.
   *
   * @throws {DocketError} `not_found` for an account of which no event was ever decided
   * @throws {ProtocolError} `schema_mismatch` for a text or domain that can't be looked for
   */
  find(wish: SearchWish): Promise<SearchPage>;
}

/** Which texts are asked for. */
export type TextQuestion = {
  readonly wanted: readonly WantedTerm[];
  /** Records from here on, and before that. */
  readonly from: number;
  readonly to: number;
  /** Only these records. */
  readonly among?: readonly number[] | undefined;
  readonly isForward: boolean;
  readonly limit: number;
  /** Records that are published: those have texts to read. */
  readonly size: number;
};
/** Which records have such texts, in the order that was asked for. */
export type TextAnswer = {
  readonly records: readonly number[];
  /** So far it was looked; `null` if to the end. */
  readonly reached: number | null;
};

/** An index of texts. It is unlocked, in memory, from the first question on until it is locked. */
export interface TextIndex {
  find(question: TextQuestion): Promise<TextAnswer>;
  /** Nothing is left of what these actors wrote when it resolves. */
  forget(actors: readonly string[]): Promise<void>;
  /** The parts of a bundle of 256 records are others: their texts are read again when they are wanted. */
  forgetBundle(bundle: number): Promise<void>;
  /** What was unlocked is gone from memory. */
  close(): Promise<void>;
}

/** What the thread of an index of texts is started with. */
export type TextIndexStart = {
  readonly paths: LogPaths;
  readonly origin: string;
  /** The folder of the site's keys. */
  readonly folder: KeyFolder;
  /** The file of the identity map, and that of the sealed terms. */
  readonly identity: string;
  readonly file: string;
};
/** What that thread is asked. */
export type TextThreadQuestion =
  | { readonly ask: "find"; readonly question: TextQuestion }
  | { readonly ask: "forget"; readonly actors: readonly string[] }
  | { readonly ask: "forgetBundle"; readonly bundle: number };

/** How long one question may read texts, in ms; then it answers what it found so far. */
export const textBudgetMs = 600;
/** How long an index of texts stays unlocked after the last question, in ms. */
export const unlockedMs = 900_000;
/** Texts that are held in memory; of older ones those are let go that were read first. */
export const textsHeldMax = 2_000_000;
