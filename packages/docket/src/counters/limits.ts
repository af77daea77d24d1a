// SPDX-License-Identifier: Apache-2.0
// Limits: `burst` events at once, then `count` per `perMs`, for each key. What throttling is made of.
//
// A rule that is held back reads a copy of its own, which is as if it weren't: what the rule would have
// refused consumes nothing of it. Copies hold only the keys in which they differ from the limit itself.
import type { ShardBounds } from "./bounds.ts";
import { shardBounds } from "./bounds.ts";
import { emptyShards, memoryOf, shardOf } from "./counters.ts";
import type { MemoryUse, Undo } from "./counters.ts";
import { hashKey } from "./key-hash.ts";
import type { KeyHash } from "./key-hash.ts";
import { LimitShard } from "./limit-shard.ts";
import type { PlainLimitShard } from "./limit-shard.ts";

/** What a limit is, as far as measuring goes. `id` is the hash of its declaration. */
export type LimitKind = {
  readonly id: string;
  readonly count: number;
  readonly perMs: number;
  readonly burst: number;
};

/** A limit and what it holds. Good as long as {@link Limits.generation} is the same. */
export type LimitState = {
  readonly kind: LimitKind;
  readonly intervalUs: number;
  readonly toleranceUs: number;
  readonly shards: Shards;
  /** By rule. */
  readonly copies: Map<string, Shards>;
  /** As a counter's. */
  cuts: Float64Array | undefined;
};
type Shards = (LimitShard | undefined)[];

/** All limits of a site, in memory. */
export class Limits {
  /** Another number when there are others than before. */
  generation = 0;
  readonly #bounds: ShardBounds;
  #states = new Map<string, LimitState>();
  readonly #hash: KeyHash = { a: 0, b: 0, c: 0 };

  /** @param bounds of each shard; others than those that are declared are for tests */
  constructor(kinds: readonly LimitKind[], bounds: ShardBounds = shardBounds) {
    this.#bounds = bounds;
    this.adopt(kinds);
  }

