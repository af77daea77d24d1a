// SPDX-License-Identifier: Apache-2.0
// What happens now: decisions as they are sealed, how many there were lately, and how far a new site is.
import type { Outcome } from "@docket/protocol";
import type { Period } from "../views/pattern-queries.ts";
import type { OutcomeCounts, Tallies } from "../views/tallies.ts";

/** What is sealed is gathered for so long before followers are told, in ms. */
export const batchMs = 500;
/** Most decisions that a batch names; how many more there were is a number. */
export const batchRowsMax = 20;
/** Followers are told that all is well, or not, this often, in ms. */
export const pulseMs = 5000;
/** After so many pulses a follower is sent away, to come again: ten minutes. */
export const pulsesMax = 120;
/** Most followers at a time. */
export const followersMax = 200;
/** Most decisions from before that a new follower is told of, or one that comes again. */
export const backlogMax = 50;

/** A decision as followers are told of it. */
export type LiveDecision = {
  readonly index: number;
  /** When it was decided, RFC 3339. */
  readonly at: string;
  readonly outcome: Outcome;
  readonly type: string;
  readonly op: string;
  readonly actor: string;
  /** Every rule that fired, as `policy/rule`, with `:mode` if without effect. */
  readonly fired: readonly string[];
  readonly campaign: string | null;
  /** What refused it because of a restriction. */
  readonly refusedBy: string | null;
  readonly points: number;
};

/** What was sealed in a short while. */
export type LiveBatch = {
  /** The last record of it. */
  readonly last: number;
  /** Its newest decisions, the oldest first. */
  readonly decisions: readonly LiveDecision[];
  /** How many decisions there were of each outcome. */
  readonly outcomes: OutcomeCounts;
  /** How many other records there were, by kind. */
  readonly records: Readonly<Record<string, number>>;
  /** Decisions that are not named here. */
  readonly skipped: number;
};

/** What a follower is told. */
export type LiveNews =
  | {
      readonly kind: "backlog";
      readonly last: number;
      readonly decisions: readonly LiveDecision[];
      /** Whether there were more since what the follower had. */
      readonly missed: boolean;
    }
  | { readonly kind: "batch"; readonly batch: LiveBatch }
  /** Every {@link pulseMs}. */
  | { readonly kind: "pulse" }
  /** Nothing comes any more. */
  | { readonly kind: "end" };

/** For how long back it is counted. */
export const activityPeriods = ["hour", "day", "week", "month"] as const;
/** For how long back it is counted: an hour by the minute, a day by ten, a week by hours, 30 days by six. */
export type ActivityPeriod = (typeof activityPeriods)[number];
/** How long a period and its buckets are, in ms. */
export const activitySpans: Readonly<
  Record<ActivityPeriod, { readonly spanMs: number; readonly bucketMs: number }>
> = {
  hour: { spanMs: 3_600_000, bucketMs: 60_000 },
  day: { spanMs: 86_400_000, bucketMs: 600_000 },
  week: { spanMs: 7 * 86_400_000, bucketMs: 3_600_000 },
  month: { spanMs: 30 * 86_400_000, bucketMs: 21_600_000 },
};
/** Most rules that are named. */
export const rulesNamedMax = 12;

/** How many decisions there were in a period, and in the one before it. */
export type Activity = Period & {
  readonly bucketMs: number;
  readonly now: Tallies;
  readonly before: Pick<Tallies, "decisions" | "outcomes">;
  /** When the last event of all was decided, in ms since 1970; 0 if none ever was. */
  readonly latestMs: number;
};

/** How far a new site is. */
export type FirstSteps = {
  /** An event was decided. */
  readonly sent: boolean;
  /** The first one, where it can be found. */
  readonly firstDecision: number | null;
  /** When that was decided (RFC 3339). */
  readonly firstDecidedAt: string | null;
  /** Somebody looked at what a decision was made from. */
  readonly looked: boolean;
  /** Rules in shadow now, and since when this release is in force (RFC 3339). */
  readonly shadowRules: number;
  readonly releaseSince: string | null;
  /** A rule was in shadow for a day or more. */
  readonly shadowed: boolean;
  /** Rules that are enforced now. */
  readonly enforcedRules: number;
  /** A release other than the first is in force, and enforces rules. */
  readonly enforced: boolean;
};

/** What happens now. */
export interface SiteLive {
  /**
   * Tells somebody of what is sealed from now on, after what they have not seen of what was before. `take`
   * must not throw; what it is told after `end` is nothing.
   *
   * @param after the last record that they know of
   * @returns ends it
   * @throws {DocketError} `too_many_requests` if there are {@link followersMax}
   */
  follow(after: number | undefined, take: (news: LiveNews) => void): () => void;
  /** How many decisions there were until a time. Answered from memory for a few seconds. */
  activity(period: ActivityPeriod, toMs: number): Promise<Activity>;
  firstSteps(): Promise<FirstSteps>;
}
