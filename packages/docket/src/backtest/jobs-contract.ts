// SPDX-License-Identifier: Apache-2.0
// Backtests that a server runs beside its work: what they are asked, and how they stand.
import type { PolicyFile } from "@docket/policy";
import type { Author } from "../releases/duties.ts";
import type { BacktestReport } from "./report.ts";

/** Most records that one decides, and most before them whose memory it takes in: the newest. */
export const jobRecordsMax = 5_000_000;
export const jobMemoryRecordsMax = 2_000_000;
/** How long one may run, in ms. */
export const jobRunsMsMax = 3_600_000;
/** How many may wait while one runs, how many that ended are remembered, and how long, in ms. */
export const jobsWaitingMax = 8;
export const jobsKeptMax = 20;
export const jobsKeptMs = 86_400_000;
/** Longest name of one, in characters. */
export const jobNameLengthMax = 100;

/** What a backtest is asked. */
export type BacktestWish = {
  /** Policy files, as a proposal has them; or an earlier release; or the candidate of a proposal. */
  readonly candidate:
    | { readonly files: readonly PolicyFile[] }
    | { readonly release: string }
    | { readonly of: number };
  /** What whoever asks calls it. */
  readonly name?: string | undefined;
  /** The first record that is decided again and the one after the last; or events decided since, in ms. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly sinceMs?: number | undefined;
  /** With what memory it begins: default `warm`, and `cold` where it begins with the log's first record. */
  readonly memory?: "cold" | "warm" | undefined;
};

/** How one stands. */
export type BacktestState = "waiting" | "running" | "done" | "failed" | "stopped";

/** A backtest, as it is shown. Times are RFC 3339, UTC. */
export type BacktestJob = {
  readonly id: string;
  readonly name: string;
  readonly by: string;
  readonly at: string;
  readonly state: BacktestState;
  /** The records that are decided again, from and before. */
  readonly from: number;
  readonly to: number;
  readonly memory: "cold" | "warm";
  /** Records that were gone through, those before `from` included, of how many. */
  readonly done: number;
  readonly total: number;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** Why it failed or was stopped. */
  readonly why: string | null;
  /** Decisions that come out otherwise; `null` until it is done. */
  readonly changed: number | null;
};

/** A backtest with its report, once it is done. */
export type BacktestResult = BacktestJob & { readonly report: BacktestReport | null };

/** The backtests of a site, as HTTP sees them. They are in memory: a restart forgets them. */
export interface SiteBacktests {
  /**
   * Has one run as soon as no other does.
   *
   * @throws {DocketError} `policy_invalid`, `not_found`, `usage` if there is nothing to decide again,
   *   `overloaded` if too many wait
   */
  begin(author: Author, wish: BacktestWish): Promise<BacktestJob>;
  /** Those that wait or run, and the last that ended: the newest first. */
  list(): BacktestJob[];
  /** @throws {DocketError} `not_found` */
  one(id: string): BacktestResult;
  /** Stops one that waits or runs; one that ended is left as it is. @throws {DocketError} `not_found` */
  stop(author: Author, id: string): BacktestJob;
}
