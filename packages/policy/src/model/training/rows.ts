// SPDX-License-Identifier: Apache-2.0
// Examples as numbers: the buckets of each one's features, one after another in one array.
import { extractFeatures, groupCount } from "../features.ts";
import { FeatureSet } from "../feature-set.ts";
import type { ModelKind } from "../model-text.ts";
import type { Example } from "./example.ts";

/** The features of all examples. */
export type Rows = {
  readonly count: number;
  readonly groups: number;
  /** 1 where an example is spam. */
  readonly spam: Uint8Array;
  /** Where each group of each example ends in `buckets`; row `r`'s groups are at `r * groups`. */
  readonly ends: Int32Array;
  readonly buckets: Int32Array;
  readonly bits: number;
};

/** Where a row's first bucket stands. */
export function rowStart(rows: Rows, row: number): number {
  return row === 0 ? 0 : (rows.ends[row * rows.groups - 1] ?? 0);
}

/**
 * Reads every example once.
 *
 * @param onRow called after each example
 */
export function readRows(
  kind: ModelKind,
  examples: readonly Example[],
  bits: number,
  onRow: (done: number) => void,
): Rows {
  const groups = groupCount(kind);
  const spam = new Uint8Array(examples.length);
  const ends = new Int32Array(examples.length * groups);
  let buckets = new Int32Array(1 << 16);
  let size = 0;
  const set = new FeatureSet();
  examples.forEach((example, row) => {
    extractFeatures(kind, example, set);
    if (size + set.size > buckets.length) buckets = grown(buckets, size + set.size);
    spam[row] = example.spam ? 1 : 0;
    for (let index = 0; index < set.size; index++) {
      buckets[size + index] = (set.hashes[index] ?? 0) >>> (32 - bits);
    }
    set.groupEnds.forEach((end, group) => (ends[row * groups + group] = size + end));
    size += set.size;
    onRow(row + 1);
  });
  return { count: examples.length, groups, spam, ends, buckets: buckets.slice(0, size), bits };
}

function grown(buckets: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, Math.floor(buckets.length * 1.5)));
  larger.set(buckets);
  return larger;
}
