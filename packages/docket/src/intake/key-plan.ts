// SPDX-License-Identifier: Apache-2.0
// Under which keys an event of one type stands, made ready: each field is read once and each different value
// hashed once, and counters that count by the same fields share what was made of them.
import { counts, scalarsReader } from "@docket/policy";
import type { EvaluationInput, FieldPath, PolicySet, Scalar, ScalarsReader } from "@docket/policy";
import type { CellHash } from "../counters/cell-hash.ts";
import type { CounterKey } from "../counters/counters.ts";
import type { HashedKeys } from "../counters/hashed-keys.ts";
import { hashKey } from "../counters/key-hash.ts";
import type { KeyHash } from "../counters/key-hash.ts";
import type { Declared, EventKeys, NamedCounter, NamedLimit, RecordedKeys } from "./counting.ts";

/** Stands for the record's actor in a recorded key: the pseudonym is in the leaf already. */
export const actorMark = "@";
/** Stands for a campaign that isn't known yet: as a value of `campaign.id`, and in keys. */
export const campaignMark = "~";
/** The path that conditions and counters know it by. */
export const campaignPath = "campaign.id";

/** A counter and where its keys are. */
export type PlannedCounter = NamedCounter & { readonly group: KeyGroup };
/** A limit, likewise. */
export type PlannedLimit = NamedLimit & { readonly group: KeyGroup };

/** What the counters and limits about one type of event count by. It holds one event at a time. */
export type KeyPlan = {
  readonly counters: readonly PlannedCounter[];
  readonly limits: readonly PlannedLimit[];
  readonly groups: readonly KeyGroup[];
};

/** What is counted by the same fields. */
export type KeyGroup = HashedKeys & {
  /** As facts record them; `undefined` where a field is missing. */
  readonly recorded: CounterKey[] | undefined;
};

/** A field that something is counted by, as one event has it. */
export type Field = {
  readonly path: FieldPath;
  readonly read: ScalarsReader;
  /** What was read of the event, and the cells of it: the first `count`; -1 if it is missing. */
  value: Scalar | readonly Scalar[] | undefined;
  count: number;
  readonly cells: string[];
  /** Of cells that stand alone, in a key or as a value. */
  readonly hashes: KeyHash[];
  isAlone: boolean;
};
/** Fields that keys are made of together. */
export type Tuple = {
  readonly fields: readonly Field[];
  count: number;
  readonly texts: string[];
  readonly hashes: KeyHash[];
};
/** A group as its plan fills it. */
export type Group = Omit<{ -readonly [Key in keyof KeyGroup]: KeyGroup[Key] }, "hashes" | "values"> & {
  readonly tuple: Tuple;
  readonly of: Field | undefined;
  readonly isSum: boolean;
  readonly hashes: KeyHash[];
  readonly values: KeyHash[];
  readonly summands: number[];
};
type Parts = {
  readonly fields: Map<FieldPath, Field>;
  readonly tuples: Map<string, Tuple>;
  readonly groups: Map<string, Group>;
};
type Counted = {
  readonly by: readonly FieldPath[];
  readonly of?: FieldPath | undefined;
  readonly kind?: string | undefined;
};

/** The plans of what a policy set declares, by type of event. */
export class KeyPlans {
  readonly #declared: Declared;
  readonly #policies: PolicySet;
  readonly #plans = new Map<string, Plan>();

  constructor(declared: Declared, policies: PolicySet) {
    this.#declared = declared;
    this.#policies = policies;
  }

  /** The plan of a type. */
  of(type: string): Plan {
    let plan = this.#plans.get(type);
    if (plan === undefined) {
      plan = new Plan(this.#declared, this.#policies, type);
      // Types come from outside: what nothing is counted by isn't remembered.
      if (plan.groups.length > 0 || plan.campaigns !== undefined) this.#plans.set(type, plan);
    }
    return plan;
  }
}

/** A {@link KeyPlan} that takes in events. */
export class Plan implements KeyPlan {
  readonly counters: readonly PlannedCounter[];
  readonly limits: readonly PlannedLimit[];
  readonly groups: readonly Group[];
  /** The hash under which campaigns are kept, where events of the type belong to some. */
  readonly campaigns: string | undefined;
  readonly #policies: PolicySet;
  readonly #fields: readonly Field[];
  readonly #tuples: readonly Tuple[];
  readonly #hasConditions: boolean;
  readonly #shape: RecordedKeys;

