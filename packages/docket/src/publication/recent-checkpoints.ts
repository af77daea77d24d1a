// SPDX-License-Identifier: Apache-2.0
// The published checkpoints of the last 24 hours, in files of an hour each: `recent/<hours since 1970>`, rows
// of 112 bytes in the order of their sizes (checkpoint-row.ts). Published ten times a second, whole
// checkpoints with an ML-DSA-44 signature of 2,420 bytes would take 3 GB a day; rows take 100 MB.
//
// Rows are not synced: what power loss takes of them is a convenience, and no promise. It may leave zeros, so
// a reader trusts a row only once its signature verifies.
import { open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LogDisk, LogFile } from "../log/disk.ts";
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

  /**
   * Goes on where the files end; rows that a crash left torn or empty are cut off.
   *
   * @throws what the disk throws
   */
  constructor(disk: LogDisk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    const hours = hoursIn(disk.list(directory));
    // Power loss may also have taken rows of the hour before, if it came just after the change.
    for (const hour of hours.slice(-2)) this.#repair(hour);
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
    file.write(this.#position, bytes);
    this.#position += rowBytes;
    this.#newestSize = row.size;
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
    for (const old of hoursIn(this.#disk.list(this.#directory))) this.#disk.remove(this.#path(old));
    this.#begin(hour);
  }

  #repair(hour: number): void {
    const path = this.#path(hour);
    const bytes = this.#disk.readFile(path) ?? Buffer.alloc(0);
    let position = 0;
    let newest = this.#newestSize;
    for (; position + rowBytes <= bytes.length; position += rowBytes) {
      const size = sizeOfRow(bytes.subarray(position));
      if (size === undefined || size <= newest) break;
      newest = size;
    }
    if (position < bytes.length) {
      const file = this.#disk.open(path, false);
      try {
        file.truncate(position);
      } finally {
        file.close();
      }
    }
    this.#hour = hour;
    this.#position = position;
    this.#newestSize = newest;
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
