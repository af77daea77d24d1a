// SPDX-License-Identifier: Apache-2.0
// The restrictions that a subject ever had, by their ids: a record that ends one names only that.
import type { MeasureBody, RecordedRestriction, RecordHeader } from "@docket/protocol";
import type { LogView } from "./contract.ts";
import { caseRecordOf } from "./told-records.ts";

/** Records that are looked through at once, and how often at most. */
const pageMax = 500;
const pagesMax = 20;

/** What is known of a subject's restrictions. */
export type KnownRestrictions = {
  byId: ReadonlyMap<string, RecordedRestriction>;
  measures: (RecordHeader & MeasureBody)[];
};

/**
 * The restrictions that were imposed on a subject before a record.
 *
 * @param wanted stops when these are known
 */
export async function restrictionsOf(
  view: LogView,
  subject: string,
  before: number,
  wanted?: readonly string[],
): Promise<KnownRestrictions> {
  const byId = new Map<string, RecordedRestriction>();
  const measures: KnownRestrictions["measures"] = [];
  const missing = (): boolean => wanted === undefined || wanted.some((id) => !byId.has(id));
  let after = -1;
  for (let page = 0; page < pagesMax && missing(); page++) {
    const kinds = ["verdict", "measure"];
    const leaves = await view.caseRecords({ kinds, subject, after, limit: pageMax });
    const records = leaves.map(caseRecordOf).filter(({ index }) => index < before);
    for (const record of records) {
      if (record.kind !== "verdict" && record.kind !== "measure") continue;
      for (const restriction of record.restrictions) byId.set(restriction.id, restriction);
      if (record.kind === "measure") measures.push(record);
      after = record.index;
    }
    if (records.length < pageMax) break;
  }
  let last = before;
  const decisionPages = wanted === undefined ? 0 : pagesMax;
  for (let page = 0; page < decisionPages && missing(); page++) {
    const query = { actor: subject, telling: true, before: last, order: "descending" } as const;
    const rows = await view.decisions({ ...query, limit: pageMax });
    for (const row of rows) {
      last = row.index;
      if (row.restrictions === 0 || !missing()) continue;
      const record = await view.record(row.index);
      if (record.kind !== "decision") continue;
      for (const restriction of record.restrictions) byId.set(restriction.id, restriction);
    }
    if (rows.length < pageMax) break;
  }
  return { byId, measures };
}
