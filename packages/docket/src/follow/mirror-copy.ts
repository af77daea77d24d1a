// SPDX-License-Identifier: Apache-2.0
// The copying itself: which tiles and bundles a copy lacks, each fetched, checked and left waiting.
import {
  asHash,
  decodeEntryBundle,
  entriesPath,
  entryBytesMax,
  hashBytes,
  hashesEqual,
  leafHash,
  tilePath,
  tileWidth,
  TlogError,
} from "@docket/tlog";
import type { Tile } from "@docket/tlog";
import { forEachBounded } from "./bounded.ts";
import { FollowError } from "./error.ts";
import type { MirrorFiles } from "./mirror-files.ts";
import type { LogServer } from "./server.ts";
import { edgeTiles } from "./tree.ts";
import type { Tree } from "./tree.ts";

/** How many files are fetched at the same time. */
export const fetchesAtOnce = 12;
/** Longest entry bundle, in bytes. */
const bundleBytesMax = tileWidth * (2 + entryBytesMax);
/** How many files that are not what the tree commits to are named; more are counted. */
const wrongNamedMax = 20;

/** What is to be copied. */
export type CopyOptions = {
  server: LogServer;
  tree: Tree;
  files: MirrorFiles;
  /** Size whose tiles are in place. */
  tilesFrom: number;
  /** Size whose bundles of entries are in place; `undefined` to copy no entries. */
  entriesFrom: number | undefined;
  /** Bundles below that, in ranges, which the server did not give before. */
  missing: readonly (readonly [number, number])[];
  onProgress: (done: number, total: number) => void;
};

/** What was copied. */
export type Copied = {
  /** Bundles that were fetched, files of entries. */
  bundles: number;
  /** Numbers of bundles that the server did not give, or gave wrong, ascending. */
  missing: number[];
  /** Why the server shows no entries at all, if it said so. */
  refused: string | undefined;
  /** Bundles that are not what the tree commits to: the first of them, and how many. */
  wrong: string[];
  wrongCount: number;
};

/**
 * Fetches what the copy lacks.
 *
 * @throws {FollowError} where the server cannot be reached, or a tile is missing or wrong: without its tiles
 *   a copy is none. Entries that it lacks are in the result
 */
export async function copyTree(options: CopyOptions): Promise<Copied> {
  const { tree, files, tilesFrom, entriesFrom = Number.POSITIVE_INFINITY, onProgress } = options;
  const { size } = tree.head;
  const copied: Copied = { bundles: 0, missing: [], refused: undefined, wrong: [], wrongCount: 0 };
  for (let level = highestLevel(size); level > 0; level--) {
    await forEachBounded(fullTiles(level, tilesFrom, size), fetchesAtOnce, async (tile) => {
      await tree.tile(tile);
    });
  }
  const first = Math.floor(Math.min(tilesFrom, entriesFrom) / tileWidth);
  const end = Math.ceil(size / tileWidth);
  let done = 0;
  await forEachBounded(numbersFrom(first, end), fetchesAtOnce, async (index) => {
    await tree.tile(lowestTile(index, size));
    if ((index + 1) * tileWidth > entriesFrom && copied.refused === undefined)
      await copyBundle(options, index, copied);
    done += 1;
    onProgress(done * tileWidth, (end - first) * tileWidth);
  });
  if (options.entriesFrom !== undefined) await copyMissing(options, copied);
  for (const tile of edgeTiles(size)) {
    const bytes = await tree.tile(tile);
    const isSame = (there: Uint8Array): boolean => hashesEqual(there, bytes);
    if (files.genuine(tilePath(tile), isSame) === undefined) files.stage(tilePath(tile), bytes);
  }
  copied.missing.sort((a, b) => a - b);
  return copied;
}

// What a log has dropped does not come back as a rule: of each range the last bundle is asked for, and the
// others only where that is there again.
async function copyMissing(options: CopyOptions, copied: Copied): Promise<void> {
  for (const [first, end] of options.missing) {
    const before = copied.missing.length;
    if (copied.refused === undefined) await copyBundle(options, end - 1, copied);
    if (copied.refused === undefined && copied.missing.length === before) {
      await forEachBounded(numbersFrom(first, end - 1), fetchesAtOnce, (index) =>
        copyBundle(options, index, copied),
      );
    } else {
      copied.missing.length = before;
      for (const index of numbersFrom(first, end)) copied.missing.push(index);
    }
  }
}

async function copyBundle(
  { server, tree, files }: CopyOptions,
  index: number,
  copied: Copied,
): Promise<void> {
  const tile = lowestTile(index, tree.head.size);
  const path = entriesPath(index, tile.width);
  const hashes = await tree.tile(tile);
  const isGenuine = (bytes: Uint8Array): boolean => areEntriesOf(bytes, tile.width, hashes);
  if (files.genuine(path, isGenuine) !== undefined) return;
  try {
    const bytes = await readBundle(server, index, tile.width);
    if (bytes !== undefined && isGenuine(bytes)) {
      copied.bundles += 1;
      files.stage(path, bytes);
      return;
    }
    if (bytes !== undefined) addWrong(copied, `${path} is not what the tree commits to`);
  } catch (error) {
    if (!(error instanceof FollowError) || error.code === "unreachable") throw error;
    if (error.code === "refused") {
      copied.refused = error.message;
      return;
    }
    addWrong(copied, error.message);
  }
  copied.missing.push(index);
}

/** A bundle's file, or the beginning of the full one's, which replaced it when the log grew. */
async function readBundle(server: LogServer, index: number, width: number): Promise<Uint8Array | undefined> {
  const bytes = await server.read(entriesPath(index, width), bundleBytesMax);
  if (bytes !== undefined || width === tileWidth) return bytes;
  const full = await server.read(entriesPath(index, tileWidth), bundleBytesMax);
  if (full === undefined) return undefined;
  try {
    const entries = decodeEntryBundle(full, tileWidth).slice(0, width);
    return full.subarray(
      0,
      entries.reduce((length, entry) => length + 2 + entry.length, 0),
    );
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    return full;
  }
}

function areEntriesOf(bytes: Uint8Array, width: number, hashes: Uint8Array): boolean {
  try {
    return decodeEntryBundle(bytes, width).every((entry, place) =>
      hashesEqual(leafHash(entry), asHash(hashes.subarray(place * hashBytes, (place + 1) * hashBytes))),
    );
  } catch (error) {
    if (error instanceof TlogError) return false;
    throw error;
  }
}

function addWrong(copied: Copied, reason: string): void {
  copied.wrongCount += 1;
  if (copied.wrong.length < wrongNamedMax) copied.wrong.push(reason);
}

function lowestTile(index: number, size: number): Tile {
  return { level: 0, index, width: Math.min(tileWidth, size - index * tileWidth) };
}

/** The full tiles of a level that a tree has and a smaller one has not. */
function* fullTiles(level: number, from: number, size: number): Generator<Tile, void, undefined> {
  const span = tileWidth ** (level + 1);
  for (const index of numbersFrom(Math.floor(from / span), Math.floor(size / span))) {
    yield { level, index, width: tileWidth };
  }
}

function highestLevel(size: number): number {
  let level = 0;
  while (tileWidth ** (level + 1) <= size) level += 1;
  return level;
}

function* numbersFrom(first: number, end: number): Generator<number, void, undefined> {
  for (let at = first; at < end; at++) yield at;
}
