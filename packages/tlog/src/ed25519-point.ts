// SPDX-License-Identifier: Apache-2.0
// What RFC 8032 leaves open about Ed25519 points, and libraries (and versions of one library) answer
// differently, answered once: a key or an R whose encoding is not canonical, or which has small order, is
// refused.
import { decodeHex } from "./base64.ts";

/**
 * Whether 32 bytes can be a public key or the R of a signature: y below 2^255 - 19 (RFC 8032 section 5.1.3,
 * step 1) and not one of the eight points of small order, under which one signature verifies for many
 * messages.
 */
export function isSoundPoint(encoded: Uint8Array): boolean {
  const y = Uint8Array.from(encoded);
  y[31] = (y[31] ?? 0) & 0x7f; // the sign of x
  return isBelowPrime(y) && !smallOrder.some((other) => y.every((byte, i) => byte === other[i]));
}

/** y of the points of order 1, 2, 4 and 8 (two), little-endian. Each stands for both signs of x. */
const smallOrder = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(decodeHex);

function isBelowPrime(y: Uint8Array): boolean {
  if (y[31] !== 0x7f || (y[0] ?? 0) < 0xed) return true;
  return y.subarray(1, 31).some((byte) => byte !== 0xff);
}
