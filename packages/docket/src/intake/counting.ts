// SPDX-License-Identifier: Apache-2.0
// Which counters and limits a policy set has, and under which keys an event is counted. Keys are keyed hashes
// of what they stand for, so neither memory nor records hold a personal value.
import { hash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Counter, EvaluationInput, Limit, PolicySet } from "@docket/policy";
import type { DecisionBody, Facts } from "@docket/protocol";
import { CellHash } from "../counters/cell-hash.ts";
import type { CounterKey, CounterKind, Counters, Undo } from "../counters/counters.ts";
import type { LimitKind, Limits } from "../counters/limits.ts";
import type { CounterMemory } from "../counters/snapshot.ts";
import { sipKeyBytes } from "../counters/siphash.ts";
import { keyedHash } from "../evidence/keys.ts";
import { actorMark, KeyPlans, withActor } from "./key-plan.ts";
/** For what the key that hashes values is derived from the site's hashing key. */
const cellPurpose = "counter cells siphash-2-4-128/v1";

/** A counter with the hash of its declaration, under which its state and its facts are kept. */
export type NamedCounter = { counter: Counter; id: string };
/** A limit with the hash of its declaration, and the rules that read it, as `policy/rule`. */
export type NamedLimit = { limit: Limit; id: string; readers: readonly { rule: string; shadow: boolean }[] };
/** What a policy set counts and measures. */
export type Declared = { counters: readonly NamedCounter[]; limits: readonly NamedLimit[] };
/** Keys of one event by the hash of the counter or limit, as facts record them. */
export type RecordedKeys = Record<string, CounterKey[]>;
/** The same, and of which of them the event isn't counted, because of their `where`. */
export type EventKeys = { keys: RecordedKeys; uncounted: string[] };
export type { CounterMemory } from "../counters/snapshot.ts";
/** What of a decision says how it is counted. */
export type CountedDecision = Pick<DecisionBody, "actor" | "outcome">;
/** What of its facts does. */
export type CountedFacts = Pick<Facts, "decidedAt" | "keys" | "uncounted" | "fired" | "shadowLimits">;
/** What an event would have to wait, by declaration as conditions want it and by hash as facts do. */
export type LimitsRead = {
  byDeclaration: Map<string, number>;
  copiesByDeclaration: Map<string, number>;
  byHash: Record<string, number>;
  copiesByHash: Record<string, number>;
};

/** Counters and limits of a policy set. */
export function declaredIn(policies: PolicySet): Declared {
  return { counters: namedCounters(policies), limits: namedLimits(policies) };
}

/**
 * The counters of a policy set, in the order in which facts are written. The same declaration is the same
 * state, whatever policy or name declares it.
 */
