// SPDX-License-Identifier: Apache-2.0
// Opens where readings are noted.
import { ReadingDesk } from "../readings/reading-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the desk of readings. */
export function openReadings(
  { index, keys, timer, onNotice, pendingReadings }: OpenSiteOptions,
  site: DocketSite,
): ReadingDesk {
  return new ReadingDesk({
    seal: (body, parts) => site.seal(body, parts),
    siteKey: keys.site,
    page: async (before, limit) => {
      await site.indexed();
      return index.keptPage({ kind: "read", from: before - 1, limit, newestFirst: true });
    },
    partOf: (at) => site.sitePart(at, "change"),
    timer,
    pending: pendingReadings,
    onFault: (error) => {
      onNotice?.(`what was read could not be sealed, which is tried again: ${(error as Error).message}`);
    },
  });
}
