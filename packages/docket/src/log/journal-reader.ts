// SPDX-License-Identifier: Apache-2.0
// Reads the journal's segments, in order. Recovery and `docket verify` share it; it changes nothing.
import { join } from "node:path";
import type { LogDisk } from "./disk.ts";
import { decodeBatch, decodeSegmentHeader, findBatch, isZeroFrom, segmentHeaderBytes } from "./frame.ts";
import type { Batch, RecordFrames } from "./frame.ts";
import { damaged } from "./materialised.ts";
import { parseSegmentName } from "./paths.ts";

/** One segment as it lies on the disk. */
export type SegmentRead = {
  sequence: number;
  path: string;
  /** Number after that of its last intact record. */
  end: number;
  batches: Batch[];
  /**
   * What stands after the last intact batch, if anything: no crash of the past explains it, or a torn tail.
   */
  bad: { offset: number; bytes: number; reason: string } | undefined;
};

/** The journal's records that lie at or above some index. */
export type JournalTail = {
  segments: SegmentRead[];
  /** The records from `from` on, without gap, each with the newest signed state its batch named. */
  batches: Batch[];
  /** Number after that of the last record. */
  size: number;
};

/**
 * Reads all segments.
 *
 * @param from the first index that is wanted; the journal may hold earlier records too
 * @throws {DocketError} `directory_damaged` with segment, offset and reason: a header that is not one, a bad
 * batch with
 *   an intact one after it, a gap, or two different records of one index
 */
export function readJournal(
  disk: LogDisk,
  directory: string,
  originHash: Uint8Array,
  from: number,
): JournalTail {
  const segments: SegmentRead[] = [];
  const batches: Batch[] = [];
  const leaves = new Map<number, Uint8Array>();
  let size = from;
  const names = disk.list(directory);
  for (const name of names) {
    const sequence = parseSegmentName(name);
    if (sequence === undefined) continue;
    const path = join(directory, name);
    const segment = readSegment(disk, path, sequence, originHash);
    segments.push(segment);
    for (const batch of segment.batches) {
      size = joinBatch(batch, size, from, leaves, batches, path);
    }
  }
  return { segments, batches, size };
}

function readSegment(disk: LogDisk, path: string, sequence: number, originHash: Uint8Array): SegmentRead {
  const bytes = disk.readFile(path) ?? Buffer.alloc(0);
  const header = decodeSegmentHeader(bytes, originHash);
  if (header === undefined) {
    // A segment that was begun and never synced: a crash leaves it short, or long enough and without content.
    if (bytes.length < segmentHeaderBytes || isZeroFrom(bytes, 0)) {
      const bad = { offset: 0, bytes: bytes.length, reason: "the segment header is cut short" };
      return { sequence, path, end: 0, batches: [], bad };
    }
    throw damaged(`${path} does not begin with a segment header of this log`);
  }
  const batches: Batch[] = [];
  let offset = segmentHeaderBytes;
  let end = header.firstIndex;
  for (;;) {
    const read = decodeBatch(bytes, offset, header.salt);
    if (read.kind === "end") return { sequence, path, end, batches, bad: undefined };
    if (read.kind === "bad") {
      const next = findBatch(bytes, offset + 1, header.salt);
      if (next !== undefined) {
        throw damaged(
          `${path} at byte ${offset}: ${read.reason}, and an intact batch follows at byte ${next}`,
        );
      }
      const bad = { offset, bytes: lengthWithoutRoom(bytes) - offset, reason: read.reason };
      return { sequence, path, end, batches, bad };
    }
    batches.push(read.batch);
    end = read.batch.firstIndex + read.batch.records.length;
    offset += read.bytes;
  }
}

// Zeros at a segment's end are room that was made ahead.
function lengthWithoutRoom(bytes: Buffer): number {
  let length = bytes.length;
  while (length > 0 && bytes[length - 1] === 0) length--;
  return length;
}

// Recovery copies the tail into a new segment before it removes the old ones, so after a crash in between
// records stand twice. They must be the same.
function joinBatch(
  batch: Batch,
  size: number,
  from: number,
  leaves: Map<number, Uint8Array>,
  batches: Batch[],
  path: string,
): number {
  const end = batch.firstIndex + batch.records.length;
  if (batch.firstIndex > size) {
    throw damaged(
      `${path}: after record ${size - 1} comes record ${batch.firstIndex}; those between are missing`,
    );
  }
  for (const [place, record] of batch.records.entries()) {
    const index = batch.firstIndex + place;
    if (index < from) continue;
    const known = leaves.get(index);
    if (known !== undefined && !Buffer.from(known).equals(record.leaf)) {
      throw damaged(`${path}: record ${index} stands in the journal twice, and differs`);
    }
    leaves.set(index, record.leaf);
  }
  if (end <= size) return size;
  const fresh: RecordFrames[] = batch.records.slice(size - batch.firstIndex);
  batches.push({ firstIndex: size, signed: batch.signed, records: fresh });
  return end;
}