export function namedCounters(policies: PolicySet): NamedCounter[] {
  return policies.counters
    .map((counter) => ({ counter, id: declarationHash(counter.id) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The limits of a policy set, likewise. */
export function namedLimits(policies: PolicySet): NamedLimit[] {
  const rules = policies.policies.flatMap((policy) => policy.rules);
  return policies.limits
    .map((limit) => ({
      limit,
      id: declarationHash(limit.id),
      readers: rules
        .filter((rule) => rule.readsLimits.includes(limit.id))
        .map((rule) => ({ rule: `${rule.policy}/${rule.id}`, shadow: rule.mode === "shadow" })),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** What the counting itself needs to know of the counters. */
export function counterKinds(counters: readonly NamedCounter[]): CounterKind[] {
  return counters.map(({ counter, id }) => ({ id, kind: counter.kind, bucketMs: counter.bucketMs }));
}

/** What the measuring itself needs to know of the limits. */
export function limitKinds(limits: readonly NamedLimit[]): LimitKind[] {
  return limits.map(({ limit: { count, perMs, burst }, id }) => ({ id, count, perMs, burst }));
}

/**
 * Under which keys an event stands. Counters and limits of other types of event, and those that miss a value,
 * are left out.
 */
export function eventKeys(
  declared: Declared,
  policies: PolicySet,
  input: EvaluationInput,
  hashing: KeyObject,
): EventKeys {
  let known = keyPlans.get(declared);
  if (known?.policies !== policies) {
    known = { policies, plans: new KeyPlans(declared, policies) };
    keyPlans.set(declared, known);
  }
  return known.plans.of(input.type).read(input, cellHashOf(hashing));
}

/** The keys as the counters know them: with the actor's pseudonym in place of its mark. */
export function countedKeys(keys: readonly (readonly string[])[], pseudonym: string): readonly CounterKey[] {
  // A backtest's keys have it already.
  if (!keys.some(isMarked)) return keys as readonly CounterKey[];
  return keys.map((key): CounterKey => {
    const first = withActor(key[0] as string, pseudonym);
    return key.length === 1 ? [first] : [first, withActor(key[1] as string, pseudonym)];
  });
}

/** Reads all counters for an event, by declaration, as conditions want them. */
export function readCounters(
  counters: readonly NamedCounter[],
  state: Counters,
  keys: RecordedKeys,
  pseudonym: string,
  decidedAtMs: number,
): Map<string, number> {
  const byDeclaration = new Map<string, number>();
  for (const { counter, id } of counters) {
    const own = keys[id];
    if (own === undefined) continue;
    const value = state.read(id, countedKeys(own, pseudonym), decidedAtMs);
    if (value !== undefined) byDeclaration.set(counter.id, value);
  }
  return byDeclaration;
}

/**
 * Reads all limits for an event: the longest wait over its keys. Copies are read of the rules that are in
 * shadow, and of those that are held back now.
 */
export function readLimits(
  limits: readonly NamedLimit[],
  state: Limits,
  keys: RecordedKeys,
  pseudonym: string,
  decidedAtMs: number,
  held: EvaluationInput["held"],
): LimitsRead {
  const read: LimitsRead = {
    byDeclaration: new Map(),
    copiesByDeclaration: new Map(),
    byHash: {},
    copiesByHash: {},
  };
  for (const { limit, id, readers } of limits) {
    const own = keys[id];
    if (own === undefined) continue;
    const counted = countedKeys(own, pseudonym);
    const wait = longestWait(state, id, counted, decidedAtMs, undefined);
    if (wait === undefined) continue;
    read.byDeclaration.set(limit.id, wait);
    read.byHash[id] = wait;
    for (const { rule, shadow } of readers) {
      if (!shadow && held?.has(rule) !== true) continue;
      const copy = longestWait(state, id, counted, decidedAtMs, rule) as number;
      read.copiesByDeclaration.set(`${limit.id}\n${rule}`, copy);
      read.copiesByHash[copyName(id, rule)] = copy;
    }
  }
  return read;
}

/**
 * Counts a decided event; the result takes it back. The same live and from the log: counters count each event
 * for which their `where` holds; of a limit it takes something if it was neither delayed nor rejected, and of
 * a held rule's copy if that rule wouldn't have done so either.
 *
 * @param index of its record, where it is counted from the log
 * @param decidedAtMs the same as the facts have, where it is known as a number
 */
export function countDecision(
  memory: CounterMemory,
  decision: CountedDecision,
  facts: CountedFacts,
  index?: number,
  decidedAtMs: number = Date.parse(facts.decidedAt),
): Undo {
  const { counters, limits } = memory;
  const passed = !isRefusal(decision.outcome);
  const undos: Undo[] = [];
  for (const id in facts.keys) {
    const own = facts.keys[id] as Facts["keys"][string];
    if (facts.uncounted?.includes(id)) continue;
    if (counters.has(id)) {
      undos.push(counters.add(id, countedKeys(own, decision.actor), decidedAtMs, index));
    } else if (passed && limits.has(id)) {
      const refusedBy = heldRefusals(id, facts);
      for (const [key] of countedKeys(own, decision.actor)) {
        undos.push(limits.consume(id, key, decidedAtMs, refusedBy, index));
      }
    }
  }
  return () => {
    for (let i = undos.length - 1; i >= 0; i--) (undos[i] as Undo)();
  };
}

/** How facts name a rule's copy of a limit. */
export function copyName(id: string, rule: string): string {
  return `${id} ${rule}`;
}

function declarationHash(declaration: string): string {
  return hash("sha256", declaration, "base64url").slice(0, 16);
}

const keyPlans = new WeakMap<Declared, { readonly policies: PolicySet; readonly plans: KeyPlans }>();

// One for each process and key: the derived key is the same everywhere.
const cellHashes = new WeakMap<KeyObject, CellHash>();

/** What hashes the cells of keys. */
export function cellHashOf(hashing: KeyObject): CellHash {
  let cellHash = cellHashes.get(hashing);
  if (cellHash === undefined) {
    cellHash = new CellHash(keyedHash(hashing, cellPurpose, "").subarray(0, sipKeyBytes));
    cellHashes.set(hashing, cellHash);
  }
  return cellHash;
}

function isMarked(key: readonly string[]): boolean {
  for (const cell of key) if (cell.includes(actorMark)) return true;
  return false;
}

/** Whether an event with this outcome consumes nothing of limits and throttles. */
export function isRefusal(outcome: string | null): boolean {
  return outcome === "delay" || outcome === "reject";
}

/** Rules whose copy of a limit was read, which were held back, and which would have refused the event. */
export function heldRefusals(
  id: string,
  { fired, shadowLimits }: Pick<CountedFacts, "fired" | "shadowLimits">,
): readonly string[] {
  if (shadowLimits === undefined) return [];
  return fired
    .filter(({ mode, outcome }) => mode !== "enforce" && isRefusal(outcome))
    .map(({ policy, rule }) => `${policy}/${rule}`)
    .filter((rule) => Object.hasOwn(shadowLimits, copyName(id, rule)));
}

function longestWait(
  state: Limits,
  id: string,
  keys: readonly CounterKey[],
  atMs: number,
  rule: string | undefined,
): number | undefined {
  let longest = state.has(id) ? 0 : undefined;
  for (const [key] of keys) {
    const wait = state.wait(id, key, atMs, rule);
    if (wait !== undefined) longest = Math.max(longest ?? 0, wait);
  }
  return longest;
}
