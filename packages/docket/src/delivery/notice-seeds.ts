// SPDX-License-Identifier: Apache-2.0
// Which notices a record gives, and in which order: who is told of what. What they say is put together when
// they are asked for (notice-builder.ts).
//
// A refusal like one that its actor was told of since the last digest is kept for the next: a spammer who is
// refused five hundred times a day gets one notice and one digest. What is `quiet` is told where the quiet
// ends.
import { isCaseRecord } from "@docket/protocol";
import type { DocketRecord, ReviewFinding, Verdict } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { LogView } from "./contract.ts";
import type { NoticeType } from "./notice.ts";
import type { CaseRecord, ToldRecord } from "./told-records.ts";

/** Kinds of records, besides decisions, by which somebody is told something. */
export const noticingKinds: readonly string[] = [
  "verdict",
  "measure",
  "lapse",
  "ruling",
  "message",
  "quiet",
  "digest",
];
/** Records of one actor that a digest names. */
export const digestRecordsMax = 100;
const digestRowsAtOnce = 10_000;

/** A report that has its result, as its reporter is told. */
export type ReportResult = {
  /** The report's own record. */
  readonly report: number;
  readonly reporter: string;
  readonly of: number;
  readonly category: string;
  readonly finding: ReviewFinding;
};

/** A notice before it is put together. */
export type NoticeSeed = {
  readonly record: number;
  readonly place: number;
  readonly type: NoticeType;
  readonly actor: string;
  /** The record that it tells of, where that is another one. */
  readonly about: ToldRecord | undefined;
  readonly repeats?: { count: number; from: number; to: number; records: number[] };
  readonly result?: ReportResult;
  readonly quiet?: { until: string; ground: string };
};

type Seed = Omit<NoticeSeed, "record" | "place">;

/** What the log says of digests and of what is kept quiet. */
export class NoticeState {
  /** Records of kind `digest`, in the order of the log. */
  readonly #digests: number[] = [];
  /** By the record that is kept quiet: until when, and whether that is over. */
  readonly #quiets = new Map<number, { until: string; ground: string; record: number; ended: boolean }>();

  /** Takes in a record, in the order of the log. */
  take(record: DocketRecord): void {
    if (record.kind === "digest") this.#digests.push(record.index);
    if (record.kind !== "quiet") return;
    const { of, until, ground, by, index } = record;
    const before = this.#quiets.get(of);
    if (by === "docket") {
      if (before !== undefined) before.ended = true;
    } else {
      this.#quiets.set(of, { until, ground, record: index, ended: false });
    }
  }

  /** The last digest before a record; -1 if there is none. */
  digestBefore(index: number): number {
    for (let at = this.#digests.length - 1; at >= 0; at--) {
      const digest = this.#digests[at] as number;
      if (digest < index) return digest;
    }
    return -1;
  }

  quietOf(index: number): { until: string; ground: string; ended: boolean } | undefined {
    return this.#quiets.get(index);
  }

