// SPDX-License-Identifier: Apache-2.0
// Opens the review queue and the corrections of many decisions on a site.
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import type { Event } from "@docket/protocol";
import type { EnforcementDesk } from "../enforcement/desk.ts";
import { keyedHash } from "../evidence/keys.ts";
import { labelOfLeaf } from "../labels/label-desk.ts";
import type { ChangeState } from "../releases/change-state.ts";
import type { ReportWeight } from "../reviews/contract.ts";
import { openReviews } from "../reviews/open-reviews.ts";
import type { OpenedReviews } from "../reviews/open-reviews.ts";
import type { SiteSettings } from "../settings/settings-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** What reviews lean on besides the site. */
export type ReviewsOf = {
  enforcement: EnforcementDesk;
  settings: SiteSettings;
  state: ChangeState;
  /** What reports of a decision's content weigh. */
  reports: (of: number) => ReportWeight | undefined;
};

/** Opens them. Memory was rebuilt before, so the views have all of the log. */
export function openSiteReviews(
  options: OpenSiteOptions,
  site: DocketSite,
  { enforcement, settings, state, reports }: ReviewsOf,
): Promise<OpenedReviews> {
  const { index, keys, clock, paths, origin, onNotice } = options;
  const finder = options.refusedNow?.({
    paths,
    origin,
    keys,
    publishedSize: () => site.status().publishedSize,
    firstRecordSince: (ms) => index.firstRecordSince(ms),
    latestDecidedMs: () => index.latestDecidedMs(),
  });
  return openReviews({
    views: index,
    enforcement,
    settings,
    reports,
    listen: (listener) => site.listen(listener),
    size: () => site.status().size,
    keyOf: (purpose) => keyedHash(keys.hashing, purpose, ""),
    seal: (body, parts) => site.seal(body, parts),
    recorded: (at) => site.recorded(at),
    facts: async (at) => (await site.recorded(at)).facts,
    event: async (at) => {
      const content = await site.openedPart(at, "content");
      return content === undefined ? undefined : (JSON.parse(content) as { event: Event }).event;
    },
    reportText: async (at) => {
      const content = await site.openedPart(at, "content");
      return content === undefined ? undefined : (JSON.parse(content) as { text?: string }).text;
    },
    label: async (of) => {
      const [leaf] = await index.labels({ from: of, limit: 1 });
      const label = leaf === undefined ? undefined : labelOfLeaf(leaf);
      return label?.of === of ? label : undefined;
    },
    partOf: (at) => site.sitePart(at, "change"),
    settled: () => site.settled(),
    rules: () =>
      site.release.policies.policies.flatMap(({ rules }) => rules.map(({ policy, id }) => `${policy}/${id}`)),
    releases: () => state.releases.map(({ release }) => release),
    ...(finder && {
      refusedNow: (rule, period, signal) => finder(site.release, rule, period, signal),
    }),
    keys: () => state.keys,
    siteKey: keys.site,
    clock,
    wait: (ms) => sleep(ms),
    breathe: () => setImmediate(),
    onFault: (error, batch) => onNotice?.(`batch ${batch} stands still: ${(error as Error).message}`),
    onNotice: (notice) => onNotice?.(notice),
  });
}
