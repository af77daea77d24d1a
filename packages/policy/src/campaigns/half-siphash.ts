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
