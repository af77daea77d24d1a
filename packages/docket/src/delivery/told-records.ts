// SPDX-License-Identifier: Apache-2.0
// The records that somebody is to be told of, in the order of the log: decisions that hold, refuse or
// restrict, and records of what came after decisions. Both come from the views, and are put together here.
import { isCaseRecord, parseLeaf } from "@docket/protocol";
import type { CaseBody, LabelBody, RecordHeader } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { LogView } from "./contract.ts";

/** A record of what came after a decision, or a label. */
export type CaseRecord = RecordHeader & (CaseBody | LabelBody);
/** A record that somebody is to be told of. */
export type ToldRecord =
  | { readonly index: number; readonly row: DecisionRow }
  | { readonly index: number; readonly record: CaseRecord };

/** Records that somebody is to be told of; `upTo` is the last record up to which there are no others. */
export type ToldPage = { told: ToldRecord[]; upTo: number };

/**
 * Records after `after`, in the order of the log.
 *
 * @param kinds kinds of records besides decisions
 * @param limit most records
 */
export async function toldAfter(
  view: LogView,
  kinds: readonly string[],
  after: number,
  limit: number,
): Promise<ToldPage> {
  const size = await view.size();
  const [rows, leaves] = await Promise.all([
    view.decisions({ telling: true, after, before: size, limit }),
    view.caseRecords({ kinds, after, limit }),
  ]);
  const told: ToldRecord[] = rows.map((row) => ({ index: row.index, row }));
  const records = leaves.map(caseRecordOf).filter(({ index }) => index < size);
  for (const record of records) told.push({ index: record.index, record });
  told.sort((a, b) => a.index - b.index);
  // Beyond the last of a list that was cut there may be more of its kind.
  const ends = [size - 1];
  if (rows.length >= limit) ends.push(rows.at(-1)?.index ?? size - 1);
  if (leaves.length >= limit) ends.push(records.at(-1)?.index ?? size - 1);
  const within = told.filter(({ index }) => index <= Math.min(...ends)).slice(0, limit);
  const upTo = within.length === limit ? (within.at(-1) as ToldRecord).index : Math.min(...ends);
  return { told: within, upTo: Math.max(after, upTo) };
}

/** The record of a leaf that the views keep. */
export function caseRecordOf(leaf: string): CaseRecord {
  const record = parseLeaf(leaf);
  if (record.kind === "label" || isCaseRecord(record)) return record;
  throw new Error("a record that is kept as one of what came after a decision is one");
}
