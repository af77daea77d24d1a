// SPDX-License-Identifier: Apache-2.0
// Makes the views again from the log, beside those that are there, and compares both. Threads read records
// and open their facts; this thread takes them in, in the log's order, by the function that does so at a
// start.
import { availableParallelism } from "node:os";
import { renameSync } from "node:fs";
import { parseLeaf } from "@docket/protocol";
import { tileWidth } from "@docket/tlog";
import type { Standing } from "@docket/policy";
import { takeIn } from "../intake/rebuild.ts";
import { encodeStanding } from "../intake/standings.ts";
import { DocketError } from "../error.ts";
import { removeDatabase, settleDatabase, ViewsBuilder } from "../stores/sqlite/views-builder.ts";
import { digestViews } from "../stores/sqlite/views-digest.ts";
import type { ViewsDigest } from "../stores/sqlite/views-digest.ts";
import type { WrittenEntry } from "../stores/sqlite/views-writer.ts";
import { openThreadPool } from "../thread-pool.ts";
import type { ThreadPool } from "../thread-pool.ts";
import { threadUrl } from "../thread-url.ts";
import { repeatWindowMs } from "../views/site-index.ts";
import { openRecords } from "./opened-records.ts";
import type { OpenedRecord, OpenerStart, OpenQuestion } from "./opened-records.ts";
import { siteFileReader } from "./read-site-file.ts";

/** Bundles of 256 records that a thread opens at once. */
const bundlesAtOnce = 8;
/** From so many records on, threads open them. */
const recordsForThreads = 8192;

/** What a rebuild works on. Nobody else may have the views open. */
export type RebuildWish = OpenerStart & {
  readonly viewsPath: string;
  /** Records that are published. */
  readonly size: number;
  /** Milliseconds of a clock that only goes on. */
  readonly nowMs: () => number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly cores?: number | undefined;
};

/** What came of a rebuild. */
export type RebuiltViews = {
  /** Records of the log. */
  readonly records: number;
  /** How long it took to take them all in, indexes included, in ms; comparing not. */
  readonly tookMs: number;
  /** What the views were, and what the new ones were at the same size; `null` where there were none. */
  readonly before: ViewsDigest | null;
  readonly after: ViewsDigest;
  /** Whether they are the same; `null` where there was nothing to compare with. */
  readonly same: boolean | null;
  /** Where the old views lie, if they were kept because they differ. */
  readonly kept: string | null;
};

/**
 * Makes the views again. The new ones take the place of the old in one step, and only when they are whole.
 *
 * @throws {DocketError} `directory_damaged`; `usage` if records of the views are not published
 */
export async function rebuildViews(wish: RebuildWish): Promise<RebuiltViews> {
  const { viewsPath, size, nowMs } = wish;
  settleDatabase(viewsPath);
  const before = digestViews(viewsPath, repeatWindowMs) ?? null;
  if (before !== null && before.size > size) {
    const message = `the views have ${before.size} records, of ${size} published: the log was not closed`;
    throw new DocketError("usage", `${message}; open it once, with docket serve for example, and close it`);
  }
  const compareAt = before?.size ?? size;
  const target = `${viewsPath}.new`;
  const builder = new ViewsBuilder(target, repeatWindowMs);
  const standings = new Map<string, Standing>();
  await using pool = openRecordOpener(wish);
  try {
    let tookMs = 0;
    const timed = async (work: () => Promise<void> | void): Promise<void> => {
      const began = nowMs();
      await work();
      tookMs += nowMs() - began;
    };
    const flush = (): void => builder.setStandings(encoded(standings));
    await timed(async () => takeInAll(wish, pool, builder, standings, 0, compareAt));
    await timed(flush);
    const after = builder.digest(repeatWindowMs);
    await timed(async () => takeInAll(wish, pool, builder, standings, compareAt, size));
    await timed(() => {
      flush();
      builder.finish();
    });
    const same = before === null ? null : before.digest === after.digest;
    const kept = same === false ? `${viewsPath}.before` : null;
    if (kept !== null) keepOld(viewsPath, kept);
    // If the process dies between the two, there are no views, and the next start makes them.
    removeDatabase(viewsPath);
    renameSync(target, viewsPath);
    return { records: size, tookMs, before, after, same, kept };
  } catch (error) {
    builder.abandon();
    throw error;
  }
}

/** Who opens records. */
type RecordOpener = Pick<ThreadPool<OpenQuestion, string>, "ask" | "concurrency"> & AsyncDisposable;

// Threads take longer to start than few records take to open.
function openRecordOpener({ site, origin, siteKey, size, cores }: RebuildWish): RecordOpener {
  const start: OpenerStart = { site, origin, siteKey };
  if (size >= recordsForThreads) {
    return openThreadPool<OpenQuestion, string>(
      threadUrl("./thread", import.meta.url),
      start,
      cores ?? availableParallelism(),
    );
  }
  const read = siteFileReader(site);
  return {
    concurrency: 1,
    ask: async (question) => openRecords(start, read, question),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function takeInAll(
  { onProgress, size }: RebuildWish,
  pool: RecordOpener,
  builder: ViewsBuilder,
  standings: Map<string, Standing>,
  from: number,
  to: number,
): Promise<void> {
  const recordsAtOnce = bundlesAtOnce * tileWidth;
  const first = from - (from % recordsAtOnce);
  const asked: Promise<string>[] = [];
  let next = first;
  const ask = (): void => {
    if (next >= to) return;
    const answer = pool.ask({ first: next / tileWidth, count: bundlesAtOnce, size });
    // One that fails while an earlier one is awaited is told of when its turn comes.
    answer.catch(() => undefined);
    asked.push(answer);
    next += recordsAtOnce;
  };
  for (let at = 0; at < pool.concurrency; at++) ask();
  for (let start = first; start < to; start += recordsAtOnce) {
    const records = JSON.parse(await (asked.shift() as Promise<string>)) as OpenedRecord[];
    ask();
    const wanted = records.slice(Math.max(0, from - start), Math.max(0, to - start));
    builder.apply(wanted.map((record) => entryOf(record, standings)));
    onProgress?.(Math.min(start + recordsAtOnce, to), size);
  }
}

// Standings are written once, at the end: of each only the last counts.
function entryOf(opened: OpenedRecord, standings: Map<string, Standing>): WrittenEntry {
  if ("leaf" in opened) {
    const { leaf, facts } = opened;
    const record = parseLeaf(leaf);
    return { ...takeIn(record, leaf, facts, standings), standing: undefined, subjects: undefined };
  }
  const { record, facts, row } = opened;
  const taken = takeIn({ ...unread, ...record }, "", facts, standings);
  return { ...taken, standing: undefined, subjects: undefined, encoded: row };
}

// What taking in a decision does not look at.
const unread = { v: 1 as const, prev: "", uncertaintyMs: null, by: "", rules: [], release: "", parts: "" };

function* encoded(standings: ReadonlyMap<string, Standing>): Iterable<[string, string]> {
  for (const [actor, standing] of standings) yield [actor, encodeStanding(standing)];
}

function keepOld(viewsPath: string, kept: string): void {
  removeDatabase(kept);
  renameSync(viewsPath, kept);
}
