// SPDX-License-Identifier: Apache-2.0
// Counters whose recorded values hold for a candidate: what was read when an event was decided is what would
// be counted again. A counter is its declaration, and what it counts doesn't depend on what is decided; so if
// every release since the log began declared it, there is nothing to count. docs/decisions/0083.
import { Buffer } from "node:buffer";
import { join } from "node:path";
import type { KnownCounters } from "@docket/policy";
import { entriesPath, tileWidth } from "@docket/tlog";
import { countsCampaigns } from "../intake/campaign-keys.ts";
import { declaredIn } from "../intake/counting.ts";
import type { Declared } from "../intake/counting.ts";
import type { LogDisk } from "../log/disk.ts";
import type { LogPaths } from "../log/paths.ts";
import { keptRelease } from "../releases/release.ts";
import type { Release } from "../releases/release.ts";

/** Where the leaves are read. */
export type LeavesSource = {
  readonly disk: LogDisk;
  readonly paths: LogPaths;
  /** Records that are published. */
  readonly size: number;
};

/** What was found in the bytes of leaves. */
export type LeavesScan = {
  /** The first bundle's first record from which on something was held back. */
  readonly brakedFrom: number;
  /** Every release that a record names. */
  readonly releases: ReadonlySet<string>;
};

/** How a leaf says that it is a brake, and under what release. */
const brakeMark = '"kind":"brake"';
const releaseMark = Buffer.from('"release":"');
/** Base64url of a SHA-256. */
const releaseLength = 43;
/** More releases than these are not looked at: what they declare would have to be loaded. */
const releasesMax = 64;

/** Looks through the leaves of the records before `to`, without parsing them. */
export function scanLeaves({ disk, paths, size }: LeavesSource, to: number): LeavesScan {
  const releases = new Set<string>();
  let brakedFrom = Number.POSITIVE_INFINITY;
  const bundles = Math.ceil(Math.min(size, to) / tileWidth);
  for (let bundle = 0; bundle < bundles; bundle++) {
    const width = Math.min(tileWidth, size - bundle * tileWidth);
    const read = (each: number): Uint8Array | undefined =>
      disk.readFile(join(paths.site, entriesPath(bundle, each)));
    const bytes = read(width) ?? read(tileWidth);
    if (bytes === undefined) continue;
    const leaves = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (brakedFrom > bundle * tileWidth && leaves.includes(brakeMark)) brakedFrom = bundle * tileWidth;
    addReleases(leaves, releases);
  }
  return { brakedFrom, releases };
}

/** The counters of a candidate that all of these releases declare, by the hashes of their declarations. */
export function countersHeldBy(
  source: Pick<LeavesSource, "disk" | "paths">,
  candidate: Pick<Release, "policies">,
  releases: ReadonlySet<string>,
): string[] {
  // What campaigns an event belongs to is found in its turn.
  const { counters } = declaredIn(candidate.policies);
  let held = counters
    .filter(({ counter }) => counter.kind !== "campaigns" && !countsCampaigns(counter))
    .map(({ id }) => id);
  if (releases.size === 0 || releases.size > releasesMax) return [];
  for (const release of releases) {
    const declared = declaredBy(source, release);
    held = held.filter((id) => declared.has(id));
    if (held.length === 0) break;
  }
  return held;
}

/** Counters by their ids and by what facts call them. */
export function knownCounters({ counters }: Declared, held: readonly string[]): KnownCounters {
  const names = new Set(held);
  return new Map(counters.filter(({ id }) => names.has(id)).map(({ counter, id }) => [counter.id, id]));
}

/** What is declared, without counters that are known. */
export function countedBesides({ counters, limits }: Declared, held: readonly string[]): Declared {
  const names = new Set(held);
  return { counters: counters.filter(({ id }) => !names.has(id)), limits };
}

function addReleases(leaves: Buffer, releases: Set<string>): void {
  let at = leaves.indexOf(releaseMark);
  let last = "";
  while (at !== -1) {
    const from = at + releaseMark.length;
    const id = leaves.toString("latin1", from, from + releaseLength);
    if (id !== last) releases.add(id);
    last = id;
    at = leaves.indexOf(releaseMark, from + releaseLength);
  }
}

/** Nothing if it isn't kept, or can't be loaded any more. */
function declaredBy(
  { disk, paths }: Pick<LeavesSource, "disk" | "paths">,
  release: string,
): ReadonlySet<string> {
  try {
    const { counters } = declaredIn(keptRelease(disk, paths, release).policies);
    return new Set(counters.map(({ id }) => id));
  } catch {
    return new Set();
  }
}
