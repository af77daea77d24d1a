// SPDX-License-Identifier: Apache-2.0
// Lists records: what is asked for is found in the views, and read from the log.
import { parseLeaf, parseTime } from "@docket/protocol";
import type { RecordNumbersQuery } from "../views/site-index.ts";
import type { RecordsPage, RecordsQuery, SiteRecords } from "./contract.ts";
import { recordHeadline } from "./record-words.ts";

/** What the list leans on. */
export type RecordsPorts = {
  /** How many records are published. */
  readonly size: () => number;
  /** The leaf of a published record. */
  readonly leaf: (index: number) => Promise<string>;
  /** Indexes of records that the views find, the newest first. */
  readonly numbers: (query: RecordNumbersQuery) => Promise<number[]>;
  /** Resolves when what was sealed before is published and in the views. */
  readonly settled: () => Promise<void>;
};

/** The records of a site. */
export class RecordDesk implements SiteRecords {
  readonly #ports: RecordsPorts;

  constructor(ports: RecordsPorts) {
    this.#ports = ports;
  }

  async list({ before, untilMs, ...query }: RecordsQuery): Promise<RecordsPage> {
    await this.#ports.settled();
    const size = this.#ports.size();
    const last = untilMs === undefined ? size : await this.#sealedUntil(untilMs, size);
    const end = Math.min(before ?? size, last);
    // One more tells whether others follow.
    const found = await this.#numbers({ ...query, before: end, limit: query.limit + 1 });
    const numbers = found.slice(0, query.limit);
    const records = await Promise.all(
      numbers.map(async (index) => {
        const record = parseLeaf(await this.#ports.leaf(index));
        return { record, says: recordHeadline(record) };
      }),
    );
    const next = found.length > query.limit ? (numbers.at(-1) ?? null) : null;
    return { records, next, size };
  }

  async #numbers(query: RecordNumbersQuery): Promise<number[]> {
    const { kinds, by, of, subject, before, limit } = query;
    const isAll = [kinds, by, of, subject].every((each) => each === undefined);
    if (!isAll) return this.#ports.numbers(query);
    return Array.from({ length: Math.min(limit, before) }, (_, place) => before - 1 - place);
  }

  // Times follow the log's order, but where a clock was corrected: there the place is near enough.
  async #sealedUntil(ms: number, size: number): Promise<number> {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const { time } = parseLeaf(await this.#ports.leaf(middle));
      if ((parseTime(time) ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
