// SPDX-License-Identifier: Apache-2.0
// Key rings: the keys of one purpose, 32 bytes each, the newest first. What is sealed is sealed under the
// newest; what was sealed is opened by trying each. A single key is a ring of one.
//
// A ring that may grow has room for `ringKeysMax` keys, the rest of it zero: so whoever holds it, in this
// thread, seals under the new key from the moment at which it is turned, and nobody has to be told. To
// another thread it goes as a copy, which opens all that was sealed until then.
import { DocketError } from "../error.ts";

/** Bytes of a symmetric key. */
export const keyBytes = 32;
/** Most keys of a ring: sixteen years of a change every quarter. */
export const ringKeysMax = 64;

/**
 * Keys of one purpose, newest first, 32 bytes each; from the second on, all zero means that there is none.
 */
export type KeyRing = Uint8Array;

/**
 * A ring that can be turned.
 *
 * @param keys newest first
 * @throws {RangeError} if there are none, or more than {@link ringKeysMax}, or one isn't of 32 bytes
 */
export function keyRing(keys: readonly Uint8Array[]): KeyRing {
  if (keys.length === 0 || keys.length > ringKeysMax || keys.some((key) => key.length !== keyBytes)) {
    throw new RangeError(`a ring has 1 to ${ringKeysMax} keys of ${keyBytes} bytes`);
  }
  const ring = new Uint8Array(ringKeysMax * keyBytes);
  for (const [place, key] of keys.entries()) ring.set(key, place * keyBytes);
  return ring;
}

/** The key that seals. */
export function newestKey(ring: KeyRing): Uint8Array {
  return ring.subarray(0, keyBytes);
}

/** All keys, newest first. */
export function keysOf(ring: KeyRing): Uint8Array[] {
  const keys = [newestKey(ring)];
  for (let at = keyBytes; at + keyBytes <= ring.length; at += keyBytes) {
    const key = ring.subarray(at, at + keyBytes);
    if (key.every((byte) => byte === 0)) break;
    keys.push(key);
  }
  return keys;
}

/**
 * Puts a new key in front: what is sealed from here on is sealed under it.
 *
 * @throws {DocketError} `usage` if the ring is full
 */
export function turnRing(ring: KeyRing, key: Uint8Array): void {
  const keys = keysOf(ring).map((each) => Uint8Array.from(each));
  if ((keys.length + 1) * keyBytes > ring.length) {
    throw new DocketError("usage", `there are ${keys.length} keys already, and room for no more`);
  }
  for (const [place, each] of [key, ...keys].entries()) ring.set(each, place * keyBytes);
}

/**
 * The first answer that a key of the ring gives. Each ring remembers which key answered last: records that
 * lie together were sealed under the same one.
 */
export function firstOpened<T>(ring: KeyRing, open: (key: Uint8Array) => T | undefined): T | undefined {
  if (ring.length === keyBytes) return open(ring);
  const keys = keysOf(ring);
  const likely = Math.min(lastHit.get(ring) ?? 0, keys.length - 1);
  const opened = open(keys[likely] as Uint8Array);
  if (opened !== undefined) return opened;
  for (const [place, key] of keys.entries()) {
    const found = place === likely ? undefined : open(key);
    if (found === undefined) continue;
    lastHit.set(ring, place);
    return found;
  }
  return undefined;
}

/** A help for speed only; which key opens something doesn't depend on it. */
const lastHit = new WeakMap<KeyRing, number>();
