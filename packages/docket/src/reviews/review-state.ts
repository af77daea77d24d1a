// SPDX-License-Identifier: Apache-2.0
// Which cases are open: a reducer over decisions and the records about them, in the order of the log. What is
// closed is forgotten but for what reviewers said, since a report may come later; both are bounded.
import type { DocketRecord, ReviewTask } from "@docket/protocol";
import { isCaseRecord, parseTime } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import { addReview, emptyCase, openTasks } from "./case.ts";
import type { ReviewCase } from "./case.ts";
import { ShareHistory } from "./sampling.ts";
import type { Sampler } from "./sampling.ts";

/** Kinds of record that say something of cases. */
export const reviewKinds: readonly string[] = ["review", "verdict", "measure", "report", "settings"];
/** Most open cases of one task in memory, the newest; the others are found again once there is room. */
export const casesPerTaskMax = 20_000;
/** Most closed cases of which it is remembered what reviewers said. */
export const settledMax = 200_000;

/** Limits of the state, for tests that cannot fill it. */
export type ReviewLimits = { readonly casesPerTaskMax: number; readonly settledMax: number };

/** What shares were drawn, over time. */
export type Shares = {
  readonly allowed: ShareHistory;
  readonly refused: ShareHistory;
  readonly second: ShareHistory;
  readonly quality: ShareHistory;
};
/** What was never set. */
export type InitialShares = { readonly [Draw in keyof Shares]: number };

/** How each share is called as a setting, and what it is of. */
const shareSettings = {
  allowed: { name: "sampleOfAllowedPerMillion", of: 1_000_000 },
  refused: { name: "sampleOfRefusedPerMillion", of: 1_000_000 },
  second: { name: "secondReviewPerMille", of: 1000 },
  quality: { name: "qualitySamplePerMille", of: 1000 },
} as const;
const shareNames = Object.keys(shareSettings) as (keyof Shares)[];

/** Open cases. */
export class ReviewState {
  readonly shares: Shares;
  readonly #sampler: Sampler;
  readonly #limits: ReviewLimits;
  readonly #open = new Map<number, { readonly of: ReviewCase; readonly home: ReviewTask }>();
  /** The same by the task for which they came, in the order in which they came. */
  readonly #homes = new Map<ReviewTask, Map<number, ReviewCase>>();
  readonly #settled = new Map<number, ReviewCase>();
  readonly #leftOut = new Map<ReviewTask, number>();

  constructor(
    sampler: Sampler,
    initial: InitialShares,
    limits: ReviewLimits = { casesPerTaskMax, settledMax },
  ) {
    this.#sampler = sampler;
    this.#limits = limits;
    this.shares = {
      allowed: new ShareHistory(initial.allowed),
      refused: new ShareHistory(initial.refused),
      second: new ShareHistory(initial.second),
      quality: new ShareHistory(initial.quality),
    };
  }

  /** Cases that are open. */
  open(): Iterable<ReviewCase> {
    return this.#open.values().map(({ of }) => of);
  }

