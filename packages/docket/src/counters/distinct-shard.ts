// SPDX-License-Identifier: Apache-2.0
// A shard of a counter of different values. A key remembers its values one by one, each with the buckets that
// some read may still ask for, up to a bound; from then on, and until the key is forgotten, it is a sketch.
import { bucketsPerWindow } from "./bounds.ts";
import type { Reach, ShardBounds } from "./bounds.ts";
import type { Undo } from "./bucket-shard.ts";
import { hashPair } from "./key-hash.ts";
import type { KeyHash } from "./key-hash.ts";
import { KeyTable } from "./key-table.ts";
import type { Column, Ends } from "./key-table.ts";
import { Nodes, plainNodeNumbers } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";
import { Sketch } from "./sketch.ts";
import type { PlainSketch } from "./sketch.ts";

/** A value as it stands in a snapshot: the hash of key and value, and its buckets. */
export type PlainValue = { readonly hash: KeyHash; readonly chain: PlainChain };
/** A key as it stands in a snapshot: its values, from the one that was added longest ago, or its sketch. */
export type PlainDistinctKey = {
  readonly hash: KeyHash;
  readonly values: readonly PlainValue[];
  readonly sketch: PlainSketch | undefined;
};
/** A shard as it stands in a snapshot: its keys in the order in which they would have to go. */
export type PlainDistinctShard = { readonly top: number; readonly keys: Iterable<PlainDistinctKey> };

type GoneKey = {
  readonly hash: KeyHash;
  readonly older: number;
  readonly values: readonly PlainValue[];
  readonly sketch: Sketch | undefined;
};

/** What was before a value got one more bucket. */
type BeforeBucket = {
  readonly before: PlainChain;
  readonly after: PlainChain;
  readonly older: number;
  readonly gone: readonly GoneKey[] | undefined;
};

/** Keys with their different values. */
export class DistinctShard {
  /** Keys that had to go before their time, for metrics. */
  evicted = 0;
  readonly #bounds: ShardBounds;
  readonly #reach: Reach;
  // `head` of a key: its values by their newest bucket, as a chain of buckets and how many values; the spare
  // numbers are the ends of the list of its values.
  readonly #keys = new KeyTable();
  readonly #ends: Ends = { oldest: -1, newest: -1 };
  // `head` of a value: its buckets.
  readonly #values = new KeyTable();
  #valueCounts: Column = new Int32Array(this.#keys.capacity);
  readonly #newest = new Nodes(1);
  readonly #buckets = new Nodes(0);
  readonly #sketches = new Map<number, Sketch>();
  readonly #pair: KeyHash = { a: 0, b: 0, c: 0 };
  /** Of the key whose values are linked right now. */
  readonly #valueEnds: Ends = { oldest: -1, newest: -1 };
  /** The newest bucket of all. */
  #top = -Infinity;

  constructor(reach: Reach, bounds: ShardBounds) {
    this.#bounds = bounds;
    this.#reach = reach;
  }

  get keys(): number {
    return this.#keys.size;
  }

