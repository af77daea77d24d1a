// SPDX-License-Identifier: Apache-2.0
// The log's tree as a picture: the largest whole subtrees that it is made of (RFC 6962, section 2.1), side by
// side as mountains, and where checkpoints were signed.

/** A whole subtree: its first record, how many it holds, and how high it is. */
export type Mountain = { readonly from: number; readonly records: number; readonly level: number };

/** The whole subtrees of a tree of that size, the largest first. */
export function mountainsOf(size: number): Mountain[] {
  const mountains: Mountain[] = [];
  let from = 0;
  for (let level = Math.floor(Math.log2(Math.max(size, 1))); level >= 0; level--) {
    const records = 2 ** level;
    if (size - from < records) continue;
    mountains.push({ from, records, level });
    from += records;
  }
  return mountains;
}

/** A mountain in the picture: its left end, its width, and its height, all between 0 and 1. */
export type PlacedMountain = Mountain & {
  readonly x: number;
  readonly width: number;
  readonly height: number;
};

/** Least width of a mountain, as a share of the picture: the smallest are drawn wider than they are. */
const leastWidth = 0.03;

/** Puts mountains side by side: wide as they hold records, but none so narrow that it is not seen. */
export function placeMountains(size: number): PlacedMountain[] {
  const mountains = mountainsOf(size);
  const widths = mountains.map(({ records }) => Math.max(records / size, leastWidth));
  const whole = widths.reduce((sum, width) => sum + width, 0);
  const highest = Math.max(1, mountains[0]?.level ?? 1);
  let x = 0;
  return mountains.map((mountain, at) => {
    const width = (widths[at] ?? 0) / whole;
    const placed = { ...mountain, x, width, height: Math.max(mountain.level / highest, 0.12) };
    x += width;
    return placed;
  });
}

/** Where a size lies in the picture, between 0 and 1: at the end of its last record. */
export function placeOf(size: number, mountains: readonly PlacedMountain[]): number {
  for (const { from, records, x, width } of mountains) {
    if (size <= from + records) return x + (width * Math.max(0, size - from)) / records;
  }
  return 1;
}
