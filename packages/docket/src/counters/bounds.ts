// SPDX-License-Identifier: Apache-2.0
// How much counters remember. All bounds are of counts, never of bytes or time of day: what is forgotten must
// be a function of the sequence of events alone, or a restart would change values.
import { latenessMsMax } from "@docket/policy";
import type { CampaignBounds } from "@docket/policy";

/** How many buckets a window has. */
export const bucketsPerWindow = 60;
/** How late an event may come, in buckets, where windows are shorter than 41 seconds: 16 windows. */
export const latenessBucketsMax: number = 16 * bucketsPerWindow;
/**
 * A counter, or a limit, is kept in so many shards by the hash of the key. Each is small enough to be copied,
 * or to grow, in a few milliseconds; and there are so few of them that what leads to their memory stays in
 * the processor's caches.
 */
export const shardsPerCounter = 8;

/** What one shard holds at most. */
export type ShardBounds = {
  /** Keys. */
  readonly keys: number;
  /** Buckets of all keys. */
  readonly nodes: number;
  /** Different values of all keys, of a distinct counter. */
  readonly values: number;
  /** Different values of one key; with one more it is estimated. */
  readonly exactValues: number;
  /** Keys that are estimated. */
  readonly sketches: number;
  /** Campaigns, of which there is one shard; others than those that are declared are for tests. */
  readonly campaigns?: CampaignBounds;
};

/** The bounds of each shard; times {@link shardsPerCounter} they are those of a counter. */
export const shardBounds: ShardBounds = {
  keys: 65_536,
  nodes: 131_072,
  values: 131_072,
  exactValues: 1024,
  sketches: 64,
};

/** How far the buckets of a counter reach, in buckets. */
export type Reach = {
  /** How many buckets a later event may lie before the newest. */
  readonly late: number;
  /** How many buckets before a key's newest are kept. */
  readonly kept: number;
};

/** The reach of a counter whose buckets are so long. */
export function reachOf(bucketMs: number): Reach {
  const late = Math.min(Math.ceil(latenessMsMax / bucketMs), latenessBucketsMax);
  return { late, kept: bucketsPerWindow + late };
}