  /** What is kept quiet now, or still is although its time is over. */
  *open(): Generator<{ of: number; until: string; ground: string }> {
    for (const [of, { until, ground, ended }] of this.#quiets) if (!ended) yield { of, until, ground };
  }

  /** How many records were ever kept quiet. */
  get quietCount(): number {
    return this.#quiets.size;
  }
}

/** The notices of a record. */
export async function seedsOf(
  view: LogView,
  state: NoticeState,
  told: ToldRecord,
  results: readonly ReportResult[],
): Promise<NoticeSeed[]> {
  const seeds = state.quietOf(told.index) === undefined ? await ownSeeds(view, state, told) : [];
  for (const result of results) {
    seeds.push({ type: "reportResult", actor: result.reporter, about: undefined, result });
  }
  return seeds.map((seed, place) => ({ ...seed, record: told.index, place }));
}

async function ownSeeds(view: LogView, state: NoticeState, told: ToldRecord): Promise<Seed[]> {
  if ("row" in told) {
    const { row } = told;
    if (row.restrictions === 0 && (await isRepeat(view, state, row))) return [];
    return [{ type: typeOfRow(row), actor: row.actor, about: told }];
  }
  const { record } = told;
  if (record.kind === "quiet") return record.by === "docket" ? endOfQuiet(view, state, record) : [];
  if (record.kind === "digest") return digestSeeds(view, state, record.index);
  const actor = await addressee(view, record);
  const type = typeOfRecord(record);
  return actor === undefined || type === undefined ? [] : [{ type, actor, about: told }];
}

function typeOfRow({ outcome, late }: DecisionRow): NoticeType {
  // What was there before it was decided is taken away.
  if (outcome === "reject") return late ? "removal" : "refusal";
  return outcome === "hold" ? "hold" : "restriction";
}

/** What a verdict on a content is to whoever posted it. */
const verdictTypes: Readonly<Partial<Record<Verdict, NoticeType>>> = {
  remove: "removal",
  release: "release",
  restore: "restoration",
};

function typeOfRecord(record: CaseRecord): NoticeType | undefined {
  if (record.kind === "verdict") return verdictTypes[record.verdict] ?? typeOfStanding(record);
  if (record.kind === "measure") return typeOfStanding(record);
  if (record.kind === "lapse") return "restrictionEnded";
  if (record.kind === "ruling") return "ruling";
  return record.kind === "message" && record.from === "site" ? "message" : undefined;
}

function typeOfStanding(record: { restrictions: unknown[]; ended: unknown[] }): NoticeType | undefined {
  if (record.restrictions.length > 0) return "restriction";
  return record.ended.length > 0 ? "restrictionEnded" : undefined;
}

/** Whom a record concerns; `undefined` if that is no actor. */
async function addressee(view: LogView, record: CaseRecord): Promise<string | undefined> {
  if (record.kind === "verdict") return record.actor;
  if (record.kind === "measure" || record.kind === "lapse") {
    return record.subject.startsWith("a_") ? record.subject : undefined;
  }
  if (record.kind !== "ruling" && record.kind !== "message") return undefined;
  const dispute = await view.record(record.of);
  return dispute.kind === "dispute" ? dispute.actor : undefined;
}

async function isRepeat(view: LogView, state: NoticeState, { actor, index }: DecisionRow): Promise<boolean> {
  const after = state.digestBefore(index);
  const earlier = await view.decisions({ actor, telling: true, after, before: index, limit: 1 });
  return earlier.length > 0;
}

async function endOfQuiet(view: LogView, state: NoticeState, { of }: { of: number }): Promise<Seed[]> {
  const quiet = state.quietOf(of);
  const about = await toldRecord(view, of);
  if (quiet === undefined || about === undefined) return [];
  const { until, ground } = quiet;
  const seeds = "row" in about ? [seedOfRow(about)] : await ownSeeds(view, new NoticeState(), about);
  return seeds.map((seed) => ({ ...seed, quiet: { until, ground } }));
}

function seedOfRow(about: ToldRecord & { row: DecisionRow }): Seed {
  return { type: typeOfRow(about.row), actor: about.row.actor, about };
}

/** A record that somebody is told of, by its index; `undefined` if nobody is. */
export async function toldRecord(view: LogView, index: number): Promise<ToldRecord | undefined> {
  const record = await view.record(index);
  if (record.kind === "decision") {
    const [row] = await view.decisions({ telling: true, after: index - 1, before: index + 1, limit: 1 });
    return row === undefined ? undefined : { index, row };
  }
  return isCaseRecord(record) || record.kind === "label" ? { index, record } : undefined;
}

/** The refusals between two digests that were like one that their actor was told of, by actor. */
export async function repeatsBetween(
  view: LogView,
  state: NoticeState,
  after: number,
  before: number,
): Promise<Map<string, { count: number; from: number; to: number; records: number[] }>> {
  const told = new Set<string>();
  const repeats = new Map<string, { count: number; from: number; to: number; records: number[] }>();
  for (let from = after; ;) {
    const limit = digestRowsAtOnce;
    const rows = await view.decisions({ telling: true, after: from, before, limit });
    for (const { index, actor, restrictions } of rows) {
      from = index;
      const isFirst = !told.has(actor);
      told.add(actor);
      if (isFirst || restrictions > 0 || state.quietOf(index) !== undefined) continue;
      const known = repeats.get(actor);
      if (known === undefined) {
        repeats.set(actor, { count: 1, from: index, to: index, records: [index] });
        continue;
      }
      known.count += 1;
      known.to = index;
      if (known.records.length < digestRecordsMax) known.records.push(index);
    }
    if (rows.length < limit) return repeats;
  }
}

async function digestSeeds(view: LogView, state: NoticeState, digest: number): Promise<Seed[]> {
  const repeats = await repeatsBetween(view, state, state.digestBefore(digest), digest);
  return [...repeats].map(([actor, each]) => ({
    type: "digest",
    actor,
    about: undefined,
    repeats: each,
  }));
}
