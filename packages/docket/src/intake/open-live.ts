// SPDX-License-Identifier: Apache-2.0
// Opens what tells of the site as it is now, and campaigns.
import { CampaignDesk } from "../patterns/campaign-desk.ts";
import { LiveDesk } from "../live/live-desk.ts";
import { countedFields } from "./open-patterns.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens what tells of the site as it is now. */
export function openLive({ index, clock, timer }: OpenSiteOptions, site: DocketSite): LiveDesk {
  return new LiveDesk({
    listen: (listener) => site.listen(listener),
    index,
    indexed: () => site.indexed(),
    latestMs: () => index.latestDecidedMs(),
    rules: () => {
      const rules = site.release.policies.policies.flatMap((policy) => policy.rules);
      const shadow = rules.filter(({ mode }) => mode === "shadow").length;
      return { shadow, enforced: rules.length - shadow };
    },
    clock,
    timer,
  });
}

/** Opens the campaigns of a site. */
export function openCampaigns({ index, clock }: OpenSiteOptions, site: DocketSite): CampaignDesk {
  return new CampaignDesk({
    decisions: (query) => index.decisions(query),
    decisionGroups: (query) => index.decisionGroups(query),
    countedFields: () => countedFields(site.release.policies),
    indexed: () => site.indexed(),
    latestMs: () => index.latestDecidedMs(),
    clock,
  });
}
