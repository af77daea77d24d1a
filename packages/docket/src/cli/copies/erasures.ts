// SPDX-License-Identifier: Apache-2.0
// What was erased stays erased in what is restored: tombstones lie in the keys directory, outside backups.
import { join } from "node:path";
import { replayTombstones } from "../../erasure/replay-tombstones.ts";
import { mainSite } from "../../installation.ts";
import { logPaths } from "../../log/paths.ts";
import { disk } from "../../stores/files/node-disk.ts";

/** Takes everybody who was erased out of a data directory that is not open; gives rows and segments. */
export function erasuresReplayer(keysDirectory: string): (data: string, origin: string) => number {
  return (data, origin) => {
    const keys = join(keysDirectory, mainSite);
    const { rows, segments } = replayTombstones({ keys, site: logPaths(data, mainSite).site, origin, disk });
    return rows + segments;
  };
}
