// SPDX-License-Identifier: Apache-2.0
// Numbers as bytes, for the snapshot. Integers are LEB128: seven bits a byte, the lowest first.
import type { KeyHash } from "./key-hash.ts";

const bytesAtFirst = 4096;

/** Something in a snapshot is not as it was written. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
}

/** Writes numbers one after the other. */
export class ByteWriter {
  #bytes = new Uint8Array(bytesAtFirst);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written since the last call, as bytes of its own. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** An integer from 0 on. */
  count(value: number): void {
    this.#room(10);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  /** An integer of either sign: its first byte has the sign in its lowest bit and six bits of the number. */
  integer(value: number): void {
    const distance = Math.abs(value);
    const low = distance % 0x40;
    const rest = Math.floor(distance / 0x40);
    this.#room(1);
    this.#bytes[this.#length++] = (low << 1) | (value < 0 ? 1 : 0) | (rest > 0 ? 0x80 : 0);
    if (rest > 0) this.count(rest);
  }

  hash({ a, b, c }: KeyHash): void {
    this.#room(12);
    this.#view.setInt32(this.#length, a);
    this.#view.setInt32(this.#length + 4, b);
    this.#view.setInt32(this.#length + 8, c);
    this.#length += 12;
  }

  /** Text, with its length in bytes before it. */
  text(value: string): void {
    this.raw(Buffer.from(value, "utf8"), true);
  }

  /** Bytes as they are, with their number before them if so wanted. */
  raw(bytes: Uint8Array, counted: boolean): void {
    if (counted) this.count(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const longer = new Uint8Array(2 * (this.#length + bytes));
    longer.set(this.#bytes);
    this.#bytes = longer;
    this.#view = new DataView(longer.buffer);
  }
}

/** Reads them again. Whatever the bytes are, it throws {@link SnapshotError} or gives numbers. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  count(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new SnapshotError("a number has no end");
    }
  }

  integer(): number {
    const first = this.#byte();
    const rest = first < 0x80 ? 0 : this.count();
    const distance = ((first & 0x7f) >> 1) + rest * 0x40;
    return (first & 1) === 1 ? -distance : distance;
  }

  hash(): KeyHash {
    if (this.#at + 12 > this.#bytes.length) throw new SnapshotError("it ends within a key");
    const at = this.#at;
    this.#at += 12;
    const [a, b, c] = [this.#view.getInt32(at), this.#view.getInt32(at + 4), this.#view.getInt32(at + 8)];
    return { a, b, c };
  }

  text(): string {
    const length = this.count();
    if (this.#at + length > this.#bytes.length) throw new SnapshotError("it ends within a text");
    this.#at += length;
    return Buffer.from(this.#bytes.subarray(this.#at - length, this.#at)).toString("utf8");
  }

  /** So many bytes. */
  bytes(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new SnapshotError("it ends within bytes");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** All that is left. */
  rest(): Uint8Array {
    const rest = this.#bytes.subarray(this.#at);
    this.#at = this.#bytes.length;
    return rest;
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new SnapshotError("it ends within a number");
    return byte;
  }
}
