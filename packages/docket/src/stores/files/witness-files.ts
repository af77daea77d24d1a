// SPDX-License-Identifier: Apache-2.0
// A witness's state on the local file system: one small file for each log, the signed note itself.
//
//     write NAME.tmp, fsync it, close     before: the old note stands, whatever happens
//     rename it to NAME                   after a crash: the old note or the new one, both whole
//     fsync the directory                 from here on: the new one
//
// The directory is held open from the start, so that an error of its sync belongs to this process's writes.
// All that waits for a sync of it shares the next one. A kernel tells an error of a sync once and forgets
// it then, so after one no later sync is believed.
import { open, readFile, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Kept, WitnessStore } from "../../witness/store.ts";
import { temporarySuffix } from "./node-disk.ts";

/** The calls of a file system that the store makes, so that tests can have them fail. */
export type WitnessFileSystem = {
  open: typeof open;
  readFile: (path: string) => Promise<Uint8Array>;
  rename: (from: string, to: string) => Promise<void>;
};

/**
 * Opens the state of a witness.
 *
 * @param directory exists: a witness that lost its state must not begin anew
 * @throws the error of the file system if it cannot be opened
 */
export async function openWitnessFiles(
  directory: string,
  files: WitnessFileSystem = { open, readFile, rename },
): Promise<WitnessStore> {
  const handle = await files.open(directory, "r");
  try {
    // What a killed process renamed and did not sync is about to be read and built upon.
    await handle.sync();
  } catch (error) {
    await handle.close();
    throw error;
  }
  const sync = sharedSync(handle);
  return {
    async read(name) {
      try {
        return await files.readFile(join(directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    replace: (name, note) => replace(files, sync, join(directory, name), note),
    close: () => handle.close(),
  };
}

async function replace(
  files: WitnessFileSystem,
  syncDirectory: () => Promise<void>,
  path: string,
  note: Uint8Array,
): Promise<Kept> {
  const temporary = `${path}${temporarySuffix}`;
  try {
    // What a sync of this file says matters here alone: if it fails, the next attempt writes another file.
    await writeSynced(files, temporary, note);
    await files.rename(temporary, path);
  } catch (error) {
    return { outcome: "refused", error };
  }
  try {
    await syncDirectory();
  } catch (error) {
    return { outcome: "unknown", error };
  }
  return { outcome: "kept" };
}

/** A sync that began after the call. Once one has failed, all fail. */
function sharedSync(handle: FileHandle): () => Promise<void> {
  let running = Promise.resolve();
  let next: Promise<void> | undefined;
  return () => {
    if (next !== undefined) return next;
    const waiting = running.then(() => {
      running = waiting;
      next = undefined;
      return handle.sync();
    });
    next = waiting;
    return waiting;
  };
}

async function writeSynced(files: WitnessFileSystem, path: string, note: Uint8Array): Promise<void> {
  const file = await files.open(path, "w", 0o600);
  try {
    await file.writeFile(note);
    await file.sync();
  } finally {
    await file.close();
  }
}
