// SPDX-License-Identifier: Apache-2.0
// The journal: the log's write-ahead log. A batch is one append and one sync, and nobody is answered before
// it.
//
// Segments are files numbered in order. One is written, the others wait until what they hold is materialised.
import { join } from "node:path";
import { DocketError } from "../error.ts";
import type { LogDisk, LogFile } from "./disk.ts";
import { batchBytes, encodeSegmentHeader, segmentHeaderBytes, writeBatch } from "./frame.ts";
import type { EncodedBatch } from "./frame.ts";
import { segmentName } from "./paths.ts";

/** A segment longer than this is closed and a new one begun, in bytes. */
export const segmentBytesMax = 16_777_216;
/**
 * Room that is made ahead of the batches, in bytes. A sync of bytes inside a file's length need not write the
 * file's metadata too, which takes the disk about half as long again.
 */
export const roomBytes = 1_048_576;
/** Ahead of batches longer than this, several times as much room is made: they fill it as quickly. */
const smallBatchBytesMax = 131_072;
const roomTimesForLarge = 4;
/** For batches longer than this no room is made: writing zeros first would cost more than it saves. */
const roomyBatchBytesMax = 1_048_576;

/** How long segments get and how much room is made, in bytes. */
export type JournalLimits = { segmentBytesMax: number; roomBytes: number };
/** The limits of a real journal. Tests of what happens at them take smaller ones. */
export const journalLimits: JournalLimits = { segmentBytesMax, roomBytes };

/** What became of a batch that was not sealed. */
export class BatchVoidError extends DocketError {}
/** Writing has ended until the process starts again. */
export class WritingEndedError extends DocketError {}

/** A segment: its number, its file, and the number after that of its last record. */
export type Segment = { sequence: number; path: string; end: number };

/** The open journal of one log. Owned by the sequencer's thread. */
export class Journal {
  readonly #disk: LogDisk;
  readonly #directory: string;
  readonly #originHash: Uint8Array;
  readonly #closed: Segment[];
  readonly #limits: JournalLimits;
  readonly #newSalt: () => number;
  /** Of the open segment. */
  #salt = 0;
  #file: LogFile;
  #segment: Segment;
  #durableBytes: number;
  /** Length of the file: what lies beyond the durable bytes is zeros. */
  #fileBytes: number;
  #scratch: Buffer = Buffer.allocUnsafeSlow(65_536);
  #ended = false;

  /**
   * Begins a new segment. It is durable, with its name, when the constructor returns.
   *
   * @param sequence number of the new segment, higher than any that exists
   * @param firstIndex index of the record that will be appended first
   * @param closed older segments, which `release` removes in time
   * @param newSalt a random u32, one for each segment; whoever adds opaque entries must not be able to guess
   *   it
   */
  constructor(
    disk: LogDisk,
    directory: string,
    originHash: Uint8Array,
    sequence: number,
    firstIndex: number,
    closed: readonly Segment[],
    limits: JournalLimits = journalLimits,
    newSalt: () => number = () => 0,
  ) {
    this.#disk = disk;
    this.#limits = limits;
    this.#newSalt = newSalt;
    this.#closed = closed.map(({ sequence: number, path, end }) => ({ sequence: number, path, end }));
    this.#directory = directory;
    this.#originHash = originHash;
    this.#segment = { sequence, path: join(directory, segmentName(sequence)), end: firstIndex };
    this.#file = this.#begin(firstIndex);
    this.#durableBytes = segmentHeaderBytes;
    this.#fileBytes = segmentHeaderBytes;
  }

