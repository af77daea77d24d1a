// SPDX-License-Identifier: Apache-2.0
// Where the benchmark works: a directory on a real disk, which is gone afterwards, also after an interrupt.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { syncMs } from "../machine.ts";
import { median } from "../numbers.ts";

/** File systems in memory, on which durability costs nothing. */
const memoryFileSystems: ReadonlySet<string> = new Set(["tmpfs", "ramfs", "devtmpfs"]);
const syncSamples = 60;
const pageBytes = 4096;
const roomBytes = 1_048_576;
const fileBytes = 8192;

/** How long a sync, and a file, takes at this moment, in ms: medians of a few. */
export type SyncTimes = {
  /** An append of 4 KiB to a file that grows, with fdatasync. */
  appendMs: number;
  /** 300 bytes into room that was made before, with fdatasync. */
  roomMs: number;
  /** A new file of 8 KiB, not synced. */
  fileMs: number;
};

/** A place to work in. */
export type Workplace = {
  directory: string;
  fileSystem: string;
  /** A directory with a short path: a socket's may have 107 bytes. */
  sockets: string;
  syncTimes(): SyncTimes;
  /** Does something when the work is done or interrupted, last named first. */
  onEnd(step: () => Promise<void> | void): void;
  end(): Promise<void>;
};

/**
 * Makes a place to work in.
 *
 * @param wanted the directory in which to make it; else the system's temporary directory, or the current one
 *   if that is in memory
 */
export function openWorkplace(wanted: string | undefined): Workplace {
  const parent = resolve(wanted ?? (memoryFileSystems.has(fileSystemOf(tmpdir())) ? "." : tmpdir()));
  const directory = mkdtempSync(join(parent, "docket-bench-log-"));
  const sockets = mkdtempSync(join(tmpdir(), "docket-bench-"));
  // A server may run as another user.
  chmodSync(directory, 0o711);
  const files = join(directory, "files");
  mkdirSync(files);
  let made = 0;
  // They stay until the end: some file systems pass over the places of files that went a moment ago, so that
  // to remove these would make the next ones dearer.
  const makeFile = (): string => join(files, String(made++));
  const steps: (() => Promise<void> | void)[] = [];
  let ending: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    for (const step of steps.reverse()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`while ending: ${String(error)}\n`);
      }
    }
    for (const path of [directory, sockets]) rmSync(path, { recursive: true, force: true });
  }
  const end = (): Promise<void> => (ending ??= endAll());
  function interrupt(): void {
    process.stderr.write("interrupted: stopping servers and removing files\n");
    void end().then(() => process.exit(130));
  }
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);

  return {
    directory,
    fileSystem: fileSystemOf(directory),
    sockets,
    syncTimes: () => ({
      appendMs: syncMs(directory, pageBytes, 0, syncSamples),
      roomMs: syncMs(directory, 300, roomBytes, syncSamples),
      fileMs: median(Array.from({ length: syncSamples }, () => fileMs(makeFile()))),
    }),
    onEnd: (step) => steps.push(step),
    end,
  };
}

function fileMs(path: string): number {
  const startedMs = performance.now();
  writeFileSync(path, Buffer.alloc(fileBytes, 0x5a), { flag: "wx" });
  return performance.now() - startedMs;
}

/** The type of the file system that a directory lies on; `unknown` where the system does not tell. */
export function fileSystemOf(directory: string): string {
  let mounts: string[];
  try {
    mounts = readFileSync("/proc/self/mounts", "utf8").trim().split("\n");
  } catch {
    return "unknown";
  }
  const path = `${resolve(directory)}/`;
  let found = { point: "", type: "unknown" };
  for (const mount of mounts) {
    const [, point = "", type = ""] = mount.split(" ");
    const isAbove = path.startsWith(point.endsWith("/") ? point : `${point}/`);
    // The last one mounted at a place is what one sees there.
    if (isAbove && point.length >= found.point.length) found = { point, type };
  }
  return found.type;
}
