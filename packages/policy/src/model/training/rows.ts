// SPDX-License-Identifier: Apache-2.0
// Examples as numbers: the features of each one, one after another in one array, counted from 0 by how they
// are used: a feature that is too rare to be in the model has no number.
import { contentGroups, extractFeatures, groupCount } from "../features.ts";
import { FeatureSet } from "../feature-set.ts";
import type { ModelKind } from "../model-text.ts";
import type { Example } from "./example.ts";

/** The features of all examples. */
export type Rows = {
  readonly count: number;
  readonly groups: number;
  /** 1 where an example is spam. */
  readonly spam: Uint8Array;
  /** Where each group of each example ends in `features`; row `r`'s groups are at `r * groups`. */
  readonly ends: Int32Array;
  readonly features: Int32Array;
  /** How many features each example's content has, those without a number included. */
  readonly sizes: Int32Array;
  /** The bucket of each feature, ascending. */
  readonly buckets: Int32Array;
  /** How many bits of a hash name a bucket. */
  readonly bits: number;
};

/** Where a row's first feature stands. */
export function rowStart(rows: Rows, row: number): number {
  return row === 0 ? 0 : (rows.ends[row * rows.groups - 1] ?? 0);
}

/**
 * Reads every example once.
 *
 * @param featuresMax the most features that are numbered: the rarest are left out above that
 * @param onRow called after each example
 */
export function readRows(
  kind: ModelKind,
  examples: readonly Example[],
  { bits, featuresMax }: { readonly bits: number; readonly featuresMax: number },
  onRow: (done: number) => void,
): Rows {
  const groups = groupCount(kind);
  const spam = new Uint8Array(examples.length);
  const ends = new Int32Array(examples.length * groups);
  const sizes = new Int32Array(examples.length);
  const seen = new Uint16Array(2 ** bits);
  let found: Int32Array<ArrayBuffer> = new Int32Array(1 << 16);
  let size = 0;
  const set = new FeatureSet();
  examples.forEach((example, row) => {
    extractFeatures(kind, example, set);
    if (size + set.size > found.length) found = grown(found, size + set.size);
    spam[row] = example.spam ? 1 : 0;
    sizes[row] = set.groupEnds[contentGroups - 1] ?? 0;
    for (let index = 0; index < set.size; index++) {
      const bucket = (set.hashes[index] ?? 0) >>> (32 - bits);
      found[size + index] = bucket;
      seen[bucket] = Math.min(0xffff, (seen[bucket] ?? 0) + 1);
    }
    set.groupEnds.forEach((end, group) => (ends[row * groups + group] = size + end));
    size += set.size;
    onRow(row + 1);
  });
  const narrowed = narrow(seen, bits);
  const { numbers, buckets } = numberFeatures(narrowed.seen, featuresMax);
  const kept = renumber(found, ends, numbers, bits - narrowed.bits);
  const features = found.slice(0, kept);
  return { count: examples.length, groups, spam, ends, features, sizes, buckets, bits: narrowed.bits };
}

function grown(found: Int32Array, needed: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(Math.max(needed, Math.floor(found.length * 1.5)));
  larger.set(found);
  return larger;
}

/** Buckets fewer than this are no saving. */
const bitsLeast = 14;
/** For each bucket in use there are so many, that features of texts to come are not taken for known ones. */
const roomBits = 3;

/** As few buckets as leave room: a small table is quicker to read and to ask. */
function narrow(seen: Uint16Array, bits: number): { seen: Uint16Array; bits: number } {
  let used = 0;
  for (const count of seen) if (count > 0) used += 1;
  const needed = 32 - Math.clz32(used) + roomBits;
  const fewer = Math.min(bits, Math.max(bitsLeast, needed));
  if (fewer === bits) return { seen, bits };
  const narrower = new Uint16Array(2 ** fewer);
  for (let bucket = 0; bucket < seen.length; bucket++) {
    const count = seen[bucket] ?? 0;
    if (count === 0) continue;
    const into = bucket >>> (bits - fewer);
    narrower[into] = Math.min(0xffff, (narrower[into] ?? 0) + count);
  }
  return { seen: narrower, bits: fewer };
}

/** The number of each bucket that is in use, or -1; and the bucket of each number. */
function numberFeatures(
  seen: Uint16Array,
  featuresMax: number,
): { numbers: Int32Array; buckets: Int32Array } {
  // How many features are in exactly so many examples; rare ones are dropped until the rest is few enough.
  const tally = new Int32Array(0x1_0000);
  for (const count of seen) tally[count] = (tally[count] ?? 0) + 1;
  let least = 1;
  let left = seen.length - (tally[0] ?? 0);
  while (left > featuresMax && least < 0xffff) left -= tally[least++] ?? 0;
  const numbers = new Int32Array(seen.length).fill(-1);
  const buckets = new Int32Array(left);
  let next = 0;
  for (let bucket = 0; bucket < seen.length; bucket++) {
    if ((seen[bucket] ?? 0) < least) continue;
    buckets[next] = bucket;
    numbers[bucket] = next++;
  }
  return { numbers, buckets };
}

/** Puts numbers in the place of buckets, closes the gaps, and returns how many are left. */
function renumber(found: Int32Array, ends: Int32Array, numbers: Int32Array, shift: number): number {
  let kept = 0;
  let at = 0;
  for (let group = 0; group < ends.length; group++) {
    const end = ends[group] ?? at;
    for (; at < end; at++) {
      const number = numbers[(found[at] ?? 0) >>> shift] ?? -1;
      if (number >= 0) found[kept++] = number;
    }
    ends[group] = kept;
  }
  return kept;
}