  /**
   * Appends a batch. When it returns, the batch survives power loss.
   *
   * @throws {BatchVoidError} the write failed (a full disk); the journal is as it was before, and goes on
   * @throws {WritingEndedError} the sync failed: what is on disk is unknown, so nothing is appended any more
   */
  append(batch: EncodedBatch): void {
    if (this.#ended) throw ended(undefined);
    const length = batchBytes(batch.payload.length);
    if (this.#durableBytes >= this.#limits.segmentBytesMax) this.#beginNext(batch.firstIndex);
    const grows = this.#durableBytes + length > this.#fileBytes;
    const room = grows ? this.#limits.roomBytes * roomTimesFor(length) : 0;
    const bytes = this.#encode(batch, length, room);
    try {
      this.#write(bytes);
    } catch (error) {
      if (error instanceof WritingEndedError) throw error;
      if (room === 0) throw voided(error);
      this.#writeWithoutRoom(bytes.subarray(0, length));
    }
    // A crash before this returns may leave the whole batch: recovery keeps it, and a repeat of its events
    // finds it.
    this.#sync();
    this.#durableBytes += length;
    this.#segment.end = batch.firstIndex + batch.count;
  }

  /**
   * Removes closed segments whose records all have an index below `size`: they are materialised and synced.
   *
   * @returns how many closed segments are left
   */
  release(size: number): number {
    let removed = 0;
    while (this.#closed[0] !== undefined && this.#closed[0].end <= size) {
      this.#disk.remove((this.#closed.shift() as Segment).path);
      removed++;
    }
    // A crash before this leaves a segment whose records are all materialised; recovery skips and removes it.
    if (removed > 0) this.#disk.syncDirectory(this.#directory);
    return this.#closed.length;
  }

  /**
   * Begins a new segment if the open one holds anything: then what it holds can be released, too, once it is
   * materialised.
   *
   * @returns the index of the first record that may stand in the open segment; older ones are all below
   * @throws {BatchVoidError} a full disk; the journal is as it was before
   * @throws {WritingEndedError} as {@link append}
   */
  rotate(): number {
    if (this.#ended) throw ended(undefined);
    if (this.#durableBytes > segmentHeaderBytes) this.#beginNext(this.#segment.end);
    return this.#segment.end;
  }

  /** Closes the open segment's file. */
  close(): void {
    this.#ended = true;
    this.#file.close();
  }

  #encode(batch: EncodedBatch, length: number, room: number): Buffer {
    if (this.#scratch.length < length + room) {
      this.#scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length + room)));
    }
    writeBatch(this.#scratch, batch, this.#salt);
    this.#scratch.fill(0, length, length + room);
    return this.#scratch.subarray(0, length + room);
  }

  // When it throws, the file ends where it did before.
  #write(bytes: Buffer): void {
    try {
      // A crash here leaves any part of the batch: a torn tail that recovery cuts. Nobody was answered.
      this.#file.write(this.#durableBytes, bytes);
    } catch (error) {
      this.#cutBack(error);
      throw error;
    }
    this.#fileBytes = Math.max(this.#fileBytes, this.#durableBytes + bytes.length);
  }

  // On a disk that is nearly full the batch may fit where the room does not.
  #writeWithoutRoom(batch: Buffer): void {
    try {
      this.#write(batch);
    } catch (error) {
      if (error instanceof WritingEndedError) throw error;
      // The first attempt may have written all of the batch and some of its room. It is void, so power loss
      // must not bring it back: that it was cut off has to be durable too.
      this.#sync();
      throw voided(error);
    }
  }

  #sync(): void {
    try {
      this.#file.sync();
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages and call them clean: a second sync would
      // lie.
      this.#ended = true;
      throw ended(error);
    }
  }

  #begin(firstIndex: number): LogFile {
    const file = this.#disk.open(this.#segment.path, true);
    const salt = this.#newSalt();
    try {
      file.write(0, encodeSegmentHeader(firstIndex, this.#originHash, salt));
    } catch (error) {
      file.close();
      this.#disk.remove(this.#segment.path);
      throw voided(error);
    }
    try {
      file.sync();
      this.#disk.syncDirectory(this.#directory);
    } catch (error) {
      // The name may be lost and a second sync say otherwise: nothing may be appended to this file or after
      // it.
      this.#ended = true;
      file.close();
      throw ended(error);
    }
    this.#salt = salt;
    return file;
  }

  #beginNext(firstIndex: number): void {
    const full = this.#segment;
    const fullFile = this.#file;
    const sequence = full.sequence + 1;
    this.#segment = { sequence, path: join(this.#directory, segmentName(sequence)), end: firstIndex };
    try {
      this.#file = this.#begin(firstIndex);
    } catch (error) {
      // No room for a new segment: the batch is void, the full segment stays the open one.
      this.#segment = full;
      throw error instanceof DocketError ? error : voided(error);
    }
    fullFile.close();
    this.#closed.push(full);
    this.#durableBytes = segmentHeaderBytes;
    this.#fileBytes = segmentHeaderBytes;
  }

  #cutBack(cause: unknown): void {
    try {
      this.#file.truncate(this.#durableBytes);
      this.#fileBytes = this.#durableBytes;
    } catch {
      this.#ended = true;
      throw ended(cause);
    }
  }
}

function roomTimesFor(batchBytes: number): number {
  if (batchBytes > roomyBatchBytesMax) return 0;
  return batchBytes > smallBatchBytesMax ? roomTimesForLarge : 1;
}

function voided(cause: unknown): BatchVoidError {
  const why =
    (cause as NodeJS.ErrnoException).code === "ENOSPC" ? "the disk is full" : "the disk refused a write";
  return new BatchVoidError("sealing_failed", `nothing was sealed: ${why}; free some space and ask again`, {
    cause,
    retryAfterSeconds: 5,
  });
}

function ended(cause: unknown): WritingEndedError {
  return new WritingEndedError(
    "log_closed",
    "the log writes no more: a sync of the journal failed, so what is on the disk is unknown; " +
      "check the disk and restart",
    { cause, retryAfterSeconds: 30 },
  );
}
