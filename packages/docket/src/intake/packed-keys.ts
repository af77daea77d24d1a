// SPDX-License-Identifier: Apache-2.0
// The keys of an event as numbers: what tables know them by, instead of their text. One thread makes them of
// recorded keys, and another counts by them.
import { summandOf } from "../counters/counters.ts";
import type { CounterKey } from "../counters/counters.ts";
import { hashKey } from "../counters/key-hash.ts";
import type { KeyHash } from "../counters/key-hash.ts";
import type { RecordedKeys } from "./counting.ts";
import { withActor } from "./key-plan.ts";
import type { Group, PlannedCounter, PlannedLimit } from "./key-plan.ts";

/**
 * Keys in numbers, from a place on: for each group of the plan how many keys it has (-1 where a field is
 * missing), how many values (-1 where it counts none), three numbers for each key, and three for each value;
 * one for each summand.
 */
export type PackedKeys = {
  readonly numbers: Float64Array;
  readonly at: number;
  /** The ids of counters and limits that don't count the event. */
  readonly uncounted: readonly string[];
};

/** What of a plan says what is packed. */
type PackedPlan = {
  readonly counters: readonly PlannedCounter[];
  readonly limits: readonly PlannedLimit[];
  readonly groups: readonly Group[];
};
type Shared = { readonly group: Group; readonly ids: readonly string[] };
type Put = (value: number) => void;

/** Packs the keys of events of one type. */
export class KeyPacker {
  readonly #groups: readonly Shared[];
  readonly #hash: KeyHash = { a: 0, b: 0, c: 0 };

  constructor(plan: PackedPlan) {
    const all = [...plan.counters, ...plan.limits];
    this.#groups = plan.groups.map((group) => ({
      group,
      ids: all.filter((each) => each.group === group).map(({ id }) => id),
    }));
  }

  /**
   * Whether keys are as those of one event are: the same for all that counts by the same fields, and each
   * with each value. Others, such as are left where evidence was erased, are counted one by one.
   */
  fits(keys: RecordedKeys): boolean {
    for (const { group, ids } of this.#groups) {
      const first = keys[ids[0] as string];
      for (let at = 1; at < ids.length; at++) {
        if (!sameKeys(first, keys[ids[at] as string])) return false;
      }
      if (first !== undefined && !isWhole(first, group.of !== undefined)) return false;
    }
    return true;
  }

  /** Packs keys that fit. */
  pack(keys: RecordedKeys, actor: string, put: Put): void {
    for (const { group, ids } of this.#groups) {
      const own = keys[ids[0] as string];
      if (own === undefined) {
        put(-1);
        continue;
      }
      const values = group.of === undefined ? 1 : valuesIn(own);
      const count = own.length === 0 ? 0 : own.length / values;
      put(count);
      put(group.of === undefined ? -1 : values);
      for (let at = 0; at < count; at++) this.#putHash((own[at * values] as CounterKey)[0], actor, put);
      if (group.of === undefined) continue;
      for (let at = 0; at < values; at++) {
        const value = (own[at] as CounterKey)[1] as string;
        if (group.isSum) put(summandOf(value));
        else this.#putHash(value, actor, put);
      }
    }
  }

  #putHash(text: string, actor: string, put: Put): void {
    hashKey(withActor(text, actor), this.#hash);
    put(this.#hash.a);
    put(this.#hash.b);
    put(this.#hash.c);
  }
}

/** Reads packed keys into the groups of a plan, as if an event had been read and hashed. */
export function unpackKeys(groups: readonly Group[], { numbers, at }: PackedKeys): void {
  let next = at;
  for (const group of groups) {
    const keys = numbers[next++] as number;
    group.keys = Math.max(0, keys);
    group.recorded = keys === -1 ? undefined : noKeys;
    if (keys === -1) continue;
    const values = numbers[next++] as number;
    next = readHashes(numbers, next, keys, group.hashes);
    if (values === -1) continue;
    group.valueCount = values;
    if (group.isSum) {
      for (let place = 0; place < values; place++) group.summands[place] = numbers[next++] as number;
    } else {
      next = readHashes(numbers, next, values, group.values);
    }
  }
}

const noKeys: CounterKey[] = [];

function readHashes(numbers: Float64Array, from: number, count: number, into: KeyHash[]): number {
  let next = from;
  for (let at = 0; at < count; at++) {
    const hash = (into[at] ??= { a: 0, b: 0, c: 0 });
    hash.a = numbers[next] as number;
    hash.b = numbers[next + 1] as number;
    hash.c = numbers[next + 2] as number;
    next += 3;
  }
  return next;
}

function sameKeys(one: readonly CounterKey[] | undefined, other: readonly CounterKey[] | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined || one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) {
    const [key, value] = one[at] as CounterKey;
    const [otherKey, otherValue] = other[at] as CounterKey;
    if (key !== otherKey || value !== otherValue) return false;
  }
  return true;
}

/** How many values the first key stands there with. */
function valuesIn(keys: readonly CounterKey[]): number {
  let values = 0;
  while (values < keys.length && keys[values]?.[0] === keys[0]?.[0]) values++;
  return values;
}

/** Whether each key stands there with each value, key by key; without values, by itself. */
function isWhole(keys: readonly CounterKey[], hasValues: boolean): boolean {
  if (!hasValues) return keys.every(({ length }) => length === 1);
  const values = valuesIn(keys);
  return keys.every(([key, value], at) => {
    if (value === undefined) return false;
    return key === keys[at - (at % values)]?.[0] && value === keys[at % values]?.[1];
  });
}
