// SPDX-License-Identifier: Apache-2.0
// A whole log in memory, written with this package's public functions alone.
import { utf8 } from "../base64.ts";
import { signCheckpoint } from "../checkpoint.ts";
import { appendLeafHash, emptyFrontier, frontierRoot } from "../frontier.ts";
import { hashBytes, leafHash, type Hash } from "../hash.ts";
import type { Signer } from "../note.ts";
import {
  encodeEntryBundle,
  entriesPath,
  nodeFromTile,
  tileOfNode,
  tilePath,
  tilesOfSize,
  tileNodes,
  tileWidth,
} from "../tile.ts";
import type { TreeNode } from "../tree.ts";

/** `files` are the log's files by path; `hashOf` reads a node's hash from its tile. */
export type TestLog = {
  entries: Uint8Array[];
  root: Hash;
  files: Map<string, Uint8Array>;
  hashOf: (node: TreeNode) => Hash;
};

/** Writes a log of `size` entries: its tiles, entry bundles and, with signers, its checkpoint. */
export function writeTestLog(size: number, origin: string, signers: Signer[]): TestLog {
  const entries = Array.from({ length: size }, (_, i) =>
    utf8(`{"entry":${i},"text":"${"é".repeat(i % 7)}"}`),
  );
  const hashes = new Map<string, Hash>();
  const frontier = emptyFrontier();
  for (const entry of entries) {
    appendLeafHash(frontier, leafHash(entry), (node, hash) =>
      hashes.set(`${node.level}/${node.index}`, hash),
    );
  }
  const root = frontierRoot(frontier);
  const files = new Map<string, Uint8Array>();
  for (const tile of tilesOfSize(size)) {
    const data = new Uint8Array(tile.width * hashBytes);
    tileNodes(tile).forEach(({ level, index }, i) => {
      data.set(hashes.get(`${level}/${index}`) ?? new Uint8Array(), i * hashBytes);
    });
    files.set(tilePath(tile), data);
    if (tile.level === 0) {
      const start = tile.index * tileWidth;
      const bundle = encodeEntryBundle(entries.slice(start, start + tile.width));
      files.set(entriesPath(tile.index, tile.width), bundle);
    }
  }
  if (signers.length > 0) {
    files.set("checkpoint", signCheckpoint({ origin, size, root, extensions: [] }, signers));
  }
  const hashOf = (node: TreeNode): Hash => {
    const tile = tileOfNode(node, size);
    const data = files.get(tilePath(tile));
    if (data === undefined) throw new RangeError(`the log has no ${tilePath(tile)}`);
    return nodeFromTile(tile, data, node);
  };
  return { entries, root, files, hashOf };
}
