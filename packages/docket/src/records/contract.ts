// SPDX-License-Identifier: Apache-2.0
// The log's records as a list, the newest first.
import type { DocketRecord } from "@docket/protocol";

/** Which records are asked for; what is left out is not asked. */
export type RecordsQuery = {
  /** Those of these kinds. */
  readonly kinds?: readonly string[] | undefined;
  /** Those that this key or person made, decisions left aside. */
  readonly by?: string | undefined;
  /** Those that name this record. */
  readonly of?: number | undefined;
  /** Those about this actor or subject, `a_…` or `s_…`. */
  readonly subject?: string | undefined;
  /** Those before this record. */
  readonly before?: number | undefined;
  /** Those that were sealed until this time, in ms since 1970. */
  readonly untilMs?: number | undefined;
  /** Most records of the answer, 1 to {@link recordsListedMax}. */
  readonly limit: number;
};

/** A record, and what it says in a sentence. */
export type ListedRecord = { record: DocketRecord; says: string };

/**
 * Some of them, the newest first. `next` is what to ask for {@link RecordsQuery.before}, `null` at the end;
 * `size` the number of records that are published.
 */
export type RecordsPage = { records: ListedRecord[]; next: number | null; size: number };

/** Most records of one answer, and how many if nothing is said. */
export const recordsListedMax = 200;
export const recordsListedDefault = 50;
/** Most kinds of one question. */
export const recordKindsMax = 60;

/** The records of a site. */
export interface SiteRecords {
  /** Records, the newest first. */
  list(query: RecordsQuery): Promise<RecordsPage>;
}
