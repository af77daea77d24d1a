// SPDX-License-Identifier: Apache-2.0
// Opens what tells of the log's copies.
import { readReplicasConfig } from "../copies/config.ts";
import { CopiesDesk } from "../copies/copies-desk.ts";
import type { Replication } from "../copies/replication.ts";
import { DocketError } from "../error.ts";
import { withinTime } from "./within-time.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** How long an opening waits, in ms, for a replica to hold what only the journal has. */
const openingWithinMs = 5000;

/** Opens the desk of copies. It looks at nothing before it is started. */
export function openCopies(options: OpenSiteOptions, site: DocketSite): CopiesDesk {
  const { replication, configuration, drill, index, keys, clock, timer, onNotice } = options;
  const { to, ack, behindAfterMs, drillEveryMs } = readReplicasConfig(configuration?.section("replicas"));
  return new CopiesDesk({
    names: replication === undefined ? [] : to.map(({ name }) => name),
    ack,
    behindAfterMs,
    drillEveryMs,
    statuses: () => replication?.statuses() ?? [],
    seal: (body, parts) => site.seal(body, parts),
    records: async (kinds) => {
      await site.indexed();
      return index.keptRecords(kinds);
    },
    siteKey: keys.site,
    drill,
    clock,
    timer,
    onNotice: (notice) => onNotice?.(notice),
  });
}

/**
 * Waits until what a start found in the journal is published; with `ack: sync` that takes a replica.
 *
 * @throws {DocketError} `replica_behind` if no replica comes
 */
export async function publishedWithReplicas(
  published: Promise<void>,
  replication: Replication | undefined,
): Promise<void> {
  if (replication === undefined || replication.ports.needed === 0) return published;
  const late = new DocketError(
    "replica_behind",
    `no replica holds what this log had sealed last: ${replication
      .statuses()
      .map(({ name, state, fault }) => `${name} is ${state}${fault === null ? "" : ` (${fault})`}`)
      .join(
        "; ",
      )}; bring one back, or say ack: async in docket.yaml and accept what a lost machine would lose`,
  );
  await withinTime(published, openingWithinMs).catch((error: unknown) => {
    throw (error as DocketError).code === "sealing_unknown" ? late : error;
  });
}
