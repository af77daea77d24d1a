// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 with 128 bits of output: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), in
// the variant of the authors' reference code. 64-bit words are pairs of 32-bit ones, low word first.

/** Bytes of a key. */
export const sipKeyBytes = 16;

/** A key, ready for use. */
export type SipKey = Int32Array;

/**
 * @param bytes {@link sipKeyBytes} of them
 * @throws {RangeError} if there are more or fewer
 */
export function sipKey(bytes: Uint8Array): SipKey {
  if (bytes.length !== sipKeyBytes)
    throw new RangeError(`a key has ${sipKeyBytes} bytes, not ${bytes.length}`);
  return Int32Array.from([0, 4, 8, 12], (at) => wordOf(bytes, at));
}

/**
 * The hash of `message[0..length)`.
 *
 * @param into its 16 bytes as four 32-bit words, little-endian
 */
export function sipHash128(key: SipKey, message: Uint8Array, length: number, into: Int32Array): void {
  // v0 to v3, low and high. All in one function, so that they stay in registers.
  let a = (key[0] as number) ^ 0x70736575;
  let a1 = (key[1] as number) ^ 0x736f6d65;
  let b = (key[2] as number) ^ 0x6e646f6d ^ 0xee;
  let b1 = (key[3] as number) ^ 0x646f7261;
  let c = (key[0] as number) ^ 0x6e657261;
  let c1 = (key[1] as number) ^ 0x6c796765;
  let d = (key[2] as number) ^ 0x79746573;
  let d1 = (key[3] as number) ^ 0x74656462;
  const blocks = (length >>> 3) + 1;
  // The message's blocks, then the two halves of the end.
  for (let block = 0; block < blocks + 2; block++) {
    let [low, high] = [0, 0];
    if (block < blocks - 1) {
      low = wordOf(message, 8 * block);
      high = wordOf(message, 8 * block + 4);
    } else if (block === blocks - 1) {
      low = lastWordOf(message, 8 * block, length);
      high = lastWordOf(message, 8 * block + 4, length) | (length << 24);
    } else if (block === blocks) c ^= 0xee;
    else b ^= 0xdd;
    d ^= low;
    d1 ^= high;
    for (let round = block < blocks ? 2 : 4; round > 0; round--) {
      // A sum of two low words carries where it is, unsigned, less than one of them.
      const ab = (a + b) | 0;
      a1 = (a1 + b1 + (ab >>> 0 < a >>> 0 ? 1 : 0)) | 0;
      const b13 = ((b << 13) | (b1 >>> 19)) ^ ab;
      b1 = ((b1 << 13) | (b >>> 19)) ^ a1;
      const cd = (c + d) | 0;
      c1 = (c1 + d1 + (cd >>> 0 < c >>> 0 ? 1 : 0)) | 0;
      const d16 = ((d << 16) | (d1 >>> 16)) ^ cd;
      d1 = ((d1 << 16) | (d >>> 16)) ^ c1;
      a = (a1 + d16) | 0;
      a1 = (ab + d1 + (a >>> 0 < a1 >>> 0 ? 1 : 0)) | 0;
      d = ((d16 << 21) | (d1 >>> 11)) ^ a;
      d1 = ((d1 << 21) | (d16 >>> 11)) ^ a1;
      const cb = (cd + b13) | 0;
      const cb1 = (c1 + b1 + (cb >>> 0 < cd >>> 0 ? 1 : 0)) | 0;
      b = ((b13 << 17) | (b1 >>> 15)) ^ cb;
      b1 = ((b1 << 17) | (b13 >>> 15)) ^ cb1;
      c = cb1;
      c1 = cb;
    }
    a ^= low;
    a1 ^= high;
    if (block < blocks) continue;
    const place = block === blocks ? 0 : 2;
    into[place] = a ^ b ^ c ^ d;
    into[place + 1] = a1 ^ b1 ^ c1 ^ d1;
  }
}

function wordOf(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function lastWordOf(bytes: Uint8Array, at: number, end: number): number {
  let word = 0;
  for (let place = at; place < end && place < at + 4; place++) {
    word |= (bytes[place] as number) << (8 * (place - at));
  }
  return word;
}
