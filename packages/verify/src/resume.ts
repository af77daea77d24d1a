// SPDX-License-Identifier: Apache-2.0
// Going on from an earlier run: the records that it checked are not read again, but they must be in the tree
// that is here now. The tiles above them, 1/256 of the log, are read, and must give the very subtrees that
// the earlier run computed from the records; and the whole must at last give the signed root.
import { hashBytes, hashesEqual, rootOfRow, tilePath, tileWidth, TlogError } from "@docket/tlog";
import { addDrops } from "./dropped.ts";
import { readRowsUpTo } from "./recent.ts";
import { hashOf, parseState, scheduleOf, unfitState } from "./state.ts";
import type { VerifyState } from "./state.ts";
import { tileName } from "./listing.ts";
import { checkFullTiles, requiredWidth } from "./tile-files.ts";
import { appendBundle, checkReachedRoots, wantedUpTo } from "./walk.ts";
import type { Walk } from "./walk.ts";

/** What was checked in an earlier run, and when. */
export type Resumed = { size: number; checkedAt: string };

/**
 * Moves a new walk on to where an earlier run was.
 *
 * @returns what was taken from it, or why nothing can be; then the walk is of no more use
 */
export async function resume(walk: Walk, text: string): Promise<Resumed | string> {
  const state = parseState(text);
  if (state === undefined) return "it is not what a verification wrote";
  const unfit = unfitState(state, walk);
  if (unfit !== undefined) return unfit;
  try {
    walk.schedule = scheduleOf(state, walk);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return "it names what is no key";
  }
  if (!(await replay(walk, state))) return "the log's tree is not the one that was checked then";
  const { chain } = walk;
  chain.previous = state.previous === null ? undefined : hashOf(state.previous);
  chain.time = state.time;
  chain.floor = state.floor ?? state.time;
  chain.firstTime = state.firstTime;
  chain.byKind = { ...state.byKind };
  chain.releases = new Map(state.releases);
  if (state.series !== undefined) chain.series = structuredClone(state.series);
  if (state.drops !== undefined) addDrops(chain.drops, state.drops);
  walk.anchors.noted = [...(state.anchors ?? [])];
  return { size: state.size, checkedAt: state.checkedAt };
}

async function replay(walk: Walk, state: VerifyState): Promise<boolean> {
  let above: Uint8Array | undefined;
  for (let bundle = 0; bundle * tileWidth < state.size; bundle++) {
    const end = (bundle + 1) * tileWidth;
    await readRowsUpTo(walk.rows, end, walk.source, walk.findings);
    if (bundle === 0) await checkReachedRoots(walk);
    if (bundle % tileWidth === 0) above = await readAbove(walk, bundle / tileWidth);
    const place = (bundle % tileWidth) * hashBytes;
    const root = above?.subarray(place, place + hashBytes);
    if (root?.length !== hashBytes) return false;
    const wanted = wantedUpTo(walk, end).filter((size) => size < end);
    const isLast = end >= state.size;
    const prefixes = await prefixesOf(walk, bundle, root, wanted, isLast ? state.previous : null);
    if (prefixes === undefined) return false;
    appendBundle(walk, { root: new Uint8Array(root), prefixes, chain: null }, wanted);
    for (const kind of [0, "entries"] as const) walk.listing?.partials.delete(tileName(kind, bundle));
    await checkFullTiles(walk);
    await checkReachedRoots(walk);
  }
  const { hashes } = walk.frontier;
  return (
    hashes.length === state.frontier.length &&
    hashes.every((hash, i) => hashesEqual(hash, hashOf(state.frontier[i] as string)))
  );
}

async function readAbove({ source, head }: Walk, index: number): Promise<Uint8Array | undefined> {
  const width = requiredWidth(1, index, head.size);
  const bytesMax = tileWidth * hashBytes;
  const exact = await source.read(tilePath({ level: 1, index, width }), bytesMax);
  return exact ?? (await source.read(tilePath({ level: 1, index, width: tileWidth }), bytesMax));
}

// Where a root within the bundle is wanted, or its last record's hash, its own tile is read too.
async function prefixesOf(
  walk: Walk,
  bundle: number,
  root: Uint8Array,
  wanted: readonly number[],
  previous: string | null,
): Promise<Uint8Array | undefined> {
  const prefixes = new Uint8Array(wanted.length * hashBytes);
  if (wanted.length === 0 && previous === null) return prefixes;
  const tile = await walk.source.read(
    tilePath({ level: 0, index: bundle, width: tileWidth }),
    tileWidth * hashBytes,
  );
  if (tile?.length !== tileWidth * hashBytes || !hashesEqual(rootOfRow(tile), root)) return undefined;
  for (const [i, size] of wanted.entries()) {
    prefixes.set(rootOfRow(tile.subarray(0, (size - bundle * tileWidth) * hashBytes)), i * hashBytes);
  }
  const last = tile.subarray((tileWidth - 1) * hashBytes);
  return previous === null || hashesEqual(last, hashOf(previous)) ? prefixes : undefined;
}
