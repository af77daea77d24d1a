// SPDX-License-Identifier: Apache-2.0
// Opens what seals the state of the clock.
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { SealingClockDesk } from "../clock/clock-desk.ts";
import { clockDefaults } from "../clock/config.ts";
import { machineClocks } from "../clock/shared-clock.ts";
import { SiteClock } from "../clock/site-clock.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import type { DocketSite } from "./site.ts";

/** Opens the desk of the clock. It seals nothing before it is started. */
export async function openClockDesk(
  { index, timer, onNotice, sealingClock }: OpenSiteOptions,
  site: DocketSite,
): Promise<SealingClockDesk> {
  const clock = sealingClock ?? new SiteClock(clockDefaults, { clocks: machineClocks, sources: [], timer });
  const [last] = await index.keptPage({ kind: "clock", from: 0, limit: 1, newestFirst: true });
  const record: DocketRecord | undefined = last === undefined ? undefined : parseLeaf(last);
  return new SealingClockDesk({
    clock,
    seal: (body) => site.seal(body, []),
    log: () => site.status(),
    lastState: record?.kind === "clock" ? record.state : undefined,
    monotonicMs: machineClocks.monotonicMs,
    timer,
    onNotice: (notice) => onNotice?.(notice),
  });
}