  /** A case, open or closed, as far as it is in memory. */
  case(of: number): ReviewCase | undefined {
    return this.#open.get(of)?.of ?? this.#settled.get(of);
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** Open cases that had no room, by task. */
  leftOut(): { task: ReviewTask; cases: number }[] {
    return [...this.#leftOut].map(([task, cases]) => ({ task, cases }));
  }

  /** Whether cases had no room that would have it now. */
  get hasRoomAgain(): boolean {
    return this.#leftOut
      .keys()
      .some((task) => (this.#homes.get(task)?.size ?? 0) < this.#limits.casesPerTaskMax / 2);
  }

  /** Takes in a decision. */
  takeDecision(row: DecisionRow): void {
    const asked = this.#askedBy(row);
    const known = this.case(row.index);
    if (known === undefined && asked.length === 0 && row.proposed.length === 0) return;
    const each = known ?? emptyCase(row.index);
    describeCase(each, row, asked);
    this.#settle(each);
  }

  /** Takes in a record; those of other kinds change nothing. */
  takeRecord(record: DocketRecord): void {
    if (!isCaseRecord(record)) return;
    if (record.kind === "settings") return this.#takeShares(record.index, record.values);
    for (const of of casesOf(record)) {
      const known = this.case(of);
      const each = known ?? emptyCase(of);
      // What is closed and of which nobody said anything is changed by nothing but a report or a new step.
      if (!this.#mark(each, record) && known === undefined) continue;
      this.#settle(each);
    }
  }

  /** A decision that leaned on the same as one that a dispute overturned by record `verdict`. */
  takeLike(of: number, verdict: number): void {
    const each = this.case(of) ?? emptyCase(of);
    each.likeAt = Math.max(each.likeAt ?? -1, verdict);
    this.#settle(each);
  }

  /** Puts in a case that was made from records and a row, in order of `of`. */
  restore(each: ReviewCase): void {
    this.#settle(each);
  }

  /** Cases of a task that had no room when the state was made. */
  leave(task: ReviewTask, cases: number): void {
    if (cases > 0) this.#leftOut.set(task, (this.#leftOut.get(task) ?? 0) + cases);
  }

  /** Whether the case of a decision is drawn, at the share that held when it was made. */
  isDrawn(draw: "allowed" | "refused", index: number): boolean {
    return this.#sampler(draw, index, this.shares[draw].at(index), shareSettings[draw].of);
  }

  /** The share that was drawn of what came with a record, from 0 to 1. */
  shareAt(draw: keyof Shares, index: number): number {
    return this.shares[draw].at(index) / shareSettings[draw].of;
  }

  /**
   * Adds what a record says to a case; `false` if it says nothing that a case must be opened for.
   */
  markCase(each: ReviewCase, record: DocketRecord): boolean {
    return this.#mark(each, record);
  }

  /** What a decision asks reviewers. */
  askedBy(row: DecisionRow): readonly ReviewTask[] {
    return this.#askedBy(row);
  }

  /** Takes in settings. */
  #takeShares(index: number, values: Readonly<Record<string, number>>): void {
    for (const share of shareNames) {
      const value = values[shareSettings[share].name];
      if (value !== undefined) this.shares[share].set(index, value);
    }
  }

  // What a restriction refused was judged by no rule, so it says nothing of rules.
  #askedBy({ index, outcome, refusedBy }: DecisionRow): readonly ReviewTask[] {
    if (outcome === "flag") return flagged;
    if (outcome === "hold") return held;
    if (outcome === "allow") return this.isDrawn("allowed", index) ? sampled : nothing;
    const isRefused = outcome === "reject" && refusedBy === undefined;
    return isRefused && this.isDrawn("refused", index) ? sampled : nothing;
  }

  #mark(each: ReviewCase, record: DocketRecord): boolean {
    if (record.kind === "report") {
      each.reportedAt = Math.max(each.reportedAt ?? -1, record.index);
      return true;
    }
    if (record.kind === "review") {
      const { index, by, task, finding, time, of } = record;
      const drawn = (draw: "second" | "quality"): boolean =>
        this.#sampler(draw, of, this.shares[draw].at(index), shareSettings[draw].of);
      addReview(each, {
        index,
        by,
        task,
        finding,
        atMs: parseTime(time) ?? 0,
        second: drawn("second"),
        quality: drawn("quality"),
      });
      return true;
    }
    if (record.kind === "measure") {
      each.steppedAt = Math.max(each.steppedAt ?? -1, record.index);
      return false;
    }
    if (record.kind !== "verdict") return false;
    const { index, verdict, cause, proposed } = record;
    if (cause !== "review") each.verdictAt = Math.max(each.verdictAt ?? -1, index);
    if (verdict === "release" || verdict === "restore") {
      each.undoneAt = Math.max(each.undoneAt ?? -1, index);
    }
    if (proposed === true) each.proposedAt = Math.max(each.proposedAt ?? -1, index);
    return proposed === true;
  }

  #settle(each: ReviewCase): void {
    const { of } = each;
    const [task] = openTasks(each);
    const open = this.#open.get(of);
    if (task !== undefined) {
      this.#settled.delete(of);
      if (open === undefined) this.#enter(each, task.task);
      return;
    }
    if (open !== undefined) {
      this.#open.delete(of);
      this.#homes.get(open.home)?.delete(of);
    }
    if (each.reviews.length === 0) return;
    each.row = undefined;
    this.#settled.set(of, each);
    if (this.#settled.size <= this.#limits.settledMax) return;
    for (const oldest of this.#settled.keys()) {
      this.#settled.delete(oldest);
      break;
    }
  }

  #enter(each: ReviewCase, home: ReviewTask): void {
    let cases = this.#homes.get(home);
    if (cases === undefined) this.#homes.set(home, (cases = new Map()));
    cases.set(each.of, each);
    this.#open.set(each.of, { of: each, home });
    if (cases.size <= this.#limits.casesPerTaskMax) return;
    for (const oldest of cases.keys()) {
      cases.delete(oldest);
      this.#open.delete(oldest);
      this.leave(home, 1);
      break;
    }
  }
}

/** Puts into a case what its decision says. */
export function describeCase(each: ReviewCase, row: DecisionRow, asked: readonly ReviewTask[]): void {
  const { outcome, sealedMs, holdUntilMs, points, proposed, index } = row;
  each.row = { outcome, sealedMs, holdUntilMs, points };
  each.asked = asked;
  if (proposed.length > 0) each.proposedAt = Math.max(each.proposedAt ?? -1, index);
}

/** The decisions that a record is about. */
export function casesOf(record: DocketRecord): readonly number[] {
  if (record.kind === "review" || record.kind === "verdict" || record.kind === "report") return [record.of];
  // Other measures lean on decisions too, and answer nothing that was asked of a reviewer.
  return record.kind === "measure" && record.cause === "ladder" ? record.of : [];
}

const flagged: readonly ReviewTask[] = ["flag"];
const held: readonly ReviewTask[] = ["hold"];
const sampled: readonly ReviewTask[] = ["sample"];
const nothing: readonly ReviewTask[] = [];
