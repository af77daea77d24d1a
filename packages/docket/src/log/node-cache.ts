// SPDX-License-Identifier: Apache-2.0
// The tree's newest nodes, in memory: what inclusion proofs of the newest records need, and no more. At each
// level L of a tree of n leaves these are the nodes from number floor(n / 2^L) - 1 on.
import type { Frontier, Hash } from "@docket/tlog";

type Level = { base: number; hashes: (Hash | undefined)[] };

/** Nodes of a batch that is not durable yet. */
export type PendingNodes = { add(level: number, index: number, hash: Hash): void; keep(): void };

/** The newest complete nodes of a growing tree, by level and number. */
export class NodeCache {
  /** By level; a level that no node was put in yet has no row. */
  readonly #levels: (Level | undefined)[] = [];

  /**
   * Starts from the right edge: a log of n records has, at level L, node floor(n / 2^L) - 1 where bit L of n
   * is set.
   */
  constructor(frontier: Frontier) {
    let place = frontier.hashes.length;
    let size = frontier.size;
    for (let level = 0; size > 0; level++) {
      if (size % 2 === 1) this.#put(level, size - 1, frontier.hashes[--place] as Hash);
      size = Math.floor(size / 2);
    }
  }

  /** Gathers the nodes of a batch; they enter the cache with `keep`, and are forgotten without. */
  begin(): PendingNodes {
    const pending: [number, number, Hash][] = [];
    return {
      add: (level, index, hash) => pending.push([level, index, hash]),
      keep: () => {
        for (const [level, index, hash] of pending) this.#put(level, index, hash);
      },
    };
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
      const first = width - 1;
      if (row !== undefined && first > row.base) {
        row.hashes.splice(0, first - row.base);
        row.base = first;
      }
      width = Math.floor(width / 2);
    }
  }

  #put(level: number, index: number, hash: Hash): void {
    const row = (this.#levels[level] ??= { base: index, hashes: [] });
    if (row.hashes.length === 0) row.base = index;
    row.hashes[index - row.base] = hash;
  }
}
