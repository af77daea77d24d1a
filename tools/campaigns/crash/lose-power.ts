// SPDX-License-Identifier: Apache-2.0
// What a power cut does to files that were written and not synced: here, by a seed, one of three things.
import { existsSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import type { Random } from "../seeded-random.ts";

/**
 * Cuts the files that a process listed as unsynced (see packages/docket/src/testing/power-loss-disk.ts), and
 * removes the list. A file keeps what was synced of it; of the rest it keeps all, some, or nothing.
 */
export function losePower(list: string, random: Random): void {
  if (!existsSync(list)) return;
  const syncedBytes = new Map<string, number>();
  const unsynced = new Set<string>();
  for (const line of readFileSync(list, "utf8").split("\n")) {
    const [, state, path = "", bytes = "0"] = /^(synced|unsynced) (.*?)(?: (\d+))?$/.exec(line) ?? [];
    if (state === "unsynced") unsynced.add(path);
    if (state !== "synced") continue;
    unsynced.delete(path);
    syncedBytes.set(path, Number(bytes));
  }
  for (const path of unsynced) {
    if (!existsSync(path)) continue;
    const kept = syncedBytes.get(path) ?? 0;
    const { size } = statSync(path);
    const fate = random.below(3);
    // A file that was put in place anew has lost the old content with its name: it is as unsynced as a new
    // one.
    if (fate === 1) truncateSync(path, kept + random.below(Math.max(1, size - kept + 1)));
    if (fate === 2 && kept === 0) rmSync(path);
    if (fate === 2 && kept > 0) truncateSync(path, Math.min(kept, size));
  }
  rmSync(list);
}