  get bytes(): number {
    let bytes = this.#keys.bytes + this.#values.bytes + this.#newest.bytes + this.#buckets.bytes;
    for (const sketch of this.#sketches.values()) bytes += sketch.bytes;
    return bytes + this.#valueCounts.byteLength;
  }

  /** How many different values the window has that ends with bucket `last`. */
  count(hash: KeyHash, last: number): number {
    const slot = this.#keys.find(hash);
    if (slot === -1) return 0;
    const head = this.#keys.head(slot);
    if (head === -1) return (this.#sketches.get(slot) as Sketch).read(last);
    const newest = this.#newest;
    // Some value has been seen since: then its newest bucket doesn't tell whether it is in this window.
    if (newest.bucket(head) > last) return this.#countLate(slot, last);
    let count = 0;
    for (let node = head; node !== -1; node = newest.next(node)) {
      if (newest.bucket(node) <= last - bucketsPerWindow) break;
      count += newest.value(node);
    }
    return count;
  }

  /**
   * Adds a value to a key.
   *
   * @param undos what takes the addition back is put behind these; without them nothing is kept for it
   */
  add(hash: KeyHash, valueHash: KeyHash, bucket: number, undos: Undo[] | undefined): void {
    hashPair(hash, valueHash, this.#pair);
    const slot = this.#keys.find(hash);
    if (slot === -1) this.#addKey(hash, this.#pair, bucket, undos);
    else {
      if (bucket > this.#topOf(slot)) this.#moveKey(slot, bucket, undos);
      this.#addValue(slot, this.#pair, bucket, undos);
    }
  }

  /** The shard as plain data: as it is now, even if the keys are asked for later. */
  plain(): PlainDistinctShard {
    const sketches = new Map([...this.#sketches].map(([slot, sketch]) => [slot, sketch.copy()]));
    const keys = plainKeys(
      this.#ends.oldest,
      this.#keys.copy(),
      this.#values.copy(),
      this.#buckets.copy(),
      sketches,
    );
    return { top: this.#top, keys };
  }

  /** Takes in what {@link plain} gave; the shard must be empty. */
  restore({ top, keys }: PlainDistinctShard): void {
    this.#top = top;
    for (const { hash, values, sketch } of keys) {
      const slot = this.#insertKey(hash);
      this.#keys.link(this.#ends, slot, this.#ends.newest);
      for (const value of values) this.#restoreValue(slot, value, this.#keys.spare(slot, 1));
      if (sketch === undefined) continue;
      const restored = new Sketch();
      restored.restore(sketch);
      this.#sketches.set(slot, restored);
    }
  }

  #countLate(slot: number, last: number): number {
    const buckets = this.#buckets;
    let count = 0;
    for (let value = this.#keys.spare(slot, 0); value !== -1; value = this.#values.newer(value)) {
      let node = this.#values.head(value);
      while (node !== -1 && buckets.bucket(node) > last) node = buckets.next(node);
      if (node !== -1 && buckets.bucket(node) > last - bucketsPerWindow) count++;
    }
    return count;
  }

  // A newer bucket than any of its: the key is the last that has to go from now on.
  #moveKey(slot: number, bucket: number, undos: Undo[] | undefined): void {
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone = this.#makeRoom(slot, undos !== undefined);
    const older = this.#keys.older(slot);
    this.#keys.unlink(this.#ends, slot);
    this.#keys.link(this.#ends, slot, this.#ends.newest);
    if (undos !== undefined) undos.push(this.#undoMoveKey(slot, older, gone, topBefore));
  }

  // In functions of their own: whoever needs no undo doesn't pay for what one holds on to.
  #undoMoveKey(slot: number, older: number, gone: readonly GoneKey[] | undefined, topBefore: number): Undo {
    return () => {
      this.#keys.unlink(this.#ends, slot);
      this.#keys.link(this.#ends, slot, older);
      this.#restore(gone);
      this.#top = topBefore;
    };
  }

  #addKey(hash: KeyHash, pair: KeyHash, bucket: number, undos: Undo[] | undefined): void {
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone = this.#makeRoom(-1, undos !== undefined);
    const slot = this.#insertKey(hash);
    this.#keys.link(this.#ends, slot, this.#ends.newest);
    const value = this.#values.insert(pair);
    this.#keys.setSpare(slot, 0, value);
    this.#keys.setSpare(slot, 1, value);
    this.#values.setHead(value, this.#buckets.take(bucket, 0, 0, -1));
    this.#keys.setHead(slot, this.#newest.take(bucket, 1, 0, -1));
    this.#valueCounts[slot] = 1;
    if (undos !== undefined) undos.push(this.#undoAddKey(slot, value, gone, topBefore));
  }

  #undoAddKey(slot: number, value: number, gone: readonly GoneKey[] | undefined, topBefore: number): Undo {
    return () => {
      this.#removeValue(slot, value);
      this.#keys.unlink(this.#ends, slot);
      this.#keys.remove(slot);
      this.#restore(gone);
      this.#top = topBefore;
    };
  }

  #insertKey(hash: KeyHash): number {
    const slot = this.#keys.insert(hash);
    if (this.#valueCounts.length < this.#keys.capacity) {
      const longer = new Int32Array(this.#keys.capacity);
      longer.set(this.#valueCounts);
      this.#valueCounts = longer;
    }
    this.#valueCounts[slot] = 0;
    return slot;
  }

  #topOf(slot: number): number {
    const head = this.#keys.head(slot);
    return head === -1 ? (this.#sketches.get(slot) as Sketch).top : this.#newest.bucket(head);
  }

  // As in a shard of events: room for one more key, or for one more value or bucket of `slot`.
  #makeRoom(slot: number, isKept: boolean): GoneKey[] | undefined {
    let gone: GoneKey[] | undefined;
    for (let i = 0; i < 2; i++) {
      const { oldest } = this.#ends;
      if (oldest === -1 || oldest === slot || this.#topOf(oldest) >= this.#top - this.#reach.kept) break;
      gone = this.#removeKey(oldest, gone, isKept);
    }
    if (slot === -1 && this.#keys.size >= this.#bounds.keys) {
      gone = this.#evict(this.#ends.oldest, gone, isKept);
    }
    while (this.#isFull() && this.#ends.oldest !== slot) gone = this.#evict(this.#ends.oldest, gone, isKept);
    return gone;
  }

  #isFull(): boolean {
    const { values, nodes } = this.#bounds;
    return this.#values.size >= values || this.#buckets.size >= nodes;
  }

  #evict(slot: number, gone: GoneKey[] | undefined, isKept: boolean): GoneKey[] | undefined {
    this.evicted++;
    return this.#removeKey(slot, gone, isKept);
  }

  #removeKey(slot: number, gone: GoneKey[] | undefined, isKept: boolean): GoneKey[] | undefined {
    const keys = this.#keys;
    const removed = isKept ? this.#goneKey(slot) : undefined;
    const first = keys.spare(slot, 0);
    if (first !== -1 && first === keys.spare(slot, 1)) {
      // Most keys have one value: what is known of it alone goes with it.
      this.#newest.give(keys.head(slot));
      this.#buckets.giveChain(this.#values.head(first));
      this.#values.remove(first);
    } else {
      while (keys.spare(slot, 0) !== -1) this.#removeValue(slot, keys.spare(slot, 0));
      this.#sketches.delete(slot);
    }
    keys.unlink(this.#ends, slot);
    keys.remove(slot);
    if (removed === undefined) return gone;
    if (gone === undefined) return [removed];
    gone.push(removed);
    return gone;
  }

  #goneKey(slot: number): GoneKey {
    const keys = this.#keys;
    const values: PlainValue[] = [];
    for (let value = keys.spare(slot, 0); value !== -1; value = this.#values.newer(value)) {
      values.push(this.#plainValue(value));
    }
    const sketch = values.length === 0 ? this.#sketches.get(slot) : undefined;
    return { hash: keys.hashOf(slot), older: keys.older(slot), values, sketch };
  }

  #restore(gone: readonly GoneKey[] | undefined): void {
    if (gone === undefined) return;
    for (const { hash, older, values, sketch } of gone.toReversed()) {
      const slot = this.#insertKey(hash);
      this.#keys.link(this.#ends, slot, older);
      for (const value of values.toReversed()) this.#restoreValue(slot, value, -1);
      if (sketch !== undefined) this.#sketches.set(slot, sketch);
    }
  }

  #addValue(slot: number, pair: KeyHash, bucket: number, undos: Undo[] | undefined): void {
    const sketch = this.#sketches.size === 0 ? undefined : this.#sketches.get(slot);
    if (sketch !== undefined) {
      const restore = sketch.add(pair, bucket);
      undos?.push(restore);
      return;
    }
    const value = this.#values.find(pair);
    if (value === -1) {
      this.#addNewValue(slot, pair, bucket, undos);
      return;
    }
    // Most that come again do so at once.
    if (this.#buckets.bucket(this.#values.head(value)) === bucket) return;
    const before = this.#buckets.plain(this.#values.head(value));
    const after = withBucket(before, bucket, this.#reach.late);
    if (after === undefined) return;
    // First, so that all of it comes back after what follows.
    const gone = this.#makeRoom(slot, undos !== undefined);
    const older = this.#values.older(value);
    const isNewest = after[0] !== before[0];
    if (isNewest) this.#moveValue(slot, value, this.#keys.spare(slot, 1));
    this.#replaceChain(slot, value, before, after);
    if (undos !== undefined) undos.push(this.#undoAddBucket(slot, value, { before, after, older, gone }));
  }

  #undoAddBucket(slot: number, value: number, { before, after, older, gone }: BeforeBucket): Undo {
    return () => {
      this.#replaceChain(slot, value, after, before);
      if (after[0] !== before[0]) this.#moveValue(slot, value, older);
      this.#restore(gone);
    };
  }

  #addNewValue(slot: number, pair: KeyHash, bucket: number, undos: Undo[] | undefined): void {
    const isKept = undos !== undefined;
    const gone = this.#makeRoom(slot, isKept);
    const forgotten = this.#forgetValues(slot, isKept);
    if (undos !== undefined && (gone !== undefined || forgotten !== undefined)) {
      undos.push(this.#undoForget(slot, forgotten, gone));
    }
    if ((this.#valueCounts[slot] as number) >= this.#bounds.exactValues || this.#isFull()) {
      const restoreValues = this.#toSketch(slot);
      const restoreSketch = (this.#sketches.get(slot) as Sketch).add(pair, bucket);
      undos?.push(restoreValues, restoreSketch);
      return;
    }
    const value = this.#values.insert(pair);
    this.#linkValue(slot, value, this.#keys.spare(slot, 1));
    this.#values.setHead(value, this.#buckets.take(bucket, 0, 0, -1));
    this.#countNewest(slot, bucket, 1);
    this.#valueCounts[slot] = (this.#valueCounts[slot] as number) + 1;
    if (undos !== undefined) undos.push(this.#undoAddNewValue(slot, value));
  }

  #undoAddNewValue(slot: number, value: number): Undo {
    return () => this.#removeValue(slot, value);
  }

  #undoForget(
    slot: number,
    forgotten: readonly PlainValue[] | undefined,
    gone: readonly GoneKey[] | undefined,
  ): Undo {
    return () => {
      if (forgotten !== undefined) this.#restoreForgotten(slot, forgotten);
      this.#restore(gone);
    };
  }

  #restoreForgotten(slot: number, forgotten: readonly PlainValue[]): void {
    for (const value of forgotten.toReversed()) this.#restoreValue(slot, value, -1);
  }

  #moveValue(slot: number, value: number, older: number): void {
    if (older === value) return;
    this.#unlinkValue(slot, value);
    this.#linkValue(slot, value, older);
  }

  #linkValue(slot: number, value: number, older: number): void {
    const ends = this.#valueEnds;
    ends.oldest = this.#keys.spare(slot, 0);
    ends.newest = this.#keys.spare(slot, 1);
    this.#values.link(ends, value, older);
    this.#keys.setSpare(slot, 0, ends.oldest);
    this.#keys.setSpare(slot, 1, ends.newest);
  }

  #unlinkValue(slot: number, value: number): void {
    const ends = this.#valueEnds;
    ends.oldest = this.#keys.spare(slot, 0);
    ends.newest = this.#keys.spare(slot, 1);
    this.#values.unlink(ends, value);
    this.#keys.setSpare(slot, 0, ends.oldest);
    this.#keys.setSpare(slot, 1, ends.newest);
  }

  #replaceChain(slot: number, value: number, before: PlainChain, after: PlainChain): void {
    this.#buckets.giveChain(this.#values.head(value));
    this.#values.setHead(value, this.#buckets.chain(after));
    if (before[0] === after[0]) return;
    this.#countNewest(slot, before[0] as number, -1);
    this.#countNewest(slot, after[0] as number, 1);
  }

