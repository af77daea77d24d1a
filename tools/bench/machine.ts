// SPDX-License-Identifier: Apache-2.0
// What a benchmark ran on, and how fast its disk is at this moment.
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { median } from "./numbers.ts";

const appends = 200;
const appendBytes = 4096;
const gibibyte = 2 ** 30;
/** Linux counts a process's time in hundredths of a second, whatever the kernel's own clock. */
const clockTicksPerSecond = 100;

/** The machine. */
export type Machine = { cpu: string; cores: number; memoryGiB: number; node: string; system: string };

/** Describes this machine. */
export function describeMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / gibibyte),
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}

/** Median time of an append of 4 KiB with its fdatasync in `directory`, in ms. */
export function diskSyncMs(directory: string): number {
  return syncMs(directory, appendBytes, 0);
}

/**
 * Median time of a write of `bytes` with its fdatasync, in ms, each after the one before in a new file.
 *
 * @param roomBytes so many zeros are written and synced before: then the file system has nothing to do but to
 *   write the bytes
 */
export function syncMs(directory: string, bytes: number, roomBytes: number, count: number = appends): number {
  const path = join(directory, "disk-sync");
  const handle = openSync(path, "w");
  const block = Buffer.alloc(bytes, 0x5a);
  const times: number[] = [];
  try {
    writeSync(handle, Buffer.alloc(roomBytes), 0, roomBytes, 0);
    fdatasyncSync(handle);
    for (let i = 0; i < count; i++) {
      const startedMs = performance.now();
      writeSync(handle, block, 0, bytes, i * bytes);
      fdatasyncSync(handle);
      times.push(performance.now() - startedMs);
    }
  } finally {
    closeSync(handle);
    rmSync(path);
  }
  return median(times);
}

/** Processor time that a process has used, in seconds; `undefined` where the system does not tell. */
export function processorSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name in brackets may hold spaces; user and system time are the 12th and 13th field after it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / clockTicksPerSecond;
  } catch {
    return undefined;
  }
}
