// SPDX-License-Identifier: Apache-2.0
// Corrections of many decisions at once, as HTTP and the command line see them.
import type { BatchKind, Outcome, ReviewFinding, ReviewTask, Verdict } from "@docket/protocol";
import type { Texts } from "../enforcement/contract.ts";

/** What is to be done to many decisions, and to which. One of the selections is named. */
export type BatchWish = {
  readonly batch: BatchKind;
  /** Revert, sweep: decisions of this rule, by its id or as `policy/rule`. */
  readonly rule?: string | undefined;
  /** Revert: decisions under this release, by its id or the beginning of it. */
  readonly release?: string | undefined;
  /** Revert: a rule or a release, whichever has this name. */
  readonly target?: string | undefined;
  /** Revert: the verdicts of this batch, by the index of its record. */
  readonly of?: number | undefined;
  /** Sweep: what belongs to this campaign, was posted by this actor (`a_…`), or has this text. */
  readonly campaign?: string | undefined;
  readonly actor?: string | undefined;
  readonly fingerprint?: string | undefined;
  /** Bulk: these decisions, or all open cases that a rule or campaign above names. */
  readonly indexes?: readonly number[] | undefined;
  /** Bulk: open cases of this task only. */
  readonly task?: ReviewTask | undefined;
  /** Bulk: what was found. */
  readonly finding?: ReviewFinding | undefined;
  /** Decided at or after, and before; RFC 3339. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Also decisions on which a person has spoken since. */
  readonly reviewed?: boolean | undefined;
  /** A code. */
  readonly reason: string;
  /** Sealed with the site's key. */
  readonly note?: string | undefined;
  /** What the affected users are told, by language. */
  readonly told?: Texts | undefined;
};

/** Why a decision is left out. */
export const leftOutReasons = [
  /** Nothing would change. */
  "unchanged",
  /** A person has spoken since. */
  "reviewed",
  /** Another rule had the same effect. */
  "otherRule",
  /** A restriction refused it, not the rule: that ends where its ground does. */
  "restricted",
  /** Another verdict came since. */
  "overtaken",
  /** It can't be put back as it was: a hold that was released. */
  "irreversible",
  /** Nothing is asked of this person in that case. */
  "closed",
] as const;
/** Why a decision is left out. */
export type LeftOut = (typeof leftOutReasons)[number];

/** A decision that a batch would change. */
export type BatchExample = {
  of: number;
  actor: string;
  decidedAt: string;
  outcome: Outcome;
  /** What it would be; `null` where only what was found is recorded. */
  verdict: Verdict | null;
  fired: readonly string[];
};

/** What a batch would do. */
export type BatchPreview = {
  batch: BatchKind;
  /** The selection in words. */
  selection: string;
  /** Decisions that were looked at, and those of them that would change. */
  looked: number;
  count: number;
  /** More decisions are meant than one batch takes: the oldest come first, and another batch goes on. */
  more: boolean;
  /** Of those that would not change, how many for which reason. */
  leftOut: Partial<Record<LeftOut, number>>;
  actors: number;
  verdicts: Partial<Record<Verdict, number>>;
  outcomes: Partial<Record<Outcome, number>>;
  /** Strikes that would be void or given, and restrictions that would end or begin. */
  strikesVoid: number;
  strikesGiven: number;
  restrictionsEnding: number;
  restrictionsBeginning: number;
  /** So many decisions were looked at for the line above, if not all. */
  effectsOf: number;
  examples: BatchExample[];
  /** How many one person may change alone, and how many this one has within the last 24 hours. */
  cap: number;
  alone: number;
  needsSecondPerson: boolean;
  /** What could not be found out, in sentences. */
  notes: string[];
};

/** How a batch stands. */
export type BatchStatus = "pending" | "running" | "stopped" | "done";

/** A batch. */
export type Batch = {
  /** Index of its record. */
  index: number;
  batch: BatchKind;
  by: string;
  at: string;
  reason: string;
  status: BatchStatus;
  count: number;
  /** Verdicts, or reviews, that were made so far, and decisions that were passed over. */
  made: number;
  passed: number;
  approvedBy: string | null;
  endedAt: string | null;
  /** The batch that it reverts, and those by which it was reverted. */
  of: number | null;
  revertedBy: number[];
  /** About how long it takes still, in seconds; `null` where nobody knows. */
  secondsLeft: number | null;
  /** Why it stands still, if so. */
  fault: string | null;
};

/** A batch with what was sealed of it. */
export type BatchDetail = Batch & { selection: string; note: string | null; indexes: number[] };

/** The plaintext of the part `change` of a batch. */
export type BatchPart = {
  v: 1;
  why: string | null;
  selection: string;
  /** Each decision's index less the one before. */
  steps: number[];
  finding?: ReviewFinding;
  task?: ReviewTask;
  reviewed?: true;
  told?: Texts;
};

/** Corrections of a site. Rejections are {@link DocketError}. */
export interface SiteBatches {
  /** What a batch would do. Nothing is sealed. Rejects with `usage`, `not_found`. */
  preview(author: { by: string; role: string }, wish: BatchWish): Promise<BatchPreview>;
  /**
   * Begins a batch; over the cap it waits for another person. Rejects as {@link preview}, and with
   * `batch_conflict` if nothing would change.
   */
  begin(author: { by: string; role: string }, wish: BatchWish): Promise<Batch>;
  /**
   * Approves a batch that waits. Rejects with `another_person` for whoever began it and for keys that were
   * made since, `batch_conflict` if it doesn't wait.
   */
  approve(author: { by: string; role: string }, index: number): Promise<Batch>;
  /** Ends a batch that waits or runs; what was made stays. Rejects with `batch_conflict` if it has ended. */
  stop(author: { by: string; role: string }, index: number): Promise<Batch>;
  /** Rejects with `not_found`. */
  batch(index: number): Promise<BatchDetail>;
  /** The newest first. */
  list(limit: number): Batch[];
  /** Resolves when a batch has ended, or stands still. */
  ended(index: number): Promise<void>;
}
