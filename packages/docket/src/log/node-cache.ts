// SPDX-License-Identifier: Apache-2.0
// The tree's newest nodes, in memory: what inclusion proofs of the newest records need, and no more. At each
// level L of a tree of n leaves these are the nodes from number floor(n / 2^L) - 1 on.
import { asHash, hashBytes } from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";

/** Nodes of one level, from number `base` on. Each is a view of its own, the same one each time. */
type Level = { base: number; hashes: Hash[] };

/** The newest complete nodes of a growing tree, by level and number. */
export class NodeCache {
  readonly #levels: Level[] = [];

  /**
   * Starts from the right edge: a log of n records has, at level L, node floor(n / 2^L) - 1 where bit L of n
   * is set.
   */
  constructor(frontier: Frontier) {
    let place = frontier.hashes.length;
    let size = frontier.size;
    for (let level = 0; size > 0; level++) {
      const hashes = size % 2 === 1 ? [frontier.hashes[--place] as Hash] : [];
      this.#levels[level] = { base: size - hashes.length, hashes };
      size = Math.floor(size / 2);
    }
  }

  /** Takes in a row of nodes, from number `first` of a level on. */
  add(level: number, first: number, row: Buffer): void {
    const known = (this.#levels[level] ??= { base: first, hashes: [] });
    if (first !== known.base + known.hashes.length) {
      throw new RangeError(`node ${first} of level ${level} does not follow those in the cache`);
    }
    for (let at = 0; at < row.length; at += hashBytes) {
      known.hashes.push(asHash(row.subarray(at, at + hashBytes)));
    }
  }

  /** @throws RangeError if the node is not among the newest, which would be a bug of the caller */
  get(level: number, index: number): Hash {
    const row = this.#levels[level];
    const hash = row?.hashes[index - row.base];
    if (hash === undefined) throw new RangeError(`node ${index} of level ${level} is not in the cache`);
    return hash;
  }

  /** Forgets what no proof of a record from `size` on can need. */
  prune(size: number): void {
    let width = size;
    for (const row of this.#levels) {
      const gone = Math.min(width - 1 - row.base, row.hashes.length);
      if (gone > 0) {
        row.hashes.splice(0, gone);
        row.base += gone;
      }
      width = Math.floor(width / 2);
    }
  }
}
