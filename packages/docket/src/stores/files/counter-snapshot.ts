// SPDX-License-Identifier: Apache-2.0
// The snapshot of the counters on the local file system: one file, written beside and put in place at once.
import { open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { SnapshotStore } from "../../counters/snapshot.ts";
import { temporarySuffix } from "./node-disk.ts";

/** Bytes that are read at once. */
const readBytes = 262_144;

/** The snapshot at a path. Only one process writes it. */
export function counterSnapshotFile(path: string): SnapshotStore {
  const temporary = `${path}${temporarySuffix}`;
  return {
    async read() {
      try {
        const file = await open(path, "r");
        return file.createReadStream({ highWaterMark: readBytes });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
    },
    async replace(chunks) {
      // Held from before the rename on: else an error of the write may be told to nobody.
      const directory = await open(dirname(path), "r");
      try {
        await writeSynced(temporary, chunks);
        await rename(temporary, path);
        await directory.sync();
      } catch (error) {
        await unlink(temporary).catch(() => undefined);
        throw error;
      } finally {
        await directory.close();
      }
    },
  };
}

async function writeSynced(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  // What a process left that died within a write is written over.
  const file = await open(path, "w", 0o600);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}
