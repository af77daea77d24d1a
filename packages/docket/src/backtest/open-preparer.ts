// SPDX-License-Identifier: Apache-2.0
// A preparer that reads a data directory.
import { join } from "node:path";
import { disk } from "../stores/files/node-disk.ts";
import { openActorKeys } from "../stores/sqlite/actor-keys.ts";
import { Preparer } from "./preparer.ts";
import type { PreparerStart } from "./preparer.ts";

/** Opens it. Files are read as they are published, without a lock. */
export function openPreparer(start: PreparerStart): Preparer {
  return new Preparer(start, {
    disk,
    read: (path) => disk.readFile(join(start.paths.site, path)),
    actorKey: openActorKeys(start),
    nowMs: () => performance.now(),
  });
}