  // Values that no read can see any more, from the old end of the list.
  #forgetValues(slot: number, isKept: boolean): readonly PlainValue[] | undefined {
    let forgotten: PlainValue[] | undefined;
    const dead = this.#topOf(slot) - this.#reach.kept;
    for (;;) {
      const value = this.#keys.spare(slot, 0);
      // The last one stays: a key has values, or is a sketch.
      if (value === -1 || value === this.#keys.spare(slot, 1)) return forgotten;
      if (this.#buckets.bucket(this.#values.head(value)) >= dead) return forgotten;
      if (isKept) (forgotten ??= []).push(this.#plainValue(value));
      this.#removeValue(slot, value);
    }
  }

  #toSketch(slot: number): Undo {
    let evicted: GoneKey[] | undefined;
    if (this.#sketches.size >= this.#bounds.sketches) {
      let { oldest } = this.#ends;
      while (!this.#sketches.has(oldest)) oldest = this.#keys.newer(oldest);
      evicted = this.#evict(oldest, undefined, true);
    }
    const values: PlainValue[] = [];
    const sketch = new Sketch();
    while (this.#keys.spare(slot, 0) !== -1) {
      const first = this.#keys.spare(slot, 0);
      const value = this.#plainValue(first);
      this.#removeValue(slot, first);
      values.push(value);
      sketch.add(value.hash, value.chain[0] as number);
    }
    this.#sketches.set(slot, sketch);
    return () => {
      this.#sketches.delete(slot);
      this.#restoreForgotten(slot, values);
      this.#restore(evicted);
    };
  }

  #plainValue(value: number): PlainValue {
    const chain = this.#buckets.plain(this.#values.head(value));
    return { hash: this.#values.hashOf(value), chain };
  }

  #removeValue(slot: number, value: number): void {
    const head = this.#values.head(value);
    this.#countNewest(slot, this.#buckets.bucket(head), -1);
    this.#buckets.giveChain(head);
    this.#unlinkValue(slot, value);
    this.#values.remove(value);
    this.#valueCounts[slot] = (this.#valueCounts[slot] as number) - 1;
  }

  #restoreValue(slot: number, { hash, chain }: PlainValue, older: number): number {
    const value = this.#values.insert(hash);
    this.#linkValue(slot, value, older);
    this.#values.setHead(value, this.#buckets.chain(chain));
    this.#countNewest(slot, chain[0] as number, 1);
    this.#valueCounts[slot] = (this.#valueCounts[slot] as number) + 1;
    return value;
  }

