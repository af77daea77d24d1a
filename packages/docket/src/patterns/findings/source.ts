// SPDX-License-Identifier: Apache-2.0
// What findings are made from, and how one is put together.
import type { SiteIndex } from "../../views/site-index.ts";
import type { DecisionQuery } from "../../views/decision-row.ts";
import type { Period } from "../../views/pattern-queries.ts";
import { citedMax } from "../contract.ts";
import type { Finding } from "../contract.ts";

/** What findings are read from. */
export type FindingsSource = Pick<
  SiteIndex,
  "decisions" | "decisionGroups" | "decisionSeries" | "outcomeShares" | "caseRecords" | "labels"
> & {
  /** The field that each counter of one field counts by, by the counter's hash. */
  readonly countedFields: () => ReadonlyMap<string, string>;
  /** What the decision read; `undefined` where that is gone. */
  readonly factsOf: (index: number) => Promise<DecisionFacts | undefined>;
};

/** What a decision read, by name. */
export type DecisionFacts = Readonly<Record<string, string>>;

/** What a kind of finding comes to; `limits` say what could not be judged. */
export type Found = { readonly findings: Finding[]; readonly limits?: readonly string[] };

/** Records that a finding cites. */
export type Cited = Pick<Finding, "records" | "recordCount">;

/** The first records that a query finds, and how many there are. */
export async function cite(
  source: Pick<FindingsSource, "decisions">,
  query: Omit<DecisionQuery, "limit">,
  recordCount: number,
): Promise<Cited> {
  const rows = await source.decisions({ ...query, limit: citedMax });
  return { records: rows.map(({ index }) => index), recordCount: Math.max(recordCount, rows.length) };
}

/** A time as findings write it. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** A period as findings write it. */
export function periodText({ fromMs, toMs }: Period): { from: string; to: string } {
  return { from: timeText(fromMs), to: timeText(toMs) };
}

/** A share as people read it. */
export function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`;
}

/** A number and what is counted. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
