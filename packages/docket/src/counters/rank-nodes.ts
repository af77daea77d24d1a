// SPDX-License-Identifier: Apache-2.0
// Chains of a sketch's registers: as {@link Nodes}, but bucket and rank share one number, which takes half
// the memory.
import { grown } from "./key-table.ts";
import { longer, plainNodeNumbers } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";

const nodesAtFirst = 1024;
/** Ranks are below this. */
const rankBase = 64;

/** A pool of nodes. */
export class RankNodes {
  /** Bucket times {@link rankBase}, plus rank. */
  #numbers = new Float64Array(nodesAtFirst);
  #next = new Int32Array(nodesAtFirst);
  #used = 0;
  #free = -1;

  get bytes(): number {
    return this.#numbers.byteLength + this.#next.byteLength;
  }

  /** A copy to walk through later. */
  copy(): RankNodes {
    const copied = new RankNodes();
    copied.#numbers = this.#numbers.slice(0, this.#used);
    copied.#next = this.#next.slice(0, this.#used);
    return copied;
  }

  bucket(node: number): number {
    return Math.floor((this.#numbers[node] as number) / rankBase);
  }

  rank(node: number): number {
    const number = this.#numbers[node] as number;
    return number - rankBase * Math.floor(number / rankBase);
  }

  /** The next older node of the chain; -1 at its end. */
  next(node: number): number {
    return this.#next[node] as number;
  }

  /** A chain as numbers. */
  plain(head: number): PlainChain {
    const chain: PlainChain = [];
    for (let node = head; node !== -1; node = this.next(node)) {
      chain.push(this.bucket(node), this.rank(node), 0);
    }
    return chain;
  }

  /** Makes a chain of numbers again; its head, or -1. */
  chain(plain: PlainChain): number {
    let head = -1;
    for (let at = plain.length - plainNodeNumbers; at >= 0; at -= plainNodeNumbers) {
      const node = this.#take();
      this.#numbers[node] = (plain[at] as number) * rankBase + (plain[at + 1] as number);
      this.#next[node] = head;
      head = node;
    }
    return head;
  }

  /** Gives back a whole chain. */
  giveChain(head: number): void {
    for (let node = head; node !== -1;) {
      const next = this.next(node);
      this.#next[node] = this.#free;
      this.#free = node;
      node = next;
    }
  }

  #take(): number {
    const node = this.#free;
    if (node !== -1) {
      this.#free = this.next(node);
      return node;
    }
    if (this.#used === this.#next.length) {
      this.#numbers = longer(this.#numbers, 2 * this.#used);
      this.#next = grown(this.#next, 2 * this.#used);
    }
    return this.#used++;
  }
}
