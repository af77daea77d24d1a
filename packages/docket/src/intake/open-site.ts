// SPDX-License-Identifier: Apache-2.0
// Opens a site: log, look-ups, memory; and closes it in good order.
import type { Succession } from "@docket/protocol";
import { counterKinds, declaredIn, limitKinds } from "./counting.ts";
import { Engine } from "./engine.ts";
import { DocketSite } from "./site.ts";
import type { SitePorts } from "./site.ts";
import { rebuild } from "./rebuild.ts";
import type { RebuildProgress } from "./rebuild.ts";
import { Counters, keptMs } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import { declarationsOf } from "../rollout/declarations.ts";
import { RuleModes } from "../rollout/rule-modes.ts";
import type { Standing } from "@docket/policy";
import { keyedHash, signerKeysOf, verifierKeyOf } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import { Log } from "../log/log.ts";
import { damaged } from "../log/materialised.ts";
import type { PrimacyStart } from "../log/newest-state.ts";
import type { LogPaths } from "../log/paths.ts";
import { LogReader } from "../log/reader.ts";
import type { Release } from "../releases/release.ts";
import type { SiteIndex } from "../views/site-index.ts";

const restrictionIdBytes = 12;
const nothingWarming: ReadonlySet<string> = new Set();
/** Bytes of the keyed hash of a list's entry. */
const entryHashBytes = 8;

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
    const declared = declaredIn(options.release.policies);
    const kinds = counterKinds(declared.counters);
    const memory = { counters: new Counters(kinds), limits: new Limits(limitKinds(declared.limits)) };
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
    const longest = Math.max(0, ...kinds.map(keptMs));
    const from = await index.firstRecordSince((await index.latestDecidedMs()) - longest);
    await rebuild(
      { reader, index, counters: memory.counters, standings, siteKey: keys.site, origin },
      from,
      state.size,
      size,
      options.onProgress,
    );
    const previousRelease = (await index.state()).release;
    const hash = (purpose: string, value: string): Buffer => keyedHash(keys.hashing, purpose, value);
    const entryHash = (list: string, entry: string): string =>
      hash("list entry", `${list}\n${entry}`).subarray(0, entryHashBytes).toString("base64url");
    const modes = new RuleModes({ hash, entryHash, warming: () => nothingWarming });
    modes.adopt(declarationsOf(options.release.policies.policies), {
      release: options.release.id,
      by: "operator",
    });
    const engine = new Engine(
      options.release,
      { ...memory, standings },
      {
        hashing: keys.hashing,
        effects: modes,
        entryHash,
        newRestrictionId: () => `r_${options.random(restrictionIdBytes).toString("base64url")}`,
      },
    );
    const ports: SitePorts = { ...options, log, reader, engine, modes, previousRelease };
    return new DocketSite(ports, verifierKeyOf(keys.signerKey));
  } catch (error) {
    await log.close();
    throw error;
  }
}
