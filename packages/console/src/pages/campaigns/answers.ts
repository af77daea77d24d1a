// SPDX-License-Identifier: Apache-2.0
// What `/v1/campaigns` says.
import type { OutcomeBucket, OutcomeCounts } from "../../parts/outcome-buckets.ts";
import type { Sharing } from "../../parts/sharing-layout.ts";

/** A campaign as it is listed. */
export type ListedCampaign = {
  readonly campaign: string;
  readonly decisions: number;
  readonly actors: number;
  readonly outcomes: OutcomeCounts;
  readonly refused: number;
  readonly restricted: number;
  readonly first: number;
  readonly last: number;
  readonly from: string;
  readonly to: string;
};
/** Campaigns of a time. */
export type CampaignsPage = {
  readonly from: string;
  readonly to: string;
  readonly campaigns: readonly ListedCampaign[];
  readonly more: boolean;
};
/** A campaign with what its decisions share. */
export type CampaignView = ListedCampaign & {
  readonly looked: number;
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  readonly bucketMs: number;
  readonly series: readonly OutcomeBucket[];
  readonly records: readonly number[];
  readonly sharing: Sharing;
};
