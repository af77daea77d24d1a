// SPDX-License-Identifier: Apache-2.0
// What is not full yet at the right edge of a log's files: a tile of hashes at each level, and the bundle of
// the newest entries. Both grow in place, and a narrower one is always the beginning of a wider one.
import { hashBytes, tileWidth } from "@docket/tlog";

/** A tile of hashes (C2SP tlog-tiles) that is not full yet. */
export class EdgeTile {
  #bytes: Buffer = Buffer.allocUnsafeSlow(tileWidth * hashBytes);
  #width = 0;

  /** Number of hashes. */
  get width(): number {
    return this.#width;
  }

  /** Appends hashes, one after the other in `hashes`; they must fit. */
  append(hashes: Uint8Array): void {
    this.#bytes.set(hashes, this.#width * hashBytes);
    this.#width += hashes.length / hashBytes;
  }

  /** The bytes of the tile of this width. */
  prefix(width: number): Buffer {
    return this.#bytes.subarray(0, width * hashBytes);
  }

  /** The bytes of the full tile; the next one begins. */
  take(): Buffer {
    const full = this.#bytes;
    this.#bytes = Buffer.allocUnsafeSlow(tileWidth * hashBytes);
    this.#width = 0;
    return full;
  }
}

/** An entry bundle (C2SP tlog-tiles: each entry after its length as u16) that is not full yet. */
export class EdgeBundle {
  #bytes: Buffer = Buffer.allocUnsafeSlow(65_536);
  /** Where each entry ends. */
  readonly #ends: number[] = [];

  constructor(entries: readonly Buffer[]) {
    for (const entry of entries) this.append(entry, 0, entry.length);
  }

  /** Number of entries. */
  get width(): number {
    return this.#ends.length;
  }

  /** Appends the entry that stands in `bytes` from `start` to `end`. */
  append(bytes: Buffer, start: number, end: number): void {
    const at = this.#ends.at(-1) ?? 0;
    const length = end - start;
    if (at + 2 + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * (at + 2 + length));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#bytes.writeUInt16BE(length, at);
    bytes.copy(this.#bytes, at + 2, start, end);
    this.#ends.push(at + 2 + length);
  }

  /** The bytes of the bundle of this width. */
  prefix(width: number): Buffer {
    return this.#bytes.subarray(0, width === 0 ? 0 : this.#ends[width - 1]);
  }

  /** The bytes of the full bundle; the next one begins. */
  take(): Buffer {
    const full = this.prefix(this.width);
    // The next bundle is about as long.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(4096, full.length));
    this.#ends.length = 0;
    return full;
  }
}
