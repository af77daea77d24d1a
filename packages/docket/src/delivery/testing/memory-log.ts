// SPDX-License-Identifier: Apache-2.0
// A log in memory that delivery reads: records are appended by the test, decisions with their rows.
import { encodeBody, encodeLeaf, formatTime, isCaseRecord, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, Event, Outcome, PartName } from "@docket/protocol";
import { plainRow } from "../../testing/plain-row.ts";
import type { CaseQuery, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import { DocketError } from "../../error.ts";
import type { LogView } from "../contract.ts";

const digest = "A".repeat(43);

/** A log in memory. */
export class MemoryLog implements LogView {
  readonly records: DocketRecord[] = [];
  readonly rows: DecisionRow[] = [];
  readonly #leaves: string[] = [];
  readonly #parts = new Map<string, string>();
  readonly #listeners: ((record: DocketRecord) => void)[] = [];
  nowMs: number;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Calls this with each record that is appended from now on. */
  listen(listener: (record: DocketRecord) => void): void {
    this.#listeners.push(listener);
  }

  /** Appends a record; resolves with its index and leaf, as a site's `seal` does. */
  async seal(
    body: BodyWithoutParts,
    parts: readonly { name: PartName; plaintext: string }[] = [],
  ): Promise<{ index: number; leaf: string }> {
    const index = this.records.length;
    const header = { v: 1, index, prev: digest, time: formatTime(this.nowMs), uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, encodeBody(body), parts.length === 0 ? undefined : digest);
    const record = parseLeaf(leaf);
    this.#leaves.push(leaf);
    this.records.push(record);
    for (const { name, plaintext } of parts) this.#parts.set(`${index} ${name}`, plaintext);
    for (const listener of this.#listeners) listener(record);
    return { index, leaf };
  }

  /** Appends a decision on an event. */
  async decide(
    event: Event,
    outcome: Outcome,
    actor: string,
    over: Partial<DecisionRow> = {},
  ): Promise<DecisionRow> {
    const body = {
      kind: "decision",
      by: "operator",
      actor,
      outcome,
      rules: [],
      restrictions: [],
      release: digest,
    } as const;
    const content = JSON.stringify({ v: 1, event });
    const index = this.records.length;
    const row: DecisionRow = {
      ...plainRow,
      index,
      actor,
      decidedMs: this.nowMs,
      sealedMs: this.nowMs,
      outcome,
      type: event.type,
      op: event.op ?? "create",
      content: event.content?.id === undefined ? undefined : `h:${event.content.id}`,
      ...over,
    };
    // The row is there before anybody is told of the record, as in a site's views.
    this.rows.push(row);
    await this.seal({ ...body, rules: [], restrictions: [] }, [{ name: "content", plaintext: content }]);
    return row;
  }

  size(): Promise<number> {
    return Promise.resolve(this.records.length);
  }

  async record(index: number): Promise<DocketRecord> {
    const record = this.records[index];
    if (record === undefined) throw new DocketError("not_found", `there is no record ${index}`);
    return record;
  }

  openedPart(index: number, name: PartName): Promise<string | undefined> {
    return Promise.resolve(this.#parts.get(`${index} ${name}`));
  }

  decisions(query: DecisionQuery): Promise<DecisionRow[]> {
    const { actor, content, telling, after = -1, before = Infinity, order, limit } = query;
    const found = this.rows.filter(
      (row) =>
        row.index > after &&
        row.index < before &&
        (actor === undefined || row.actor === actor) &&
        (content === undefined || row.content === content) &&
        (telling === undefined || row.restrictions > 0 || ["hold", "reject"].includes(row.outcome)),
    );
    return Promise.resolve((order === "descending" ? found.reverse() : found).slice(0, limit));
  }

  caseRecords({ kinds, of, subject, after = -1, limit }: CaseQuery): Promise<string[]> {
    const found = this.records.filter(
      (record) =>
        record.index > after &&
        kinds.includes(record.kind) &&
        isCaseRecord(record) &&
        (of === undefined || ("of" in record && [record.of].flat().includes(of))) &&
        (subject === undefined || Object.values(record).includes(subject)),
    );
    return Promise.resolve(found.slice(0, limit).map(({ index }) => this.#leaves[index] ?? ""));
  }
}
