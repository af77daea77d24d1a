// SPDX-License-Identifier: Apache-2.0
// Proofs computed from the tiles that the materialiser wrote: to a published checkpoint of any size.
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  consistencyFromNodes,
  consistencyNodes,
  formatProof,
  hashBytes,
  inclusionFromNodes,
  inclusionNodes,
  nodeFromTile,
  parseCheckpoint,
  parseNote,
  rootFromNodes,
  rootNodes,
  tileOfNode,
  tilePath,
  tileWidth,
} from "@docket/tlog";
import type { Hash, Tile, TreeNode } from "@docket/tlog";

/** Reads the tiles below a directory. No size that is asked for may be above the published one. */
export class TreeFiles {
  readonly #directory: string;

  /** @param directory that of the log, in which `tile/` lies */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * The proof (C2SP tlog-proof) that a record is in the tree of a checkpoint.
   *
   * @param checkpoint a signed note, of a tree that holds `index`
   * @throws what reading a tile throws, and `TlogError` `tile` for one of the wrong length
   */
  async inclusion(index: number, checkpoint: Uint8Array): Promise<string> {
    const { size } = parseCheckpoint(parseNote(checkpoint).text);
    const hashes = await this.#hashes(inclusionNodes(index, size), size);
    return formatProof({ index, hashes: inclusionFromNodes(index, size, hashes), checkpoint });
  }

  /**
   * The proof (RFC 6962 section 2.1.2) that the tree of `first` records is the beginning of that of `second`;
   * without a hash if the first is empty, or both are the same.
   */
  async consistency(first: number, second: number): Promise<Hash[]> {
    if (first === 0 || first === second) return [];
    const hashes = await this.#hashes(consistencyNodes(first, second), second);
    return consistencyFromNodes(first, second, hashes);
  }

  /** The root of the tree of the first `size` records. */
  async root(size: number): Promise<Hash> {
    return rootFromNodes(size, await this.#hashes(rootNodes(size), size));
  }

  async #hashes(nodes: readonly TreeNode[], size: number): Promise<Hash[]> {
    const tiles = new Map<string, Promise<Uint8Array>>();
    return Promise.all(
      nodes.map(async (node) => {
        const tile = tileOfNode(node, size);
        const path = tilePath(tile);
        let bytes = tiles.get(path);
        if (bytes === undefined) {
          bytes = this.#tile(tile);
          tiles.set(path, bytes);
        }
        return nodeFromTile(tile, await bytes, node);
      }),
    );
  }

  // A partial tile goes when a wider one is there, which begins with the same hashes.
  async #tile(tile: Tile): Promise<Uint8Array> {
    const path = tilePath(tile);
    const bytes =
      (await this.#read(path)) ?? (await this.#read(tilePath({ ...tile, width: tileWidth }))) ?? undefined;
    return (bytes ?? (await this.#wider(tile))).subarray(0, tile.width * hashBytes);
  }

  async #wider(tile: Tile): Promise<Uint8Array> {
    const path = tilePath(tile);
    const names = await readdir(join(this.#directory, dirname(path)));
    const width = names.map(Number).find((each) => Number.isInteger(each) && each > tile.width);
    return readFile(join(this.#directory, width === undefined ? path : tilePath({ ...tile, width })));
  }

  async #read(path: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.#directory, path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }
}
