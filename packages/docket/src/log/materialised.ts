// SPDX-License-Identifier: Apache-2.0
// The state up to which everything is materialised and synced, and what a log needs of the files to go on
// from it.
import { join } from "node:path";
import {
  asHash,
  decodeBase64Url,
  decodeEntryBundle,
  emptyFrontier,
  encodeBase64Url,
  entriesPath,
  frontierFromNodes,
  frontierRoot,
  hashBytes,
  hashesEqual,
  nodeFromTile,
  rootNodes,
  tileOfNode,
  tilePath,
  tileWidth,
} from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "./disk.ts";
import type { LogPaths } from "./paths.ts";

/** What the files hold at the size that `materialised.json` names. */
export type Materialised = {
  frontier: Frontier;
  /** For each level of tiles, the hashes of the tile that is not full yet. */
  edge: Hash[][];
  /** Entries of the bundle that is not full yet. */
  entries: Buffer[];
  /** The last leaf, if there is any record. */
  lastLeaf: Buffer | undefined;
  /** Directories of partial tiles, by path in the site, that may be there and are not needed. */
  obsolete: string[];
};

/**
 * Writes the state file: from now on recovery starts at this size. Everything below it must be synced
 * already.
 *
 * @param obsolete directories of partial tiles, by path in the site, that nothing needs from now on
 */
export function writeState(
  disk: LogDisk,
  paths: LogPaths,
  frontier: Frontier,
  obsolete: readonly string[] = [],
): void {
  const state = {
    v: 1,
    size: frontier.size,
    root: encodeBase64Url(frontierRoot(frontier)),
    ...(obsolete.length === 0 ? {} : { obsolete }),
  };
  disk.replaceFile(paths.state, Buffer.from(`${JSON.stringify(state)}\n`), true);
}

/**
 * Reads what the files hold at the materialised size.
 *
 * @throws {@link DocketError} `directory_damaged` if a file is missing or contradicts the state
 */
export function loadMaterialised(disk: LogDisk, paths: LogPaths): Materialised {
  const state = readState(disk, paths);
  if (state.size === 0) {
    return { frontier: emptyFrontier(), edge: [], entries: [], lastLeaf: undefined, obsolete: [] };
  }
  const nodes = rootNodes(state.size);
  const hashes = nodes.map((node) => {
    const tile = tileOfNode(node, state.size);
    return nodeFromTile(tile, readTile(disk, paths, tilePath(tile), tile.width), node);
  });
  const frontier = frontierFromNodes(state.size, hashes);
  if (!hashesEqual(frontierRoot(frontier), state.root)) {
    throw damaged(`the tiles at size ${state.size} do not give the root that ${paths.state} names`);
  }
  const edge: Hash[][] = [];
  for (let level = 0, size = state.size; size > 0; level++, size = Math.floor(size / tileWidth)) {
    const width = size % tileWidth;
    const index = Math.floor(size / tileWidth);
    edge.push(
      width === 0 ? [] : splitHashes(readTile(disk, paths, tilePath({ level, index, width }), width)),
    );
  }
  const width = state.size % tileWidth;
  const bundle = Math.floor(state.size / tileWidth);
  const entries = width === 0 ? [] : readEntries(disk, paths, bundle, width);
  const last = width === 0 ? readEntries(disk, paths, bundle - 1, tileWidth) : entries;
  return { frontier, edge, entries, lastLeaf: last.at(-1), obsolete: state.obsolete };
}

/** The hashes of a tile's bytes. */
export function splitHashes(bytes: Uint8Array): Hash[] {
  const hashes: Hash[] = [];
  for (let at = 0; at < bytes.length; at += hashBytes)
    hashes.push(asHash(bytes.subarray(at, at + hashBytes)));
  return hashes;
}

function readState(disk: LogDisk, paths: LogPaths): { size: number; root: Hash; obsolete: string[] } {
  const bytes = disk.readFile(paths.state);
  if (bytes === undefined) throw damaged(`${paths.state} is missing`);
  try {
    const state = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
    const { v, size, root, obsolete = [] } = state;
    if (v !== 1 || !Number.isSafeInteger(size) || typeof root !== "string") throw new Error();
    if (!Array.isArray(obsolete) || !obsolete.every(isPartialDirectory)) throw new Error();
    return { size: size as number, root: asHash(decodeBase64Url(root)), obsolete };
  } catch {
    throw damaged(`${paths.state} is not a state file`);
  }
}

// The state file says what to remove, so what it says must be a directory of partial tiles and nothing else.
function isPartialDirectory(path: unknown): path is string {
  return typeof path === "string" && /^tile\/(\d{1,2}|entries)\/(x\d{3}\/)*\d{3}\.p$/.test(path);
}

function readTile(disk: LogDisk, paths: LogPaths, path: string, width: number): Buffer {
  const bytes = disk.readFile(join(paths.site, path));
  if (bytes?.length !== width * hashBytes) throw damaged(`${path} is missing or has the wrong length`);
  return bytes;
}

function readEntries(disk: LogDisk, paths: LogPaths, bundle: number, width: number): Buffer[] {
  const path = entriesPath(bundle, width);
  const bytes = disk.readFile(join(paths.site, path));
  if (bytes === undefined) throw damaged(`${path} is missing`);
  try {
    return decodeEntryBundle(bytes, width).map((entry) => Buffer.from(entry));
  } catch (error) {
    throw damaged(`${path} is not an entry bundle: ${(error as Error).message}`);
  }
}

/** The error for a data directory whose files contradict each other. */
export function damaged(what: string): DocketError {
  return new DocketError(
    "directory_damaged",
    `the log is damaged: ${what}; run \`docket verify\` on the directory, and restore it from a copy`,
  );
}
