// SPDX-License-Identifier: Apache-2.0
// The slow, obvious twin of the counters: for each key the list of all its events, filtered.
import { latenessMsMax } from "@docket/policy";
import { bucketsPerWindow, reachOf, shardsPerCounter } from "../bounds.ts";
import type { ShardBounds } from "../bounds.ts";
import type { CounterKey, CounterKind, Counters } from "../counters.ts";
import { shardOf } from "../counters.ts";
import { hashKey, hashPair } from "../key-hash.ts";
import type { KeyHash } from "../key-hash.ts";
import type { LimitKind, Limits } from "../limits.ts";
import { estimate, rankMax, rankOf, registerOf, sketchRegisters } from "../sketch.ts";

type Seen = { readonly value: string; readonly atMs: number };
type TwinKey = { readonly events: readonly Seen[]; readonly sketched: boolean };
type TwinShard = { readonly topMs: number; readonly keys: ReadonlyMap<string, TwinKey> };

/** One counter, by the book. States are never changed in place, so taking back is to keep an old one. */
export class TwinCounter {
  readonly #kind: CounterKind;
  readonly #bounds: ShardBounds;
  shards: ReadonlyMap<number, TwinShard> = new Map();

  constructor(kind: CounterKind, bounds: ShardBounds) {
    this.#kind = kind;
    this.#bounds = bounds;
  }

