// SPDX-License-Identifier: Apache-2.0
// Counters: how many events, or different values, or what sum, a key has seen within a window, and when it
// was first seen.
//
// A counter's value is a function of the events *earlier in log order* whose bucket lies in the window.
// Buckets are the window's sixtieth, aligned to the epoch; the window of time t is the bucket of t and the 59
// before it. Everything is a function of `decidedAt` and log order, so the same records give the same values
// on every machine. It is exact as long as no event comes later than `latenessMsMax`, and within the bounds
// of memory: see docs/operations/counters.md.
import { BucketShard, highPart } from "./bucket-shard.ts";
import type { PlainBucketShard, Undo } from "./bucket-shard.ts";
import { CampaignShard } from "./campaign-shard.ts";
import { reachOf, shardBounds, shardsPerCounter } from "./bounds.ts";
import type { ShardBounds } from "./bounds.ts";
import type { PlainCampaigns } from "@docket/policy";
import { DistinctShard } from "./distinct-shard.ts";
import type { PlainDistinctShard } from "./distinct-shard.ts";
import type { HashedKeys } from "./hashed-keys.ts";
import { RememberedHashes } from "./key-hash.ts";
import type { KeyHash } from "./key-hash.ts";

export type { Undo } from "./bucket-shard.ts";
export { bucketsPerWindow } from "./bounds.ts";

/** What a counter is, as far as counting goes. `id` is the hash of its declaration. */
export type CounterKind = {
  readonly id: string;
  readonly kind: "count" | "distinct" | "sum" | "first" | "campaigns";
  readonly bucketMs: number;
};
/** Whether what it holds may be of any age: counting a window again doesn't give it. */
export function isAgeless({ kind }: Pick<CounterKind, "kind">): boolean {
  return kind === "first" || kind === "campaigns";
}

/**
 * Where an event is counted: under a key and, of a distinct counter, as a value; of a sum, the summand in
 * decimal digits.
 */
export type CounterKey = readonly [key: string] | readonly [key: string, value: string];

/** What memory holds, for metrics. */
export type MemoryUse = {
  readonly keys: number;
  readonly bytes: number;
  /** Keys that had to go before their time, since the start of the process. */
  readonly evicted: number;
};

type Shard = BucketShard | DistinctShard | CampaignShard;
/** A shard of a counter as it stands in a snapshot. */
export type PlainShard =
  | { readonly kind: "buckets"; readonly plain: PlainBucketShard }
  | { readonly kind: "distinct"; readonly plain: PlainDistinctShard }
  | { readonly kind: "campaigns"; readonly plain: PlainCampaigns };

/** A counter and what it holds. Good as long as {@link Counters.generation} is the same. */
export type CounterState = {
  readonly kind: CounterKind;
  readonly shards: (Shard | undefined)[];
  /** By shard: records below this index are counted in it already; only while the log's tail is counted. */
  cuts: Float64Array | undefined;
};

/** How far back a counter reads and remembers, in milliseconds: what a rebuild has to begin with. */
export function keptMs(kind: Pick<CounterKind, "bucketMs">): number {
  return (reachOf(kind.bucketMs).kept + 1) * kind.bucketMs;
}

/** All counters of a site, in memory. */
export class Counters {
  readonly bounds: ShardBounds;
  /** Another number when there are others than before. */
  generation = 0;
  #states = new Map<string, CounterState>();
  // Most of an event's counters have the same keys and values. Two, since the one's hash is in use while the
  // other's is made.
  readonly #keyHashes = new RememberedHashes();
  readonly #valueHashes = new RememberedHashes();

  /** @param bounds of each shard; others than those that are declared are for tests */
  constructor(kinds: readonly CounterKind[], bounds: ShardBounds = shardBounds) {
    this.bounds = bounds;
    this.adopt(kinds);
  }

  /** Number of keys held, for metrics. */
  get keys(): number {
    return this.memory.keys;
  }

