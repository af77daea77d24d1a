// SPDX-License-Identifier: Apache-2.0
// A shard of a counter of events or sums, or of what was first seen when: each key has a chain of buckets.
import type { Reach, ShardBounds } from "./bounds.ts";
import { bucketsPerWindow } from "./bounds.ts";
import type { KeyHash } from "./key-hash.ts";
import { KeyTable, newEnds } from "./key-table.ts";
import { Nodes, plainNodeNumbers } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";

/** Takes an addition back. Additions are taken back newest first. */
export type Undo = () => void;

/** A key as it stands in a snapshot. */
export type PlainKey = { readonly hash: KeyHash; readonly chain: PlainChain };
/** A shard as it stands in a snapshot: its keys from the one that was added to longest ago. */
export type PlainBucketShard = { readonly top: number; readonly keys: Iterable<PlainKey> };

type Pruned = { readonly last: number; readonly dropped: PlainChain };

/** Sums are kept in two parts, so that they are exact whatever comes and goes: the higher counts 2^26. */
export const highPart = 67_108_864;

/**
 * Keys with their buckets. With `earliest`, a bucket's value is the earliest of its times instead of a sum,
 * and buckets that no late event can reach any more are folded into one.
 */
export class BucketShard {
  /** Keys that had to go before their time, for metrics. */
  evicted = 0;
  readonly #bounds: ShardBounds;
  readonly #reach: Reach;
  readonly #earliest: boolean;
  readonly #keys = new KeyTable();
  readonly #ends = newEnds(1);
  readonly #nodes: Nodes;
  /** The newest bucket of all. */
  #top = -Infinity;

  constructor(kind: "count" | "sum" | "first", reach: Reach, bounds: ShardBounds) {
    this.#bounds = bounds;
    this.#reach = reach;
    this.#earliest = kind === "first";
    this.#nodes = new Nodes(kind === "sum" ? "high" : "value");
  }

  get keys(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    return this.#keys.bytes + this.#nodes.bytes;
  }