  read(keys: readonly CounterKey[], atMs: number): number | undefined {
    const { kind } = this.#kind;
    const values = keys
      .map(([key]) => this.#readKey(key, this.shards.get(shardOf(hashed(key)))?.keys.get(key), atMs))
      .filter((value) => value !== undefined);
    if (kind === "first") return values.length === 0 ? undefined : Math.min(...values);
    return values.length === 0 ? 0 : Math.max(...values);
  }

  add(keys: readonly CounterKey[], atMs: number): void {
    for (const [key, value] of keys) this.#addKey(key, { value: value ?? "", atMs });
  }

  #bucket(atMs: number): number {
    return Math.floor(atMs / this.#kind.bucketMs);
  }

  #readKey(key: string, found: TwinKey | undefined, atMs: number): number | undefined {
    const { kind } = this.#kind;
    let last = this.#bucket(atMs);
    const events = found?.events ?? [];
    if (found?.sketched) last = Math.max(last, ...events.map((event) => this.#bucket(event.atMs)));
    const inWindow = events.filter((event) => {
      const bucket = this.#bucket(event.atMs);
      return bucket <= last && bucket > last - bucketsPerWindow;
    });
    if (kind === "count") return inWindow.length;
    if (kind === "sum") return clamp(inWindow.reduce((sum, { value }) => sum + BigInt(value), 0n));
    if (kind === "first") return this.#first(events, last, atMs);
    const values = new Set(inWindow.map(({ value }) => value));
    return found?.sketched ? plainEstimate(key, values) : values.size;
  }

  #first(events: readonly Seen[], last: number, atMs: number): number | undefined {
    let [reached, firstMs]: [number, number | undefined] = [last, undefined];
    for (const event of events.toSorted((x, y) => y.atMs - x.atMs)) {
      const bucket = this.#bucket(event.atMs);
      if (bucket > last) continue;
      if (bucket <= reached - bucketsPerWindow) break;
      reached = bucket;
      firstMs = event.atMs;
    }
    return firstMs === undefined ? undefined : Math.max(0, atMs - firstMs);
  }

  #addKey(key: string, event: Seen): void {
    const place = shardOf(hashed(key));
    const { topMs, keys } = this.shards.get(place) ?? { topMs: -Infinity, keys: new Map() };
    const left = new Map<string, TwinKey>(keys);
    const newTopMs = Math.max(topMs, event.atMs);
    const before = left.get(key) ?? { events: [], sketched: false };
    const buckets = before.events.map(({ atMs }) => this.#bucket(atMs));
    const bucket = this.#bucket(event.atMs);
    for (let i = 0; i < 2 * this.#roomsWanted(before, event); i++) {
      const [oldest] = left;
      if (oldest === undefined || oldest[0] === key) break;
      const newest = Math.max(...oldest[1].events.map(({ atMs }) => this.#bucket(atMs)));
      if (newest >= this.#bucket(newTopMs) - reachOf(this.#kind.bucketMs).kept) break;
      left.delete(oldest[0]);
    }
    const [oldest] = left.keys();
    if (oldest !== undefined && !left.has(key) && left.size >= this.#bounds.keys) left.delete(oldest);
    if (bucket > Math.max(-Infinity, ...buckets)) left.delete(key);
    left.set(key, { events: [...before.events, event], sketched: this.#sketched(before, event) });
    this.shards = new Map(this.shards).set(place, { topMs: newTopMs, keys: left });
  }

  // How often room is made for what is new: a key, a bucket, a value, a bucket of a value.
  #roomsWanted({ events, sketched }: TwinKey, event: Seen): number {
    const bucket = this.#bucket(event.atMs);
    const buckets = events.map(({ atMs }) => this.#bucket(atMs));
    if (this.#kind.kind !== "distinct") return buckets.includes(bucket) ? 0 : 1;
    if (events.length === 0) return 1;
    const newer = bucket > Math.max(...buckets) ? 1 : 0;
    if (sketched) return newer;
    if (!this.#held(events).has(event.value)) return newer + 1;
    const own = events.filter(({ value }) => value === event.value);
    return newer + (own.some(({ atMs }) => this.#bucket(atMs) === bucket) ? 0 : 1);
  }

  // The values that are remembered one by one, and the newest bucket of each.
  #held(events: readonly Seen[]): Map<string, number> {
    const held = new Map<string, number>();
    let top = -Infinity;
    for (const { value, atMs } of events) {
      if (!held.has(value)) forget(held, top - reachOf(this.#kind.bucketMs).kept);
      const before = held.get(value) ?? -Infinity;
      const bucket = this.#bucket(atMs);
      if (bucket > before) {
        held.delete(value);
        held.set(value, bucket);
      }
      top = Math.max(top, bucket);
    }
    return held;
  }

  // Whether they are more than are remembered.
  #sketched({ events, sketched }: TwinKey, event: Seen): boolean {
    if (sketched || this.#kind.kind !== "distinct") return sketched;
    const held = this.#held(events);
    if (held.has(event.value)) return false;
    const top = Math.max(-Infinity, ...events.map(({ atMs }) => this.#bucket(atMs)));
    forget(held, top - reachOf(this.#kind.bucketMs).kept);
    return held.size >= this.#bounds.exactValues;
  }
}

function forget(held: Map<string, number>, dead: number): void {
  for (const [value, newest] of held) {
    if (newest >= dead || held.size === 1) return;
    held.delete(value);
  }
}

function plainEstimate(key: string, values: ReadonlySet<string>): number {
  const registers = new Int32Array(sketchRegisters);
  for (const value of values) {
    const pair: KeyHash = { a: 0, b: 0, c: 0 };
    hashPair(hashed(key), hashed(value), pair);
    const register = registerOf(pair);
    registers[register] = Math.max(registers[register] ?? 0, rankOf(pair));
  }
  const ranks = new Int32Array(rankMax + 1);
  for (const rank of registers) ranks[rank] = (ranks[rank] ?? 0) + 1;
  return estimate(ranks);
}

/** One limit and its copies, by the book. */
export class TwinLimit {
  readonly #kind: LimitKind;
  taken: readonly { key: string; atMs: number; refusedBy: readonly string[] }[] = [];

  constructor(kind: LimitKind) {
    this.#kind = kind;
  }

  wait(key: string, atMs: number, rule?: string): number {
    const { count, perMs, burst } = this.#kind;
    const intervalUs = Math.ceil((perMs * 1000) / count);
    let tatUs = 0;
    for (const taken of this.taken) {
      if (taken.key !== key || (rule !== undefined && taken.refusedBy.includes(rule))) continue;
      if (tatUs - (burst - 1) * intervalUs > taken.atMs * 1000) continue;
      tatUs = Math.max(tatUs, taken.atMs * 1000) + intervalUs;
    }
    return Math.max(0, Math.ceil((tatUs - (burst - 1) * intervalUs - atMs * 1000) / 1000));
  }

  consume(key: string, atMs: number, refusedBy: readonly string[]): void {
    this.taken = [...this.taken, { key, atMs, refusedBy }];
  }
}

/** All that counters and limits hold, as a value to compare: which key stands before which matters. */
export function held(counters: Counters, limits?: Limits): unknown {
  const shards: unknown[] = [];
  for (let shard = 0; shard < shardsPerCounter; shard++) {
    for (const { id } of counters.kinds) {
      const own = counters.plainShard(id, shard);
      if (own === undefined) continue;
      if (own.kind === "campaigns") {
        shards.push({ id, ...own.plain, campaigns: [...own.plain.campaigns] });
        continue;
      }
      const { plain } = own;
      const keys = [...plain.keys];
      if (keys.length > 0) shards.push({ id, shard, top: plain.top, keys });
    }
    for (const { id } of limits?.kinds ?? []) {
      for (const rule of [undefined, ...(limits?.copies(id) ?? [])]) {
        const plain = limits?.plainShard(id, shard, rule);
        const keys = [...(plain?.keys ?? [])];
        if (keys.length > 0) shards.push({ id, rule, shard, top: plain?.top, keys });
      }
    }
  }
  return shards;
}

/** How late an event may be. */
export const lateMsMax: number = latenessMsMax;

function hashed(key: string): KeyHash {
  const hash: KeyHash = { a: 0, b: 0, c: 0 };
  hashKey(key, hash);
  return hash;
}

function clamp(sum: bigint): number {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(sum > max ? max : sum < -max ? -max : sum);
}
