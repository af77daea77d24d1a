// SPDX-License-Identifier: Apache-2.0
// Opens the counters of a site: what memory begins with, and what keeps it from then on.
import { join } from "node:path";
import { unwrapKey } from "../evidence/keys.ts";
import type { SiteKeys } from "../evidence/keys.ts";
import type { Log } from "../log/log.ts";
import type { LogPaths } from "../log/paths.ts";
import type { LogReader } from "../log/reader.ts";
import { filesIdOf, keptReleasePath, loadKept, readKeptReleaseLater } from "../releases/release.ts";
import type { SnapshotStore } from "../counters/snapshot.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { declaredIn } from "./counting.ts";
import { CounterKeeper } from "./counter-keeper.ts";
import type { KeeperPorts } from "./counter-keeper.ts";
import { snapshotKey, startCounters } from "./counters-start.ts";
import type { CounterMemory } from "./counting.ts";
import { History } from "./history.ts";
import type { CountedRelease } from "./history.ts";
import { siteSignals } from "./site-signals.ts";

/** What the counters of a site are opened with. */
export type CountersOptions = {
  readonly paths: Pick<LogPaths, "site" | "releases">;
  readonly origin: string;
  readonly keys: SiteKeys;
  readonly index: SiteIndex;
  readonly log: Log;
  readonly reader: LogReader;
  readonly release: CountedRelease;
  /** Holds the snapshot at a path. */
  readonly snapshotAt: (path: string) => SnapshotStore;
  readonly readLater: (path: string) => Promise<Uint8Array | undefined>;
  readonly timer: (ms: number, run: () => void) => () => void;
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** The key of an actor that was made in this process and isn't in the identity map yet. */
  readonly madeKey: (pseudonym: string) => Uint8Array | undefined;
};

/** Counters as far as the snapshot goes. */
export type OpenedCounters = {
  readonly memory: CounterMemory;
  /** Counts what the snapshot hasn't seen, from record `from` on. */
  readonly history: History;
  readonly from: number;
  /** To be called once all records of the log are counted. */
  readonly keep: () => Promise<CounterKeeper>;
};

/** Name of the snapshot, in the site's directory. */
export const snapshotFile = "counters.snapshot";

/** Reads the snapshot. All records of the log must be published. */
export async function openCounters(options: CountersOptions): Promise<OpenedCounters> {
  const { reader, release, log } = options;
  const { size } = log.opening;
  const ports = portsOf(options);
  const started = await startCounters({ ...ports, release, size });
  if (started.notice !== undefined) options.onNotice?.(started.notice);
  const { memory, from, fresh } = started;
  return {
    memory,
    history: new History(ports, release, started.counted),
    from,
    keep: async () => {
      const lastLeaf = size === 0 ? undefined : (await reader.record(size - 1, size)).leaf;
      return new CounterKeeper(memory, release, { size, lastLeaf }, fresh, ports);
    },
  };
}

function portsOf(options: CountersOptions): KeeperPorts {
  const { paths, origin, keys, index, log, reader, readLater } = options;
  const actorKey = async (pseudonym: string): Promise<Uint8Array | undefined> => {
    const made = options.madeKey(pseudonym);
    if (made !== undefined) return made;
    const known = await index.actor(pseudonym);
    return known && unwrapKey(keys.keyEncryption, pseudonym, known.wrappedKey);
  };
  return {
    origin,
    siteKey: keys.site,
    hashing: keys.hashing,
    actorKey,
    signals: (event, language) => siteSignals(event, keys.hashing, true, language),
    declaredBy: declarations(paths, readLater),
    reader,
    publishedSize: () => log.status.publishedSize,
    firstRecordSince: (sinceMs) => index.firstRecordSince(sinceMs),
    latestDecidedMs: () => index.latestDecidedMs(),
    store: options.snapshotAt(join(paths.site, snapshotFile)),
    name: { origin, key: snapshotKey(keys.hashing) },
    timer: options.timer,
    onNotice: options.onNotice,
  };
}

// Releases that differ in their lists alone declare the same: a list may change a thousand times a day.
function declarations(
  paths: Pick<LogPaths, "releases">,
  readLater: CountersOptions["readLater"],
): KeeperPorts["declaredBy"] {
  const byFiles = new Map<string, ReadonlySet<string>>();
  return async (release) => {
    try {
      const kept = await readKeptReleaseLater((id) => readLater(keptReleasePath(paths, id)), release);
      const files = filesIdOf(kept.manifest);
      let ids = byFiles.get(files);
      if (ids === undefined) {
        const { counters, limits } = declaredIn(loadKept(kept).policies);
        ids = new Set([...counters, ...limits].map(({ id }) => id));
        byFiles.set(files, ids);
      }
      return ids;
    } catch {
      // What isn't kept, or can't be compiled any more, is found out record by record.
      return undefined;
    }
  };
}
