// SPDX-License-Identifier: Apache-2.0
// The way over all that is published: full bundles are asked for in ranges, several at once, and taken in
// their order; whatever is not in order, and what only the walk can judge, it looks at itself.
import { tileWidth } from "@docket/tlog";
import { checkBundle } from "./bundle.ts";
import { tileName } from "./listing.ts";
import { rangeBundles } from "./range.ts";
import type { CheckedBundle, NarrowFile, RangeChecker, RangeRequest, RangeResult } from "./range.ts";
import { readRowsUpTo } from "./recent.ts";
import type { RecentRow } from "./recent.ts";
import { keysAt } from "./schedule.ts";
import { formatState } from "./state.ts";
import { checkFullTiles } from "./tile-files.ts";
import { appendBundle, checkReachedRoots, wantedUpTo } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** Called as the walk goes on: records checked so far, of how many. */
export type Progress = (records: number, total: number) => void;

/** What is told while the walk goes on. */
export type WalkOptions = {
  onProgress?: Progress | undefined;
  /**
   * Called at borders of bundles while nothing is wrong. `stateAt` gives the text with which a later run can
   * go on from here; it takes the time, RFC 3339, and is to be called at once or not at all. `last` is true
   * at the last border.
   */
  onState?: ((stateAt: (time: string) => string, last: boolean) => void) | undefined;
};

type Asked = { request: RangeRequest; result: Promise<RangeResult> };

/**
 * Checks what the checkpoint covers, up to its last record.
 *
 * @returns false where neither entries nor hashes could be read, so that the rest was not checked
 */
export async function walkPublished(
  walk: Walk,
  checker: RangeChecker,
  { onProgress, onState }: WalkOptions,
): Promise<boolean> {
  const { size } = walk.head;
  const full = Math.floor(size / tileWidth);
  const asked: Asked[] = [];
  // Bundle 0 says what the log is, and the last one is not full: both are the walk's own.
  let planned = Math.max(1, walk.frontier.size / tileWidth);
  walk.rows.judge = judgeOf(walk, checker);
  await planRows(walk, tileWidth);
  await checkReachedRoots(walk);
  // Where an earlier run came as far, its state is told again, with the checkpoint of now.
  if (walk.frontier.size === full * tileWidth) tellState(walk, full, onState);
  while (walk.frontier.size < size) {
    while (planned < full && asked.length < checker.concurrency) {
      const count = Math.min(rangeBundles, full - planned);
      asked.push(await ask(walk, checker, planned, count));
      planned += count;
    }
    const first = walk.frontier.size / tileWidth;
    const next = asked[0]?.request.first === first ? asked.shift() : undefined;
    if (next === undefined) await planRows(walk, size);
    const results = next === undefined ? [null] : await next.result;
    for (const checked of results) {
      if (!(await takeBundle(walk, checked, next?.request.wanted ?? []))) {
        noteUnchecked(walk, walk.frontier.size);
        return false;
      }
      onProgress?.(walk.frontier.size, size);
      tellState(walk, full, onState);
    }
  }
  return true;
}

function tellState(walk: Walk, full: number, onState: WalkOptions["onState"]): void {
  const { frontier, findings } = walk;
  if (onState === undefined || frontier.size % tileWidth !== 0 || findings.count > 0) return;
  onState((time) => formatState(walk, time), frontier.size === full * tileWidth);
}

async function takeBundle(
  walk: Walk,
  checked: CheckedBundle | null,
  wanted: readonly number[],
): Promise<boolean> {
  const bundle = walk.frontier.size / tileWidth;
  const isInOrder = checked !== null && !isTheWalks(walk, bundle) && appendBundle(walk, checked, wanted);
  if (isInOrder) forgetNarrowFiles(walk, bundle);
  else if (!(await checkBundle(walk, bundle))) return false;
  await checkFullTiles(walk);
  await checkReachedRoots(walk);
  return true;
}

async function ask(walk: Walk, checker: RangeChecker, first: number, count: number): Promise<Asked> {
  const end = (first + count) * tileWidth;
  await planRows(walk, end);
  const request: RangeRequest = {
    first,
    count,
    mode: walk.mode,
    parts: walk.source.hasParts && walk.mode === "records",
    wanted: wantedUpTo(walk, end).filter((size) => size > first * tileWidth && size % tileWidth !== 0),
    narrow: Array.from({ length: count }, (_, i) => narrowFilesOf(walk, first + i)).flat(),
  };
  const result = checker.check(request);
  // The walk may end before it comes here; a failure is then nobody's.
  result.catch(() => undefined);
  return { request, result };
}

function judgeOf(
  { head, schedule }: Walk,
  checker: RangeChecker,
): ((rows: readonly RecentRow[]) => Promise<(string | undefined)[]>) | undefined {
  const { origin } = head;
  if (checker.checkRoots === undefined || origin === undefined) return undefined;
  return async (rows) => {
    const newest = rows.at(-1)?.size ?? 0;
    const known = [...keysAt(schedule, newest), ...(head.opened?.signers ?? [])];
    const keys = known.filter((key) => key.algorithm === "ed25519" && key.name === origin);
    const vkeys = [...new Set(keys.map(({ vkey }) => vkey))];
    const roots = rows.map(({ size, root, signature }) => ({ size, root, signature }));
    const found = await checker.checkRoots?.({ origin, vkeys, roots });
    return rows.map((_, i) => vkeys[found?.[i] ?? -1]);
  };
}

async function planRows(walk: Walk, end: number): Promise<void> {
  await readRowsUpTo(walk.rows, end, walk.source, walk.findings);
}

// Records that the journal holds too, and files as wide as the writer's state says, are compared by the walk.
function isTheWalks({ copies, firstCopy, writer }: Walk, bundle: number): boolean {
  const start = bundle * tileWidth;
  const materialised = writer?.materialisedSize ?? 0;
  if (materialised > start && materialised < start + tileWidth) return true;
  if (start + tileWidth <= firstCopy) return false;
  for (let index = start; index < start + tileWidth; index++) if (copies.has(index)) return true;
  return false;
}

function narrowFilesOf({ listing, mode }: Walk, bundle: number): NarrowFile[] {
  if (listing === undefined || listing.partials.size === 0) return [];
  const files = (kind: NarrowFile["kind"], name: string): NarrowFile[] =>
    Array.from(listing.partials.get(name) ?? [], (width) => ({ kind, bundle, width }));
  const entries = mode === "tiles" ? [] : files("entries", tileName("entries", bundle));
  return [...files("tile", tileName(0, bundle)), ...entries];
}

function forgetNarrowFiles({ listing }: Walk, bundle: number): void {
  listing?.partials.delete(tileName(0, bundle));
  listing?.partials.delete(tileName("entries", bundle));
}

function noteUnchecked({ findings }: Walk, record: number): void {
  const why = `record ${record} and those after it cannot be read`;
  for (const check of [
    "records",
    "tree",
    "root",
    "parts",
    "files",
    "keptCheckpoints",
    "recentCheckpoints",
    "cosignatures",
    "seen",
    "anchors",
  ] as const) {
    if (!findings.unchecked.has(check)) findings.unchecked.set(check, why);
  }
}
