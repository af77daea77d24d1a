// SPDX-License-Identifier: Apache-2.0
// Counters and limits at a start: from the snapshot, if it is of this log, and then from the log's tail; else
// from the log alone.
import type { KeyObject } from "node:crypto";
import { Counters, isAgeless, keptMs } from "../counters/counters.ts";
import { Limits } from "../counters/limits.ts";
import { readSnapshot } from "../counters/snapshot.ts";
import type { CounterMemory, SnapshotHeader, SnapshotStore } from "../counters/snapshot.ts";
import { keyedHash } from "../evidence/keys.ts";
import type { LogReader } from "../log/reader.ts";
import { leafHashOf } from "./counter-keeper.ts";
import { countsCampaigns } from "./campaign-keys.ts";
import { counterKinds, declaredIn, limitKinds } from "./counting.ts";
import type { CountedRelease } from "./history.ts";

/** What a start needs. */
export type CountersStart = {
  readonly release: CountedRelease;
  readonly store: SnapshotStore;
  /** What a snapshot must be of. */
  readonly name: Pick<SnapshotHeader, "origin" | "key">;
  readonly reader: Pick<LogReader, "record">;
  /** Records of the log, all published. */
  readonly size: number;
  readonly firstRecordSince: (sinceMs: number) => Promise<number>;
  readonly latestDecidedMs: () => Promise<number>;
};

/** What memory begins with. */
export type StartedCounters = {
  readonly memory: CounterMemory;
  /** The first record that is to be counted. */
  readonly from: number;
  /** Hashes of the counters and limits that are counted from there; the others are to be warmed. */
  readonly counted: ReadonlySet<string>;
  readonly fresh: ReadonlySet<string>;
  /** What the operator should know: a sentence. */
  readonly notice: string | undefined;
};

/**
 * Without a snapshot: logs up to so many records are counted from their first one before anything is decided.
 * Of longer ones only the windows are; what needs all of the log is warmed.
 */
const recountedAtOnceMax = 100_000;
const snapshotKeyBytes = 12;

/** What tells a hashing key from another, without telling what it is. */
export function snapshotKey(hashing: KeyObject): string {
  return keyedHash(hashing, "counters snapshot", "").subarray(0, snapshotKeyBytes).toString("base64url");
}

/** Makes memory as far as the snapshot goes. */
export async function startCounters(start: CountersStart): Promise<StartedCounters> {
  const { counters, limits } = declaredIn(start.release.policies);
  const all = new Set([...counters, ...limits].map(({ id }) => id));
  const read = await readUsable(start);
  if ("memory" in read) {
    const { memory, from } = read;
    const freshCounters = memory.counters.adopt(counterKinds(counters));
    const freshLimits = memory.limits.adopt(limitKinds(limits));
    const fresh = new Set([...freshCounters, ...freshLimits].map(({ id }) => id));
    return { memory, from, counted: all.difference(fresh), fresh, notice: undefined };
  }
  const kinds = counterKinds(counters);
  const memory = { counters: new Counters(kinds), limits: new Limits(limitKinds(limits)) };
  const { notice } = read;
  if (start.size <= recountedAtOnceMax) return { memory, from: 0, counted: all, fresh: new Set(), notice };
  // What counts by campaign is counted with the campaigns.
  const ofCampaigns = new Set(counters.filter(({ counter }) => countsCampaigns(counter)).map(({ id }) => id));
  const windows = kinds.filter((kind) => !isAgeless(kind) && !ofCampaigns.has(kind.id));
  const longestMs = Math.max(0, ...windows.map(keptMs));
  const from = await start.firstRecordSince((await start.latestDecidedMs()) - longestMs);
  const counted = new Set(windows.map(({ id }) => id));
  return { memory, from, counted, fresh: all.difference(counted), notice };
}

type Usable = { memory: CounterMemory; from: number } | { notice: string | undefined };

// Whatever is wrong with a snapshot, the log has all that is needed to count again.
async function readUsable({ store, name, reader, size }: CountersStart): Promise<Usable> {
  const unusable = (reason: string): Usable => ({
    notice: `the snapshot of the counters is not used: ${reason}; they are counted from the log`,
  });
  try {
    const chunks = await store.read();
    if (chunks === undefined) return { notice: undefined };
    const read = await readSnapshot(chunks, name);
    if (read.outcome === "unusable") return unusable(read.reason);
    const { place, memory, from } = read;
    if (place.size > size) return unusable(`it has seen ${place.size} records and the log holds ${size}`);
    const { leaf } = await reader.record(place.size - 1, size);
    if (leafHashOf(leaf) !== place.leaf) return unusable(`record ${place.size - 1} is another one there`);
    return { memory, from };
  } catch (error) {
    return unusable((error as Error).message);
  }
}
