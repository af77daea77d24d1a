// SPDX-License-Identifier: Apache-2.0
// A search for tests of the server alone: what was asked is remembered, and one answer is given.
import { DocketError } from "../../error.ts";
import type { SearchPage, SearchWish, SiteSearch } from "../../search/contract.ts";

/** Finds nothing; knows the account `alice`. */
export class TestSearch implements SiteSearch {
  readonly asked: SearchWish[] = [];

  async find(wish: SearchWish): Promise<SearchPage> {
    this.asked.push(wish);
    if (wish.actor !== undefined && wish.actor !== "alice") {
      throw new DocketError("not_found", "no event of this account was ever decided");
    }
    return { decisions: [], older: null, newer: -1, actor: undefined, isPartial: false };
  }
}
