// SPDX-License-Identifier: Apache-2.0
// What a log's files hold, read without changing or signing anything: its size, and its root at any size.
import { dirname, join } from "node:path";
import {
  appendLeafHash,
  cloneFrontier,
  emptyRoot,
  frontierRoot,
  hashBytes,
  leafHash,
  nodeFromTile,
  rootFromNodes,
  rootNodes,
  sha256,
  tileOfNode,
  tilePath,
  tileWidth,
  utf8,
} from "@docket/tlog";
import type { Hash, Tile } from "@docket/tlog";
import type { LogDisk } from "./disk.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalTail } from "./journal-reader.ts";
import { damaged, loadMaterialised } from "./materialised.ts";
import type { LogPaths } from "./paths.ts";

/** What a log holds. The journal is read when it is needed: for the size, or a root beyond the files. */
export type HeldState = {
  /** Number of entries that are in the files or, whole, in the journal. */
  readonly size: () => number;
  /** The root of the first `size` entries; `undefined` if the log holds fewer. */
  readonly rootAt: (size: number) => Hash | undefined;
  /** The last entry, if there is any. */
  readonly lastLeaf: () => Uint8Array | undefined;
};

/**
 * Reads what a log holds. The caller holds the directory's lock, so that nothing changes meanwhile.
 *
 * @throws {DocketError} `directory_damaged` with the place; so do its functions
 */
export function readHeldState(disk: LogDisk, paths: LogPaths, origin: string): HeldState {
  const { frontier, lastLeaf } = loadMaterialised(disk, paths);
  let tail: JournalTail | undefined;
  const readTail = (): JournalTail =>
    (tail ??= readJournal(disk, paths.journal, sha256(utf8(origin)), frontier.size));
  return {
    size: () => readTail().size,
    lastLeaf: () => readTail().batches.at(-1)?.records.at(-1)?.leaf ?? lastLeaf,
    rootAt(size) {
      if (size === frontier.size) return frontierRoot(frontier);
      if (size < frontier.size) return rootFromTiles(disk, paths, size);
      if (size > readTail().size) return undefined;
      const edge = cloneFrontier(frontier);
      for (const batch of readTail().batches) {
        for (const { leaf } of batch.records) {
          if (edge.size < size) appendLeafHash(edge, leafHash(leaf));
        }
      }
      return frontierRoot(edge);
    },
  };
}

function rootFromTiles(disk: LogDisk, paths: LogPaths, size: number): Hash {
  if (size === 0) return emptyRoot;
  const nodes = rootNodes(size);
  const hashes = nodes.map((node) => {
    const tile = tileOfNode(node, size);
    return nodeFromTile(tile, readTile(disk, paths, tile), node);
  });
  return rootFromNodes(size, hashes);
}

// Any tile of this place that is at least as wide begins with the same hashes.
function readTile(disk: LogDisk, paths: LogPaths, tile: Tile): Uint8Array {
  const wanted = tile.width * hashBytes;
  const partials = dirname(join(paths.site, tilePath({ ...tile, width: 1 })));
  const wider = disk
    .list(partials)
    .map(Number)
    .filter((width) => Number.isInteger(width) && width >= tile.width)
    .sort((a, b) => b - a);
  for (const width of [tileWidth, ...wider]) {
    const bytes = disk.readFile(join(paths.site, tilePath({ ...tile, width })));
    if (bytes !== undefined && bytes.length >= wanted) return bytes.subarray(0, wanted);
  }
  throw damaged(`${tilePath(tile)} is missing`);
}
