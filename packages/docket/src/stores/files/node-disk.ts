// SPDX-License-Identifier: Apache-2.0
// The log's disk on the local file system.
import { execFile } from "node:child_process";
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
import { open, stat } from "node:fs/promises";
import { release } from "node:os";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { LogDisk, LogFile } from "../../log/disk.ts";

/** Files that are synced at once: half of the threads that Node has for such calls, others need them too. */
const syncsAtOnce = 2;

/**
 * From so many files on, the whole file system is synced instead: one call, a tenth of the time. Others'
 * files are synced with ours then, which for few of ours would be the longer wait.
 */
const wholeSyncFilesMin = 256;
/** Since Linux 5.8, syncfs tells of data that could not be written. */
const syncfsTellsErrors: readonly [number, number] = [5, 8];

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
  makeDirectory(path, durable = true) {
    if (existsSync(path)) return;
    disk.makeDirectory(dirname(path), durable);
    mkdirSync(path, { mode: 0o700, recursive: true });
    if (durable) disk.syncDirectory(dirname(path));
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
  async syncFiles(paths) {
    if (paths.length >= wholeSyncFilesMin && (await syncFileSystem(paths))) return;
    const rest = [...paths];
    const syncRest = async (): Promise<void> => {
      for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
        const handle = await open(path, "r");
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      }
    };
    await Promise.all(Array.from({ length: syncsAtOnce }, syncRest));
  },
  syncDirectory(path) {
    disk.syncFile(path);
  },
  remove(path) {
    rmSync(path, { force: true, recursive: true });
  },
};

// syncfs(2) has no call in Node; coreutils has it as `sync -f`. False where that cannot be had or was in
// vain: then each file is synced, which tells which of them fails.
async function syncFileSystem(paths: readonly string[]): Promise<boolean> {
  if (process.platform !== "linux" || !isAtLeast(release(), syncfsTellsErrors)) return false;
  const directories = [...new Set(paths.map((path) => dirname(path)))];
  const devices = await Promise.all(directories.map(async (path) => (await stat(path)).dev));
  if (new Set(devices).size !== 1) return false;
  try {
    await promisify(execFile)("sync", ["-f", directories[0] as string]);
    return true;
  } catch {
    return false;
  }
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [, own, further] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(own) > major || (Number(own) === major && Number(further) >= minor);
}

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
