// SPDX-License-Identifier: Apache-2.0
// The published checkpoints of the last 24 hours, in files of an hour each: `recent/<hours since 1970>`, rows
// of 112 bytes in the order of their sizes (checkpoint-row.ts). Published twenty times a second, whole
// checkpoints with an ML-DSA-44 signature of 2,420 bytes would take 6 GB a day; rows take 200 MB.
//
// Rows are appended without a sync, and synced with the materialised files. An opening drops those that lie
// beyond the synced state: power loss may have left zeros in them, and they are a convenience, no promise.
import { open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LogDisk, LogFile } from "./disk.ts";
import { decodeRow, encodeRow, rowBytes, sizeOfRow } from "./checkpoint-row.ts";
import type { CheckpointRow } from "./checkpoint-row.ts";

/** How long rows are kept at least, in hours. */
export const recentHours = 24;
const hourMs = 3_600_000;

/** Writes the rows. Owned by one thread; calls block. */
export class RecentCheckpoints {
  readonly #disk: LogDisk;
  readonly #directory: string;
  #file: LogFile | undefined;
  #hour = -1;
  /** Where the next row goes; what lies beyond it was written in vain. */
  #position = 0;
  #newestSize = 0;
  /** Hours whose files have rows that are not synced. */
  readonly #unsynced = new Set<number>();

  /**
   * Goes on where the files end.
   *
   * @param syncedSize the size of the materialised state: rows beyond it are dropped
   * @throws what the disk throws
   */
  constructor(disk: LogDisk, directory: string, syncedSize: number) {
    this.#disk = disk;
    this.#directory = directory;
    for (const hour of hoursIn(disk.list(directory)).reverse()) if (this.#cut(hour, syncedSize)) break;
  }

  /**
   * Adds the row of a published checkpoint; a size that is not above the newest row's is passed over, since a
   * start may publish once more what was published before. Removes files whose hour ended over 24 h ago. It
   * may be called again after an error.
   *
   * @throws what the disk throws
   */
  add(row: CheckpointRow): void {
    const bytes = encodeRow(row);
    if (row.size <= this.#newestSize) return;
    const hour = Math.floor(row.timeMs / hourMs);
    if (hour > this.#hour) this.#begin(hour);
    // The clock went back. An hour or so goes into the newest file, so that files and sizes keep one order;
    // if it went back by more than is kept, the files' hours say nothing any more.
    else if (hour < this.#hour - recentHours) this.#beginAnew(hour);
    const file = (this.#file ??= this.#disk.open(this.#path(this.#hour), false));
    this.#unsynced.add(this.#hour);
    file.write(this.#position, bytes);
    this.#position += rowBytes;
    this.#newestSize = row.size;
  }

  /**
   * When it returns, all rows survive power loss.
   *
   * @throws what the disk throws; then nothing is known any more
   */
  sync(): void {
    if (this.#unsynced.size === 0) return;
    for (const hour of this.#unsynced) this.#disk.syncFile(this.#path(hour));
    this.#disk.syncDirectory(this.#directory);
    this.#unsynced.clear();
  }

  /** Closes its file. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #begin(hour: number): void {
    this.#disk.makeDirectory(this.#directory);
    this.close();
    const path = this.#path(hour);
    this.#file = this.#disk.open(path, true);
    this.#hour = hour;
    this.#position = 0;
    for (const old of hoursIn(this.#disk.list(this.#directory))) {
      if (old < hour - recentHours) this.#disk.remove(this.#path(old));
    }
  }

  #beginAnew(hour: number): void {
    this.close();
    this.#unsynced.clear();
    for (const old of hoursIn(this.#disk.list(this.#directory))) this.#disk.remove(this.#path(old));
    this.#begin(hour);
  }

  /**
   * Cuts off what lies beyond the synced state, a torn row too. Gives whether anything is left of the file.
   */
  #cut(hour: number, syncedSize: number): boolean {
    const path = this.#path(hour);
    const bytes = this.#disk.readFile(path) ?? Buffer.alloc(0);
    let position = 0;
    let newest = 0;
    for (; position + rowBytes <= bytes.length; position += rowBytes) {
      const size = sizeOfRow(bytes.subarray(position));
      if (size === undefined || size <= newest || size > syncedSize) break;
      newest = size;
    }
    if (position === 0) {
      this.#disk.remove(path);
      return false;
    }
    if (position < bytes.length) {
      const file = this.#disk.open(path, false);
      try {
        file.truncate(position);
      } finally {
        file.close();
      }
      this.#unsynced.add(hour);
    }
    this.#hour = hour;
    this.#position = position;
    this.#newestSize = newest;
    return true;
  }

  #path(hour: number): string {
    return join(this.#directory, String(hour));
  }
}

/**
 * The row of the checkpoint of a size, if one was published within the last day; undefined if not. Says
 * nothing of whether its signature verifies.
 */
export async function findRecent(directory: string, size: number): Promise<CheckpointRow | undefined> {
  const hours = hoursIn(await readdir(directory).catch(noNames));
  // At most 26 files. The newest that begins at this size or below has the row, if there is one; one may be
  // empty, or gone meanwhile.
  for (const hour of hours.reverse()) {
    const found = await inFile(join(directory, String(hour)), async (file) => {
      const first = await readRow(file, 0);
      if (first === undefined || first.size > size) return undefined;
      return (await findInFile(file, size)) ?? "absent";
    });
    if (found !== undefined) return found === "absent" ? undefined : found;
  }
  return undefined;
}

async function findInFile(file: FileHandle, size: number): Promise<CheckpointRow | undefined> {
  const rows = Math.floor((await file.stat()).size / rowBytes);
  let [low, high] = [0, rows];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await readRow(file, middle);
    if (row?.size === size) return row;
    // A row that is none is one that power loss took, at the end.
    if (row === undefined || row.size > size) high = middle;
    else low = middle + 1;
  }
  return undefined;
}

async function readRow(file: FileHandle, place: number): Promise<CheckpointRow | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(rowBytes), 0, rowBytes, place * rowBytes);
  return bytesRead === rowBytes ? decodeRow(buffer) : undefined;
}

async function inFile<T>(
  path: string,
  use: (file: FileHandle) => Promise<T | undefined>,
): Promise<T | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

function hoursIn(names: readonly string[]): number[] {
  return names
    .filter((name) => /^(?:0|[1-9]\d{0,9})$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

function noNames(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
  throw error;
}
