// SPDX-License-Identifier: Apache-2.0
// Notices in the order of the log, digests of the day's repeats, and what is kept quiet until its time.
import { formatTime, parseTime } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import type { LogView } from "./contract.ts";
import { buildNotice } from "./notice-builder.ts";
import type { NoticeBuilderPorts } from "./notice-builder.ts";
import { allPlaces, formatPosition } from "./notice.ts";
import type { Notice, NoticePage, NoticePosition } from "./notice.ts";
import { NoticeState, noticingKinds, repeatsBetween, seedsOf, toldRecord } from "./notice-seeds.ts";
import type { NoticeSeed, ReportResult } from "./notice-seeds.ts";
import { caseRecordOf, toldAfter } from "./told-records.ts";
import type { ToldRecord } from "./told-records.ts";

/** Most notices of a page, and how many if nothing is said. */
export const noticesListedMax = 200;
export const noticesListedDefault = 50;
/** Longest that something is kept quiet, in days: two years. */
export const quietDaysMax = 730;
/** Longest note of why. */
const whyLengthMax = 4000;
/** Notices of a page are put together no longer than this, in ms. */
const pageMs = 800;
const dayMs = 86_400_000;
const minuteMs = 60_000;
/** What is due is looked for at least this often, in ms: timers can't be set for years. */
const lookEveryMs = 3_600_000;

/** What notices lean on. */
export type NoticeFeedPorts = NoticeBuilderPorts & {
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly siteKey: Uint8Array;
  /** How long a notice waits, so that a person can say before that it is to be quiet; in minutes. */
  readonly delayMinutes: () => number;
  /** Results of reports: the records that brought one after `after`, and what they brought. */
  readonly resultsAfter: (after: number, limit: number) => readonly number[];
  readonly resultsAt: (record: number) => readonly ReportResult[];
  readonly clock: () => number;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
};

/** What is kept from its actor for a time. */
export type QuietWish = {
  /** The record that its actor isn't told of. */
  record: number;
  /** Until when, RFC 3339. */
  until: string;
  /** The ground, a code: `investigation`, `court-order`. */
  ground: string;
  why: string;
};

/** A page of seeds; everything up to `upTo` is in it or before. */
export type SeedPage = { seeds: NoticeSeed[]; upTo: NoticePosition; more: boolean };

/** The notices of a site. */
export class NoticeFeed {
  readonly #state = new NoticeState();
  readonly #ports: NoticeFeedPorts;
  #stopTimer: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  /** @param leaves those of the records of kinds `quiet` and `digest` */
  constructor(leaves: readonly string[], ports: NoticeFeedPorts) {
    this.#ports = ports;
    for (const leaf of leaves) this.#state.take(caseRecordOf(leaf));
  }

  /** A record is durable. */
  takeRecord(record: DocketRecord): void {
    this.#state.take(record);
  }

  /** From now on digests and ends of quiets are sealed when they are due; those that are due already, now. */
  async start(): Promise<void> {
    await this.#look();
  }

