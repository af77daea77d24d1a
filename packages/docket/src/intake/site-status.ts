// SPDX-License-Identifier: Apache-2.0
// How an open site fares, put together from its parts.
import type { SiteStatus } from "./contract.ts";
import type { SitePorts } from "./site-ports.ts";

/**
 * How a site fares.
 *
 * @param release the id of the one in force
 * @param indexFault why the index stands still, if it does
 */
export function siteStatus(
  { log, keeper, lookups, origin }: SitePorts,
  release: string,
  indexFault: Error | undefined,
): SiteStatus {
  const { ended, publicationFault, ...sizes } = log.status;
  const fault = ended ?? publicationFault ?? indexFault;
  const [counters, limits] = [keeper.memory.counters.memory, keeper.memory.limits.memory];
  const { progress } = keeper;
  return {
    ...sizes,
    origin,
    release,
    ended: ended !== undefined,
    counterKeys: counters.keys + limits.keys,
    counterBytes: counters.bytes + limits.bytes,
    countersEvicted: counters.evicted + limits.evicted,
    rulesWarming: keeper.waiting.size,
    lookups: lookups?.figures,
    warming: {
      done: progress.reduce((sum, { done }) => sum + done, 0),
      total: progress.reduce((sum, { total }) => sum + total, 0),
    },
    fault: fault?.message,
  };
}
