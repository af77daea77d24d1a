// SPDX-License-Identifier: Apache-2.0
// The `facts` part of a decision: everything the decision read and gave that is not personal. From these, the
// release and nothing else, the decision comes out again. Keyed hashes stand where personal values would.
import type { Outcome } from "./record.ts";

/** A value that a fact may have. */
export type FactValue = boolean | number | string | readonly string[];

/**
 * A rule that fired: with `clauses`, the result of each of its clauses in source order (`t`, `f`, `m`
 * missing).
 */
export type FiredFact = {
  policy: string;
  rule: string;
  mode: "enforce" | "shadow";
  outcome: Outcome | null;
  clauses: string;
};

/** Everything a decision read and gave. */
export type Facts = {
  v: 1;
  /** Keyed hashes of the event's id and of its encoded body, by which a repeat is recognised. */
  event: {
    id: string;
    body: string;
    type: string;
    op: string;
    time: string | null;
    inReplyTo: number | null;
  };
  decidedAt: string;
  /**
   * Which time `decidedAt` is: the app's claim, or the time of receipt because the claim was missing or far
   * off.
   */
  clock: "event" | "received";
  /** Where the event came from. */
  source: "http" | "file";
  /**
   * Fields and signals that are not personal, by path (`signals.linkCount`); what was missing is left out.
   */
  values: Record<string, FactValue>;
  /** Value of each counter, by the hash of its declaration; what was missing is left out. */
  counters: Record<string, number>;
  /**
   * Where the event was counted: by the counter's hash, for each key `[key]`, or `[key, value]` for a count
   * of distinct values. Keys are keyed hashes; `@` stands for the record's actor.
   */
  keys: Record<string, readonly (readonly string[])[]>;
  /** Strikes in force, and the ids of restrictions in force, before this event. */
  standing: { strikes: number; restrictions: string[] };
  /** Result of each clause that reads personal values, in policy order. */
  clauses: string;
  fired: FiredFact[];
  /** Rules that could not be decided because a value was missing, as `policy/rule`. */
  missing: string[];
  points: number;
  /** The restriction because of which the event was refused. */
  refusedBy: string | null;
  /** Strikes given by this decision. */
  strikes: { policy: string; rule: string; count: number }[];
  retryAfterMs: number | null;
  holdUntil: string | null;
  otherwise: Outcome | null;
};

/** What the affected user is shown when a decision is opened: reasons, and the facts that rules disclose. */
export type Disclosed = {
  v: 1;
  reasons: { rule: string; text: Record<string, string> }[];
  facts: Record<string, FactValue>;
};

/** The one encoding of facts: JSON on one line, keys in the order of the type, maps by key. */
export function encodeFacts(facts: Facts): string {
  return JSON.stringify({
    ...facts,
    values: byKey(facts.values),
    counters: byKey(facts.counters),
    keys: byKey(facts.keys),
  });
}

/** The one encoding of what is disclosed. */
export function encodeDisclosed(disclosed: Disclosed): string {
  return JSON.stringify({ v: disclosed.v, reasons: disclosed.reasons, facts: byKey(disclosed.facts) });
}

function byKey<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const keys = Object.keys(map);
  if (keys.every((key, place) => place === 0 || (keys[place - 1] as string) < key)) return map;
  return Object.fromEntries(keys.sort().map((key) => [key, map[key] as T]));
}