  /** Notices after a position. */
  async page(after: NoticePosition, limit: number, withReceipts = false): Promise<NoticePage> {
    const { seeds, upTo, more } = await this.seedsAfter(after, limit);
    const notices: Notice[] = [];
    const endMs = this.#ports.clock() + pageMs;
    for (const [at, seed] of seeds.entries()) {
      const last = seeds[at - 1];
      // What is not put together in time comes with the next page.
      if (last !== undefined && this.#ports.clock() > endMs) {
        return { notices, next: formatPosition(endOf(last, seed)), more: true };
      }
      notices.push(await buildNotice(this.#ports, seed, withReceipts));
    }
    return { notices, next: formatPosition(upTo), more };
  }

  /** The notices of one record, with their receipts; of one that is kept quiet there are none yet. */
  async at(record: number): Promise<Notice[]> {
    const seeds = await this.#seedsAt(record);
    return Promise.all(seeds.map((seed) => buildNotice(this.#ports, seed, true)));
  }

  /** One notice; `undefined` if there is none at that place. */
  async one({ record, place }: NoticePosition, withReceipt: boolean): Promise<Notice | undefined> {
    const seed = (await this.#seedsAt(record)).find((each) => each.place === place);
    return seed && buildNotice(this.#ports, seed, withReceipt);
  }

  /** Notices after a position, before they are put together. */
  async seedsAfter(after: NoticePosition, limit: number): Promise<SeedPage> {
    const { view } = this.#ports;
    const from = after.place === allPlaces ? after.record : after.record - 1;
    const page = await this.#told(from, limit);
    const all = await Promise.all(
      page.told.map((told) => seedsOf(view, this.#state, told, this.#ports.resultsAt(told.index))),
    );
    const seeds = all.flat().filter(({ record, place }) => record > after.record || place > after.place);
    if (seeds.length <= limit) {
      return { seeds, upTo: { record: page.upTo, place: allPlaces }, more: page.more };
    }
    const shown = seeds.slice(0, limit);
    const upTo = endOf(shown.at(-1) as NoticeSeed, seeds[limit] as NoticeSeed);
    return { seeds: shown, upTo, more: true };
  }

  /**
   * Keeps a record from its actor until a time.
   *
   * @throws {DocketError} `not_found` if nobody would be told of the record, `usage` for a time that is
   *   over or too far
   */
  async quiet({ by, role }: Author, wish: QuietWish): Promise<{ index: number }> {
    const { record: of, until, ground, why } = wish;
    const { view, clock, siteKey } = this.#ports;
    const untilMs = parseTime(until);
    if (untilMs === undefined || untilMs <= clock() || untilMs > clock() + quietDaysMax * dayMs) {
      throw new DocketError("usage", `a time within the next ${quietDaysMax} days is needed, as RFC 3339`);
    }
    if (why.trim() === "" || why.length > whyLengthMax) {
      throw new DocketError("usage", `say why, in 1 to ${whyLengthMax} characters`);
    }
    const told = of < (await view.size()) ? await toldRecord(view, of) : undefined;
    if (told === undefined) throw new DocketError("not_found", `nobody is told of record ${of}`);
    const plaintext = JSON.stringify({ v: 1, why });
    const part: PlainPart = { name: "change", subject: "site", key: siteKey, plaintext };
    const body = { kind: "quiet", by, role, of, until: formatTime(untilMs), ground } as const;
    const sealed = await this.#ports.seal(body, [part]);
    this.#arm();
    return sealed;
  }

  /** What is kept quiet now, and how many records ever were. */
  quiets(): { open: { of: number; until: string; ground: string }[]; count: number } {
    return { open: [...this.#state.open()], count: this.#state.quietCount };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopTimer?.();
    await this.#looking;
  }

  async #seedsAt(record: number): Promise<NoticeSeed[]> {
    const { view, resultsAt } = this.#ports;
    if (record >= (await view.size())) throw new DocketError("not_found", `there is no record ${record}`);
    const results = resultsAt(record);
    const told = (await toldRecord(view, record)) ?? { index: record, record: await anyRecord(view, record) };
    return seedsOf(view, this.#state, told, results);
  }

  // Records by which somebody is told something, but for those that are too young.
  async #told(after: number, limit: number): Promise<{ told: ToldRecord[]; upTo: number; more: boolean }> {
    const { view, resultsAfter, clock, delayMinutes } = this.#ports;
    const page = await toldAfter(view, noticingKinds, after, limit);
    const known = new Set(page.told.map(({ index }) => index));
    for (const index of resultsAfter(after, limit)) {
      if (index > page.upTo || known.has(index)) continue;
      page.told.push({ index, record: await anyRecord(view, index) });
    }
    page.told.sort((a, b) => a.index - b.index);
    const delayMs = delayMinutes() * minuteMs;
    const youngestMs = delayMs === 0 ? Infinity : clock() - delayMs;
    const tooYoung = page.told.findIndex((told) => sealedMsOf(told) > youngestMs);
    if (tooYoung < 0) return { ...page, more: page.upTo < (await view.size()) - 1 };
    const upTo = (page.told[tooYoung] as ToldRecord).index - 1;
    return { told: page.told.slice(0, tooYoung), upTo: Math.max(after, upTo), more: false };
  }

  // Seals the digest of days that are over, and the ends of quiets whose time is.
  #look(): Promise<void> {
    const look = async (): Promise<void> => {
      try {
        await this.#endDay();
        await this.#endQuiets();
      } catch (error) {
        this.#ports.onFault(error);
      }
      this.#arm();
    };
    this.#looking = this.#looking.then(look);
    return this.#looking;
  }

  async #endDay(): Promise<void> {
    const { view, clock, seal } = this.#ports;
    const size = await view.size();
    const after = this.#state.digestBefore(size);
    const [first] = await view.decisions({ telling: true, after, before: size, limit: 1 });
    if (first === undefined || first.sealedMs >= startOfDay(clock())) return;
    const repeats = await repeatsBetween(view, this.#state, after, size);
    const count = [...repeats.values()].reduce((sum, each) => sum + each.count, 0);
    await seal({ kind: "digest", by: "docket", repeats: count }, []);
  }

  async #endQuiets(): Promise<void> {
    const nowMs = this.#ports.clock();
    const due = [...this.#state.open()].filter(({ until }) => Date.parse(until) <= nowMs);
    for (const { of } of due) {
      const plaintext = JSON.stringify({ v: 1, why: "its time is over" });
      const part: PlainPart = { name: "change", subject: "site", key: this.#ports.siteKey, plaintext };
      const until = formatTime(nowMs);
      const said = { kind: "quiet", by: "docket", role: "docket", of, until, ground: "ended" } as const;
      await this.#ports.seal(said, [part]);
    }
  }

  #arm(): void {
    this.#stopTimer?.();
    if (this.#closed) return;
    const nowMs = this.#ports.clock();
    const untils = [...this.#state.open()].map(({ until }) => Date.parse(until) - nowMs);
    const midnight = startOfDay(nowMs) + dayMs - nowMs;
    const ms = Math.max(1000, Math.min(midnight, lookEveryMs, ...untils));
    this.#stopTimer = this.#ports.timer(ms, () => void this.#look());
  }
}

/** The place up to which everything was given with a notice, when this one is the next. */
function endOf({ record, place }: NoticeSeed, next: NoticeSeed): NoticePosition {
  return { record, place: next.record === record ? place : allPlaces };
}

function startOfDay(ms: number): number {
  return Math.floor(ms / dayMs) * dayMs;
}

function sealedMsOf(told: ToldRecord): number {
  return "row" in told ? told.row.sealedMs : Date.parse(told.record.time);
}

// A record that brought reports their result and tells nobody else anything.
async function anyRecord(
  view: LogView,
  index: number,
): Promise<Extract<ToldRecord, { record: unknown }>["record"]> {
  const record = await view.record(index);
  return record as Extract<ToldRecord, { record: unknown }>["record"];
}
