// SPDX-License-Identifier: Apache-2.0
// The counters as they were before November 2026, in Maps of strings: what the benchmark compares with. They
// count events and different values, and take no snapshot.
/** How many buckets a window has. */
export const bucketsPerWindow = 60;
/** Most keys that all counters hold together. */
export const keysMax = 2_000_000;
/** Most different values that a key of a distinct counter remembers; its value then stays at this. */
export const distinctValuesMax = 10_000;
/**
 * How far `decidedAt` may lie before that of an earlier record and all counters are still exact, in
 * milliseconds: what intake lets an event claim (10 minutes back, while another claimed a minute ahead).
 */
export const latenessMsMax = 660_000;
/** Dead keys are looked for after this many additions. */
const sweepInterval = 100_000;

/** What a counter is, as far as counting goes. `id` is the hash of its declaration. */
export type CounterKind = { id: string; kind: "count" | "distinct"; bucketMs: number };
/** Where an event is counted: under a key and, for a distinct counter, as a value. */
export type CounterKey = readonly [key: string] | readonly [key: string, value: string];
/** Takes an addition back. */
export type Undo = () => void;

/** Buckets that have events, in ascending order, and how many each has. */
type Buckets = { numbers: number[]; counts: number[] };
type CountEntry = Buckets;
/** For each value its buckets, and for each bucket how many values have it as their newest. */
type DistinctEntry = { values: Map<string, Buckets>; newest: Map<number, number>; top: number };
type CounterState = {
  kind: CounterKind;
  /** How many buckets a key keeps before its newest. */
  kept: number;
  counts: Map<string, CountEntry>;
  distinct: Map<string, DistinctEntry>;
  top: number;
};

/** How far back a counter reads and remembers, in milliseconds: what a rebuild has to begin with. */
export function keptMs(kind: CounterKind): number {
  return (keptBuckets(kind) + 1) * kind.bucketMs;
}

/** All counters of a site, in memory. */
export class MapCounters {
  readonly #states = new Map<string, CounterState>();
  #additions = 0;

  constructor(kinds: readonly CounterKind[]) {
    for (const kind of kinds) {
      this.#states.set(kind.id, {
        kind,
        kept: keptBuckets(kind),
        counts: new Map(),
        distinct: new Map(),
        top: -Infinity,
      });
    }
  }

  /** Number of keys held, for metrics. */
  get keys(): number {
    let keys = 0;
    for (const state of this.#states.values()) keys += state.counts.size + state.distinct.size;
    return keys;
  }

  /**
   * The value of a counter for an event: the largest over its keys.
   *
   * @param decidedAtMs time of the event whose decision reads it
   */
  read(id: string, keys: readonly CounterKey[], decidedAtMs: number): number {
    const state = this.#states.get(id);
    if (state === undefined) return 0;
    const last = Math.floor(decidedAtMs / state.kind.bucketMs);
    let value = 0;
    for (const [key] of keys) {
      const count =
        state.kind.kind === "count"
          ? countIn(state.counts.get(key), last)
          : distinctIn(state.distinct.get(key), last);
      value = Math.max(value, count);
    }
    return value;
  }

  /** Counts an event under its keys. A counter that is not declared any more is passed over. */
  add(id: string, keys: readonly CounterKey[], decidedAtMs: number): Undo {
    const state = this.#states.get(id);
    if (state === undefined) return () => undefined;
    const bucket = Math.floor(decidedAtMs / state.kind.bucketMs);
    state.top = Math.max(state.top, bucket);
    for (const [key, value] of keys) {
      if (state.kind.kind === "count") addCount(state, key, bucket);
      else addDistinct(state, key, value ?? "", bucket);
    }
    if (++this.#additions % sweepInterval === 0) this.#sweep();
    return () => {
      for (const [key, value] of keys) {
        if (state.kind.kind === "count") removeCount(state.counts, key, bucket);
        else removeDistinct(state.distinct, key, value ?? "", bucket);
      }
    };
  }

  #sweep(): void {
    for (const state of this.#states.values()) {
      const dead = state.top - state.kept;
      for (const [key, entry] of state.counts) {
        if ((entry.numbers.at(-1) ?? -Infinity) < dead) state.counts.delete(key);
      }
      for (const [key, entry] of state.distinct) if (entry.top < dead) state.distinct.delete(key);
    }
    let surplus = this.keys - keysMax;
    for (const state of this.#states.values()) {
      for (const map of [state.counts, state.distinct]) {
        for (const key of map.keys()) {
          if (surplus-- <= 0) return;
          map.delete(key);
        }
      }
    }
  }
}

