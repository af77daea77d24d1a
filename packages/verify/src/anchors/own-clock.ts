// SPDX-License-Identifier: Apache-2.0
// The log's own clock, held against outside ones: what records say of their time, and what stamps say of it.
//
// Looked at are the records that the walk follows one by one, and the last of each bundle that was found in
// order: times hardly ever go back, so that what the others say lies between.
import { parseTime } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import type { CheckedAnchor } from "./interval.ts";

/** A record that says a later time than any before it, less its uncertainty; ms since 1970. */
export type LatestClaim = { readonly index: number; readonly earliestMs: number };

/** What the log's clock said, and what an outside clock says against it. */
export type ClockDifference = {
  /** How far off it was at least, in ms. */
  readonly ms: number;
  /** The record that says so. */
  readonly record: number;
  /** The record that holds the stamp, and whose it is. */
  readonly anchor: number;
  readonly name: string;
};

/** The greatest differences in either direction; null where there are none. */
export type OwnClock = { readonly ahead: ClockDifference | null; readonly behind: ClockDifference | null };

/** Less is not told: stamps may be exact to the second, and say nothing of that. In ms. */
const toldMs = 1000;

/** Takes in what a record says of its time. */
export function noteClaim(
  claims: LatestClaim[],
  { index, time, uncertaintyMs }: Pick<DocketRecord, "index" | "time" | "uncertaintyMs">,
): void {
  const earliestMs = (parseTime(time) ?? 0) - (uncertaintyMs ?? 0);
  if (earliestMs > (claims.at(-1)?.earliestMs ?? Number.NEGATIVE_INFINITY))
    claims.push({ index, earliestMs });
}

/**
 * Compares the log's clock with the stamps that hold.
 *
 * @param claims in the order of the log
 * @param own of each anchor, by its record's index: the latest time that this record may mean, in ms
 */
export function compareClocks(
  claims: readonly LatestClaim[],
  anchors: readonly CheckedAnchor[],
  own: ReadonlyMap<number, number>,
): OwnClock {
  let [ahead, behind]: (ClockDifference | null)[] = [null, null];
  for (const { index, size, name, earliestMs, latestMs } of anchors) {
    const claim = lastBelow(claims, size);
    const aheadMs = claim === undefined ? 0 : claim.earliestMs - latestMs;
    if (claim !== undefined && aheadMs > (ahead?.ms ?? toldMs)) {
      ahead = { ms: aheadMs, record: claim.index, anchor: index, name };
    }
    const behindMs = earliestMs - (own.get(index) ?? Number.POSITIVE_INFINITY);
    if (behindMs > (behind?.ms ?? toldMs)) behind = { ms: behindMs, record: index, anchor: index, name };
  }
  return { ahead: ahead ?? null, behind: behind ?? null };
}

function lastBelow(claims: readonly LatestClaim[], size: number): LatestClaim | undefined {
  let [low, high] = [0, claims.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((claims[middle] as LatestClaim).index < size) low = middle + 1;
    else high = middle;
  }
  return claims[low - 1];
}
