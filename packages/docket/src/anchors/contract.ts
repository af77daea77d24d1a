// SPDX-License-Identifier: Apache-2.0
// The log's outside time-stamps, as HTTP and the command line see them.
import type { AnchorSource } from "@docket/protocol";

/** Most anchors of one answer, and how many if nothing is said. */
export const anchorsListedMax = 1000;
export const anchorsListedDefault = 100;

/** An anchor of the log, as its record says: whether the stamp holds is what `docket verify` tells. */
export type AnchorListed = {
  /** Index of its record: that one and all that follow are later than `notBefore`. */
  index: number;
  /** All records below were there by `notAfter`. */
  size: number;
  /** The root of the tree of that size, base64url. */
  root: string;
  source: AnchorSource;
  name: string;
  stampedAt: string;
  accuracyMs: number | null;
  notBefore: string;
  notAfter: string;
  /** When the record was sealed, by the log's own clock. */
  sealedAt: string;
};

/** Anchors from an index on, in the order of the log; `next` is where to go on, `null` at the end. */
export type AnchorPage = { anchors: AnchorListed[]; next: number | null };

/**
 * Between what a record was sealed, as the records of anchors say. A bound is null where there is none yet.
 */
export type RecordInterval = {
  index: number;
  notBefore: { time: string; anchor: number; name: string } | null;
  notAfter: { time: string; anchor: number; name: string } | null;
  widthMs: number | null;
};

/** What became of asking one outside clock. `asked`: it has not answered yet. */
export type AnchorOutcome = {
  name: string;
  source: AnchorSource;
  state: "asked" | "anchored" | "failed";
  /** Index of the record, once it is sealed. */
  index: number | null;
  stampedAt: string | null;
  fault: string | null;
};

/** The checkpoint that the outside clocks were asked to stamp, and what became of it. */
export type AnchorRound = { size: number; root: string; outcomes: AnchorOutcome[] };

/** How an outside clock fares, for metrics and for the operator. */
export type ClockFigures = {
  name: string;
  source: AnchorSource;
  /** Records that its last stamp covers; 0 if there is none. */
  size: number;
  /** When its last stamp was sealed; ms since 1970. */
  lastMs: number | undefined;
  sealed: number;
  failures: number;
  fault: string | undefined;
};

/** The log's outside time-stamps. */
export interface SiteAnchors {
  /**
   * Has all outside clocks stamp the newest published checkpoint now.
   *
   * @param withinMs resolves at the latest after this time; what has not answered by then goes on
   * @throws {DocketError} `usage` if none is configured
   */
  now(withinMs: number): Promise<AnchorRound>;
  /** Anchors of the log from an index on. */
  list(from: number, limit: number): Promise<AnchorPage>;
  /** Between what a record was sealed, as far as anchors near it say. */
  interval(index: number): Promise<RecordInterval>;
  figures(): ClockFigures[];
}
