// SPDX-License-Identifier: Apache-2.0
// What `/v1/overview` and `/v1/stream` say, as far as the page shows it.
import type { OutcomeBucket, OutcomeCounts } from "../../parts/outcome-buckets.ts";

/** When something is due. */
export type Deadline = { readonly index: number; readonly until: string; readonly overdue: boolean };
/** A campaign as it is listed. */
export type ListedCampaign = {
  readonly campaign: string;
  readonly decisions: number;
  readonly actors: number;
  readonly outcomes: OutcomeCounts;
  readonly to: string;
};

/** How sealing fares. */
export type Health = {
  readonly at: string;
  readonly status: "ok" | "degraded" | "stopped";
  readonly warnings: readonly string[];
  readonly log: {
    readonly origin: string;
    readonly size: number;
    readonly durableSize: number;
    readonly integratedSize: number;
    readonly publishedSize: number;
    readonly waiting: number;
    readonly lastBatchMs: number;
    readonly release: string;
    readonly rulesWarming: number;
  };
  readonly checkpoint: { readonly size: number; readonly publishedAt: string; readonly ageMs: number } | null;
  readonly witnesses: {
    readonly cosignedSize: number;
    readonly witnesses: readonly {
      readonly name: string;
      readonly state: string;
      readonly cosignedSize: number;
      readonly fault: string | null;
    }[];
  } | null;
  readonly anchors: readonly {
    readonly name: string;
    readonly source: string;
    readonly size: number;
    readonly lastAt: string | null;
    readonly fault: string | null;
  }[];
  readonly clock: {
    readonly state: string;
    readonly stopped: boolean;
    readonly offsetMs: number | null;
    readonly uncertaintyMs: number | null;
    readonly asked: number;
    readonly agreeing: number;
  } | null;
  readonly gap: { readonly open: boolean; readonly waiting: number; readonly forgotten: number } | null;
};

/** How far a new site is. */
export type FirstSteps = {
  readonly sent: boolean;
  readonly firstDecision: number | null;
  readonly firstDecidedAt: string | null;
  readonly looked: boolean;
  readonly shadowRules: number;
  readonly releaseSince: string | null;
  readonly shadowed: boolean;
  readonly enforcedRules: number;
  readonly enforced: boolean;
};

/** A site at a glance; parts that the caller may not read are not there. */
export type Overview = {
  readonly at: string;
  readonly from: string;
  readonly to: string;
  readonly bucketMs: number;
  readonly countedFrom: string;
  readonly latest: string | null;
  readonly decisions: number;
  readonly outcomes: OutcomeCounts;
  readonly before: { readonly decisions: number; readonly outcomes: OutcomeCounts };
  readonly series: readonly OutcomeBucket[];
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  readonly campaigns?: readonly ListedCampaign[];
  readonly queue?: { readonly open: Readonly<Record<string, number>>; readonly next: readonly Deadline[] };
  readonly disputes?: { readonly open: number; readonly overdue: number; readonly next: readonly Deadline[] };
  readonly waiting: Readonly<Record<string, number>>;
  readonly health: Health;
  readonly firstSteps: FirstSteps;
};

/** A decision as the stream tells it. */
export type LiveDecision = {
  readonly index: number;
  readonly at: string;
  readonly outcome: string;
  readonly type: string;
  readonly op: string;
  readonly actor: string;
  readonly fired: readonly string[];
  readonly refusedBy: string | null;
  readonly points: number;
};
