// SPDX-License-Identifier: Apache-2.0
// Campaigns, and who shares what with whom, as HTTP and the command line see them.
import type { Outcome } from "@docket/protocol";
import type { Period } from "../views/pattern-queries.ts";

/** How many decisions of each outcome. */
export type Outcomes = Readonly<Partial<Record<Outcome, number>>>;

/** Which campaigns are asked for. */
export type CampaignsQuery = Period & {
  /** Those with at least so many accounts and decisions in that time. */
  readonly actorsMin: number;
  readonly decisionsMin: number;
  /** Most campaigns, those with the most decisions first. */
  readonly limit: number;
};

/** A campaign as it is listed. Times are RFC 3339. */
export type ListedCampaign = {
  readonly campaign: string;
  readonly decisions: number;
  readonly actors: number;
  readonly outcomes: Outcomes;
  /** Refused or held for their own sake; and because of a restriction. */
  readonly refused: number;
  readonly restricted: number;
  /** The first record and the last, and between which times they were decided. */
  readonly first: number;
  readonly last: number;
  readonly from: string;
  readonly to: string;
};
/** Campaigns of a time; `more` where there were more than asked for. */
export type CampaignsPage = {
  readonly from: string;
  readonly to: string;
  readonly campaigns: readonly ListedCampaign[];
  readonly more: boolean;
};

/** A campaign with what its decisions share. */
export type CampaignView = ListedCampaign & {
  /** How many of its newest decisions what follows was made from: at most {@link decisionsLookedMax}. */
  readonly looked: number;
  /** Rules that fired, with `:mode` if without effect; those that fired most first. */
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  /** How long each entry of `series` is, in ms; stretches without decisions are left out. */
  readonly bucketMs: number;
  readonly series: readonly { readonly from: string; readonly outcomes: Outcomes }[];
  /** Indexes of its newest decisions, at most {@link recordsNamedMax}. */
  readonly records: readonly number[];
  readonly sharing: Sharing;
};

/** An account in a picture of who shares what. */
export type SharingActor = {
  readonly actor: string;
  readonly decisions: number;
  readonly outcomes: Outcomes;
};
/** What kinds of things accounts share. */
export const sharedKinds = ["campaign", "text", "value"] as const;
/** One text (`text`), near copies (`campaign`), or a value that counters count by (`value`). */
export type SharedKind = (typeof sharedKinds)[number];
/** Something that accounts share. */
export type SharedThing = {
  /** Names it in {@link SharingEdge}. */
  readonly id: string;
  readonly kind: SharedKind;
  /** A campaign's id, or a keyed hash: never the value itself. */
  readonly key: string;
  /** The field of a `value` (`actor.network`, …); `null` where its counter is gone. */
  readonly field: string | null;
  /** By how many accounts, of those that were looked at. */
  readonly actors: number;
};
/** So many decisions of an account have it. */
export type SharingEdge = { readonly actor: string; readonly shared: string; readonly count: number };
/** Who shares what with whom. */
export type Sharing = {
  /** How many decisions it was made from. */
  readonly decisions: number;
  readonly actors: readonly SharingActor[];
  readonly shared: readonly SharedThing[];
  readonly edges: readonly SharingEdge[];
  /** How many accounts and shared things were left out of the picture. */
  readonly left: { readonly actors: number; readonly shared: number };
};

/** Of whom it is asked what they share: one of these. */
export type SharingQuery =
  | { readonly actor: string }
  | { readonly campaign: string }
  | { readonly records: readonly number[] };

/** Most campaigns of one answer, and how many if nothing is said. */
export const campaignsListedMax = 500;
export const campaignsListedDefault = 50;
/** Most decisions of a campaign that are looked at for what they share. */
export const decisionsLookedMax = 2000;
/** Most records that a campaign names. */
export const recordsNamedMax = 200;
/** Most records that can be asked about at once. */
export const recordsAskedMax = 200;
/** Most accounts and shared things in one picture. */
export const actorsDrawnMax = 40;
export const sharedDrawnMax = 24;
/** Entries of a campaign's series: about so many. */
export const campaignBuckets = 48;
