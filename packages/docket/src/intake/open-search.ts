// SPDX-License-Identifier: Apache-2.0
// Opens the search of decisions.
import { SearchDesk } from "../search/search-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the search of a site. */
export function openSearch({ index, texts }: OpenSiteOptions, site: DocketSite): SearchDesk {
  return new SearchDesk({
    search: (query) => index.searchDecisions(query),
    recordsOf: (query) => index.recordsBetween(query),
    texts,
    actorNamed: (accountId) => site.actorNamed(accountId),
    indexed: () => site.indexed(),
    published: async () => {
      const { size, publishedSize } = site.status();
      // What was just sealed is published a moment later; where that stands still, what is published will do.
      if (size > publishedSize) await site.recorded(size - 1).catch(() => undefined);
      return site.status().publishedSize;
    },
    nowMs: () => performance.now(),
  });
}
