// SPDX-License-Identifier: Apache-2.0
// Docket's opaque log in process, as `docket init --opaque` makes it and `docket serve` opens it: tiles,
// bundles and signed checkpoints (Ed25519 and ML-DSA-44) are written while entries are answered.
import { createInstallation } from "../../../packages/docket/src/installation.ts";
import { openOpaqueInstallation } from "../../../packages/docket/src/main.ts";
import { disk } from "../../../packages/docket/src/stores/files/node-disk.ts";
import type { Contender } from "./contender.ts";
import { delaySampler } from "./publication-delay.ts";

/** The name of Docket's rows. */
export const docketName = "Docket";

/** Makes a log and opens it. */
export async function openDocket(directory: string): Promise<Contender<Uint8Array>> {
  const installation = createInstallation(disk, directory, undefined, { opaque: true });
  const opened = await openOpaqueInstallation(installation);
  const { log } = opened;
  const delays = delaySampler((size) => log.published(size));
  return {
    name: docketName,
    append: (entry) => delays.watch(log.append(entry), (index) => index + 1),
    async rest() {
      await log.published(log.status.size);
      await delays.settled();
      // What is published is synced much later; that must not fall into another's measure.
      await log.sync();
    },
    takeDelays: () => delays.take(),
    close: () => opened.close(),
  };
}