  /** The sum over the window that ends with bucket `last`; at most ±(2^53 - 1). */
  sum(hash: KeyHash, last: number): number {
    const slot = this.#keys.find(hash);
    if (slot === -1) return 0;
    const { bucket, value, high, next } = this.#nodes;
    let [low, above] = [0, 0];
    for (let node = this.#keys.head[slot] as number; node !== -1; node = next[node] as number) {
      const number = bucket[node] as number;
      if (number > last) continue;
      if (number <= last - bucketsPerWindow) break;
      low += value[node] as number;
      if (high.length > 0) above += high[node] as number;
    }
    const sum = above * highPart + low;
    return Math.min(Math.max(sum, -Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  }

  /**
   * The earliest time of the run of events that reaches into the window ending with bucket `last`: a run ends
   * where a window holds none. `undefined` if the window is empty.
   */
  first(hash: KeyHash, last: number): number | undefined {
    const slot = this.#keys.find(hash);
    if (slot === -1) return undefined;
    const { bucket, value, next } = this.#nodes;
    let node = this.#keys.head[slot] as number;
    while (node !== -1 && (bucket[node] as number) > last) node = next[node] as number;
    let reached = last;
    let earliest: number | undefined;
    for (
      ;
      node !== -1 && (bucket[node] as number) > reached - bucketsPerWindow;
      node = next[node] as number
    ) {
      reached = bucket[node] as number;
      earliest = Math.min(earliest ?? Infinity, value[node] as number);
    }
    return earliest;
  }

  /** Adds to a bucket of a key; with `earliest`, `value` is a time. */
  add(hash: KeyHash, bucket: number, value: number, high: number): Undo {
    const keys = this.#keys;
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone: PlainKey[] = [];
    const known = keys.find(hash);
    this.#expire(gone, known);
    if (known === -1 && keys.size >= this.#bounds.keys) this.#removeOldest(gone, true);
    const goneBefore = gone.length;
    const slot = known === -1 ? keys.insert(hash) : known;
    const older = known === -1 ? -1 : (keys.older[slot] as number);
    if (known !== -1) keys.unlink(this.#ends, 0, slot);
    keys.link(this.#ends, 0, slot, this.#ends[1] as number);
    const restoreBucket = this.#addToChain(slot, bucket, value, high, gone);
    return () => {
      restoreBucket?.();
      while (gone.length > goneBefore) this.#restoreOldest(gone.pop() as PlainKey);
      keys.unlink(this.#ends, 0, slot);
      if (known === -1) keys.remove(slot);
      else keys.link(this.#ends, 0, slot, older);
      while (gone.length > 0) this.#restoreOldest(gone.pop() as PlainKey);
      this.#top = topBefore;
    };
  }

  /** The shard as plain data; keys are made as they are asked for. */
  plain(): PlainBucketShard {
    return { top: this.#top, keys: this.#plainKeys() };
  }

  /** Takes in what {@link plain} gave; the shard must be empty. */
  restore({ top, keys }: PlainBucketShard): void {
    this.#top = top;
    for (const { hash, chain } of keys) {
      const slot = this.#keys.insert(hash);
      this.#keys.link(this.#ends, 0, slot, this.#ends[1] as number);
      this.#keys.head[slot] = this.#nodes.chain(chain);
    }
  }

  *#plainKeys(): Generator<PlainKey> {
    for (let slot = this.#ends[0] as number; slot !== -1; slot = this.#keys.newer[slot] as number) {
      yield { hash: this.#keys.hashOf(slot), chain: this.#nodes.plain(this.#keys.head[slot] as number) };
    }
  }

  // Keys whose newest bucket no read can reach any more go as they come to the old end of the list: two for
  // each addition, so that there are never many and no addition pays for many.
  #expire(gone: PlainKey[], except: number): void {
    const dead = this.#top - this.#reach.kept;
    for (let i = 0; i < 2; i++) {
      const oldest = this.#ends[0] as number;
      if (oldest === -1 || oldest === except) return;
      const head = this.#keys.head[oldest] as number;
      if (head !== -1 && (this.#nodes.bucket[head] as number) >= dead) return;
      this.#removeOldest(gone, false);
    }
  }

  #removeOldest(gone: PlainKey[], evicted: boolean): void {
    const slot = this.#ends[0] as number;
    const head = this.#keys.head[slot] as number;
    gone.push({ hash: this.#keys.hashOf(slot), chain: this.#nodes.plain(head) });
    this.#nodes.giveChain(head);
    this.#keys.unlink(this.#ends, 0, slot);
    this.#keys.remove(slot);
    if (evicted) this.evicted++;
  }

  #restoreOldest({ hash, chain }: PlainKey): void {
    const slot = this.#keys.insert(hash);
    this.#keys.link(this.#ends, 0, slot, -1);
    this.#keys.head[slot] = this.#nodes.chain(chain);
  }

  #addToChain(slot: number, bucket: number, value: number, high: number, gone: PlainKey[]): Undo | undefined {
    const nodes = this.#nodes;
    const head = this.#keys.head[slot] as number;
    let before = -1;
    let node = head;
    while (node !== -1 && (nodes.bucket[node] as number) > bucket) {
      before = node;
      node = nodes.next[node] as number;
    }
    if (node !== -1 && nodes.bucket[node] === bucket) return this.#addToNode(node, value, high);
    // Later than any read can see.
    if (head !== -1 && bucket < (nodes.bucket[head] as number) - this.#reach.kept) return undefined;
    while (nodes.size >= this.#bounds.nodes && this.#ends[0] !== slot) this.#removeOldest(gone, true);
    const added = nodes.take(bucket, value, high, node);
    if (before !== -1) {
      nodes.next[before] = added;
      return () => {
        nodes.next[before] = nodes.next[added] as number;
        nodes.give(added);
      };
    }
    this.#keys.head[slot] = added;
    const pruned = this.#prune(added);
    return () => {
      if (pruned !== undefined) this.#unprune(added, pruned);
      this.#keys.head[slot] = nodes.next[added] as number;
      nodes.give(added);
    };
  }

  #addToNode(node: number, value: number, high: number): Undo {
    const nodes = this.#nodes;
    const valueBefore = nodes.value[node] as number;
    nodes.value[node] = this.#earliest ? Math.min(valueBefore, value) : valueBefore + value;
    if (high === 0) return () => (nodes.value[node] = valueBefore);
    const highBefore = nodes.high[node] as number;
    nodes.high[node] = highBefore + high;
    return () => {
      nodes.value[node] = valueBefore;
      nodes.high[node] = highBefore;
    };
  }

  // What no read can reach any more goes from the end of a chain when a newer bucket begins it.
  #prune(head: number): Pruned | undefined {
    const nodes = this.#nodes;
    const { late, kept } = this.#reach;
    const edge = (nodes.bucket[head] as number) - (this.#earliest ? late : kept);
    let node = head;
    for (;;) {
      const next = nodes.next[node] as number;
      if (next === -1) return undefined;
      if ((nodes.bucket[next] as number) < edge) break;
      node = next;
    }
    // The times of a run go on in the newest bucket that no late event reaches.
    const end = this.#earliest ? (nodes.next[node] as number) : node;
    const rest = nodes.next[end] as number;
    if (rest === -1) return undefined;
    const pruned = { last: nodes.value[end] as number, dropped: nodes.plain(rest) };
    if (this.#earliest) nodes.value[end] = this.#folded(end);
    nodes.giveChain(rest);
    nodes.next[end] = -1;
    return pruned;
  }

  #folded(end: number): number {
    const { bucket, value, next } = this.#nodes;
    let earliest = value[end] as number;
    let reached = bucket[end] as number;
    for (let node = next[end] as number; node !== -1; node = next[node] as number) {
      if ((bucket[node] as number) <= reached - bucketsPerWindow) break;
      reached = bucket[node] as number;
      earliest = Math.min(earliest, value[node] as number);
    }
    return earliest;
  }

  #unprune(head: number, { last, dropped }: Pruned): void {
    const nodes = this.#nodes;
    let end = head;
    while (nodes.next[end] !== -1) end = nodes.next[end] as number;
    nodes.value[end] = last;
    nodes.next[end] = nodes.chain(dropped);
  }
}

/** How many buckets a chain of a snapshot has. */
export function chainLength(chain: PlainChain): number {
  return chain.length / plainNodeNumbers;
}
