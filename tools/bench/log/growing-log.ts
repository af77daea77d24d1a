// SPDX-License-Identifier: Apache-2.0
// An opaque log that grows from size to size, so that a large one is made only once.
import { createInstallation, readInstallation } from "../../../packages/docket/src/installation.ts";
import { openOpaqueInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import { entrySource } from "./entries.ts";

/** Appends that are under way at the same time. */
const windowEntries = 8192;

/** A log on disk that nothing has open. */
export type GrowingLog = {
  directory: string;
  readonly size: number;
  /** Appends until the log has `size` entries, and closes it. */
  grow(size: number): Promise<void>;
  /** Says that another process made the log longer. */
  grown(size: number): void;
};

/** Makes an empty log. */
export function createGrowingLog(directory: string): GrowingLog {
  createInstallation(disk, directory, undefined, { opaque: true });
  let size = 0;
  return {
    directory,
    get size() {
      return size;
    },
    async grow(wanted) {
      if (wanted <= size) return;
      await appendEntries(directory, wanted - size);
      size = wanted;
    },
    grown(now) {
      size = now;
    },
  };
}

/** Opens a log, appends entries to it, and closes it in good order unless `afterwards` does otherwise. */
export async function appendEntries(
  directory: string,
  count: number,
  afterwards?: (size: number) => void,
): Promise<void> {
  const opened = await openOpaqueInstallation(readInstallation(directory));
  const { log } = opened;
  const next = entrySource();
  let left = count;
  const write = async (): Promise<void> => {
    while (left > 0) {
      left--;
      await log.append(next());
    }
  };
  await Promise.all(Array.from({ length: Math.min(count, windowEntries) }, write));
  afterwards?.(log.status.size);
  await opened.close();
}
