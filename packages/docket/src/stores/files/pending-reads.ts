// SPDX-License-Identifier: Apache-2.0
// Readings by commands that read a data directory beside the server that holds its lock: a file each, durable
// before anything is shown, until whoever has the log open seals it.
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { open, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { PendingReading, PendingReadings, Reading } from "../../readings/contract.ts";

/** Most files that are looked at in one go. */
const takenMax = 1000;
const namePattern = /^\d{13}-[0-9a-f]{16}\.json$/;

/** Where they lie, in the folder of a site. */
export function pendingReadsPath(site: string): string {
  return join(site, "reads");
}

/**
 * Keeps a reading for whoever has the log open. It is durable when this returns.
 *
 * @throws the error of the file system: then nothing may be shown
 */
export function keepPendingRead(site: string, reading: Reading, nowMs: number): void {
  const directory = pendingReadsPath(site);
  if (!existsSync(directory)) mkdirSync(directory, { mode: 0o700 });
  const name = `${String(nowMs).padStart(13, "0")}-${randomBytes(8).toString("hex")}.json`;
  const file = openSync(join(directory, name), "wx", 0o600);
  try {
    writeSync(file, JSON.stringify({ v: 1, ...reading }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  for (const path of [directory, site]) {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  }
}

/** What waits in the folder of a site. */
export function pendingReadings(site: string): PendingReadings {
  const directory = pendingReadsPath(site);
  return {
    async take() {
      const names = await readdir(directory).catch(absent);
      const taken = names
        .filter((name) => namePattern.test(name))
        .sort()
        .slice(0, takenMax);
      return Promise.all(
        taken.map(async (name) => readingIn(name, await readFile(join(directory, name), "utf8"))),
      );
    },
    async drop(names) {
      // A crash before this seals them once more after the restart, never not at all.
      for (const name of names) await unlink(join(directory, name));
      const folder = await open(directory, "r");
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
  };
}

function absent(error: unknown): string[] {
  if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
  throw error;
}

// A file that a crash cut short, or somebody wrote over, still says that something was read.
function readingIn(name: string, text: string): PendingReading {
  try {
    const { what, of, count } = JSON.parse(text) as Partial<Record<string, unknown>>;
    return {
      name,
      what: typeof what === "string" ? what : "",
      of: isCount(of) ? of : undefined,
      count: isCount(count) ? count : 1,
    };
  } catch {
    return { name, what: "", of: undefined, count: 1 };
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
