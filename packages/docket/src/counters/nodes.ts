// SPDX-License-Identifier: Apache-2.0
// Chains of buckets: each chain belongs to a key and lists its buckets from the newest to the oldest, each
// bucket once, with a value. All chains of a shard share one pool of nodes.
import { grown } from "./key-table.ts";
import type { Column } from "./key-table.ts";

const nodesAtFirst = 8;

/** A chain as plain numbers: bucket, value, high part of the value, and the next older bucket's. */
export type PlainChain = number[];
/** How many numbers of a {@link PlainChain} stand for one bucket. */
export const plainNodeNumbers = 3;

/** A pool of nodes. */
export class Nodes {
  bucket: Float64Array<ArrayBuffer> = new Float64Array(nodesAtFirst);
  value: Float64Array<ArrayBuffer>;
  /** What goes beyond `value` in sums; empty where there are none. */
  high: Float64Array<ArrayBuffer>;
  /** The next older node of the chain; -1 at its end. */
  next: Column = new Int32Array(nodesAtFirst);
  /** Nodes that are in chains. */
  size = 0;
  #used = 0;
  #free = -1;

  /** @param columns what a node has besides its bucket */
  constructor(columns: "none" | "value" | "high") {
    this.value = new Float64Array(columns === "none" ? 0 : nodesAtFirst);
    this.high = new Float64Array(columns === "high" ? nodesAtFirst : 0);
  }

  /** Bytes that the pool takes. */
  get bytes(): number {
    return 8 * (this.bucket.length + this.value.length + this.high.length) + 4 * this.next.length;
  }

  /** A new node. */
  take(bucket: number, value: number, high: number, next: number): number {
    let node = this.#free;
    if (node !== -1) this.#free = this.next[node] as number;
    else {
      node = this.#used++;
      if (node === this.bucket.length) this.#grow();
    }
    this.bucket[node] = bucket;
    if (this.value.length > 0) this.value[node] = value;
    if (this.high.length > 0) this.high[node] = high;
    this.next[node] = next;
    this.size++;
    return node;
  }

  /** Gives a node back. */
  give(node: number): void {
    this.next[node] = this.#free;
    this.#free = node;
    this.size--;
  }

  /** A chain as numbers. */
  plain(head: number): PlainChain {
    const chain: PlainChain = [];
    for (let node = head; node !== -1; node = this.next[node] as number) {
      chain.push(this.bucket[node] as number, this.value[node] ?? 0, this.high[node] ?? 0);
    }
    return chain;
  }

  /** Makes a chain of numbers again; its head, or -1. */
  chain(plain: PlainChain): number {
    let head = -1;
    for (let at = plain.length - plainNodeNumbers; at >= 0; at -= plainNodeNumbers) {
      head = this.take(plain[at] as number, plain[at + 1] as number, plain[at + 2] as number, head);
    }
    return head;
  }

  /** Gives back a whole chain. */
  giveChain(head: number): void {
    for (let node = head; node !== -1;) {
      const next = this.next[node] as number;
      this.give(node);
      node = next;
    }
  }

  #grow(): void {
    const length = 2 * this.bucket.length;
    this.bucket = longer(this.bucket, length);
    if (this.value.length > 0) this.value = longer(this.value, length);
    if (this.high.length > 0) this.high = longer(this.high, length);
    this.next = grown(this.next, length);
  }
}

/** A longer copy of a column. */
export function longer(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(column);
  return copy;
}
