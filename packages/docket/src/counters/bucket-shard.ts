// SPDX-License-Identifier: Apache-2.0
// A shard of a counter of events or sums, or of what was first seen when: each key has a chain of buckets.
import type { Reach, ShardBounds } from "./bounds.ts";
import { bucketsPerWindow } from "./bounds.ts";
import type { KeyHash } from "./key-hash.ts";
import { KeyTable } from "./key-table.ts";
import type { Ends } from "./key-table.ts";
import { Nodes } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";

/** Takes an addition back. Additions are taken back newest first. */
export type Undo = () => void;

/** A key as it stands in a snapshot. */
export type PlainKey = { readonly hash: KeyHash; readonly chain: PlainChain };
/** A shard as it stands in a snapshot: its keys in the order in which they would have to go. */
export type PlainBucketShard = { readonly top: number; readonly keys: Iterable<PlainKey> };

type Pruned = { readonly last: number; readonly dropped: PlainChain };
/** What was before a key got a newer bucket than any of its. */
type BeforeNewest = {
  readonly older: number;
  readonly gone: readonly PlainKey[] | undefined;
  readonly pruned: Pruned | undefined;
  readonly topBefore: number;
};

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
  readonly #ends: Ends = { oldest: -1, newest: -1 };
  readonly #nodes: Nodes;
  /** The newest bucket of all. */
  #top = -Infinity;

  constructor(kind: "count" | "sum" | "first", reach: Reach, bounds: ShardBounds) {
    this.#bounds = bounds;
    this.#reach = reach;
    this.#earliest = kind === "first";
    this.#nodes = new Nodes(kind === "sum" ? 2 : 1);
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
    const nodes = this.#nodes;
    let [low, above] = [0, 0];
    for (let node = this.#keys.head(slot); node !== -1; node = nodes.next(node)) {
      const bucket = nodes.bucket(node);
      if (bucket > last) continue;
      if (bucket <= last - bucketsPerWindow) break;
      low += nodes.value(node);
      above += nodes.high(node);
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
    const nodes = this.#nodes;
    let node = this.#keys.head(slot);
    while (node !== -1 && nodes.bucket(node) > last) node = nodes.next(node);
    let reached = last;
    let earliest: number | undefined;
    for (; node !== -1 && nodes.bucket(node) > reached - bucketsPerWindow; node = nodes.next(node)) {
      reached = nodes.bucket(node);
      earliest = Math.min(earliest ?? Infinity, nodes.value(node));
    }
    return earliest;
  }

  /**
   * Adds to a bucket of a key; with `earliest`, `value` is a time.
   *
   * @param undos what takes the addition back is put behind these; without them nothing is kept for it
   */
  add(hash: KeyHash, bucket: number, value: number, high: number, undos: Undo[] | undefined): void {
    const slot = this.#keys.find(hash);
    if (slot === -1) {
      this.#addKey(hash, bucket, value, high, undos);
      return;
    }
    const head = this.#keys.head(slot);
    const newest = this.#nodes.bucket(head);
    if (bucket === newest) this.#addToNode(head, value, high, undos);
    else if (bucket > newest) this.#addNewest(slot, bucket, value, high, undos);
    else this.#addLate(slot, head, bucket, value, high, undos);
  }

  /** The shard as plain data: as it is now, even if the keys are asked for later. */
  plain(): PlainBucketShard {
    return { top: this.#top, keys: plainKeys(this.#ends.oldest, this.#keys.copy(), this.#nodes.copy()) };
  }

  /** Takes in what {@link plain} gave; the shard must be empty. */
  restore({ top, keys }: PlainBucketShard): void {
    this.#top = top;
    for (const { hash, chain } of keys) {
      const slot = this.#keys.insert(hash);
      this.#keys.link(this.#ends, slot, this.#ends.newest);
      this.#keys.setHead(slot, this.#nodes.chain(chain));
    }
  }

  #addKey(hash: KeyHash, bucket: number, value: number, high: number, undos: Undo[] | undefined): void {
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone = this.#makeRoom(-1, undos !== undefined);
    const slot = this.#keys.insert(hash);
    this.#keys.link(this.#ends, slot, this.#ends.newest);
    this.#keys.setHead(slot, this.#nodes.take(bucket, value, high, -1));
    if (undos !== undefined) undos.push(this.#undoAddKey(slot, gone, topBefore));
  }

  // In functions of their own: whoever needs no undo doesn't pay for what one holds on to.
  #undoAddKey(slot: number, gone: readonly PlainKey[] | undefined, topBefore: number): Undo {
    return () => {
      this.#nodes.give(this.#keys.head(slot));
      this.#keys.unlink(this.#ends, slot);
      this.#keys.remove(slot);
      this.#restore(gone);
      this.#top = topBefore;
    };
  }

  // A newer bucket than any of its: the key is the last that has to go from now on.
  #addNewest(slot: number, bucket: number, value: number, high: number, undos: Undo[] | undefined): void {
    const keys = this.#keys;
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone = this.#makeRoom(slot, undos !== undefined);
    const older = keys.older(slot);
    keys.unlink(this.#ends, slot);
    keys.link(this.#ends, slot, this.#ends.newest);
    const added = this.#nodes.take(bucket, value, high, keys.head(slot));
    keys.setHead(slot, added);
    const pruned = this.#prune(added, undos !== undefined);
    if (undos !== undefined) undos.push(this.#undoAddNewest(slot, added, { older, gone, pruned, topBefore }));
  }

  #undoAddNewest(slot: number, added: number, before: BeforeNewest): Undo {
    const keys = this.#keys;
    return () => {
      if (before.pruned !== undefined) this.#unprune(added, before.pruned);
      keys.setHead(slot, this.#nodes.next(added));
      this.#nodes.give(added);
      keys.unlink(this.#ends, slot);
      keys.link(this.#ends, slot, before.older);
      this.#restore(before.gone);
      this.#top = before.topBefore;
    };
  }

  #addLate(
    slot: number,
    head: number,
    bucket: number,
    value: number,
    high: number,
    undos: Undo[] | undefined,
  ): void {
    const nodes = this.#nodes;
    let before = head;
    let node = nodes.next(head);
    while (node !== -1 && nodes.bucket(node) > bucket) {
      before = node;
      node = nodes.next(node);
    }
    if (node !== -1 && nodes.bucket(node) === bucket) {
      this.#addToNode(node, value, high, undos);
      return;
    }
    // Later than any read can see.
    if (bucket < nodes.bucket(head) - this.#reach.kept) return;
    const gone = this.#makeRoom(slot, undos !== undefined);
    const added = nodes.take(bucket, value, high, node);
    nodes.setNext(before, added);
    if (undos !== undefined) undos.push(this.#undoAddLate(before, added, gone));
  }

  #undoAddLate(before: number, added: number, gone: readonly PlainKey[] | undefined): Undo {
    return () => {
      this.#nodes.setNext(before, this.#nodes.next(added));
      this.#nodes.give(added);
      this.#restore(gone);
    };
  }

  #addToNode(node: number, value: number, high: number, undos: Undo[] | undefined): void {
    const nodes = this.#nodes;
    const valueBefore = nodes.value(node);
    const highBefore = high === 0 ? undefined : nodes.high(node);
    nodes.setValue(node, this.#earliest ? Math.min(valueBefore, value) : valueBefore + value);
    if (highBefore !== undefined) nodes.setHigh(node, highBefore + high);
    if (undos !== undefined) undos.push(this.#undoAddToNode(node, valueBefore, highBefore));
  }

  #undoAddToNode(node: number, valueBefore: number, highBefore: number | undefined): Undo {
    return () => {
      this.#nodes.setValue(node, valueBefore);
      if (highBefore !== undefined) this.#nodes.setHigh(node, highBefore);
    };
  }

  // Room for one more key, or for one more bucket of `slot`. Keys whose newest bucket no read can reach any
  // more go as they come to the old end of the list: two at a time, so that there are never many and nothing
  // pays for many. Beyond the bounds live ones go. Gives what went, oldest first.
  #makeRoom(slot: number, isKept: boolean): PlainKey[] | undefined {
    const { keys, nodes } = this.#bounds;
    let gone: PlainKey[] | undefined;
    const dead = this.#top - this.#reach.kept;
    for (let i = 0; i < 2; i++) {
      const { oldest } = this.#ends;
      if (oldest === -1 || oldest === slot) break;
      if (this.#nodes.bucket(this.#keys.head(oldest)) >= dead) break;
      gone = this.#removeOldest(gone, isKept);
    }
    if (slot === -1 && this.#keys.size >= keys) gone = this.#evictOldest(gone, isKept);
    while (this.#nodes.size >= nodes && this.#ends.oldest !== slot) gone = this.#evictOldest(gone, isKept);
    return gone;
  }

  #evictOldest(gone: PlainKey[] | undefined, isKept: boolean): PlainKey[] | undefined {
    this.evicted++;
    return this.#removeOldest(gone, isKept);
  }

  #removeOldest(gone: PlainKey[] | undefined, isKept: boolean): PlainKey[] | undefined {
    const slot = this.#ends.oldest;
    const head = this.#keys.head(slot);
    if (isKept) (gone ??= []).push({ hash: this.#keys.hashOf(slot), chain: this.#nodes.plain(head) });
    this.#nodes.giveChain(head);
    this.#keys.unlink(this.#ends, slot);
    this.#keys.remove(slot);
    return gone;
  }

  #restore(gone: readonly PlainKey[] | undefined): void {
    if (gone === undefined) return;
    for (const { hash, chain } of gone.toReversed()) {
      const slot = this.#keys.insert(hash);
      this.#keys.link(this.#ends, slot, -1);
      this.#keys.setHead(slot, this.#nodes.chain(chain));
    }
  }

  // What no read can reach any more goes from the end of a chain when a newer bucket begins it.
  #prune(head: number, isKept: boolean): Pruned | undefined {
    const nodes = this.#nodes;
    const { late, kept } = this.#reach;
    const edge = nodes.bucket(head) - (this.#earliest ? late : kept);
    let node = head;
    for (;;) {
      const next = nodes.next(node);
      if (next === -1) return undefined;
      if (nodes.bucket(next) < edge) break;
      node = next;
    }
    // The times of a run go on in the newest bucket that no late event reaches.
    const end = this.#earliest ? nodes.next(node) : node;
    const rest = nodes.next(end);
    if (rest === -1) return undefined;
    const pruned = isKept ? { last: nodes.value(end), dropped: nodes.plain(rest) } : undefined;
    if (this.#earliest) nodes.setValue(end, this.#folded(end));
    nodes.giveChain(rest);
    nodes.setNext(end, -1);
    return pruned;
  }

  #folded(end: number): number {
    const nodes = this.#nodes;
    let earliest = nodes.value(end);
    let reached = nodes.bucket(end);
    for (let node = nodes.next(end); node !== -1; node = nodes.next(node)) {
      if (nodes.bucket(node) <= reached - bucketsPerWindow) break;
      reached = nodes.bucket(node);
      earliest = Math.min(earliest, nodes.value(node));
    }
    return earliest;
  }

  #unprune(head: number, { last, dropped }: Pruned): void {
    const nodes = this.#nodes;
    let end = head;
    while (nodes.next(end) !== -1) end = nodes.next(end);
    nodes.setValue(end, last);
    nodes.setNext(end, nodes.chain(dropped));
  }
}

function* plainKeys(oldest: number, keys: KeyTable, nodes: Nodes): Generator<PlainKey> {
  for (let slot = oldest; slot !== -1; slot = keys.newer(slot)) {
    yield { hash: keys.hashOf(slot), chain: nodes.plain(keys.head(slot)) };
  }
}
