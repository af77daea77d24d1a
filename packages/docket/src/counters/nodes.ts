// SPDX-License-Identifier: Apache-2.0
// Chains of buckets: each chain belongs to a key and lists its buckets from the newest to the oldest, each
// bucket once, with a value. All chains of a shard share one pool of nodes.

const nodesAtFirst = 8;

/** A chain as plain numbers: bucket, value, high part of the value, and the next older bucket's. */
export type PlainChain = number[];
/** How many numbers of a {@link PlainChain} stand for one bucket. */
export const plainNodeNumbers = 3;

/** A pool of nodes. */
export class Nodes {
  /** Nodes that are in chains. */
  size = 0;
  // For each node its bucket, the next older node of its chain (-1 at the end), and its values.
  #numbers: Float64Array<ArrayBuffer>;
  readonly #stride: number;
  #used = 0;
  #free = -1;

  /** @param values how many numbers a node has besides its bucket */
  constructor(values: 0 | 1 | 2) {
    this.#stride = 2 + values;
    this.#numbers = new Float64Array(this.#stride * nodesAtFirst);
  }

  /** Bytes that the pool takes. */
  get bytes(): number {
    return this.#numbers.byteLength;
  }

  /** A copy to walk through later. */
  copy(): Nodes {
    const copied = new Nodes((this.#stride - 2) as 0 | 1 | 2);
    copied.#numbers = this.#numbers.slice(0, this.#stride * this.#used);
    copied.size = this.size;
    return copied;
  }

  bucket(node: number): number {
    return this.#numbers[node * this.#stride] as number;
  }

  /** The next older node of the chain; -1 at its end. */
  next(node: number): number {
    return this.#numbers[node * this.#stride + 1] as number;
  }

  setNext(node: number, next: number): void {
    this.#numbers[node * this.#stride + 1] = next;
  }

  /** Not to be asked for where nodes have no value. */
  value(node: number): number {
    return this.#numbers[node * this.#stride + 2] as number;
  }

  setValue(node: number, value: number): void {
    this.#numbers[node * this.#stride + 2] = value;
  }

  /** What goes beyond the value; 0 where nodes have one value only. */
  high(node: number): number {
    return this.#stride === 4 ? (this.#numbers[node * 4 + 3] as number) : 0;
  }

  setHigh(node: number, high: number): void {
    this.#numbers[node * 4 + 3] = high;
  }

  /** A new node. */
  take(bucket: number, value: number, high: number, next: number): number {
    const stride = this.#stride;
    let node = this.#free;
    if (node !== -1) this.#free = this.next(node);
    else {
      node = this.#used++;
      if (node * stride === this.#numbers.length) this.#numbers = longer(this.#numbers, 2 * node * stride);
    }
    const at = node * stride;
    this.#numbers[at] = bucket;
    this.#numbers[at + 1] = next;
    if (stride > 2) this.#numbers[at + 2] = value;
    if (stride > 3) this.#numbers[at + 3] = high;
    this.size++;
    return node;
  }

  /** Gives a node back. */
  give(node: number): void {
    this.setNext(node, this.#free);
    this.#free = node;
    this.size--;
  }

  /** A chain as numbers. */
  plain(head: number): PlainChain {
    const chain: PlainChain = [];
    for (let node = head; node !== -1; node = this.next(node)) {
      chain.push(this.bucket(node), this.#stride > 2 ? this.value(node) : 0, this.high(node));
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
      const next = this.next(node);
      this.give(node);
      node = next;
    }
  }
}

/** A longer copy of a column. */
export function longer(column: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const copy = new Float64Array(length);
  copy.set(column);
  return copy;
}
