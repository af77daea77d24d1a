// SPDX-License-Identifier: Apache-2.0
// Opens what remembers events while nothing can be sealed.
import { join } from "node:path";
import { parseLeaf } from "@docket/protocol";
import type { Event } from "@docket/protocol";
import type { ClockDesk } from "../clock/clock-desk.ts";
import { keyedHash } from "../evidence/keys.ts";
import { AsideLines } from "../gaps/aside.ts";
import type { AsideFile } from "../gaps/aside.ts";
import { readFailingConfig } from "../gaps/config.ts";
import { GapDesk } from "../gaps/gap-desk.ts";
import type { OpenSiteOptions } from "./open-site.ts";
import { eventHashBytes } from "./request.ts";
import type { DocketSite } from "./site.ts";

/** Where events are kept aside if nothing else is configured, in the site's directory. */
const asideDirectory = "aside";
/** Most gap records that are looked through for one that a crash left in doubt. */
const gapsSearchedMax = 1000;

/** Of who keeps nothing aside: what passes is remembered in memory alone. */
const noFile: AsideFile = {
  read: async () => undefined,
  append: async () => undefined,
  remove: async () => undefined,
};

/** Opens the desk of gaps. It takes in what an earlier run left when it is started. */
export function openGaps(options: OpenSiteOptions, site: DocketSite, clockDesk: ClockDesk): GapDesk {
  const { configuration, keys, origin, paths, random, index, timer, clock, onNotice } = options;
  const config = readFailingConfig(configuration?.section("failing"));
  const file = options.asideFile?.(config.aside ?? join(paths.site, asideDirectory)) ?? noFile;
  const lines = new AsideLines(keyedHash(keys.hashing, "aside", ""), origin, random);
  return new GapDesk({
    config,
    status: () => {
      const { size, waiting, ended } = site.status();
      return { size, waiting, ended, clockStopped: clockDesk.status().stopped };
    },
    release: () => site.release.id,
    seal: (body, parts) => site.seal(body, parts),
    decideLate: ({ event, by, receivedMs }) =>
      site.decide({
        // What was encoded is an event.
        event: JSON.parse(event) as Event,
        dryRun: false,
        by,
        source: "http",
        late: true,
        receivedMs,
        withoutReceipt: true,
        priority: "bulk",
      }),
    eventHash: (id) => keyedHash(keys.hashing, "event", id).subarray(0, eventHashBytes).toString("base64url"),
    siteKey: keys.site,
    isSealed: async (from) => {
      const leaves = await index.keptPage({
        kind: "gap",
        from: 0,
        limit: gapsSearchedMax,
        newestFirst: true,
      });
      return leaves.some((leaf) => {
        const record = parseLeaf(leaf);
        return record.kind === "gap" && record.from === from;
      });
    },
    aside: { file, lines },
    clock,
    timer,
    onNotice: (notice) => onNotice?.(notice),
  });
}
