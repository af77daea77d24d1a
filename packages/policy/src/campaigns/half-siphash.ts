// SPDX-License-Identifier: Apache-2.0
// HalfSipHash-1-3: Aumasson and Bernstein's SipHash with words of 32 bits, which is what JavaScript computes
// with, one round for each word of the message and three at its end. Integers only: the same on every engine.

/** Bytes of a key. */
export const halfSipKeyBytes = 8;

/** A key: two words of 32 bits. */
export type HalfSipKey = { readonly k0: number; readonly k1: number };

/**
 * A key from bytes, little-endian.
 *
 * @param purpose so that different purposes have different keys; any number
 * @throws {RangeError} if there are too few
 */
export function halfSipKey(bytes: Uint8Array, at: number, purpose: number): HalfSipKey {
  if (bytes.length < at + halfSipKeyBytes) throw new RangeError(`a key has ${halfSipKeyBytes} bytes`);
  const word = (from: number): number =>
    (bytes[from] as number) |
    ((bytes[from + 1] as number) << 8) |
    ((bytes[from + 2] as number) << 16) |
    ((bytes[from + 3] as number) << 24);
  return { k0: word(at) ^ purpose, k1: word(at + 4) };
}

/** The hash of `units[from..to)`, each little-endian: 32 bits, signed. */
export function halfSipUnits(units: Uint16Array, from: number, to: number, k0: number, k1: number): number {
  let a = k0;
  let b = k1;
  let c = 0x6c796765 ^ k0;
  let d = 0x74656462 ^ k1;
  const whole = from + ((to - from) & ~1);
  let word = 0;
  for (let at = from; ; at += 2) {
    // The last word has what is left over, and the length.
    if (at < whole) word = (units[at] as number) | ((units[at + 1] as number) << 16);
    else word = (at < to ? (units[at] as number) : 0) | ((2 * (to - from)) << 24);
    d ^= word;
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
    a ^= word;
    if (at >= whole) break;
  }
  c ^= 0xff;
  for (let round = 0; round < 3; round++) {
    a = (a + b) | 0;
    b = ((b << 5) | (b >>> 27)) ^ a;
    a = (a << 16) | (a >>> 16);
    c = (c + d) | 0;
    d = ((d << 8) | (d >>> 24)) ^ c;
    a = (a + d) | 0;
    d = ((d << 7) | (d >>> 25)) ^ a;
    c = (c + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ c;
    c = (c << 16) | (c >>> 16);
  }
  return b ^ d;
}

/** Units of each run of {@link halfSipRuns}. */
export const runUnits = 6;

/**
 * The hashes of all runs of {@link runUnits} code units: of `units[at..at + 6)` for each `at` below `count`,
 * the same as {@link halfSipUnits} gives. Two are computed at a time, since one waits for its own results.
 */
export function halfSipRuns(
  units: Uint16Array,
  count: number,
  k0: number,
  k1: number,
  into: Int32Array,
): void {
  const c0 = 0x6c796765 ^ k0;
  const d0 = 0x74656462 ^ k1;
  for (let at = 0; at < count; at += 2) {
    let a = k0;
    let b = k1;
    let c = c0;
    let d = d0;
    let e = k0;
    let f = k1;
    let g = c0;
    let h = d0;
    // Three words of the message, the one with its length, and three rounds more.
    for (let round = 0; round < 7; round++) {
      let word = 0;
      let other = 0;
      if (round < 3) {
        const from = at + 2 * round;
        const middle = units[from + 1] as number;
        word = (units[from] as number) | (middle << 16);
        other = middle | ((units[from + 2] as number) << 16);
        d ^= word;
        h ^= other;
      } else if (round === 3) {
        word = (2 * runUnits) << 24;
        other = word;
        d ^= word;
        h ^= other;
      } else if (round === 4) {
        c ^= 0xff;
        g ^= 0xff;
      }
      a = (a + b) | 0;
      e = (e + f) | 0;
      b = ((b << 5) | (b >>> 27)) ^ a;
      f = ((f << 5) | (f >>> 27)) ^ e;
      a = (a << 16) | (a >>> 16);
      e = (e << 16) | (e >>> 16);
      c = (c + d) | 0;
      g = (g + h) | 0;
      d = ((d << 8) | (d >>> 24)) ^ c;
      h = ((h << 8) | (h >>> 24)) ^ g;
      a = (a + d) | 0;
      e = (e + h) | 0;
      d = ((d << 7) | (d >>> 25)) ^ a;
      h = ((h << 7) | (h >>> 25)) ^ e;
      c = (c + b) | 0;
      g = (g + f) | 0;
      b = ((b << 13) | (b >>> 19)) ^ c;
      f = ((f << 13) | (f >>> 19)) ^ g;
      c = (c << 16) | (c >>> 16);
      g = (g << 16) | (g >>> 16);
      a ^= word;
      e ^= other;
    }
    into[at] = b ^ d;
    if (at + 1 < count) into[at + 1] = f ^ h;
  }
}