  get memory(): MemoryUse {
    return memoryOf([...this.#states.values()].flatMap(allShards));
  }

  /** The limits that there are, in the order of their ids. */
  get kinds(): LimitKind[] {
    return [...this.#states.values()].map(({ kind }) => kind).sort((x, y) => (x.id < y.id ? -1 : 1));
  }

  /** Whether there is such a limit. */
  has(id: string): boolean {
    return this.#states.has(id);
  }

  /**
   * From now on these are the limits: those that are there go on, those that aren't declared any more are
   * forgotten, new ones begin with all their room.
   *
   * @returns the new ones
   */
  adopt(kinds: readonly LimitKind[]): LimitKind[] {
    const before = this.#states;
    const fresh = kinds.filter(({ id }) => !before.has(id));
    this.#states = new Map(kinds.map((kind) => [kind.id, before.get(kind.id) ?? newState(kind)]));
    this.generation++;
    return fresh;
  }

  /**
   * How long an event has to wait, in milliseconds, rounded up; 0 if there is room.
   *
   * @param rule whose copy is asked, as `policy/rule`; without it the limit itself
   * @returns `undefined` where there is no such limit
   */
  wait(id: string, key: string, atMs: number, rule?: string): number | undefined {
    const state = this.#states.get(id);
    if (state === undefined) return undefined;
    hashKey(key, this.#hash);
    return this.waitHashed(state, this.#hash, atMs, rule);
  }

  /** A limit by itself, for {@link waitHashed} and {@link consumeHashed}; `undefined` if there is none. */
  stateOf(id: string): LimitState | undefined {
    return this.#states.get(id);
  }

  /** As {@link wait}. */
  waitHashed(state: LimitState, hash: KeyHash, atMs: number, rule?: string): number {
    const shard = shardOf(hash);
    const copied = rule === undefined ? undefined : state.copies.get(rule)?.[shard]?.tatUs(hash);
    const tatUs = copied ?? state.shards[shard]?.tatUs(hash) ?? 0;
    return Math.max(0, Math.ceil((tatUs - state.toleranceUs - atMs * 1000) / 1000));
  }

  /**
   * Takes of a limit what one event takes, if there is room (I.371: what doesn't conform changes nothing). A
   * limit that is not declared any more is passed over.
   *
   * @param refusedBy rules, as `policy/rule`, that read the limit and would have refused the event had they
   *   not been held back: of their copies nothing is taken
   * @param index of the event's record, where it is measured from the log: see {@link measureFrom}
   */
  consume(id: string, key: string, atMs: number, refusedBy: readonly string[] = [], index?: number): Undo {
    const state = this.#states.get(id);
    if (state === undefined) return () => undefined;
    const hash = this.#hash;
    hashKey(key, hash);
    if (index !== undefined && state.cuts !== undefined && index < (state.cuts[shardOf(hash)] as number)) {
      return () => undefined;
    }
    const undos: Undo[] = [];
    this.consumeHashed(state, hash, atMs, refusedBy, undos);
    return () => {
      for (const each of undos.toReversed()) each();
    };
  }

  /** As {@link consume}. What takes it back is put behind `undos`, in order; without them it is lost. */
  consumeHashed(
    state: LimitState,
    hash: KeyHash,
    atMs: number,
    refusedBy: readonly string[],
    undos: Undo[] | undefined,
  ): void {
    const place = shardOf(hash);
    const shard = (state.shards[place] ??= new LimitShard(this.#bounds));
    const atUs = atMs * 1000;
    // What finds no room takes nothing, so that nobody's wait grows beyond what the rate makes good.
    const next = (tatUs: number): number =>
      tatUs - state.toleranceUs > atUs ? tatUs : Math.max(tatUs, atUs) + state.intervalUs;
    const before = shard.tatUs(hash) ?? 0;
    const after = next(before);
    if (after !== before) {
      const undo = shard.put(hash, atMs, after, after);
      undos?.push(undo);
    }
    for (const rule of refusedBy) if (!state.copies.has(rule)) state.copies.set(rule, emptyShards());
    for (const [rule, shards] of state.copies) {
      const refused = refusedBy.includes(rule);
      const copied = shards[place]?.tatUs(hash);
      if (copied === undefined && (!refused || after === before)) continue;
      const copy = (shards[place] ??= new LimitShard(this.#bounds));
      const tatUs = refused ? (copied ?? before) : next(copied ?? before);
      const undo = copy.put(hash, atMs, tatUs, Math.max(after, tatUs));
      undos?.push(undo);
    }
  }

  /** As the counters' `countFrom`. */
  measureFrom(id: string, cuts: Float64Array | undefined): void {
    const state = this.#states.get(id);
    if (state !== undefined) state.cuts = cuts;
  }

  /** The rules that have a copy of a limit, in order. */
  copies(id: string): string[] {
    return [...(this.#states.get(id)?.copies.keys() ?? [])].sort();
  }

  /** A shard as plain data, of a limit or of a rule's copy; `undefined` if nothing was ever taken in it. */
  plainShard(id: string, shard: number, rule?: string): PlainLimitShard | undefined {
    const state = this.#states.get(id);
    const shards = rule === undefined ? state?.shards : state?.copies.get(rule);
    return shards?.[shard]?.plain();
  }

  /** Takes in what {@link plainShard} gave, into a limit in whose shard nothing was taken yet. */
  restoreShard(id: string, shard: number, plain: PlainLimitShard | undefined, rule?: string): void {
    const state = this.#states.get(id);
    if (state === undefined || plain === undefined) return;
    const restored = new LimitShard(this.#bounds);
    restored.restore(plain);
    let { shards } = state;
    if (rule !== undefined) {
      shards = state.copies.get(rule) ?? emptyShards();
      state.copies.set(rule, shards);
    }
    shards[shard] = restored;
  }

  /** Takes over a limit with all that it holds from `other`, in place of what this one holds of it. */
  take(other: Limits, id: string): void {
    const state = other.#states.get(id);
    if (state === undefined || !this.#states.has(id)) return;
    this.#states.set(id, state);
    this.generation++;
  }
}

function newState(kind: LimitKind): LimitState {
  const intervalUs = Math.ceil((kind.perMs * 1000) / kind.count);
  return {
    kind,
    cuts: undefined,
    intervalUs,
    toleranceUs: (kind.burst - 1) * intervalUs,
    shards: emptyShards(),
    copies: new Map(),
  };
}

function allShards({ shards, copies }: LimitState): Shards {
  return [...shards, ...[...copies.values()].flat()];
}
