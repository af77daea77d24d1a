// SPDX-License-Identifier: Apache-2.0
// A disk for the log's threads that fails as a test says while it runs. It is loaded by its URL, and the URL
// names the file that has the faults: `faulty-disk.ts?faults=PATH`. No file: no faults.
import { readFileSync } from "node:fs";
import type { LogDisk, LogFile } from "../log/disk.ts";
import { disk as real } from "../stores/files/node-disk.ts";

/** What fails: calls of this name on paths that contain `path`. */
export type Fault = {
  call: "open" | "write" | "sync" | "truncate" | "makeDirectory" | "replaceFile" | "syncFile" | "remove";
  path: string;
  /** The error's code; `hang` waits for as long as the fault stands; `die` ends the thread without a word. */
  as: "ENOSPC" | "EIO" | "hang" | "die";
};

const pollMs = 5;
const cell = new Int32Array(new SharedArrayBuffer(4));
const faultsPath = new URL(import.meta.url).searchParams.get("faults") ?? "";

/** A {@link LogDisk} over the real one. */
export const disk: LogDisk = {
  ...real,
  open(path, create) {
    meet("open", path);
    return faultyFile(path, real.open(path, create));
  },
  makeDirectory(path, durable) {
    meet("makeDirectory", path);
    real.makeDirectory(path, durable);
  },
  replaceFile(path, bytes, durable) {
    meet("replaceFile", path);
    real.replaceFile(path, bytes, durable);
  },
  syncFile(path) {
    meet("syncFile", path);
    real.syncFile(path);
  },
  async syncFiles(paths) {
    for (const path of paths) disk.syncFile(path);
  },
  remove(path) {
    meet("remove", path);
    real.remove(path);
  },
};

function faultyFile(path: string, file: LogFile): LogFile {
  return {
    ...file,
    write(position, bytes) {
      try {
        meet("write", path);
      } catch (error) {
        // A full disk takes the beginning.
        file.write(position, bytes.subarray(0, Math.floor(bytes.length / 2)));
        throw error;
      }
      file.write(position, bytes);
    },
    sync() {
      meet("sync", path);
      file.sync();
    },
    truncate(size) {
      meet("truncate", path);
      file.truncate(size);
    },
  };
}

function meet(call: Fault["call"], path: string): void {
  for (;;) {
    const fault = faults().find((each) => each.call === call && path.includes(each.path));
    if (fault === undefined) return;
    if (fault.as === "die") process.exit(1);
    if (fault.as !== "hang") throw Object.assign(new Error(`${fault.as}: ${path}`), { code: fault.as });
    Atomics.wait(cell, 0, 0, pollMs);
  }
}

function faults(): Fault[] {
  try {
    return JSON.parse(readFileSync(faultsPath, "utf8")) as Fault[];
  } catch {
    return [];
  }
}
