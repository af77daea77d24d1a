// SPDX-License-Identifier: Apache-2.0
// What ends by itself: restrictions, whose end is told by a record, and holds, after which what the policy
// says otherwise is in force. Both ends were known from the beginning, so nothing depends on these records
// being in time; app and user are told by them.
//
// Only what ends while the site lives is told: a file of last year's events imposes restrictions that are
// long over, and nobody waits for that.
import type { Restriction, Standing } from "@docket/policy";
import type { DocketRecord } from "@docket/protocol";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";

/** What ended so long before the last record of an earlier opening was told then, in ms. */
export const endedBeforeMsMax = 86_400_000;
/** Longest hold that a policy can order, and with it how far back a start looks, in ms. */
const holdMsMax: number = 31 * 86_400_000;
/** Longest time that a timer is set for, in ms: a longer one is set again. */
const timerMsMax = 86_400_000;
/** What could not be sealed is tried again after this time, in ms. */
const retryMs = 30_000;
/** Most holds of one page at a start. */
const holdsPerPage = 10_000;
/** Most ends that are sealed at once. */
const endsAtOnceMax = 256;

/** What ends by itself leans on. */
export type ExpiriesPorts = {
  readonly standings: () => Iterable<readonly [subject: string, standing: Standing]>;
  readonly standingOf: (subject: string) => Standing;
  readonly hasLapsed: (id: string) => boolean;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionRow[]>;
  /** Seals that restrictions are over. */
  readonly lapse: (subject: string, ids: readonly string[]) => Promise<unknown>;
  /** Ends a hold, unless somebody has. */
  readonly endHold: (index: number) => Promise<unknown>;
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
};

type End = { readonly atMs: number; readonly key: string } & (
  | { readonly subject: string; readonly id: string }
  | { readonly hold: number }
);

/** Waits for what ends by itself. */
export class Expiries {
  readonly #ports: ExpiriesPorts;
  /** A heap: the next end first. */
  readonly #ends: End[] = [];
  readonly #known = new Set<string>();
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(ports: ExpiriesPorts) {
    this.#ports = ports;
  }

  /**
   * Begins with what is in force, and what ended while nobody was there.
   *
   * @param lastRecordMs when the last record of an earlier opening was sealed
   */
  async start(lastRecordMs: number): Promise<void> {
    const sinceMs = lastRecordMs - endedBeforeMsMax;
    for (const [subject, { restrictions }] of this.#ports.standings()) {
      for (const each of restrictions) this.#addRestriction(subject, each, sinceMs);
    }
    const fromMs = sinceMs - holdMsMax;
    for (let after = -1; ;) {
      const query = { outcomes: ["hold"], fromMs, after, limit: holdsPerPage } as const;
      const rows = await this.#ports.decisions(query);
      for (const row of rows) this.#addHold(row, sinceMs);
      if (rows.length < holdsPerPage) break;
      after = (rows.at(-1) as DecisionRow).index;
    }
    this.#wait();
  }

  /** Takes in a durable record that may have imposed restrictions. */
  record(record: DocketRecord): void {
    if (record.kind === "verdict") this.#look(record.actor);
    else if (record.kind === "measure") this.#look(record.subject);
  }

  /** Takes in a durable decision. */
  decision(row: DecisionRow): void {
    if (row.restrictions > 0) this.#look(row.actor);
    if (row.outcome !== "hold") return;
    this.#addHold(row, this.#ports.clock());
    this.#wait();
  }

  /** Waits for nothing any more, and for what is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#running;
  }

  #look(subject: string): void {
    const sinceMs = this.#ports.clock();
    for (const each of this.#ports.standingOf(subject).restrictions) {
      this.#addRestriction(subject, each, sinceMs);
    }
    this.#wait();
  }

  // A warning restricts nobody, and a ban has no end.
  #addRestriction(subject: string, { id, kind, untilMs }: Restriction, sinceMs: number): void {
    if (kind === "warn" || kind === "ban" || untilMs <= sinceMs || this.#ports.hasLapsed(id)) return;
    this.#add({ atMs: untilMs, key: id, subject, id });
  }

  #addHold({ index, holdUntilMs, sealedMs }: DecisionRow, sinceMs: number): void {
    if (holdUntilMs === undefined || holdUntilMs <= sinceMs || holdUntilMs <= sealedMs) return;
    this.#add({ atMs: holdUntilMs, key: `hold ${index}`, hold: index });
  }

  #add(end: End): void {
    if (this.#known.has(end.key)) return;
    this.#known.add(end.key);
    push(this.#ends, end);
  }

  #wait(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const [next] = this.#ends;
    if (next === undefined || this.#isClosed || this.#running !== undefined) return;
    const ms = Math.min(Math.max(0, next.atMs - this.#ports.clock()), timerMsMax);
    this.#cancel = this.#ports.timer(ms, () => {
      this.#running = this.#sealDue().finally(() => {
        this.#running = undefined;
        this.#wait();
      });
    });
  }

  async #sealDue(): Promise<void> {
    const due: End[] = [];
    const nowMs = this.#ports.clock();
    while ((this.#ends[0]?.atMs ?? Number.POSITIVE_INFINITY) <= nowMs && due.length < endsAtOnceMax) {
      const end = pop(this.#ends);
      if (end !== undefined) due.push(end);
    }
    const lapses = new Map<string, End[]>();
    const work: Promise<void>[] = [];
    for (const end of due) {
      if ("hold" in end) work.push(this.#try([end], () => this.#ports.endHold(end.hold)));
      else lapses.set(end.subject, [...(lapses.get(end.subject) ?? []), end]);
    }
    for (const [subject, ends] of lapses) {
      const ids = ends.map(({ key }) => key).filter((id) => this.#isOver(subject, id, nowMs));
      if (ids.length > 0) work.push(this.#try(ends, () => this.#ports.lapse(subject, ids)));
      else for (const { key } of ends) this.#known.delete(key);
    }
    await Promise.all(work);
  }

  // What somebody ended before, or something longer took the place of, is not told again.
  #isOver(subject: string, id: string, nowMs: number): boolean {
    const { restrictions } = this.#ports.standingOf(subject);
    return restrictions.some((each) => each.id === id && each.untilMs <= nowMs);
  }

  async #try(ends: readonly End[], seal: () => Promise<unknown>): Promise<void> {
    for (const { key } of ends) this.#known.delete(key);
    try {
      await seal();
    } catch (error) {
      this.#ports.onFault(error);
      const atMs = this.#ports.clock() + retryMs;
      for (const end of ends) this.#add({ ...end, atMs });
    }
  }
}

function push(heap: End[], end: End): void {
  let place = heap.length;
  heap.push(end);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    const above = heap[parent] as End;
    if (above.atMs <= end.atMs) break;
    heap[place] = above;
    place = parent;
  }
  heap[place] = end;
}

function pop(heap: End[]): End | undefined {
  const [first] = heap;
  const last = heap.pop();
  if (heap.length === 0 || last === undefined) return first;
  let place = 0;
  for (;;) {
    const left = 2 * place + 1;
    if (left >= heap.length) break;
    const right = left + 1;
    const less = right < heap.length && (heap[right] as End).atMs < (heap[left] as End).atMs ? right : left;
    if ((heap[less] as End).atMs >= last.atMs) break;
    heap[place] = heap[less] as End;
    place = less;
  }
  heap[place] = last;
  return first;
}
