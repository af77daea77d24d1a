// SPDX-License-Identifier: Apache-2.0
// The snapshot of the counters on the local file system: one file, written beside and put in place at once.
import { open } from "node:fs/promises";
import type { SnapshotStore } from "../../counters/snapshot.ts";
import { temporarySuffix } from "./node-disk.ts";
import { replaceDurably } from "./replace-durably.ts";

/** Bytes that are read at once. */
const readBytes = 262_144;

/** The snapshot at a path. Only one process writes it. */
export function counterSnapshotFile(path: string): SnapshotStore {
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
    replace: (chunks) => replaceDurably(path, chunks, `${path}${temporarySuffix}`),
  };
}
