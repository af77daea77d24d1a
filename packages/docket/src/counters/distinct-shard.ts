// SPDX-License-Identifier: Apache-2.0
// A shard of a counter of different values. A key remembers its values one by one, each with the buckets that
// some read may still ask for, up to a bound; from then on, and until the key is forgotten, it is a sketch.
import { bucketsPerWindow } from "./bounds.ts";
import type { Reach, ShardBounds } from "./bounds.ts";
import type { Undo } from "./bucket-shard.ts";
import { hashPair } from "./key-hash.ts";
import type { KeyHash } from "./key-hash.ts";
import { grown, KeyTable, newEnds } from "./key-table.ts";
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
/** A shard as it stands in a snapshot. */
export type PlainDistinctShard = { readonly top: number; readonly keys: Iterable<PlainDistinctKey> };

type GoneKey = { hash: KeyHash; older: number; values: PlainValue[]; sketch: Sketch | undefined };

/** Keys with their different values. */
export class DistinctShard {
  /** Keys that had to go before their time, for metrics. */
  evicted = 0;
  readonly #bounds: ShardBounds;
  readonly #reach: Reach;
  // `head` of a key: its values by their newest bucket, as a chain of buckets and how many values.
  readonly #keys = new KeyTable();
  readonly #ends = newEnds(1);
  // `head` of a value: its buckets. Values of a key are in one list.
  readonly #values = new KeyTable();
  #valueEnds = newEnds(this.#keys.capacity);
  #valueCounts = new Int32Array(this.#keys.capacity);
  readonly #newest = new Nodes("value");
  readonly #buckets = new Nodes("none");
  readonly #sketches = new Map<number, Sketch>();
  readonly #pair: KeyHash = { a: 0, b: 0, c: 0 };
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
    return bytes + 12 * this.#keys.capacity;
  }

  /** How many different values the window has that ends with bucket `last`. */
  count(hash: KeyHash, last: number): number {
    const slot = this.#keys.find(hash);
    if (slot === -1) return 0;
    const sketch = this.#sketches.get(slot);
    if (sketch !== undefined) return sketch.read(last);
    const { bucket, value, next } = this.#newest;
    const head = this.#keys.head[slot] as number;
    // Some value has been seen since: then its newest bucket doesn't tell whether it is in this window.
    if (head !== -1 && (bucket[head] as number) > last) return this.#countLate(slot, last);
    let count = 0;
    for (let node = head; node !== -1; node = next[node] as number) {
      if ((bucket[node] as number) <= last - bucketsPerWindow) break;
      count += value[node] as number;
    }
    return count;
  }

  /** Adds a value to a key. */
  add(hash: KeyHash, valueHash: KeyHash, bucket: number): Undo {
    const keys = this.#keys;
    const topBefore = this.#top;
    if (bucket > topBefore) this.#top = bucket;
    const gone: GoneKey[] = [];
    const known = keys.find(hash);
    this.#expire(gone, known);
    if (known === -1 && keys.size >= this.#bounds.keys) this.#removeOldest(gone, true);
    const goneBefore = gone.length;
    const slot = known === -1 ? this.#insertKey(hash) : known;
    const older = known === -1 ? -1 : (keys.older[slot] as number);
    if (known !== -1) keys.unlink(this.#ends, 0, slot);
    keys.link(this.#ends, 0, slot, this.#ends[1] as number);
    hashPair(hash, valueHash, this.#pair);
    const restore = this.#addValue(slot, this.#pair, bucket, gone);
    return () => {
      restore();
      while (gone.length > goneBefore) this.#restoreKey(gone.pop() as GoneKey);
      keys.unlink(this.#ends, 0, slot);
      if (known === -1) keys.remove(slot);
      else keys.link(this.#ends, 0, slot, older);
      while (gone.length > 0) this.#restoreKey(gone.pop() as GoneKey);
      this.#top = topBefore;
    };
  }

  /** The shard as plain data; keys are made as they are asked for. */
  plain(): PlainDistinctShard {
    return { top: this.#top, keys: this.#plainKeys() };
  }

  /** Takes in what {@link plain} gave; the shard must be empty. */
  restore({ top, keys }: PlainDistinctShard): void {
    this.#top = top;
    for (const { hash, values, sketch } of keys) {
      const slot = this.#insertKey(hash);
      this.#keys.link(this.#ends, 0, slot, this.#ends[1] as number);
      for (const value of values) this.#restoreValue(slot, value, this.#newestValue(slot));
      if (sketch === undefined) continue;
      const restored = new Sketch();
      restored.restore(sketch);
      this.#sketches.set(slot, restored);
    }
  }

  *#plainKeys(): Generator<PlainDistinctKey> {
    for (let slot = this.#ends[0] as number; slot !== -1; slot = this.#keys.newer[slot] as number) {
      const values: PlainValue[] = [];
      for (let value = this.#valueEnds[2 * slot] as number; value !== -1;) {
        values.push(this.#plainValue(value));
        value = this.#values.newer[value] as number;
      }
      yield { hash: this.#keys.hashOf(slot), values, sketch: this.#sketches.get(slot)?.plain() };
    }
  }

  #countLate(slot: number, last: number): number {
    const { bucket, next } = this.#buckets;
    let count = 0;
    for (let value = this.#valueEnds[2 * slot] as number; value !== -1;) {
      let node = this.#values.head[value] as number;
      while (node !== -1 && (bucket[node] as number) > last) node = next[node] as number;
      if (node !== -1 && (bucket[node] as number) > last - bucketsPerWindow) count++;
      value = this.#values.newer[value] as number;
    }
    return count;
  }

  #insertKey(hash: KeyHash): number {
    const slot = this.#keys.insert(hash);
    if (this.#valueCounts.length < this.#keys.capacity) {
      this.#valueCounts = grown(this.#valueCounts, this.#keys.capacity);
      this.#valueEnds = grown(this.#valueEnds, 2 * this.#keys.capacity, -1);
    }
    this.#valueEnds[2 * slot] = -1;
    this.#valueEnds[2 * slot + 1] = -1;
    this.#valueCounts[slot] = 0;
    return slot;
  }

  #topOf(slot: number): number {
    const sketch = this.#sketches.get(slot);
    if (sketch !== undefined) return sketch.top;
    const head = this.#keys.head[slot] as number;
    return head === -1 ? -Infinity : (this.#newest.bucket[head] as number);
  }

  #expire(gone: GoneKey[], except: number): void {
    for (let i = 0; i < 2; i++) {
      const oldest = this.#ends[0] as number;
      if (oldest === -1 || oldest === except || this.#topOf(oldest) >= this.#top - this.#reach.kept) return;
      this.#removeOldest(gone, false);
    }
  }

  #removeOldest(gone: GoneKey[], evicted: boolean): void {
    this.#removeKey(this.#ends[0] as number, gone);
    if (evicted) this.evicted++;
  }

  #removeKey(slot: number, gone: GoneKey[]): void {
    const values: PlainValue[] = [];
    while (this.#valueEnds[2 * slot] !== -1) {
      values.push(this.#removeValue(slot, this.#valueEnds[2 * slot] as number));
    }
    const older = this.#keys.older[slot] as number;
    gone.push({ hash: this.#keys.hashOf(slot), older, values, sketch: this.#sketches.get(slot) });
    this.#sketches.delete(slot);
    this.#keys.unlink(this.#ends, 0, slot);
    this.#keys.remove(slot);
  }

  #restoreKey({ hash, older, values, sketch }: GoneKey): void {
    const slot = this.#insertKey(hash);
    this.#keys.link(this.#ends, 0, slot, older);
    for (const value of values.toReversed()) this.#restoreValue(slot, value, -1);
    if (sketch !== undefined) this.#sketches.set(slot, sketch);
  }

  #addValue(slot: number, pair: KeyHash, bucket: number, gone: GoneKey[]): Undo {
    const sketch = this.#sketches.get(slot);
    if (sketch !== undefined) return sketch.add(pair, bucket);
    // First, so that all of it comes back after all that follows.
    while (this.#isFull() && this.#ends[0] !== slot) this.#removeOldest(gone, true);
    const known = this.#values.find(pair);
    if (known !== -1 && !this.#isFull()) return this.#addToValue(slot, known, bucket);
    const forgotten = known === -1 ? this.#forgetValues(slot) : [];
    const restoreForgotten = (): void => {
      for (const value of forgotten.toReversed()) this.#restoreValue(slot, value, -1);
    };
    if ((this.#valueCounts[slot] as number) >= this.#bounds.exactValues || this.#isFull()) {
      const restoreValues = this.#toSketch(slot, gone);
      const restoreSketch = (this.#sketches.get(slot) as Sketch).add(pair, bucket);
      return () => {
        restoreSketch();
        restoreValues();
        restoreForgotten();
      };
    }
    const { a, b, c } = pair;
    const added = { hash: { a, b, c }, chain: [bucket, 0, 0] };
    const value = this.#restoreValue(slot, added, this.#newestValue(slot));
    return () => {
      this.#removeValue(slot, value);
      restoreForgotten();
    };
  }

  #isFull(): boolean {
    const { values, nodes } = this.#bounds;
    return this.#values.size >= values || this.#buckets.size >= nodes;
  }

  #newestValue(slot: number): number {
    return this.#valueEnds[2 * slot + 1] as number;
  }

  #addToValue(slot: number, value: number, bucket: number): Undo {
    const values = this.#values;
    const older = values.older[value] as number;
    values.unlink(this.#valueEnds, slot, value);
    values.link(this.#valueEnds, slot, value, this.#newestValue(slot));
    const before = this.#buckets.plain(values.head[value] as number);
    const after = withBucket(before, bucket, this.#reach.late);
    if (after !== undefined) this.#replaceChain(slot, value, before, after);
    return () => {
      if (after !== undefined) this.#replaceChain(slot, value, after, before);
      values.unlink(this.#valueEnds, slot, value);
      values.link(this.#valueEnds, slot, value, older);
    };
  }

  #replaceChain(slot: number, value: number, before: PlainChain, after: PlainChain): void {
    this.#buckets.giveChain(this.#values.head[value] as number);
    this.#values.head[value] = this.#buckets.chain(after);
    if (before[0] === after[0]) return;
    this.#countNewest(slot, before[0] as number, -1);
    this.#countNewest(slot, after[0] as number, 1);
  }

  // Values that no read can see any more, from the old end of the list.
  #forgetValues(slot: number): PlainValue[] {
    const forgotten: PlainValue[] = [];
    const dead = this.#topOf(slot) - this.#reach.kept;
    for (;;) {
      const value = this.#valueEnds[2 * slot] as number;
      if (value === -1) return forgotten;
      if ((this.#buckets.bucket[this.#values.head[value] as number] as number) >= dead) return forgotten;
      forgotten.push(this.#removeValue(slot, value));
    }
  }

  #toSketch(slot: number, gone: GoneKey[]): Undo {
    if (this.#sketches.size >= this.#bounds.sketches) {
      let oldest = this.#ends[0] as number;
      while (!this.#sketches.has(oldest)) oldest = this.#keys.newer[oldest] as number;
      this.#removeKey(oldest, gone);
      this.evicted++;
    }
    const values: PlainValue[] = [];
    const sketch = new Sketch();
    while (this.#valueEnds[2 * slot] !== -1) {
      const value = this.#removeValue(slot, this.#valueEnds[2 * slot] as number);
      values.push(value);
      sketch.add(value.hash, value.chain[0] as number);
    }
    this.#sketches.set(slot, sketch);
    return () => {
      this.#sketches.delete(slot);
      for (const value of values.toReversed()) this.#restoreValue(slot, value, -1);
    };
  }

  #plainValue(value: number): PlainValue {
    const chain = this.#buckets.plain(this.#values.head[value] as number);
    return { hash: this.#values.hashOf(value), chain };
  }

  #removeValue(slot: number, value: number): PlainValue {
    const removed = this.#plainValue(value);
    this.#countNewest(slot, removed.chain[0] as number, -1);
    this.#buckets.giveChain(this.#values.head[value] as number);
    this.#values.unlink(this.#valueEnds, slot, value);
    this.#values.remove(value);
    this.#valueCounts[slot] = (this.#valueCounts[slot] as number) - 1;
    return removed;
  }

  #restoreValue(slot: number, { hash, chain }: PlainValue, older: number): number {
    const value = this.#values.insert(hash);
    this.#values.link(this.#valueEnds, slot, value, older);
    this.#values.head[value] = this.#buckets.chain(chain);
    this.#countNewest(slot, chain[0] as number, 1);
    this.#valueCounts[slot] = (this.#valueCounts[slot] as number) + 1;
    return value;
  }

  #countNewest(slot: number, bucket: number, by: 1 | -1): void {
    const nodes = this.#newest;
    let before = -1;
    let node = this.#keys.head[slot] as number;
    while (node !== -1 && (nodes.bucket[node] as number) > bucket) {
      before = node;
      node = nodes.next[node] as number;
    }
    const counted = node !== -1 && nodes.bucket[node] === bucket;
    const value = (counted ? (nodes.value[node] as number) : 0) + by;
    if (counted && value > 0) {
      nodes.value[node] = value;
      return;
    }
    const next = counted ? (nodes.next[node] as number) : node;
    if (counted) nodes.give(node);
    const follower = value > 0 ? nodes.take(bucket, value, 0, next) : next;
    if (before === -1) this.#keys.head[slot] = follower;
    else nodes.next[before] = follower;
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
