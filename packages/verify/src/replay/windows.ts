// SPDX-License-Identifier: Apache-2.0
// Counters counted again from the keys that records bear: a second implementation of what
// docs/reference/policy.md says of windows, written apart from the one that counts live, and plainer: it
// remembers all that a read may see, whatever memory that takes.
//
// An event at time t lies in bucket floor(t / bucket length). A window that ends with the event at t has the
// bucket of t and the 59 before it. Order is that of the log.

/** Buckets of a window. */
export const windowBuckets = 60;

/** One key of a counter. */
export interface Window {
  /** Entries that it remembers: what a bounded memory would have to hold. */
  readonly size: number;
  add(bucket: number, value: string, atMs: number): void;
  /** What a read at an event of this time gives; `undefined` for a value that is missing. */
  read(bucket: number, atMs: number): number | undefined;
  /** Forgets what no read from this bucket on can see; whether nothing is left. */
  forget(before: number): boolean;
}

/** A window that counts events. */
export function eventWindow(): Window {
  const counts = new Map<number, number>();
  return {
    get size() {
      return counts.size;
    },
    add: (bucket) => void counts.set(bucket, (counts.get(bucket) ?? 0) + 1),
    read: (bucket) => {
      let count = 0;
      if (counts.size < windowBuckets) {
        for (const [at, events] of counts) if (at <= bucket && at > bucket - windowBuckets) count += events;
      } else {
        for (let at = bucket - windowBuckets + 1; at <= bucket; at++) count += counts.get(at) ?? 0;
      }
      return count;
    },
    forget: (before) => forgetBuckets(counts, before),
  };
}

/** A window that adds up integers; what it reads stays within ±(2^53 - 1). */
export function sumWindow(): Window {
  const sums = new Map<number, bigint>();
  return {
    get size() {
      return sums.size;
    },
    add: (bucket, value) => void sums.set(bucket, (sums.get(bucket) ?? 0n) + summandOf(value)),
    read: (bucket) => {
      let sum = 0n;
      for (const [at, part] of sums) if (at <= bucket && at > bucket - windowBuckets) sum += part;
      return Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(sum)));
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
    get size() {
      return seen.size;
    },
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

/**
 * A window that tells since when events come: the time from the earliest of the run of events that reaches
 * into it. A run ends where a whole window holds none.
 */
export function firstWindow(): Window {
  // Ascending; `since` is the earliest time of the run that a bucket belongs to.
  const seen: { bucket: number; earliest: number; since: number }[] = [];
  let forgotten: { bucket: number; since: number } | undefined;
  const settle = (from: number): void => {
    for (let place = from; place < seen.length; place++) {
      const own = seen[place] as (typeof seen)[number];
      const before = place === 0 ? forgotten : seen[place - 1];
      const goesOn = before !== undefined && before.bucket > own.bucket - windowBuckets;
      own.since = goesOn ? Math.min(own.earliest, before.since) : own.earliest;
    }
  };
  return {
    get size() {
      return seen.length;
    },
    add(bucket, _value, atMs) {
      const place = seen.findLastIndex((each) => each.bucket <= bucket);
      const known = seen[place];
      if (known?.bucket === bucket) known.earliest = Math.min(known.earliest, atMs);
      else seen.splice(place + 1, 0, { bucket, earliest: atMs, since: atMs });
      settle(Math.max(0, known?.bucket === bucket ? place : place + 1));
    },
    read(bucket, atMs) {
      const last = seen.findLast((each) => each.bucket <= bucket);
      if (last === undefined || last.bucket <= bucket - windowBuckets) return undefined;
      return Math.max(0, atMs - last.since);
    },
    forget(before) {
      const kept = seen.findIndex((each) => each.bucket >= before);
      if (kept === -1) return true;
      forgotten = kept === 0 ? forgotten : seen[kept - 1];
      seen.splice(0, kept);
      return false;
    },
  };
}

function summandOf(text: string): bigint {
  return /^-?\d{1,16}$/.test(text) ? BigInt(text) : 0n;
}

function hasBetween(buckets: ReadonlySet<number>, last: number): boolean {
  for (const bucket of buckets) if (bucket <= last && bucket > last - windowBuckets) return true;
  return false;
}

function forgetBuckets(buckets: Map<number, unknown>, before: number): boolean {
  for (const bucket of buckets.keys()) if (bucket < before) buckets.delete(bucket);
  return buckets.size === 0;
}
