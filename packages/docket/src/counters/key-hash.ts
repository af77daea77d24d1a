// SPDX-License-Identifier: Apache-2.0
// What tables know of a key: 96 bits. Keys are keyed hashes and random pseudonyms already, so whoever sends
// events can't choose them; what is wanted here is that any two differ, and speed.

/** The hash of a key, in three words of 32 bits, signed. Written into, so that nothing is allocated. */
export type KeyHash = { a: number; b: number; c: number };

/**
 * The first 12 bytes of MurmurHash3_x86_128 (seed 0) of a key's UTF-16LE bytes. With a million keys two of
 * them are the same with a probability of 10^-17.
 */
export function hashKey(key: string, into: KeyHash): void {
  let [h1, h2, h3, h4] = [0, 0, 0, 0];
  const units = key.length;
  const blocks = units >>> 3;
  for (let i = 0; i < blocks; i++) {
    const at = i << 3;
    h1 ^= mix(word(key, at), c1, 15, c2);
    h1 = (Math.imul((rotate(h1, 19) + h2) | 0, 5) + 0x561ccd1b) | 0;
    h2 ^= mix(word(key, at + 2), c2, 16, c3);
    h2 = (Math.imul((rotate(h2, 17) + h3) | 0, 5) + 0x0bcaa747) | 0;
    h3 ^= mix(word(key, at + 4), c3, 17, c4);
    h3 = (Math.imul((rotate(h3, 15) + h4) | 0, 5) + 0x96cd1c35) | 0;
    h4 ^= mix(word(key, at + 6), c4, 18, c1);
    h4 = (Math.imul((rotate(h4, 13) + h1) | 0, 5) + 0x32ac3b17) | 0;
  }
  const at = blocks << 3;
  if (units > at + 6) h4 ^= mix(word(key, at + 6), c4, 18, c1);
  if (units > at + 4) h3 ^= mix(word(key, at + 4), c3, 17, c4);
  if (units > at + 2) h2 ^= mix(word(key, at + 2), c2, 16, c3);
  if (units > at) h1 ^= mix(word(key, at), c1, 15, c2);
  const bytes = units * 2;
  h1 ^= bytes;
  h2 ^= bytes;
  h3 ^= bytes;
  h4 ^= bytes;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  into.a = h1;
  into.b = (h2 + h1) | 0;
  into.c = (h3 + h1) | 0;
}

/** The hash of a value under a key, from the hashes of both. For one key no two values come together. */
export function hashPair(key: KeyHash, value: KeyHash, into: KeyHash): void {
  into.a = finish(value.a ^ Math.imul(key.a, 0x9e3779b1));
  into.b = finish(value.b ^ Math.imul(key.b, 0x85ebca6b));
  into.c = finish(value.c ^ Math.imul(key.c, 0xc2b2ae35));
}

/** Texts whose hashes are remembered at once. */
const textsRemembered = 8;

/** The hashes of the texts that were asked for last. */
export class RememberedHashes {
  readonly #texts: (string | undefined)[] = Array.from({ length: textsRemembered });
  readonly #hashes: readonly KeyHash[] = this.#texts.map(() => ({ a: 0, b: 0, c: 0 }));
  #next = 0;

  /** The hash of a text; good until the next one is asked for. */
  of(text: string): KeyHash {
    const place = this.#texts.indexOf(text);
    if (place !== -1) return this.#hashes[place] as KeyHash;
    const next = this.#next;
    this.#next = (next + 1) % textsRemembered;
    this.#texts[next] = text;
    const hash = this.#hashes[next] as KeyHash;
    hashKey(text, hash);
    return hash;
  }
}

const c1 = 0x239b961b;
const c2 = 0xab0e9789 | 0;
const c3 = 0x38b34ae5;
const c4 = 0xa1e38b93 | 0;

// Two code units; past the end of the string it reads zeros.
function word(key: string, at: number): number {
  const low = key.charCodeAt(at);
  return at + 1 < key.length ? low | (key.charCodeAt(at + 1) << 16) : low;
}

function mix(k: number, first: number, by: number, second: number): number {
  return Math.imul(rotate(Math.imul(k, first), by), second);
}

function rotate(x: number, by: number): number {
  return (x << by) | (x >>> (32 - by));
}

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
