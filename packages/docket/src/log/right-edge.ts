// SPDX-License-Identifier: Apache-2.0
// The right edge of the tree as its writer keeps it: at each level the last complete node that still waits
// for its neighbour. Hashes move in flat rows: an object for each node would cost more than its SHA-256.
import { hash } from "node:crypto";
import { asHash, emptyRoot, frontierFromNodes, hashBytes, nodeHash, nodeHashesInto } from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";

/** Told of each row of nodes that an append completes: `row` has those of a level from number `first` on. */
export type RowVisitor = (level: number, first: number, row: Buffer) => void;

/** The right edge of a growing tree. */
export class RightEdge {
  #size: number;
  /** By level, the node that waits; meaningful where that bit of the size is set. */
  readonly #waiting: Buffer[] = [];

  constructor(frontier: Frontier) {
    this.#size = frontier.size;
    let place = frontier.hashes.length;
    for (let width = frontier.size; width > 0; width = Math.floor(width / 2)) {
      const row = Buffer.alloc(hashBytes);
      if (width % 2 === 1) row.set(frontier.hashes[--place] as Hash);
      this.#waiting.push(row);
    }
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Appends leaves, given by their hashes, one after the other in `leaves`. */
  append(leaves: Buffer, onRow?: RowVisitor): void {
    let row = leaves;
    let first = this.#size;
    this.#size += leaves.length / hashBytes;
    for (let level = 0; row.length > 0; level++) {
      onRow?.(level, first, row);
      const waiting = (this.#waiting[level] ??= Buffer.alloc(hashBytes));
      const parents = Buffer.allocUnsafe(Math.floor((row.length / hashBytes + (first % 2)) / 2) * hashBytes);
      let from = 0;
      if (first % 2 === 1) {
        parents.set(nodeHash(asHash(waiting), asHash(row.subarray(0, hashBytes))));
        from = hashBytes;
      }
      const pairs = row.subarray(from, from + 2 * (parents.length - from));
      nodeHashesInto(pairs, parents.subarray(from));
      from += pairs.length;
      if (from < row.length) row.copy(waiting, 0, from);
      row = parents;
      first = Math.floor(first / 2);
    }
  }

  /** The root of the tree. */
  root(): Hash {
    let root: Hash | undefined;
    for (let level = 0, width = this.#size; width > 0; level++, width = Math.floor(width / 2)) {
      if (width % 2 === 0) continue;
      const waiting = this.#waiting[level] as Buffer;
      root = root === undefined ? asHash(Buffer.from(waiting)) : nodeHash(asHash(waiting), root);
    }
    return root ?? emptyRoot;
  }

  /** The same edge as a frontier, which shares nothing with this one. */
  frontier(): Frontier {
    const hashes: Hash[] = [];
    for (let level = 0, width = this.#size; width > 0; level++, width = Math.floor(width / 2)) {
      if (width % 2 === 1) hashes.unshift(asHash(Buffer.from(this.#waiting[level] as Buffer)));
    }
    return frontierFromNodes(this.#size, hashes);
  }
}

/**
 * Hashes leaves that stand behind one another in a payload, each after its prefix byte 0x00.
 *
 * @param bounds where each begins (after the prefix) and ends
 * @returns the hashes, one after the other
 */
export function hashLeaves(payload: Buffer, bounds: readonly number[]): Buffer {
  const row = Buffer.allocUnsafe((bounds.length / 2) * hashBytes);
  for (let place = 0; place < bounds.length; place += 2) {
    const leaf = payload.subarray((bounds[place] as number) - 1, bounds[place + 1]);
    // A string that is copied costs a third of a Buffer; "binary" is Node's other name for latin1.
    row.write(hash("sha256", leaf, "binary"), (place / 2) * hashBytes, hashBytes, "binary");
  }
  return row;
}
