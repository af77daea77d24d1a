// SPDX-License-Identifier: Apache-2.0
// Changes of what is in force, in the order of the log, and what the app has confirmed of them. A cursor is a
// record's number: whoever asks with it again and again gets every change, and each at the same place.
import { formatTime } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { changesOf, orderingKinds, recordOrders, rowOrders } from "./changes.ts";
import type { ChangePage, LogView, OrderedChange, UnconfirmedPage } from "./contract.ts";
import { Orders } from "./orders.ts";
import { caseRecordOf, toldAfter } from "./told-records.ts";
import type { ToldRecord } from "./told-records.ts";

/** Most records of one page of changes, and how many if nothing is said. */
export const changedRecordsMax = 500;
export const changedRecordsDefault = 100;
/** A client waits for a change no longer than this, in ms. */
export const changeWaitMsMax = 25_000;
/** Most records that one word of the app confirms. */
export const confirmedMax = 1000;
/** Most orders that are listed as not confirmed. */
export const unconfirmedListedMax = 1000;
/** Records that are read at once when it is learnt what waits for the app's word. */
const loadedAtOnce = 5000;
/** Records that are read at once for a page, and how long a page is read at most, in ms. */
const readAtOnce = 20;
const pageMs = 800;
const minuteMs = 60_000;

/** What the feed leans on. */
export type ChangeFeedPorts = {
  readonly view: LogView;
  /** Seals a record; resolves with its index when it is durable. */
  readonly seal: (body: BodyWithoutParts) => Promise<{ readonly index: number }>;
  /** After how many minutes an order that isn't confirmed is overdue. */
  readonly confirmMinutes: () => number;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
};

