// SPDX-License-Identifier: Apache-2.0
// The log's disk on the local file system.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import type { LogDisk, LogFile } from "../../log/disk.ts";

/** Ending of a file that is being put in place; a crash may leave one behind, and nothing reads it. */
export const temporarySuffix = ".tmp";

/** The local file system, as a {@link LogDisk}. */
export const disk: LogDisk = {
  open(path, create) {
    // wx+: O_CREAT|O_EXCL, so that two segments can never share a file.
    return nodeFile(openSync(path, create ? "wx+" : "r+", 0o600));
  },
  readFile(path) {
    try {
      return readFileSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
  list(path) {
    return existsSync(path) ? readdirSync(path).sort() : [];
  },
  makeDirectory(path) {
    if (existsSync(path)) return;
    disk.makeDirectory(dirname(path));
    mkdirSync(path, { mode: 0o700, recursive: true });
    disk.syncDirectory(dirname(path));
  },
  replaceFile(path, bytes, durable) {
    const temporary = `${path}${temporarySuffix}`;
    const handle = openSync(temporary, "w", 0o600);
    try {
      writeAll(handle, bytes, 0);
      if (durable) fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, path);
    if (durable) disk.syncDirectory(dirname(path));
  },
  syncFile(path) {
    const handle = openSync(path, "r");
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  },
  syncDirectory(path) {
    disk.syncFile(path);
  },
  remove(path) {
    rmSync(path, { force: true, recursive: true });
  },
};

function nodeFile(handle: number): LogFile {
  return {
    size: () => fstatSync(handle).size,
    read(position, length) {
      const bytes = Buffer.allocUnsafe(length);
      let done = 0;
      while (done < length) {
        const count = readSync(handle, bytes, done, length - done, position + done);
        if (count === 0) break;
        done += count;
      }
      return bytes.subarray(0, done);
    },
    write: (position, bytes) => writeAll(handle, bytes, position),
    sync: () => fdatasyncSync(handle),
    truncate: (size) => ftruncateSync(handle, size),
    close: () => closeSync(handle),
  };
}

// A write may take fewer bytes than it was given (a full disk, a signal); only an error ends the loop.
function writeAll(handle: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    done += writeSync(handle, bytes, done, bytes.length - done, position + done);
  }
}
