// SPDX-License-Identifier: Apache-2.0
// Opens a site's reports to the public, and to whoever runs it.
import type { SiteDisputes } from "../disputes/contract.ts";
import { releaseShelf } from "../explanation/explain-record.ts";
import { DocketError } from "../error.ts";
import { TransparencyDesk } from "../transparency/transparency-desk.ts";
import type { TransparencyPorts } from "../transparency/transparency-desk.ts";
import type { RuleReason } from "../transparency/statements.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens what tells of a period. */
export function openTransparency(
  options: OpenSiteOptions,
  site: DocketSite,
  {
    reviews,
    disputes,
    publicDays,
  }: Pick<TransparencyPorts, "reviews" | "publicDays"> & { disputes: Pick<SiteDisputes, "statistics"> },
): TransparencyDesk {
  const { index, keys, clock } = options;
  return new TransparencyDesk({
    origin: site.origin,
    views: index,
    indexed: () => site.indexed(),
    recordOf: async (at) => (await site.recorded(at)).record,
    reviews,
    disputes,
    reasonsOf: reasonsOf(options),
    seal: (body, parts) => site.seal(body, parts),
    siteKey: keys.site,
    publicDays,
    clock,
  });
}

function reasonsOf({
  readLater,
  paths,
}: OpenSiteOptions): (row: DecisionRow) => Promise<readonly RuleReason[]> {
  const shelf = releaseShelf(readLater, paths);
  return async ({ release, fired }) => {
    const enforced = fired.filter((rule) => !rule.includes(":"));
    try {
      const { policies } = await shelf(release);
      return policies.policies
        .flatMap(({ id, rules }) => rules.map(({ id: rule, reason }) => ({ rule: `${id}/${rule}`, reason })))
        .filter(({ rule, reason }) => enforced.includes(rule) && Object.keys(reason).length > 0)
        .map(({ rule, reason }) => ({ rule, text: reason["en"] ?? Object.values(reason)[0] ?? "" }));
    } catch (error) {
      // A release that cannot be read gives no reasons; the statement says less then.
      if (error instanceof DocketError) return [];
      throw error;
    }
  };
}
