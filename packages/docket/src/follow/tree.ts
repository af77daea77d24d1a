// SPDX-License-Identifier: Apache-2.0
// A tree read through its tiles, none of which is believed: a tile's hashes are used only once they have led
// to the root that the log signed. The tiles of the right edge give the root together; every other tile is
// full, and its own root stands in the tile above.
import {
  appendLeafHash,
  asHash,
  consistencyFromNodes,
  consistencyNodes,
  emptyFrontier,
  emptyRoot,
  frontierRoot,
  hashBytes,
  hashesEqual,
  nodeFromTile,
  rootFromNodes,
  rootNodes,
  tileHeight,
  tileOfNode,
  tilePath,
  tileWidth,
  verifyConsistency,
} from "@docket/tlog";
import type { Hash, Tile, TreeNode } from "@docket/tlog";
import { FollowError } from "./error.ts";

/** The length of a full tile, in bytes. */
export const tileBytes: number = tileWidth * hashBytes;
/** How many tiles a tree remembers, besides those of its right edge; 8 KiB each. */
const tilesKeptMax = 64;

/** What a log signs: that `root` is the root of its first `size` entries. */
export type TreeHead = { size: number; root: Hash };

/**
 * Reads a tile, as wide as it is in the tree.
 *
 * @param isGenuine whether bytes are the tile's; for a tile of the right edge it knows their number only
 * @returns bytes that are genuine
 * @throws {FollowError} where there are none
 */
export type ReadTile = (tile: Tile, isGenuine: (bytes: Uint8Array) => boolean) => Promise<Uint8Array>;

/** The tree of one tree head. */
export type Tree = {
  readonly head: TreeHead;
  /**
   * A tile's bytes, which lead to the root.
   *
   * @throws {FollowError} as the tree's `ReadTile` does
   * @throws RangeError for a tile that is not one of this tree, or has another width in it
   */
  tile(tile: Tile): Promise<Uint8Array>;
  /** The hashes of nodes, which lead to the root. Throws as `tile` does. */
  hashes(nodes: readonly TreeNode[]): Promise<Hash[]>;
};

/**
 * Opens the tree of a tree head: reads the tiles of its right edge, and compares the root that they give.
 *
 * @throws {FollowError} as `readTile` does; `wrong` where the tiles give another root
 */
export async function openTree(head: TreeHead, readTile: ReadTile): Promise<Tree> {
  const edge = new Map<string, Uint8Array>();
  await Promise.all(
    edgeTiles(head.size).map(async (tile) => {
      edge.set(tilePath(tile), await readTile(tile, (bytes) => bytes.length === tile.width * hashBytes));
    }),
  );
  const hashes = rootNodes(head.size).map((node) => {
    const tile = tileOfNode(node, head.size);
    return nodeFromTile(tile, edge.get(tilePath(tile)) as Uint8Array, node);
  });
  if (!hashesEqual(rootFromNodes(head.size, hashes), head.root)) {
    throw new FollowError(
      "wrong",
      `the tiles at the right edge of ${head.size} entries do not give the root`,
    );
  }
  return treeOf(head, edge, readTile);
}

/** The tiles that are not full in a tree of that size, the lowest first: one a level at most. */
export function edgeTiles(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, count = size; count > 0; level++, count = Math.floor(count / tileWidth)) {
    const width = count % tileWidth;
    if (width > 0) tiles.push({ level, index: Math.floor(count / tileWidth), width });
  }
  return tiles;
}

/** Whether an earlier tree is the beginning of a later one. */
export type Growth = {
  consistent: boolean;
  /** The root that the later tree has at the earlier one's size. */
  rootThen: Hash;
  /** The consistency proof (RFC 6962 section 2.1.2) that its tiles give; empty from the empty tree. */
  proof: Hash[];
};

/**
 * Proves that a tree begins with an earlier one, or that it does not. The proof's hashes come from tiles that
 * lead to the later root, so that "no" is as certain as "yes".
 *
 * @throws {FollowError} as `tree.tile` does
 * @throws RangeError for an earlier tree that is larger
 */
export async function proveGrowth(tree: Tree, earlier: TreeHead): Promise<Growth> {
  const { size, root } = tree.head;
  if (earlier.size === 0) {
    return { consistent: hashesEqual(earlier.root, emptyRoot), rootThen: emptyRoot, proof: [] };
  }
  const nodes = await tree.hashes(consistencyNodes(earlier.size, size));
  const proof = consistencyFromNodes(earlier.size, size, nodes);
  const consistent = verifyConsistency(proof, earlier.size, size, earlier.root, root);
  const rootThen = rootFromNodes(earlier.size, await tree.hashes(rootNodes(earlier.size)));
  // Two ways to the same answer: that they differ, no server can bring about.
  if (consistent !== hashesEqual(rootThen, earlier.root))
    throw new Error("a consistency proof contradicts its tiles");
  return { consistent, rootThen, proof };
}

function treeOf(head: TreeHead, edge: ReadonlyMap<string, Uint8Array>, readTile: ReadTile): Tree {
  const kept = new Map<string, Promise<Uint8Array>>();
  const read = async (tile: Tile): Promise<Uint8Array> => {
    const expected = await hashOf({ level: (tile.level + 1) * tileHeight, index: tile.index });
    const isGenuine = (bytes: Uint8Array): boolean =>
      bytes.length === tileBytes && hashesEqual(rootOfFullTile(bytes), expected);
    const bytes = await readTile(tile, isGenuine);
    // Checked here too: nothing that a reader forgot may get any further.
    if (!isGenuine(bytes)) throw new FollowError("wrong", `${tilePath(tile)} is not the tile of this tree`);
    return bytes;
  };
  const tile = (wanted: Tile): Promise<Uint8Array> => {
    checkTile(wanted, head.size);
    const path = tilePath(wanted);
    const known = edge.get(path);
    if (known !== undefined) return Promise.resolve(known);
    const before = kept.get(path);
    if (before !== undefined) return before;
    const bytes = read(wanted);
    kept.set(path, bytes);
    bytes.catch(() => kept.delete(path));
    const [oldest] = kept.keys();
    if (kept.size > tilesKeptMax && oldest !== undefined) kept.delete(oldest);
    return bytes;
  };
  const hashOf = async (node: TreeNode): Promise<Hash> => {
    const of = tileOfNode(node, head.size);
    return nodeFromTile(of, await tile(of), node);
  };
  return { head, tile, hashes: (nodes) => Promise.all(nodes.map(hashOf)) };
}

function checkTile({ level, index, width }: Tile, size: number): void {
  const last = tileOfNode({ level: level * tileHeight, index: index * tileWidth }, size);
  if (last.width !== width)
    throw new RangeError(`tile ${index} of level ${level} has a width of ${last.width}`);
}

function rootOfFullTile(bytes: Uint8Array): Hash {
  const frontier = emptyFrontier();
  for (let at = 0; at < bytes.length; at += hashBytes) {
    appendLeafHash(frontier, asHash(bytes.subarray(at, at + hashBytes)));
  }
  return frontierRoot(frontier);
}
