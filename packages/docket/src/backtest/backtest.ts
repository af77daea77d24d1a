// SPDX-License-Identifier: Apache-2.0
// A backtest of a data directory: threads prepare bundles, this one decides them in the order of the log.
// It reads what is published, writes nothing and takes no lock, so it also runs beside a server.
import { join } from "node:path";
import { tileWidth } from "@docket/tlog";
import type { SiteKeys } from "../evidence/keys.ts";
import { releaseDeclarations } from "../intake/open-modes.ts";
import { journalledActors } from "../log/journalled-actors.ts";
import type { LogPaths } from "../log/paths.ts";
import { keptRelease } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";
import { disk } from "../stores/files/node-disk.ts";
import { openThreadPool } from "../thread-pool.ts";
import type { ThreadPool } from "../thread-pool.ts";
import { threadUrl } from "../thread-url.ts";
import type { Batch } from "./batch.ts";
import type { PlainCandidate } from "./candidate.ts";
import { countersHeldBy, scanLeaves } from "./known-counters.ts";
import type { LeavesScan } from "./known-counters.ts";
import { openPreparer } from "./open-preparer.ts";
import type { PreparerStart, PrepareQuestion } from "./preparer.ts";
import type { BacktestReport } from "./report.ts";
import { BacktestRun } from "./run.ts";
import type { Sample } from "./sample.ts";
import type { Compared } from "./tally.ts";

/** The log that a backtest reads. */
export type BacktestSource = {
  readonly paths: LogPaths;
  readonly origin: string;
  readonly keys: Pick<SiteKeys, "site" | "hashing" | "folder">;
  /** Records that are published. */
  readonly size: number;
};

/** What is asked of a backtest. */
export type BacktestOptions = {
  readonly source: BacktestSource;
  readonly candidate: { readonly release: Release; readonly plain: PlainCandidate };
  /** How the candidate is named in the report. */
  readonly name: string;
  /** The records that are decided again: from `from` to before `to`. */
  readonly from: number;
  readonly to: number;
  /** With what memory: none, or what the records from `warmFrom` on left. */
  readonly memory: "cold" | "warm";
  readonly warmFrom?: number | undefined;
  readonly sample?: Sample | undefined;
  /** Threads that read; 0 reads in this one. Default: one for each core, and none for few records. */
  readonly threads?: number | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly onCompared?: ((compared: Compared) => void) | undefined;
};

const nothingScanned: LeavesScan = { brakedFrom: Number.POSITIVE_INFINITY, releases: new Set() };
/** Bundles that a thread is asked for at once. */
const bundlesPerQuestion = 8;
/** From how many records on threads are worth their start. */
const recordsForThreads = 4096;

/** Runs a backtest. */
export async function backtest(options: BacktestOptions): Promise<BacktestReport> {
  const { source, candidate, from, to, memory, sample } = options;
  const beganMs = performance.now();
  const warm = memory === "cold" ? from : Math.min(from, options.warmFrom ?? 0);
  const start = startOf(options, warm);
  const run = new BacktestRun({
    candidate: candidate.release,
    known: start.known,
    hashing: source.keys.hashing,
    from,
    declared: (id) => declaredBy(source, id),
    sample,
    onCompared: options.onCompared,
  });
  const isLong = to - warm >= recordsForThreads;
  const threads = options.threads ?? (isLong ? undefined : 0);
  const pool = threads === 0 ? hereOnly(start) : openPool(start, threads);
  const spent = { decideMs: 0, readMs: 0, records: 0 };
  try {
    for await (const batch of batchesOf(pool, { size: source.size, warm, from, to })) {
      const takenMs = performance.now();
      run.take(batch);
      spent.decideMs += performance.now() - takenMs;
      spent.readMs += batch.readMs;
      spent.records += batch.records;
      options.onProgress?.(spent.records, to - warm);
    }
  } finally {
    await pool[Symbol.asyncDispose]();
  }
  const found = run.report();
  const elapsedMs = performance.now() - beganMs;
  const perSecond = (count: number, ms: number): number => (ms === 0 ? 0 : Math.round((count * 1000) / ms));
  return {
    format: "docket-backtest/v1",
    origin: source.origin,
    candidate: { release: candidate.release.id, name: options.name },
    memory,
    from,
    to,
    size: source.size,
    ...found,
    speed: {
      elapsedMs: Math.round(elapsedMs),
      decideMs: Math.round(spent.decideMs),
      decidedPerSecond: perSecond(spent.records, spent.decideMs),
      threads: threads === 0 ? 0 : (pool.concurrency - 1) / 2,
      readMs: Math.round(spent.readMs),
      readPerSecond: perSecond(spent.records, spent.readMs),
    },
    notes: notesOf(options, found, warm),
  };
}

