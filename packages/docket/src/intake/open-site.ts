// SPDX-License-Identifier: Apache-2.0
// Opens a site: log, look-ups, memory; and closes it in good order.
import type { Succession } from "@docket/protocol";
import { namedCounters, counterKinds } from "./counting.ts";
import { Engine } from "./engine.ts";
import type { EffectKeeper } from "./engine.ts";
import { DocketSite } from "./site.ts";
import type { SitePorts } from "./site.ts";
import { rebuild } from "./rebuild.ts";
import type { RebuildProgress } from "./rebuild.ts";
import { Counters, keptMs } from "../counters/counters.ts";
import type { Standing } from "@docket/policy";
import { signerKeysOf, verifierKeyOf } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import { Log } from "../log/log.ts";
import { damaged } from "../log/materialised.ts";
import type { PrimacyStart } from "../log/newest-state.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import type { Release } from "../releases/release.ts";
import type { SiteIndex } from "../views/site-index.ts";

const restrictionIdBytes = 12;
// Everything as it is declared.
const allEffects: EffectKeeper = {
  effectsFor: () => ({ held: new Map(), caps: new Set() }),
  observe: () => () => undefined,
};

/** What a site is opened with. */
export type OpenSiteOptions = {
  paths: LogPaths;
  origin: string;
  keys: SiteKeys;
  release: Release;
  index: SiteIndex;
  diskModule: string;
  /** Verifier keys that signed this log before a change of keys. */
  formerKeys?: readonly string[] | undefined;
  /** Proof that this process may sign (succession/). */
  primacy?: PrimacyStart | undefined;
  /** The log that a new one goes on from; its record 0 says so. */
  succeeds?: Succession | undefined;
  version: string;
  clock: () => number;
  random: (length: number) => Buffer;
  /** Told how far the rebuild of memory from the log is. */
  onProgress?: RebuildProgress;
};

/**
 * Opens a site.
 *
 * @throws {DocketError} `directory_damaged` with the place
 */
export async function openSite(options: OpenSiteOptions): Promise<DocketSite> {
  const { paths, origin, keys, index } = options;
  const log = await Log.open({
    paths,
    origin,
    signerKeys: signerKeysOf(keys),
    diskModule: options.diskModule,
    formerKeys: options.formerKeys,
    primacy: options.primacy,
  });
  try {
    // The journal's entries first: records that name these actors are about to be read.
    await index.restoreActors(log.opening.actors);
    const counters = namedCounters(options.release.policies);
    const memory = new Counters(counterKinds(counters));
    const state = await index.state();
    const standings = new Map<string, Standing>();
    for (const { actor, state: standing } of state.standings) {
      standings.set(actor, JSON.parse(standing) as Standing);
    }
    const { size } = log.opening;
    if (state.size > size) {
      // Views take in only what is durable, so records are gone, or the log was put back without its views.
      throw damaged(
        `views.sqlite knows of ${state.size} records and the log holds ${size}; ` +
          "if an older log was put back on purpose, remove views.sqlite and it is made again",
      );
    }
    await log.published(size, true);
    const reader = new LogReader(paths);
    const longest = Math.max(0, ...counterKinds(counters).map(keptMs));
    const from = await index.firstRecordSince((await index.latestDecidedMs()) - longest);
    await rebuild(
      { reader, index, counters: memory, standings, siteKey: keys.site, origin },
      from,
      state.size,
      size,
      options.onProgress,
    );
    const previousRelease = (await index.state()).release;
    const engine = new Engine(
      options.release,
      { counters: memory, standings },
      {
        hashing: keys.hashing,
        effects: allEffects,
        newRestrictionId: () => `r_${options.random(restrictionIdBytes).toString("base64url")}`,
      },
    );
    const ports: SitePorts = { ...options, log, reader, engine, previousRelease };
    return new DocketSite(ports, verifierKeyOf(keys.signerKey));
  } catch (error) {
    await log.close();
    throw error;
  }
}
