// SPDX-License-Identifier: Apache-2.0
// Millions of short keys in few bytes each: a run of bytes, and an open-addressing table of offsets into it.
// A Map of as many strings takes about 100 bytes an entry before the first until is kept; this takes the
// key's own bytes, one for its length, and six. tools/bench/lists.ts measures both.

/** Longest key, in bytes. */
export const keyBytesMax = 255;
/** Most bytes of all keys together: offsets are 32 bits. */
const blobBytesMax = 0xffff_fff0;
/** Table slots for each key: three for two keep probes short. */
const slotsPerKey = 1.5;

/** How many keys lie between places that a look from the middle can begin at. */
const keysPerMark = 256;

/** A set of keys, each in force for ever or until a time. Built once, then only read. */
export type ByteTable = {
  readonly size: number;
  /** Bytes that it takes. */
  readonly bytes: number;
  /**
   * When the key ends, in milliseconds since the epoch, `Infinity` where it doesn't, `undefined` if it isn't
   * there. The key is `text` from `start` on, and `hash` its {@link hashKey}: whoever asks for each ending of
   * a host hashes the host once.
   */
  readonly find: (text: string, start: number, hash: number) => number | undefined;
  /**
   * Keys in the order in which they were put in. With `passed`, which must be true of a first part of them
   * and false of the rest, it begins within {@link keysPerMark} before the rest.
   */
  readonly entries: (passed?: (key: string) => boolean) => Generator<readonly [key: string, untilMs: number]>;
};

const hashSeed = 0x811c_9dc5 | 0;

/** The hash of the key that `text` is from `start` on. */
export function hashKey(text: string, start = 0): number {
  let hash = hashSeed;
  for (let index = text.length - 1; index >= start; index--) hash = hashStep(hash, text.charCodeAt(index));
  return hash;
}

/** The hash of nothing: where hashing a text from its end starts. */
export const hashStart: number = hashSeed;

/** Takes the next byte, going towards the start of the text, into a hash (FNV-1a). */
export function hashStep(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x0100_0193);
}

/**
 * Builds a table.
 *
 * @param keys texts of 1 to {@link keyBytesMax} code units below 256, no two the same
 * @throws {RangeError} if a key is longer, or all are more than 4 GiB
 */
export function buildByteTable(keys: Iterable<readonly [key: string, untilMs: number]>): ByteTable {
  const { blob, untils, size } = fillBlob(keys);
  const capacity = Math.max(4, Math.ceil(size * slotsPerKey));
  const slots = new Uint32Array(capacity);
  const ends = untils === undefined ? undefined : new Float64Array(capacity);
  const marks: number[] = [];
  let number = 0;
  for (let at = 0; at < blob.length; at += 1 + (blob[at] ?? 0)) {
    let slot = slotOf(hashBytes(blob, at), capacity);
    while (slots[slot] !== 0) slot = slot + 1 === capacity ? 0 : slot + 1;
    slots[slot] = at + 1;
    if (ends !== undefined) ends[slot] = untils?.[number] ?? Number.POSITIVE_INFINITY;
    if (number % keysPerMark === 0) marks.push(at);
    number += 1;
  }
  const table = { blob, slots, ends, marks };
  return {
    size,
    bytes: blob.byteLength + slots.byteLength + (ends?.byteLength ?? 0),
    find: (text, start, hash) => {
      const slot = findSlot(table, text, start, hash);
      return slot < 0 ? undefined : (ends?.[slot] ?? Number.POSITIVE_INFINITY);
    },
    entries: (passed) => entriesOf(table, passed),
  };
}

type Table = {
  /** Each key as its length and then its bytes. */
  readonly blob: Uint8Array;
  /** Where a key starts in the blob, plus one; 0 where the slot is free. */
  readonly slots: Uint32Array;
  /** When the key of the slot ends; absent where none does. */
  readonly ends: Float64Array | undefined;
  /** Where every {@link keysPerMark}th key stands in the blob. */
  readonly marks: readonly number[];
};

function fillBlob(keys: Iterable<readonly [string, number]>): {
  blob: Uint8Array;
  untils: number[] | undefined;
  size: number;
} {
  let blob = new Uint8Array(1_024);
  let untils: number[] | undefined;
  let length = 0;
  let size = 0;
  for (const [key, untilMs] of keys) {
    if (key.length === 0 || key.length > keyBytesMax) {
      throw new RangeError(`a key of ${key.length} bytes; the limit is ${keyBytesMax}`);
    }
    const end = length + 1 + key.length;
    if (end > blobBytesMax) throw new RangeError(`keys of more than ${blobBytesMax} bytes together`);
    if (end > blob.length) {
      const wider = new Uint8Array(Math.min(blobBytesMax, Math.max(end, Math.ceil(blob.length * 1.5))));
      wider.set(blob);
      blob = wider;
    }
    blob[length] = key.length;
    for (let index = 0; index < key.length; index++) blob[length + 1 + index] = key.charCodeAt(index);
    length = end;
    if (untilMs !== Number.POSITIVE_INFINITY) {
      untils ??= Array.from({ length: size }, () => Number.POSITIVE_INFINITY);
    }
    untils?.push(untilMs);
    size += 1;
  }
  return { blob: blob.slice(0, length), untils, size };
}

function hashBytes(blob: Uint8Array, at: number): number {
  let hash = hashSeed;
  for (let index = at + (blob[at] ?? 0); index > at; index--) hash = hashStep(hash, blob[index] ?? 0);
  return hash;
}

/** Spreads the hash (the finish of MurmurHash3), then scales it to the capacity, which is no power of two. */
function slotOf(hash: number, capacity: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
  mixed ^= mixed >>> 16;
  return Math.floor(((mixed >>> 0) / 0x1_0000_0000) * capacity);
}

function findSlot({ blob, slots }: Table, text: string, start: number, hash: number): number {
  const length = text.length - start;
  const capacity = slots.length;
  let slot = slotOf(hash, capacity);
  // A third of the slots is free, so each run of probes ends.
  for (;;) {
    const place = slots[slot] ?? 0;
    if (place === 0) return -1;
    if (blob[place - 1] === length && sameBytes(blob, place, text, start)) return slot;
    slot = slot + 1 === capacity ? 0 : slot + 1;
  }
}

function sameBytes(blob: Uint8Array, place: number, text: string, start: number): boolean {
  for (let index = start; index < text.length; index++) {
    if (blob[place + index - start] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function* entriesOf(
  table: Table,
  passed: ((key: string) => boolean) | undefined,
): Generator<readonly [string, number]> {
  const { blob, ends, marks } = table;
  let from = 0;
  let to = passed === undefined ? 0 : marks.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (passed?.(keyAt(blob, marks[middle] ?? 0)) === true) from = middle + 1;
    else to = middle;
  }
  for (let at = marks[Math.max(0, from - 1)] ?? 0; at < blob.length; at += 1 + (blob[at] ?? 0)) {
    const key = keyAt(blob, at);
    if (ends === undefined) yield [key, Number.POSITIVE_INFINITY];
    else yield [key, ends[findSlot(table, key, 0, hashKey(key))] ?? Number.POSITIVE_INFINITY];
  }
}

function keyAt(blob: Uint8Array, at: number): string {
  return String.fromCharCode(...blob.subarray(at + 1, at + 1 + (blob[at] ?? 0)));
}
