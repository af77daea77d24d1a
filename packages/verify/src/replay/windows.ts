// SPDX-License-Identifier: Apache-2.0
// Counters counted again from the keys that records bear: a second implementation of what
// docs/reference/policy.md says of windows, written apart from the one that counts live, and plainer.
//
// An event at time t lies in bucket floor(t / bucket length). A window that ends with the event at t has the
// bucket of t and the 59 before it. Order is that of the log.

/** Buckets of a window. */
const windowBuckets = 60;

/** One key of a counter. */
export interface Window {
  add(bucket: number, value: string): void;
  /** What a read at an event of this bucket gives. */
  read(bucket: number): number;
  /** Forgets what no read from this bucket on can see; whether nothing is left. */
  forget(before: number): boolean;
}

/** A window that counts events. */
export function eventWindow(): Window {
  return sumWindow(() => 1);
}

/**
 * A window that adds up integers.
 *
 * @param amountOf the integer that an event adds
 */
export function sumWindow(amountOf: (value: string) => number = Number): Window {
  const sums = new Map<number, number>();
  return {
    add: (bucket, value) => void sums.set(bucket, (sums.get(bucket) ?? 0) + amountOf(value)),
    read: (bucket) => {
      let sum = 0;
      for (let at = bucket - windowBuckets + 1; at <= bucket; at++) sum += sums.get(at) ?? 0;
      return sum;
    },
    forget: (before) => forgetBuckets(sums, before),
  };
}

/** A window that counts different values. */
export function distinctWindow(): Window {
  /** The buckets in which each value was seen. */
  const seen = new Map<string, Set<number>>();
  /** How many values were seen last in each bucket: answers the reads of events in order. */
  const lastSeen = new Map<number, number>();
  const newestOf = new Map<string, number>();
  let newest = Number.NEGATIVE_INFINITY;
  const moveLast = (value: string, to: number): void => {
    const from = newestOf.get(value);
    if (from !== undefined) lastSeen.set(from, (lastSeen.get(from) ?? 1) - 1);
    lastSeen.set(to, (lastSeen.get(to) ?? 0) + 1);
    newestOf.set(value, to);
  };
  return {
    add(bucket, value) {
      const buckets = seen.get(value) ?? new Set<number>();
      seen.set(value, buckets.add(bucket));
      if (bucket > (newestOf.get(value) ?? Number.NEGATIVE_INFINITY)) moveLast(value, bucket);
      newest = Math.max(newest, bucket);
    },
    read(bucket) {
      let count = 0;
      if (newest <= bucket) {
        for (let at = bucket - windowBuckets + 1; at <= bucket; at++) count += lastSeen.get(at) ?? 0;
        return count;
      }
      for (const buckets of seen.values()) if (hasBetween(buckets, bucket)) count += 1;
      return count;
    },
    forget(before) {
      for (const [value, last] of newestOf) {
        if (last >= before) continue;
        newestOf.delete(value);
        seen.delete(value);
      }
      forgetBuckets(lastSeen, before);
      return seen.size === 0;
    },
  };
}

function hasBetween(buckets: ReadonlySet<number>, last: number): boolean {
  for (const bucket of buckets) if (bucket <= last && bucket > last - windowBuckets) return true;
  return false;
}

function forgetBuckets(buckets: Map<number, number>, before: number): boolean {
  for (const bucket of buckets.keys()) if (bucket < before) buckets.delete(bucket);
  return buckets.size === 0;
}
