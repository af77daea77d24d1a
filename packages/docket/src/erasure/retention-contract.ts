// SPDX-License-Identifier: Apache-2.0
// Retention as HTTP and the command line see it.

/** Parts that may be dropped by their age, in the order in which they are named. */
export const retainedParts = ["content", "personalFacts", "disclosed", "facts"] as const;
/** A part that may be dropped by its age. */
export type RetainedPart = (typeof retainedParts)[number];

/** How long evidence is kept, and how often it is looked. */
export type RetentionConfig = {
  readonly ages: ReadonlyMap<RetainedPart, number>;
  readonly replayForMs: number | undefined;
  readonly everyMs: number;
};

/** What is due of one kind of part. */
export type RetentionRow = {
  part: RetainedPart;
  /** How long it is kept, in days; longer than configured where the dispute period is. */
  days: number;
  /** Why it is longer than configured. */
  because: "disputePeriod" | null;
  /** Parts of records before this one are due: whole files of 256 records. */
  before: number;
  /** Parts that are there and go. */
  count: number;
  /** Parts that are due and stay, because of a legal hold or an open dispute. */
  held: number;
};
/** What a run drops, or has dropped. */
export type RetentionPlan = {
  rows: RetentionRow[];
  /** Actors whose evidence is due and stays. */
  heldActors: number;
  /** A legal hold on everybody keeps everything. */
  everybodyHeld: boolean;
};
/** A run: the records that say what it dropped. */
export type RetentionDone = RetentionPlan & { records: number[] };

/** Retention of a site. */
export interface SiteRetention {
  readonly config: RetentionConfig;
  preview(): Promise<RetentionPlan>;
  run(): Promise<RetentionDone>;
}
