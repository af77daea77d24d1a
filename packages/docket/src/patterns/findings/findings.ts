// SPDX-License-Identifier: Apache-2.0
// All kinds of findings of a time.
import { periodText } from "./source.ts";
import type { FindingsSource, Found } from "./source.ts";
import type { FindingKind, Findings, FindingsQuery } from "../contract.ts";
import type { Period } from "../../views/pattern-queries.ts";
import { bursts, reportFloods } from "./bursts.ts";
import { comparedGroups, contradictedRules, unlikePairs } from "./compared.ts";
import { campaigns, copies, offenders } from "./groups.ts";

const finders: Readonly<Record<FindingKind, (source: FindingsSource, period: Period) => Promise<Found>>> = {
  offender: offenders,
  campaign: campaigns,
  copies,
  burst: bursts,
  reports: reportFloods,
  rule: contradictedRules,
  language: (source, period) => comparedGroups(source, period, "language"),
  accountAge: (source, period) => comparedGroups(source, period, "accountAge"),
  pair: unlikePairs,
};

/** The findings of a time, one kind after the other: each reads much of the views. */
export async function findPatterns(source: FindingsSource, query: FindingsQuery): Promise<Findings> {
  const { kinds, fromMs, toMs } = query;
  const findings: Findings["findings"][number][] = [];
  const limits: string[] = [];
  for (const kind of kinds) {
    const found = await finders[kind](source, { fromMs, toMs });
    findings.push(...found.findings);
    limits.push(...(found.limits ?? []));
  }
  return { ...periodText(query), findings, limits };
}