  #countNewest(slot: number, bucket: number, by: 1 | -1): void {
    const nodes = this.#newest;
    let before = -1;
    let node = this.#keys.head(slot);
    while (node !== -1 && nodes.bucket(node) > bucket) {
      before = node;
      node = nodes.next(node);
    }
    const counted = node !== -1 && nodes.bucket(node) === bucket;
    const value = (counted ? nodes.value(node) : 0) + by;
    if (counted && value > 0) {
      nodes.setValue(node, value);
      return;
    }
    const next = counted ? nodes.next(node) : node;
    if (counted) nodes.give(node);
    const follower = value > 0 ? nodes.take(bucket, value, 0, next) : next;
    if (before === -1) this.#keys.setHead(slot, follower);
    else nodes.setNext(before, follower);
  }
}

function* plainKeys(
  oldest: number,
  keys: KeyTable,
  values: KeyTable,
  buckets: Nodes,
  sketches: ReadonlyMap<number, Sketch>,
): Generator<PlainDistinctKey> {
  for (let slot = oldest; slot !== -1; slot = keys.newer(slot)) {
    const own: PlainValue[] = [];
    for (let value = keys.spare(slot, 0); value !== -1; value = values.newer(value)) {
      own.push({ hash: values.hashOf(value), chain: buckets.plain(values.head(value)) });
    }
    yield { hash: keys.hashOf(slot), values: own, sketch: sketches.get(slot)?.plain() };
  }
}

// The buckets of a value with one more; `undefined` if nothing changes. Of those that no late event comes
// before, the newest says all.
function withBucket(chain: PlainChain, bucket: number, late: number): PlainChain | undefined {
  const after: PlainChain = [];
  const edge = Math.max(chain[0] as number, bucket) - late;
  let placed = false;
  for (let at = 0; at < chain.length; at += plainNodeNumbers) {
    const number = chain[at] as number;
    if (number === bucket) return undefined;
    if (number < bucket && !placed) {
      placed = true;
      after.push(bucket, 0, 0);
      if (bucket < edge) return after;
    }
    after.push(number, 0, 0);
    if (number < edge) return placed ? after : undefined;
  }
  if (!placed) after.push(bucket, 0, 0);
  return after;
}