/** The changes of a site. */
export class ChangeFeed {
  readonly #ports: ChangeFeedPorts;
  #orders: Promise<Orders> | undefined;
  #loaded: Orders | undefined;
  #readTo = -1;
  /** What came while the orders were being read. */
  #meanwhile: { record: number; sealedMs: number }[] = [];
  #confirmedMeanwhile: number[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(ports: ChangeFeedPorts) {
    this.#ports = ports;
  }

  /** A decision is durable. */
  takeDecision(row: DecisionRow): void {
    if (rowOrders(row)) this.#ordered(row.index, row.sealedMs);
  }

  /** A record is durable. */
  takeRecord(record: DocketRecord): void {
    if (record.kind === "applied") this.#applied(record.of);
    else if (
      orderingKinds.includes(record.kind) &&
      recordOrders(record as Parameters<typeof recordOrders>[0])
    ) {
      this.#ordered(record.index, Date.parse(record.time));
    }
  }

  /**
   * Changes of records after `after`.
   *
   * @param limit most records, 1 to {@link changedRecordsMax}
   * @param waitMs waits so long for the first one if there is none, in ms
   */
  async page(after: number, limit: number, waitMs = 0): Promise<ChangePage> {
    const page = await this.#page(after, limit);
    if (page.changes.length > 0 || page.more || waitMs <= 0) return page;
    await this.#change(Math.min(waitMs, changeWaitMsMax));
    return this.#page(page.next, limit);
  }

  /** The changes of one record, with what confirmed them. */
  async of(told: ToldRecord): Promise<OrderedChange[]> {
    const { view } = this.#ports;
    const changes = await changesOf(view, told);
    if (changes.length === 0) return [];
    const applied = await appliedOf(view, told.index);
    return changes.map((change) => ({ ...change, applied }));
  }

  /**
   * Seals that the app has done what records ordered.
   *
   * @throws {DocketError} `not_found` if one of them is no record that orders anything, `usage` for none or
   *   too many
   */
  async confirm(by: string, records: readonly number[]): Promise<{ index: number; of: number[] }> {
    const of = [...new Set(records)].sort((a, b) => a - b);
    if (of.length === 0 || of.length > confirmedMax) {
      throw new DocketError("usage", `name 1 to ${confirmedMax} records`);
    }
    const size = await this.#ports.view.size();
    for (const record of of) await this.#check(record, size);
    const { index } = await this.#ports.seal({ kind: "applied", by, of });
    return { index, of };
  }

  /** What the app has not confirmed in time. */
  async unconfirmed(after: number, limit: number): Promise<UnconfirmedPage> {
    const orders = await this.#known();
    const due = this.#ports.clock() - this.#ports.confirmMinutes() * minuteMs;
    const listed = orders.list(due, after, limit + 1);
    const { oldestMs } = orders;
    const shown = listed.slice(0, limit);
    return {
      overdue: orders.overdue(due),
      waiting: orders.count,
      oldestAt: oldestMs === undefined ? null : formatTime(oldestMs),
      orders: shown.map(({ record, sealedMs }) => ({ record, at: formatTime(sealedMs) })),
      next: listed.length > limit ? (shown.at(-1)?.record ?? null) : null,
    };
  }

  /** For metrics: what waits and is overdue, as far as it is known by now. Begins to learn it. */
  figures(): { waiting: number; overdue: number } {
    if (this.#loaded === undefined) {
      this.#known().catch(() => undefined);
      return { waiting: 0, overdue: 0 };
    }
    const due = this.#ports.clock() - this.#ports.confirmMinutes() * minuteMs;
    return { waiting: this.#loaded.count, overdue: this.#loaded.overdue(due) };
  }

  /** Ends the waiting of all that wait for a change. */
  close(): void {
    this.#wakeAll();
  }

  async #page(after: number, limit: number): Promise<ChangePage> {
    const { told, upTo } = await toldAfter(this.#ports.view, orderingKinds, after, limit);
    const changes: OrderedChange[] = [];
    const endMs = this.#ports.clock() + pageMs;
    for (let at = 0; at < told.length; at += readAtOnce) {
      // What is not read in time comes with the next page.
      const last = told[at - 1];
      if (last !== undefined && this.#ports.clock() > endMs) return { changes, next: last.index, more: true };
      const some = told.slice(at, at + readAtOnce).map((each) => this.of(each));
      changes.push(...(await Promise.all(some)).flat());
    }
    const size = await this.#ports.view.size();
    return { changes, next: upTo, more: upTo < size - 1 };
  }

  #change(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        stop();
        this.#waiting.delete(wake);
        resolve();
      };
      const stop = this.#ports.timer(ms, wake);
      this.#waiting.add(wake);
    });
  }

  async #check(index: number, size: number): Promise<void> {
    const { view } = this.#ports;
    const orders = async (): Promise<boolean> => {
      const record = await view.record(index);
      if (record.kind === "decision") {
        const [row] = await view.decisions({ telling: true, after: index - 1, before: index + 1, limit: 1 });
        return row !== undefined && rowOrders(row);
      }
      return (
        orderingKinds.includes(record.kind) && recordOrders(record as Parameters<typeof recordOrders>[0])
      );
    };
    if (index < size && (await orders())) return;
    throw new DocketError("not_found", `record ${index} orders nothing that the app could have done`);
  }

  #applied(records: readonly number[]): void {
    // Whoever asks for the first time reads all of it from the log.
    if (this.#orders === undefined) return;
    if (this.#loaded === undefined) this.#confirmedMeanwhile.push(...records);
    else this.#loaded.applied(records, this.#readTo);
  }

  #ordered(record: number, sealedMs: number): void {
    if (this.#orders === undefined) return this.#wakeAll();
    if (this.#loaded === undefined) this.#meanwhile.push({ record, sealedMs });
    else {
      this.#readTo = record;
      this.#loaded.ordered(record, sealedMs);
    }
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const wake of this.#waiting) wake();
  }

  #known(): Promise<Orders> {
    this.#orders ??= this.#load().catch((error: unknown) => {
      this.#orders = undefined;
      throw error;
    });
    return this.#orders;
  }

  async #load(): Promise<Orders> {
    const { view } = this.#ports;
    const orders = new Orders();
    this.#meanwhile = [];
    this.#confirmedMeanwhile = [];
    let readTo = -1;
    for (let done = false; !done;) {
      const { told, upTo } = await toldAfter(view, orderingKinds, readTo, loadedAtOnce);
      for (const each of told) {
        if ("row" in each && rowOrders(each.row)) orders.ordered(each.index, each.row.sealedMs);
        if ("record" in each && recordOrders(each.record as Parameters<typeof recordOrders>[0])) {
          orders.ordered(each.index, Date.parse(each.record.time));
        }
      }
      done = upTo >= (await view.size()) - 1;
      readTo = upTo;
    }
    for (let after = -1; ;) {
      const leaves = await view.caseRecords({ kinds: ["applied"], after, limit: loadedAtOnce });
      for (const leaf of leaves) {
        const record = caseRecordOf(leaf);
        after = record.index;
        if (record.kind === "applied") orders.applied(record.of, Infinity);
      }
      if (leaves.length < loadedAtOnce) break;
    }
    // From here on nothing waits: what came meanwhile follows what was read.
    for (const { record, sealedMs } of this.#meanwhile) {
      if (record <= readTo) continue;
      orders.ordered(record, sealedMs);
      readTo = record;
    }
    orders.applied(this.#confirmedMeanwhile, readTo);
    this.#meanwhile = [];
    this.#confirmedMeanwhile = [];
    this.#readTo = readTo;
    this.#loaded = orders;
    return orders;
  }
}

/** The record by which the app first said that it has done what a record ordered. */
export async function appliedOf(
  view: LogView,
  index: number,
): Promise<{ record: number; at: string } | null> {
  const [leaf] = await view.caseRecords({ kinds: ["applied"], of: index, limit: 1 });
  if (leaf === undefined) return null;
  const { index: record, time: at } = caseRecordOf(leaf);
  return { record, at };
}