  constructor({ counters, limits }: Declared, policies: PolicySet, type: string) {
    const parts: Parts = { fields: new Map(), tuples: new Map(), groups: new Map() };
    const group = (counted: Counted): Group => groupOf(parts, policies, type, counted);
    this.#policies = policies;
    this.counters = counters
      .filter(({ counter }) => counter.on.includes(type) && counter.kind !== "campaigns")
      .map((each) => ({ ...each, group: group(each.counter) }));
    this.campaigns = counters.find(
      ({ counter }) => counter.on.includes(type) && counter.kind === "campaigns",
    )?.id;
    this.limits = limits
      .filter(({ limit }) => limit.on.includes(type))
      .map((each) => ({ ...each, group: group(each.limit) }));
    this.groups = [...parts.groups.values()];
    this.#fields = [...parts.fields.values()];
    this.#tuples = [...parts.tuples.values()];
    this.#shape = shapeOf(
      [...this.counters, ...this.limits].map(({ id }) => id),
      [],
    );
    this.#hasConditions =
      this.counters.some(({ counter }) => counter.where !== undefined) ||
      this.limits.some(({ limit }) => limit.where !== undefined);
  }

  /** Reads the keys of an event as facts record them. */
  read(input: EvaluationInput, cellHash: CellHash): EventKeys {
    for (const field of this.#fields) readField(field, input, cellHash);
    for (const tuple of this.#tuples) combine(tuple);
    for (const group of this.groups) record(group);
    const isWhole = this.groups.every(({ recorded }) => recorded !== undefined);
    const keys: RecordedKeys = isWhole ? { ...this.#shape } : {};
    for (const { id, group } of this.counters) if (group.recorded !== undefined) keys[id] = group.recorded;
    for (const { id, group } of this.limits) if (group.recorded !== undefined) keys[id] = group.recorded;
    if (this.campaigns !== undefined) keys[this.campaigns] = campaignKeys(input.signals);
    return { keys, uncounted: this.#hasConditions ? this.#uncounted(input) : [] };
  }

  /** Hashes the keys that were read last, with the actor's pseudonym in place of its mark. */
  hash(pseudonym: string): void {
    for (const { count, cells, hashes, isAlone } of this.#fields) {
      if (isAlone) hashTexts(cells, count, pseudonym, hashes);
    }
    for (const { fields, count, texts, hashes } of this.#tuples) {
      if (fields.length > 1) hashTexts(texts, count, pseudonym, hashes);
    }
  }

  #uncounted(input: EvaluationInput): string[] {
    const uncounted: string[] = [];
    for (const { counter, id, group } of this.counters) {
      if (counter.where === undefined || group.recorded === undefined) continue;
      if (!counts(this.#policies, counter, input)) uncounted.push(id);
    }
    for (const { limit, id, group } of this.limits) {
      if (limit.where === undefined || group.recorded === undefined) continue;
      if (!counts(this.#policies, limit, input)) uncounted.push(id);
    }
    return uncounted.sort();
  }
}

/**
 * An object with these keys, to be copied and filled: V8 makes a hash table of an object that gets more than
 * a few computed keys one after the other, and takes long over it.
 */
export function shapeOf<Value>(keys: readonly string[], value: Value): Record<string, Value> {
  const entries = keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${entries.join(",")}}`) as Record<string, Value>;
}

/** A recorded key, or a cell of it, with the actor's pseudonym in place of its mark. */
export function withActor(key: string, pseudonym: string): string {
  if (key === actorMark) return pseudonym;
  // `actor.id` comes first of most.
  if (key.startsWith(`${actorMark}|`)) return pseudonym + key.slice(actorMark.length);
  if (!key.includes(actorMark)) return key;
  return key
    .split("|")
    .map((each) => (each === actorMark ? pseudonym : each))
    .join("|");
}

/** What an event's campaign is found by, as its facts record it. */
export function campaignKeys(signals: Readonly<Record<string, unknown>>): CounterKey[] {
  const { shingles, domainKeys } = signals;
  const keys: CounterKey[] = typeof shingles === "string" ? [[shingles, actorMark]] : [];
  if (Array.isArray(domainKeys)) for (const key of domainKeys) keys.push([String(key), actorMark]);
  return keys;
}

function groupOf(parts: Parts, policies: PolicySet, type: string, { by, of, kind }: Counted): Group {
  const field = (path: FieldPath): Field =>
    known(parts.fields, path, () => ({
      path,
      read: scalarsReader(policies, type, path),
      value: undefined,
      count: 0,
      cells: [],
      hashes: [],
      isAlone: false,
    }));
  const name = by.join("\n");
  const tuple = known(parts.tuples, name, () => {
    const fields = by.map(field);
    const [only] = fields;
    if (only === undefined || fields.length > 1) return { fields, count: 0, texts: [], hashes: [] };
    only.isAlone = true;
    return { fields, count: 0, texts: [], hashes: only.hashes };
  });
  const isSum = kind === "sum";
  return known(parts.groups, `${name}\n\n${of ?? ""}\n\n${isSum}`, () => {
    const counted = of === undefined ? undefined : field(of);
    if (counted !== undefined && !isSum) counted.isAlone = true;
    const { hashes } = tuple;
    const values = counted?.hashes ?? [];
    const valueCount = counted === undefined ? -1 : 0;
    const made = { tuple, of: counted, isSum, hashes, values, valueCount };
    return { ...made, keys: 0, summands: [], recorded: undefined };
  });
}

function hashTexts(texts: readonly string[], count: number, pseudonym: string, into: KeyHash[]): void {
  for (let at = 0; at < count; at++) {
    hashKey(withActor(texts[at] as string, pseudonym), (into[at] ??= { a: 0, b: 0, c: 0 }));
  }
}

function known<Value>(made: Map<string, Value>, name: string, make: () => Value): Value {
  let value = made.get(name);
  if (value === undefined) made.set(name, (value = make()));
  return value;
}

function readField(field: Field, input: EvaluationInput, cellHash: CellHash): void {
  const value = field.read(input);
  field.value = value;
  if (value === undefined) {
    field.count = -1;
  } else if (typeof value === "object") {
    field.count = value.length;
    for (const [at, each] of value.entries()) field.cells[at] = cellOf(field, each, cellHash);
  } else {
    field.count = 1;
    field.cells[0] = cellOf(field, value, cellHash);
  }
}

// Numbers too: an attribute such as a telephone number is one.
function cellOf({ path }: Field, value: Scalar, cellHash: CellHash): string {
  if (path === campaignPath && value === campaignMark) return campaignMark;
  return path === "actor.id" ? actorMark : cellHash.of(path, String(value));
}

function combine(tuple: Tuple): void {
  const { fields, texts } = tuple;
  const first = fields[0] as Field;
  tuple.count = first.count;
  for (let at = 0; at < first.count; at++) texts[at] = first.cells[at] as string;
  for (let place = 1; place < fields.length; place++) {
    const { count, cells } = fields[place] as Field;
    if (count === -1 || tuple.count === -1) {
      tuple.count = -1;
    } else if (count === 1) {
      for (let at = 0; at < tuple.count; at++) texts[at] = `${texts[at] as string}|${cells[0] as string}`;
    } else {
      // From the end, so that nothing is written over before it was read.
      for (let at = tuple.count * count - 1; at >= 0; at--) {
        texts[at] = `${texts[Math.floor(at / count)] as string}|${cells[at % count] as string}`;
      }
      tuple.count *= count;
    }
  }
}

const actorAlone: CounterKey[] = [[actorMark]];

function record(group: Group): void {
  const { tuple, of } = group;
  const { count, texts } = tuple;
  group.keys = count;
  if (of !== undefined) {
    recordValues(group, of);
  } else if (count === -1) {
    group.recorded = undefined;
  } else if (count === 1) {
    group.recorded = texts[0] === actorMark ? actorAlone : [[texts[0] as string]];
  } else {
    const recorded: CounterKey[] = [];
    for (let at = 0; at < count; at++) recorded.push([texts[at] as string]);
    group.recorded = recorded;
  }
}

function recordValues(group: Group, of: Field): void {
  const { tuple, isSum, summands } = group;
  group.recorded = undefined;
  if (tuple.count === -1 || of.count === -1) return;
  group.valueCount = of.count;
  const recorded: CounterKey[] = [];
  const { value } = of;
  for (let at = 0; at < tuple.count; at++) {
    for (let place = 0; place < of.count; place++) {
      const counted = typeof value === "object" ? value[place] : value;
      recorded.push([tuple.texts[at] as string, isSum ? String(counted) : (of.cells[place] as string)]);
      if (isSum) summands[place] = Number(counted);
    }
  }
  group.recorded = recorded;
}