  get memory(): MemoryUse {
    return memoryOf([...this.#states.values()].flatMap(({ shards }) => shards));
  }

  /** The counters that there are, in the order of their ids. */
  get kinds(): CounterKind[] {
    return [...this.#states.values()].map(({ kind }) => kind).sort((x, y) => (x.id < y.id ? -1 : 1));
  }

  /** Whether there is such a counter. */
  has(id: string): boolean {
    return this.#states.has(id);
  }

  /**
   * From now on these are the counters: those that are there go on, those that aren't declared any more are
   * forgotten, new ones begin empty.
   *
   * @returns the new ones
   */
  adopt(kinds: readonly CounterKind[]): CounterKind[] {
    const before = this.#states;
    const fresh = kinds.filter(({ id }) => !before.has(id));
    this.#states = new Map(kinds.map((kind) => [kind.id, before.get(kind.id) ?? newState(kind)]));
    this.generation++;
    return fresh;
  }

  /**
   * The value of a counter for an event: the largest over its keys, of `first` the smallest.
   *
   * @param decidedAtMs time of the event whose decision reads it
   * @returns `undefined` where there is no such counter, and of campaigns; of `first` also where no key was
   *   seen
   */
  read(id: string, keys: readonly CounterKey[], decidedAtMs: number): number | undefined {
    const state = this.#states.get(id);
    if (state === undefined) return undefined;
    const { kind, shards } = state;
    if (kind.kind === "campaigns") return undefined;
    const last = Math.floor(decidedAtMs / kind.bucketMs);
    let value: number | undefined;
    for (const [key] of keys) {
      const hash = this.#keyHashes.of(key);
      const read = readShard(shards[shardOf(hash)], kind.kind, hash, last, decidedAtMs);
      if (read === undefined) continue;
      if (value === undefined) value = read;
      else value = kind.kind === "first" ? Math.min(value, read) : Math.max(value, read);
    }
    return value ?? (kind.kind === "first" ? undefined : 0);
  }

  /** The id of the campaign that an event belongs to; `undefined` where its keys don't say. */
  campaign(id: string, keys: readonly CounterKey[], decidedAtMs: number): string | undefined {
    const state = this.#states.get(id);
    if (state?.kind.kind !== "campaigns") return undefined;
    return campaignShardOf(state, this.bounds).campaign(keys, decidedAtMs);
  }

  /**
   * Counts an event under its keys. A counter that is not declared any more is passed over.
   *
   * @param index of the event's record, where it is counted from the log: see {@link countFrom}
   */
  add(id: string, keys: readonly CounterKey[], decidedAtMs: number, index?: number): Undo {
    const state = this.#states.get(id);
    if (state === undefined) return nothing;
    if (state.kind.kind === "campaigns") {
      const isCounted = index !== undefined && state.cuts !== undefined && index < (state.cuts[0] as number);
      if (isCounted || keys.length === 0) return nothing;
      return campaignShardOf(state, this.bounds).add(keys, decidedAtMs);
    }
    const undos: Undo[] = [];
    for (const key of keys) this.#addKey(state, key, decidedAtMs, index, undos);
    return () => {
      for (let i = undos.length - 1; i >= 0; i--) (undos[i] as Undo)();
    };
  }

  /** A shard as plain data; `undefined` if nothing was ever counted in it. */
  plainShard(id: string, shard: number): PlainShard | undefined {
    const found = this.#states.get(id)?.shards[shard];
    if (found === undefined) return undefined;
    if (found instanceof CampaignShard) return { kind: "campaigns", plain: found.plain() };
    return found instanceof BucketShard
      ? { kind: "buckets", plain: found.plain() }
      : { kind: "distinct", plain: found.plain() };
  }

  /**
   * Says which records a counter's shards have counted already: `add` passes over those with a lower index.
   * Without `cuts` none.
   */
  countFrom(id: string, cuts: Float64Array | undefined): void {
    const state = this.#states.get(id);
    if (state !== undefined) state.cuts = cuts;
  }

  /** Takes in what {@link plainShard} gave, into a counter in whose shard nothing was counted yet. */
  restoreShard(id: string, shard: number, plain: PlainShard | undefined): void {
    const state = this.#states.get(id);
    if (state === undefined || plain === undefined) return;
    const made = newShard(state.kind, this.bounds);
    if (made instanceof BucketShard && plain.kind === "buckets") made.restore(plain.plain);
    if (made instanceof DistinctShard && plain.kind === "distinct") made.restore(plain.plain);
    if (made instanceof CampaignShard && plain.kind === "campaigns") made.restore(plain.plain);
    state.shards[shard] = made;
  }

  /** Takes over a counter with all that it holds from `other`, in place of what this one holds of it. */
  take(other: Counters, id: string): void {
    const state = other.#states.get(id);
    if (state !== undefined && this.#states.has(id)) {
      this.#states.set(id, state);
      this.generation++;
    }
  }

  /** A counter by itself, for {@link readHashed} and {@link addHashed}; `undefined` if there is none such. */
  stateOf(id: string): CounterState | undefined {
    return this.#states.get(id);
  }

  /** As {@link read}. */
  readHashed({ kind, shards }: CounterState, found: HashedKeys, decidedAtMs: number): number | undefined {
    const { keys, hashes, valueCount } = found;
    const isFirst = kind.kind === "first";
    let value: number | undefined;
    if (valueCount !== 0) {
      const last = Math.floor(decidedAtMs / kind.bucketMs);
      for (let at = 0; at < keys; at++) {
        const hash = hashes[at] as KeyHash;
        const read = readShard(shards[shardOf(hash)], kind.kind, hash, last, decidedAtMs);
        if (read === undefined) continue;
        if (value === undefined) value = read;
        else value = isFirst ? Math.min(value, read) : Math.max(value, read);
      }
    }
    return value ?? (isFirst ? undefined : 0);
  }

  /**
   * As {@link add}. What takes the additions back is put behind `undos`, in their order; without them nothing
   * is kept for it.
   */
  addHashed(state: CounterState, found: HashedKeys, decidedAtMs: number, undos: Undo[] | undefined): void {
    const { kind, shards } = state;
    const { keys, hashes, valueCount, values, summands } = found;
    if (valueCount === 0) return;
    const bucket = Math.floor(decidedAtMs / kind.bucketMs);
    for (let at = 0; at < keys; at++) {
      const hash = hashes[at] as KeyHash;
      const shard = (shards[shardOf(hash)] ??= newShard(kind, this.bounds));
      if (valueCount === -1) {
        const value = kind.kind === "first" ? decidedAtMs : 1;
        (shard as BucketShard).add(hash, bucket, value, 0, undos);
        continue;
      }
      for (let place = 0; place < valueCount; place++) {
        if (shard instanceof DistinctShard) shard.add(hash, values[place] as KeyHash, bucket, undos);
        else addSummand(shard as BucketShard, hash, bucket, summands[place] as number, undos);
      }
    }
  }

  #addKey(
    state: CounterState,
    [key, value]: CounterKey,
    decidedAtMs: number,
    index: number | undefined,
    undos: Undo[],
  ): void {
    const { kind, shards, cuts } = state;
    const hash = this.#keyHashes.of(key);
    const place = shardOf(hash);
    if (index !== undefined && cuts !== undefined && index < (cuts[place] as number)) return;
    const shard = (shards[place] ??= newShard(kind, this.bounds));
    const bucket = Math.floor(decidedAtMs / kind.bucketMs);
    if (shard instanceof CampaignShard) return;
    if (shard instanceof DistinctShard) shard.add(hash, this.#valueHashes.of(value ?? ""), bucket, undos);
    else if (kind.kind === "count") shard.add(hash, bucket, 1, 0, undos);
    else if (kind.kind === "first") shard.add(hash, bucket, decidedAtMs, 0, undos);
    else addSummand(shard, hash, bucket, summandOf(value), undos);
  }
}

/** Which shard a key belongs to. */
export function shardOf({ c }: KeyHash): number {
  return c >>> 29;
}

/** Room for the shards of a counter or a limit; each is made when it is needed. */
export function emptyShards(): undefined[] {
  return Array.from({ length: shardsPerCounter }, () => undefined);
}

/** The sum of what shards hold. */
export function memoryOf(shards: readonly (MemoryUse | undefined)[]): MemoryUse {
  let [keys, bytes, evicted] = [0, 0, 0];
  for (const shard of shards) {
    if (shard === undefined) continue;
    keys += shard.keys;
    bytes += shard.bytes;
    evicted += shard.evicted;
  }
  return { keys, bytes, evicted };
}

function nothing(): void {}

function newState(kind: CounterKind): CounterState {
  return { kind, shards: emptyShards(), cuts: undefined };
}

function campaignShardOf(state: CounterState, bounds: ShardBounds): CampaignShard {
  return (state.shards[0] ??= newShard(state.kind, bounds)) as CampaignShard;
}

function newShard({ kind, bucketMs }: CounterKind, bounds: ShardBounds): Shard {
  if (kind === "campaigns") return new CampaignShard(bucketMs, bounds.campaigns);
  const reach = reachOf(bucketMs);
  return kind === "distinct" ? new DistinctShard(reach, bounds) : new BucketShard(kind, reach, bounds);
}

function readShard(
  shard: Shard | undefined,
  kind: CounterKind["kind"],
  hash: KeyHash,
  last: number,
  atMs: number,
): number | undefined {
  if (shard === undefined || shard instanceof CampaignShard) return kind === "first" ? undefined : 0;
  if (shard instanceof DistinctShard) return shard.count(hash, last);
  if (kind !== "first") return shard.sum(hash, last);
  const firstMs = shard.first(hash, last);
  // An event of the same bucket may be earlier than the first of its key.
  return firstMs === undefined ? undefined : Math.max(0, atMs - firstMs);
}

function addSummand(
  shard: BucketShard,
  hash: KeyHash,
  bucket: number,
  summand: number,
  undos: Undo[] | undefined,
): void {
  // Not -0: a snapshot knows one zero.
  const high = Math.trunc(summand / highPart) + 0;
  shard.add(hash, bucket, summand - high * highPart, high, undos);
}

/** The summand that a recorded key has: encoded by us, from an integer that an event may have. */
export function summandOf(text: string | undefined): number {
  const summand = Number(text);
  return Number.isSafeInteger(summand) ? summand : 0;
}
