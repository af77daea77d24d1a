// SPDX-License-Identifier: Apache-2.0
// A set of keys in typed arrays: open addressing, and lists through the slots. What belongs to a key lies
// together, since most of the time goes into waiting for memory. Nothing here depends on anything but the
// sequence of calls; each change has a call that exactly takes it back, as long as changes are taken back
// newest first: then slots come back under their old numbers too.
import type { KeyHash } from "./key-hash.ts";

const slotsAtFirst = 8;
/** Numbers of a slot: three of the hash, two neighbours, and three of the caller's. */
const stride = 8;
const olderAt = 3;
const newerAt = 4;
const headAt = 5;
const spareAt = 6;

/** A column of 32-bit numbers. */
export type Column = Int32Array<ArrayBuffer>;

/** The ends of a list: the oldest slot and the newest; -1 where there is none. */
export type Ends = { oldest: number; newest: number };

/** Keys, each with a slot. */
export class KeyTable {
  /** Keys in the table. */
  size = 0;
  #slots: Column = new Int32Array(stride * slotsAtFirst);
  // Slot + 1 by the low bits of the hash; 0 is empty. Never more than half full.
  #places: Column = new Int32Array(2 * slotsAtFirst);
  #used = 0;
  #free = -1;

  /** Bytes that the table takes. */
  get bytes(): number {
    return 4 * (this.#slots.length + this.#places.length);
  }

  /** A copy to walk through later; nothing can be looked up in it. */
  copy(): KeyTable {
    const copied = new KeyTable();
    copied.#slots = this.#slots.slice(0, stride * this.#used);
    copied.size = this.size;
    return copied;
  }

  /** How many slots there is room for. */
  get capacity(): number {
    return this.#slots.length / stride;
  }

  /** The slot of a key; -1 if it has none. */
  find({ a, b, c }: KeyHash): number {
    const places = this.#places;
    const slots = this.#slots;
    const mask = places.length - 1;
    for (let place = a & mask; ; place = (place + 1) & mask) {
      const slot = (places[place] as number) - 1;
      if (slot === -1) return -1;
      const at = slot * stride;
      if (slots[at] === a && slots[at + 1] === b && slots[at + 2] === c) return slot;
    }
  }

  /** Gives a new key a slot that is in no list yet. The key must not be in the table. */
  insert({ a, b, c }: KeyHash): number {
    let slot = this.#free;
    if (slot !== -1) this.#free = this.newer(slot);
    else {
      slot = this.#used++;
      if (slot === this.capacity) this.#grow();
    }
    const at = slot * stride;
    const slots = this.#slots;
    slots[at] = a;
    slots[at + 1] = b;
    slots[at + 2] = c;
    for (let own = at + olderAt; own < at + stride; own++) slots[own] = -1;
    this.#place(slot);
    this.size++;
    return slot;
  }

  /** Takes out a slot that is in no list any more. */
  remove(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = this.#home(slot) & mask;
    while (places[place] !== slot + 1) place = (place + 1) & mask;
    // What lies behind in the same run moves up, so that no look-up ends at the gap.
    for (let next = (place + 1) & mask; places[next] !== 0; next = (next + 1) & mask) {
      const home = this.#home((places[next] as number) - 1) & mask;
      if (((next - home) & mask) < ((next - place) & mask)) continue;
      places[place] = places[next] as number;
      place = next;
    }
    places[place] = 0;
    this.#slots[slot * stride + newerAt] = this.#free;
    this.#free = slot;
    this.size--;
  }

  /** The hash of a slot's key. */
  hashOf(slot: number): KeyHash {
    const slots = this.#slots;
    const at = slot * stride;
    return { a: slots[at] as number, b: slots[at + 1] as number, c: slots[at + 2] as number };
  }

  /** The next older slot of its list; -1 if it is the oldest. */
  older(slot: number): number {
    return this.#slots[slot * stride + olderAt] as number;
  }

  /** The next newer slot of its list; -1 if it is the newest. */
  newer(slot: number): number {
    return this.#slots[slot * stride + newerAt] as number;
  }

  /** A number of the caller's: where the key's chain of nodes begins; -1 in a new slot. */
  head(slot: number): number {
    return this.#slots[slot * stride + headAt] as number;
  }

  setHead(slot: number, head: number): void {
    this.#slots[slot * stride + headAt] = head;
  }

  /** Two more numbers of the caller's, the `which`th of them; -1 in a new slot. */
  spare(slot: number, which: 0 | 1): number {
    return this.#slots[slot * stride + spareAt + which] as number;
  }

  setSpare(slot: number, which: 0 | 1, value: number): void {
    this.#slots[slot * stride + spareAt + which] = value;
  }

  /** Links a slot into a list behind `older`; -1 makes it the oldest. */
  link(ends: Ends, slot: number, older: number): void {
    const slots = this.#slots;
    const newer = older === -1 ? ends.oldest : this.newer(older);
    slots[slot * stride + olderAt] = older;
    slots[slot * stride + newerAt] = newer;
    if (older === -1) ends.oldest = slot;
    else slots[older * stride + newerAt] = slot;
    if (newer === -1) ends.newest = slot;
    else slots[newer * stride + olderAt] = slot;
  }

  /** Takes a slot out of its list. */
  unlink(ends: Ends, slot: number): void {
    const slots = this.#slots;
    const older = this.older(slot);
    const newer = this.newer(slot);
    if (older === -1) ends.oldest = newer;
    else slots[older * stride + newerAt] = newer;
    if (newer === -1) ends.newest = older;
    else slots[newer * stride + olderAt] = older;
  }

  #home(slot: number): number {
    return this.#slots[slot * stride] as number;
  }

  #place(slot: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let place = this.#home(slot) & mask;
    while (places[place] !== 0) place = (place + 1) & mask;
    places[place] = slot + 1;
  }

  #grow(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    slots.set(this.#slots);
    this.#slots = slots;
    this.#places = new Int32Array(2 * this.#places.length);
    // It grows only when no slot is free, so all but the one that is about to be filled hold keys.
    for (let slot = 0; slot < this.#used - 1; slot++) this.#place(slot);
  }
}

/** A longer copy of a column. */
export function grown(column: Column, length: number): Column {
  const longer = new Int32Array(length);
  longer.set(column);
  return longer;
}
