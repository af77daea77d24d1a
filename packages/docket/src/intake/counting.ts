// SPDX-License-Identifier: Apache-2.0
// Which counters a policy set has, and under which keys an event is counted. Keys are keyed hashes of what
// they stand for, so neither memory nor records hold a personal value.
import { hash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { counterEntries } from "@docket/policy";
import type {
  Counter,
  EvaluationInput,
  Facts as PolicyFacts,
  FieldPath,
  PolicySet,
  Scalar,
} from "@docket/policy";
import type { Facts } from "@docket/protocol";
import type { CounterKey, CounterKind, Counters, Undo } from "../counters/counters.ts";
import { keyedHash } from "../evidence/keys.ts";

/** Bytes of a keyed hash in a counter's key. */
const keyHashBytes = 12;
/** Stands for the record's actor in a recorded key: the pseudonym is in the leaf already. */
const actorMark = "@";

/** A counter with the hash of its declaration, under which its state and its facts are kept. */
export type NamedCounter = { counter: Counter; id: string };
/** Keys of one event by the counter's hash, as facts record them. */
export type RecordedKeys = Record<string, CounterKey[]>;

/**
 * The counters of a policy set, in the order in which facts are written. The same declaration is the same
 * state, whatever policy or name declares it.
 */
export function namedCounters(policies: PolicySet): NamedCounter[] {
  return policies.counters
    .map((counter) => ({ counter, id: hash("sha256", counter.id, "base64url").slice(0, 16) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the counting itself needs to know of them. */
export function counterKinds(counters: readonly NamedCounter[]): CounterKind[] {
  return counters.flatMap(({ counter: { kind, bucketMs }, id }) =>
    kind === "count" || kind === "distinct" ? [{ id, kind, bucketMs }] : [],
  );
}

/**
 * Under which keys an event is counted. Counters of other types of event, and those that miss a value, are
 * left out.
 */
export function keysOf(
  counters: readonly NamedCounter[],
  policies: PolicySet,
  input: EvaluationInput,
  hashing: KeyObject,
): RecordedKeys {
  const keys: RecordedKeys = {};
  const cells = new Map<string, string>();
  const cell = (path: FieldPath, value: Scalar): string => {
    if (path === "actor.id") return actorMark;
    const name = `${path}\n${value}`;
    let hashed = cells.get(name);
    if (hashed === undefined) cells.set(name, (hashed = hashedValue(path, value, hashing)));
    return hashed;
  };
  for (const { counter, id } of counters) {
    const entries = counterEntries(policies, counter, input);
    if (entries === undefined) continue;
    keys[id] = entries.map(({ by, of }): CounterKey => {
      const key = by.map((value, place) => cell(counter.by[place] as FieldPath, value)).join("|");
      return of === undefined ? [key] : [key, cell(counter.of as FieldPath, of)];
    });
  }
  return keys;
}

/** The keys as the counters know them: with the actor's pseudonym in place of its mark. */
export function countedKeys(keys: readonly (readonly string[])[], pseudonym: string): CounterKey[] {
  return keys.map((key) => key.map((cell) => withActor(cell, pseudonym)) as unknown as CounterKey);
}

/** Reads all counters for an event, by declaration, as conditions want them. */
export function readCounters(
  counters: readonly NamedCounter[],
  state: Counters,
  keys: RecordedKeys,
  pseudonym: string,
  decidedAtMs: number,
): { byDeclaration: Map<string, number>; byHash: Record<string, number> } {
  const byDeclaration = new Map<string, number>();
  const byHash: Record<string, number> = {};
  for (const { counter, id } of counters) {
    const own = keys[id];
    if (own === undefined) continue;
    const value = state.read(id, countedKeys(own, pseudonym), decidedAtMs);
    byDeclaration.set(counter.id, value);
    byHash[id] = value;
  }
  return { byDeclaration, byHash };
}

/** Recorded facts as the policy's replay wants them: counters by declaration. */
export function factsForPolicy(facts: Facts, counters: readonly NamedCounter[]): PolicyFacts {
  const values = counters.flatMap(({ counter, id }) => {
    const value = Object.hasOwn(facts.counters, id) ? facts.counters[id] : undefined;
    return value === undefined ? [] : [[counter.id, value] as const];
  });
  const { values: read, clauses, limits = {}, shadowLimits = {}, held = {} } = facts;
  const decidedAt = Date.parse(facts.decidedAt);
  const type = facts.event.type;
  return {
    type,
    decidedAt,
    values: read,
    counters: Object.fromEntries(values),
    limits,
    shadowLimits,
    held,
    clauses,
  };
}

/** Counts an event; the result takes it back. */
export function countEvent(
  state: Counters,
  keys: Readonly<Record<string, readonly (readonly string[])[]>>,
  pseudonym: string,
  decidedAtMs: number,
): Undo {
  const undos = Object.entries(keys).map(([id, own]) =>
    state.add(id, countedKeys(own, pseudonym), decidedAtMs),
  );
  return () => {
    for (const undo of undos.toReversed()) undo();
  };
}

// Numbers too: an attribute such as a telephone number is one.
function hashedValue(path: FieldPath, value: Scalar, hashing: KeyObject): string {
  return keyedHash(hashing, `counter ${path}`, String(value)).subarray(0, keyHashBytes).toString("base64url");
}

function withActor(cell: string, pseudonym: string): string {
  if (!cell.includes(actorMark)) return cell;
  return cell
    .split("|")
    .map((each) => (each === actorMark ? pseudonym : each))
    .join("|");
}
