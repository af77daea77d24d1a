// SPDX-License-Identifier: Apache-2.0
// A set of keys in typed arrays: open addressing, and lists through the slots in order of last use. Nothing
// in it depends on anything but the sequence of calls; each change has a call that exactly takes it back, as
// long as changes are taken back newest first: then slots come back under their old numbers too.
import type { KeyHash } from "./key-hash.ts";

const slotsAtFirst = 8;

/** A column of 32-bit numbers, a number for each slot. */
export type Column = Int32Array<ArrayBuffer>;

/** The ends of lists: those of list `n` are at `2n` (oldest) and `2n + 1` (newest); -1 where there is none. */
export function newEnds(lists: number): Column {
  return new Int32Array(2 * lists).fill(-1);
}

/** Keys, each with a slot. Slots are linked into lists, oldest to newest, whose ends the caller keeps. */
export class KeyTable {
  a: Uint32Array<ArrayBuffer> = new Uint32Array(slotsAtFirst);
  b: Uint32Array<ArrayBuffer> = new Uint32Array(slotsAtFirst);
  c: Uint32Array<ArrayBuffer> = new Uint32Array(slotsAtFirst);
  /** The neighbours of a slot in its list; of a free slot, `newer` is the next free one. -1: none. */
  older: Column = new Int32Array(slotsAtFirst);
  newer: Column = new Int32Array(slotsAtFirst);
  /** A number that belongs to the slot, the caller's: where its chain of nodes begins. -1 in a new slot. */
  head: Column = new Int32Array(slotsAtFirst);
  /** Keys in the table. */
  size = 0;
  // Slot + 1 by the low bits of `a`; 0 is empty. Never more than half full.
  #places: Column = new Int32Array(2 * slotsAtFirst);
  #used = 0;
  #free = -1;

  /** How many slots the columns have room for; the caller's own columns grow along with it. */
  get capacity(): number {
    return this.a.length;
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return 24 * this.capacity + 4 * this.#places.length;
  }

  /** The slot of a key; -1 if it has none. */
  find({ a, b, c }: KeyHash): number {
    const places = this.#places;
    const mask = places.length - 1;
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const slot = (places[place] as number) - 1;
      if (slot === -1) return -1;
      if (this.a[slot] === a && this.b[slot] === b && this.c[slot] === c) return slot;
    }
  }

  /** Gives a new key a slot that is in no list yet. The key must not be in the table. */
  insert({ a, b, c }: KeyHash): number {
    let slot = this.#free;
    if (slot !== -1) this.#free = this.newer[slot] as number;
    else {
      slot = this.#used++;
      if (slot === this.capacity) this.#grow();
    }
    this.a[slot] = a;
    this.b[slot] = b;
    this.c[slot] = c;
    this.older[slot] = -1;
    this.newer[slot] = -1;
    this.head[slot] = -1;
    this.#place(slot);
    this.size++;
    return slot;
  }

  /** Takes out a slot that is in no list any more. */
  remove(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = (this.a[slot] as number) & mask;
    while (places[place] !== slot + 1) place = (place + 1) & mask;
    // What lies behind in the same run moves up, so that no look-up ends at the gap.
    for (let next = (place + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
      const home = (this.a[(places[next] as number) - 1] as number) & mask;
      if (((next - home) & mask) < ((next - place) & mask)) continue;
      places[place] = places[next] as number;
      place = next;
    }
    places[place] = 0;
    this.newer[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  /** Links a slot into a list behind `older`; -1 makes it the oldest. */
  link(ends: Column, list: number, slot: number, older: number): void {
    const newer = older === -1 ? (ends[2 * list] as number) : (this.newer[older] as number);
    this.older[slot] = older;
    this.newer[slot] = newer;
    if (older === -1) ends[2 * list] = slot;
    else this.newer[older] = slot;
    if (newer === -1) ends[2 * list + 1] = slot;
    else this.older[newer] = slot;
  }

  /** Takes a slot out of its list. */
  unlink(ends: Column, list: number, slot: number): void {
    const older = this.older[slot] as number;
    const newer = this.newer[slot] as number;
    if (older === -1) ends[2 * list] = newer;
    else this.newer[older] = newer;
    if (newer === -1) ends[2 * list + 1] = older;
    else this.older[newer] = older;
  }

  /** The hash of a slot's key. */
  hashOf(slot: number): KeyHash {
    return { a: this.a[slot] as number, b: this.b[slot] as number, c: this.c[slot] as number };
  }

  #place(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = (this.a[slot] as number) & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = slot + 1;
  }

  #grow(): void {
    const capacity = 2 * this.capacity;
    this.a = grownHash(this.a, capacity);
    this.b = grownHash(this.b, capacity);
    this.c = grownHash(this.c, capacity);
    this.older = grown(this.older, capacity);
    this.newer = grown(this.newer, capacity);
    this.head = grown(this.head, capacity);
    this.#places = new Int32Array(2 * capacity);
    // It grows only when no slot is free, so all but the one that is about to be filled hold keys.
    for (let slot = 0; slot < this.#used - 1; slot++) this.#place(slot);
  }
}

/** A longer copy of a column, filled up. */
export function grown(column: Column, length: number, fill = 0): Column {
  const longer = new Int32Array(length);
  longer.set(column);
  if (fill !== 0) longer.fill(fill, column.length);
  return longer;
}

function grownHash(column: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(column);
  return longer;
}
