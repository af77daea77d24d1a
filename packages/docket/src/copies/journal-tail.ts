// SPDX-License-Identifier: Apache-2.0
// Reads the journal of a log that another thread, or process, is writing: batches that are known to be
// durable, in order, each once. Nothing is locked; a segment that goes meanwhile can be read to its end.
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import {
  batchBytes,
  batchHeaderBytes,
  decodeBatch,
  decodeSegmentHeader,
  segmentHeaderBytes,
} from "../log/frame.ts";
import type { Batch } from "../log/frame.ts";
import { parseSegmentName, segmentName } from "../log/paths.ts";

type OpenSegment = { sequence: number; file: number; salt: number; offset: number };

/** What a batch's header says. */
type Header = { firstIndex: number; count: number; payloadBytes: number };

/** A place in a journal, from which batches are read. */
export class JournalTail {
  readonly #directory: string;
  readonly #originHash: Uint8Array;
  #segment: OpenSegment | undefined;

  constructor(directory: string, originHash: Uint8Array) {
    this.#directory = directory;
    this.#originHash = originHash;
  }

  /**
   * The batch that holds a record, which is durable. It may begin before that record.
   *
   * @returns `undefined` if the journal doesn't hold it any more, or a segment is being begun
   */
  batchOf(index: number): Batch | undefined {
    this.#segment ??= this.#find(index);
    for (let segments = 0; this.#segment !== undefined && segments < 1_000_000;) {
      const segment = this.#segment;
      const header = readHeader(segment);
      if (header === undefined) {
        const next = this.#open(segment.sequence + 1);
        if (next === undefined || next.firstIndex > index) {
          closeFile(next?.segment);
          // Perhaps the tail was copied into a newer segment by a start; looked for again when asked again.
          if (next !== undefined || this.#isOvertaken(segment.sequence)) this.close();
          return undefined;
        }
        closeFile(segment);
        this.#segment = next.segment;
        segments++;
        continue;
      }
      const { firstIndex, count, payloadBytes } = header;
      if (firstIndex > index) {
        this.close();
        return undefined;
      }
      const length = batchBytes(payloadBytes);
      if (firstIndex + count > index) {
        const read = decodeBatch(readAt(segment.file, segment.offset, length), 0, segment.salt);
        if (read.kind === "batch") return read.batch;
        this.close();
        return undefined;
      }
      segment.offset += length;
    }
    return undefined;
  }

  /** Forgets where it was. */
  close(): void {
    closeFile(this.#segment);
    this.#segment = undefined;
  }

  // The newest segment that begins at or before the record: a start copies the tail into a new one.
  #find(index: number): OpenSegment | undefined {
    for (const sequence of this.#sequences().toReversed()) {
      const opened = this.#open(sequence);
      if (opened === undefined) continue;
      if (opened.firstIndex <= index) return opened.segment;
      closeFile(opened.segment);
    }
    return undefined;
  }

  #isOvertaken(sequence: number): boolean {
    return this.#sequences().some((each) => each > sequence);
  }

  #sequences(): number[] {
    return readdirSync(this.#directory)
      .map(parseSegmentName)
      .filter((sequence) => sequence !== undefined)
      .sort((a, b) => a - b);
  }

  #open(sequence: number): { segment: OpenSegment; firstIndex: number } | undefined {
    let file: number;
    try {
      file = openSync(join(this.#directory, segmentName(sequence)), "r");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
    const header = decodeSegmentHeader(readAt(file, 0, segmentHeaderBytes), this.#originHash);
    if (header === undefined) {
      closeSync(file);
      return undefined;
    }
    const { salt, firstIndex } = header;
    return { segment: { sequence, file, salt, offset: segmentHeaderBytes }, firstIndex };
  }
}

// Zeros are room that was made ahead: nothing stands there yet.
function readHeader({ file, offset }: OpenSegment): Header | undefined {
  const bytes = readAt(file, offset, batchHeaderBytes);
  if (bytes.length < batchHeaderBytes || bytes.readUInt32BE(0) === 0) return undefined;
  return {
    payloadBytes: bytes.readUInt32BE(4),
    firstIndex: Number(bytes.readBigUInt64BE(8)),
    count: bytes.readUInt32BE(16),
  };
}

function readAt(file: number, position: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(file, bytes, done, length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function closeFile(segment: OpenSegment | undefined): void {
  if (segment !== undefined) closeSync(segment.file);
}
