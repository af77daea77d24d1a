// SPDX-License-Identifier: Apache-2.0
// What the log asks of a disk. The engine in stores/files implements it; the tests put faults between.
//
// All calls are synchronous: they run in the log's own threads, never in the one that answers requests.

/** An open file. */
export interface LogFile {
  /** Current length in bytes. */
  size(): number;
  /** Reads `length` bytes from `position`, fewer only at the end of the file. */
  read(position: number, length: number): Buffer;
  /**
   * Writes all bytes. When it throws, any prefix of them may have been written; nothing of it need survive a
   * crash.
   */
  write(position: number, bytes: Uint8Array): void;
  /**
   * When it returns, everything written before survives power loss. When it throws, nothing is known any
   * more.
   */
  sync(): void;
  /** Cuts the file to `size` bytes. */
  truncate(size: number): void;
  /** Closes the file. Closing does not sync. */
  close(): void;
}

/** The files of one data directory. Paths are absolute. */
export interface LogDisk {
  /** Opens a file for reading and writing; with `create` it must not exist yet, else it must. */
  open(path: string, create: boolean): LogFile;
  /** The whole content of a file, or `undefined` if there is none. */
  readFile(path: string): Buffer | undefined;
  /** Names in a directory, sorted; none if it does not exist. */
  list(path: string): string[];
  /**
   * Makes a directory with its parents. With `durable`, which is the default, each is durable before the
   * next; without, their names take {@link syncDirectory}.
   */
  makeDirectory(path: string, durable?: boolean): void;
  /**
   * Puts a file in place at once: a reader sees the old content or the new, never a part. With `durable` it
   * also survives power loss when this returns; without, a crash may leave the old content, the new, or an
   * empty file.
   */
  replaceFile(path: string, bytes: Uint8Array, durable: boolean): void;
  /** Makes what was written to a file survive power loss. Its name takes {@link syncDirectory}. */
  syncFile(path: string): void;
  /**
   * Makes what was written to many files survive power loss, without blocking the thread meanwhile. A disk
   * that has no way to do that leaves it out, and {@link syncFile} is called for each.
   */
  syncFiles?(paths: readonly string[]): Promise<void>;
  /** Makes the names in a directory (created, renamed, removed) survive power loss. */
  syncDirectory(path: string): void;
  /** Removes a file, or a directory with all in it; nothing happens if there is none. */
  remove(path: string): void;
}