/** What a thread that prepares is started with. */
function startOf({ source, candidate, sample, to }: BacktestOptions, warm: number): PreparerStart {
  const { paths, origin, keys, size } = source;
  const { policies } = candidate.release;
  const leaves = { disk, paths, size };
  // What was read live is what all records before it left.
  const isWhole = warm === 0 && policies.counters.length > 0;
  const scan = isWhole || policies.lists.size > 0 ? scanLeaves(leaves, to) : nothingScanned;
  return {
    paths,
    origin,
    siteKey: keys.site,
    folder: keys.folder,
    hashing: keys.hashing,
    identity: join(paths.site, "identity.sqlite"),
    journalled: journalledActors(disk, paths, origin),
    candidate: candidate.plain,
    brakedFrom: scan.brakedFrom,
    known: isWhole ? countersHeldBy(leaves, candidate.release, scan.releases) : [],
    withEventHashes: (sample?.byEvent.size ?? 0) > 0,
  };
}

async function* batchesOf(
  pool: ThreadPool<PrepareQuestion, Batch>,
  range: Pick<PrepareQuestion, "size" | "warm" | "from" | "to">,
): AsyncGenerator<Batch> {
  const bundles = Math.ceil(range.to / tileWidth);
  const pending: Promise<Batch>[] = [];
  let next = Math.floor(range.warm / tileWidth);
  while (next < bundles || pending.length > 0) {
    while (next < bundles && pending.length < pool.concurrency) {
      const count = Math.min(bundlesPerQuestion, bundles - next);
      const batch = pool.ask({ first: next, count, ...range });
      // Whether one failed is seen when its turn comes.
      batch.catch(() => undefined);
      pending.push(batch);
      next += count;
    }
    yield await (pending.shift() as Promise<Batch>);
  }
}

function openPool(start: PreparerStart, threads: number | undefined): ThreadPool<PrepareQuestion, Batch> {
  return openThreadPool(threadUrl("./thread", import.meta.url), start, threads);
}

// For a few records the start of threads would take longer than they save.
function hereOnly(start: PreparerStart): ThreadPool<PrepareQuestion, Batch> {
  const preparer = openPreparer(start);
  return {
    concurrency: 1,
    ask: async (question) => preparer.prepare(question),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function declaredBy(
  { paths }: BacktestSource,
  id: string,
): ReturnType<typeof releaseDeclarations> | undefined {
  try {
    return releaseDeclarations(keptRelease(disk, paths, id));
  } catch {
    return undefined;
  }
}

function notesOf(
  { from, to, source, memory }: BacktestOptions,
  { coverage, brakes, restrictions }: Pick<BacktestReport, "coverage" | "brakes" | "restrictions">,
  warm: number,
): string[] {
  const notes: string[] = [];
  if (from > 0 || to < source.size)
    notes.push(`only records ${from} to ${to - 1} of ${source.size} were decided again`);
  if (memory === "cold" && from > 0) notes.push("counters, limits and standing began empty");
  if (memory === "warm" && warm > 0) notes.push(`what happened before record ${warm} is not in memory`);
  if (coverage.gone > 0) {
    notes.push(`${coverage.gone} decisions could not be made again: their evidence is erased`);
  }
  if (coverage.unasked > 0) {
    const what = "without answers of look-ups that nobody asked then: what reads them is missing";
    notes.push(`${coverage.unasked} decisions were made again ${what}`);
  }
  if (coverage.unreadable > 0) {
    notes.push(`${coverage.unreadable} records could not be read: docket verify says why`);
  }
  if (brakes.length > 0) {
    notes.push("rules lost their power to an emergency brake, and nobody confirmed them in this run");
  }
  if (restrictions.actors.caused > 0 || restrictions.actors.avoided > 0) {
    notes.push("what people would have done otherwise, once restricted or not, nobody knows");
  }
  return notes;
}