function keptBuckets({ bucketMs }: CounterKind): number {
  return bucketsPerWindow + Math.max(bucketsPerWindow, Math.ceil(latenessMsMax / bucketMs));
}

function countIn(entry: CountEntry | undefined, last: number): number {
  if (entry === undefined) return 0;
  let count = 0;
  for (let i = entry.numbers.length - 1; i >= 0; i--) {
    const number = entry.numbers[i] ?? 0;
    if (number <= last - bucketsPerWindow) break;
    if (number <= last) count += entry.counts[i] ?? 0;
  }
  return count;
}

function distinctIn(entry: DistinctEntry | undefined, last: number): number {
  if (entry === undefined) return 0;
  const first = last - bucketsPerWindow + 1;
  let count = 0;
  if (entry.top <= last) {
    // Nothing is newer than this event: a value is in the window if its newest bucket is.
    for (const [bucket, values] of entry.newest) if (bucket >= first) count += values;
    return count;
  }
  for (const buckets of entry.values.values()) if (countIn(buckets, last) > 0) count++;
  return count;
}

function addCount({ counts, kept }: CounterState, key: string, bucket: number): void {
  const entry = counts.get(key);
  if (entry === undefined) counts.set(key, { numbers: [bucket], counts: [1] });
  else addToBuckets(entry, bucket, kept);
}

function removeCount(counts: Map<string, CountEntry>, key: string, bucket: number): void {
  const entry = counts.get(key);
  if (entry === undefined) return;
  removeFromBuckets(entry, bucket);
  if (entry.numbers.length === 0) counts.delete(key);
}

function addDistinct({ distinct, kept }: CounterState, key: string, value: string, bucket: number): void {
  let entry = distinct.get(key);
  if (entry === undefined) {
    entry = { values: new Map(), newest: new Map(), top: bucket };
    distinct.set(key, entry);
  }
  const buckets = entry.values.get(value);
  if (buckets === undefined) {
    if (entry.values.size >= distinctValuesMax) forgetOld(entry, kept);
    if (entry.values.size >= distinctValuesMax) return;
    entry.values.set(value, { numbers: [bucket], counts: [1] });
    shift(entry.newest, bucket, 1);
  } else {
    shift(entry.newest, buckets.numbers.at(-1) ?? 0, -1);
    addToBuckets(buckets, bucket, kept);
    shift(entry.newest, buckets.numbers.at(-1) ?? 0, 1);
  }
  entry.top = Math.max(entry.top, bucket);
}

function removeDistinct(
  entries: Map<string, DistinctEntry>,
  key: string,
  value: string,
  bucket: number,
): void {
  const entry = entries.get(key);
  const buckets = entry?.values.get(value);
  if (entry === undefined || buckets === undefined) return;
  shift(entry.newest, buckets.numbers.at(-1) ?? 0, -1);
  removeFromBuckets(buckets, bucket);
  const newest = buckets.numbers.at(-1);
  if (newest === undefined) entry.values.delete(value);
  else shift(entry.newest, newest, 1);
  if (entry.values.size === 0) entries.delete(key);
  else entry.top = Math.max(...entry.newest.keys());
}

function forgetOld(entry: DistinctEntry, kept: number): void {
  const dead = entry.top - kept;
  for (const [value, buckets] of entry.values) {
    const newest = buckets.numbers.at(-1) ?? 0;
    if (newest >= dead) continue;
    entry.values.delete(value);
    shift(entry.newest, newest, -1);
  }
}

function addToBuckets(buckets: Buckets, bucket: number, kept: number): void {
  let place = buckets.numbers.length;
  while (place > 0 && (buckets.numbers[place - 1] ?? 0) > bucket) place--;
  if (buckets.numbers[place - 1] === bucket) {
    buckets.counts[place - 1] = (buckets.counts[place - 1] ?? 0) + 1;
    return;
  }
  buckets.numbers.splice(place, 0, bucket);
  buckets.counts.splice(place, 0, 1);
  const dead = (buckets.numbers.at(-1) ?? 0) - kept;
  while ((buckets.numbers[0] ?? 0) < dead) {
    buckets.numbers.shift();
    buckets.counts.shift();
  }
}

function removeFromBuckets(buckets: Buckets, bucket: number): void {
  const place = buckets.numbers.indexOf(bucket);
  if (place === -1) return;
  const left = (buckets.counts[place] ?? 0) - 1;
  if (left > 0) {
    buckets.counts[place] = left;
    return;
  }
  buckets.numbers.splice(place, 1);
  buckets.counts.splice(place, 1);
}

function shift(map: Map<number, number>, key: number, by: number): void {
  const value = (map.get(key) ?? 0) + by;
  if (value === 0) map.delete(key);
  else map.set(key, value);
}
