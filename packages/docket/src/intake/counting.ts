// SPDX-License-Identifier: Apache-2.0
// Which counters a policy set has, and under which keys an event is counted. Keys are keyed hashes of what they stand
// for, so neither memory nor records hold a personal value.
import { hash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { counterListElementsMax, fieldValue } from "@docket/policy";
import type { Counter, EvaluationInput, FieldPath, PolicySet } from "@docket/policy";
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

/** The counters of a policy set. The same declaration is the same state, whatever policy or name declares it. */
export function namedCounters(policies: PolicySet): NamedCounter[] {
  return policies.counters.map((counter) => ({
    counter,
    id: hash("sha256", counter.id, "base64url").slice(0, 16),
  }));
}

/** What the counting itself needs to know of them. */
export function counterKinds(counters: readonly NamedCounter[]): CounterKind[] {
  return counters.map(({ counter, id }) => ({ id, kind: counter.kind, bucketMs: counter.bucketMs }));
}

/** Under which keys an event is counted. Counters of other types of event, and those that miss a value, are left out. */
export function keysOf(
  counters: readonly NamedCounter[],
  policies: PolicySet,
  input: EvaluationInput,
  hashing: KeyObject,
): RecordedKeys {
  const keys: RecordedKeys = {};
  const hashes = new Map<string, string[] | undefined>();
  const hashed = (path: FieldPath): string[] | undefined => {
    if (!hashes.has(path)) hashes.set(path, hashedValues(policies, input, path, hashing));
    return hashes.get(path);
  };
  for (const { counter, id } of counters) {
    if (!counter.on.includes(input.type)) continue;
    const values = counter.of === undefined ? [undefined] : hashed(counter.of);
    const columns = counter.by.map(hashed);
    if (values === undefined || columns.some((column) => column === undefined)) continue;
    const combined = (columns as string[][]).reduce(
      (rows, column) => rows.flatMap((row) => column.map((cell) => (row === "" ? cell : `${row}|${cell}`))),
      [""],
    );
    keys[id] = combined.flatMap((key) =>
      values.map((value): CounterKey => (value === undefined ? [key] : [key, value])),
    );
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

function hashedValues(
  policies: PolicySet,
  input: EvaluationInput,
  path: FieldPath,
  hashing: KeyObject,
): string[] | undefined {
  if (path === "actor.id") return [actorMark];
  const value = fieldValue(policies, input, path);
  if (value === undefined) return undefined;
  const values = typeof value === "object" ? value.slice(0, counterListElementsMax) : [value];
  return values.map((each) =>
    typeof each === "string"
      ? keyedHash(hashing, `counter ${path}`, each).subarray(0, keyHashBytes).toString("base64url")
      : String(each),
  );
}

function withActor(cell: string, pseudonym: string): string {
  if (!cell.includes(actorMark)) return cell;
  return cell
    .split("|")
    .map((each) => (each === actorMark ? pseudonym : each))
    .join("|");
}
