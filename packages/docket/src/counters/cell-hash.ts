// SPDX-License-Identifier: Apache-2.0
// What stands for a value in the key of a counter: a keyed hash, so that neither memory nor records hold the
// value. It is part of a format (docs/formats/counters-snapshot.md): facts record it, and it must be the same
// on every machine for as long as a log is kept.
import { sipHash128, sipKey } from "./siphash.ts";
import type { SipKey } from "./siphash.ts";

/** Bytes of a value's hash: the first of SipHash-2-4-128's. */
export const cellBytes = 12;
const bytesAtFirst = 1024;

/** Hashes values of fields. */
export class CellHash {
  readonly #key: SipKey;
  readonly #words = new Int32Array(4);
  #message = Buffer.alloc(bytesAtFirst);

  /** @param key 16 bytes that nobody outside knows */
  constructor(key: Uint8Array) {
    this.#key = sipKey(key);
  }

  /** The hash of a field's path, a line feed and its value: 16 characters of base64url. */
  of(path: string, value: string): string {
    // Three bytes are the most that a code unit becomes.
    const bytesMax = 3 * (path.length + 1 + value.length);
    if (bytesMax > this.#message.length) this.#message = Buffer.alloc(2 * bytesMax);
    let length = this.#write(path, 0);
    this.#message[length++] = 0x0a;
    length = this.#write(value, length);
    sipHash128(this.#key, this.#message, length, this.#words);
    return base64url(this.#words);
  }

  // Most values are short and ASCII: a call into the runtime would cost more than the loop.
  #write(text: string, from: number): number {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return from + this.#message.write(text, from, "utf8");
      this.#message[from + at] = unit;
    }
    return from + text.length;
  }
}

const digits = Uint8Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", (digit) =>
  digit.charCodeAt(0),
);

/** The first {@link cellBytes} bytes of little-endian words. By hand: a call of the runtime takes longer. */
function base64url(words: Int32Array): string {
  const a = words[0] as number;
  const b = words[1] as number;
  const c = words[2] as number;
  // Three bytes at a time, the first of them highest.
  const first = threeBytes(a, a >>> 8, a >>> 16);
  const second = threeBytes(a >>> 24, b, b >>> 8);
  const third = threeBytes(b >>> 16, b >>> 24, c);
  const fourth = threeBytes(c >>> 8, c >>> 16, c >>> 24);
  return String.fromCharCode(
    digit(first >>> 18),
    digit(first >>> 12),
    digit(first >>> 6),
    digit(first),
    digit(second >>> 18),
    digit(second >>> 12),
    digit(second >>> 6),
    digit(second),
    digit(third >>> 18),
    digit(third >>> 12),
    digit(third >>> 6),
    digit(third),
    digit(fourth >>> 18),
    digit(fourth >>> 12),
    digit(fourth >>> 6),
    digit(fourth),
  );
}

function threeBytes(first: number, second: number, third: number): number {
  return ((first & 0xff) << 16) | ((second & 0xff) << 8) | (third & 0xff);
}

function digit(sixBits: number): number {
  return digits[sixBits & 0x3f] as number;
}
