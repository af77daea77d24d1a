// SPDX-License-Identifier: Apache-2.0
// How many decisions there were over time, and which rules fired: kept as tallies beside the decisions, so
// that a month costs no more to look at than its ten minutes are many.
import type { Outcome } from "@docket/protocol";
import type { Period } from "./pattern-queries.ts";

/** Which tallies are asked for. */
export type TallyQuery = Period & {
  /**
   * How long each bucket is, in ms, aligned to the epoch. Multiples of ten minutes are read from tallies;
   * what is finer is counted anew, over the newest records only where there are very many.
   */
  readonly bucketMs: number;
  /** Most rules, those that fired most first. */
  readonly rulesMax: number;
};

/** How many decisions there are of each outcome. */
export type OutcomeCounts = Readonly<Partial<Record<Outcome, number>>>;

/** A stretch of time with its decisions; those without any are left out. */
export type TallyBucket = { readonly fromMs: number; readonly outcomes: OutcomeCounts };

/** What the tallies of a time come to. */
export type Tallies = {
  /** From when on all is counted: later than asked where there is too much to count anew. */
  readonly fromMs: number;
  readonly decisions: number;
  readonly outcomes: OutcomeCounts;
  readonly buckets: readonly TallyBucket[];
  /** Rules as `policy/rule`, with `:mode` if without effect, and how many decisions they fired in. */
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
};
