// SPDX-License-Identifier: Apache-2.0
// The `facts` part of a decision: everything the decision read and gave that is not personal. From these, the
// release and nothing else, the decision comes out again. Keyed hashes stand where personal values would.
import { isCount, isText } from "./field-tests.ts";
import type { Outcome } from "./record.ts";
import { isCanonicalTime } from "./time.ts";

/** A value that a fact may have. */
export type FactValue = boolean | number | string | readonly string[];

/** `enforce`, or why what fired had no effect. */
export type FactMode = "enforce" | "shadow" | "rollout" | "warming" | "brake" | "exempt";

/**
 * A rule that fired: with `clauses`, the result of each of its clauses in source order (`t`, `f`, `m`
 * missing), and with mode `exempt` the exemption.
 */
export type FiredFact = {
  policy: string;
  rule: string;
  mode: FactMode;
  outcome: Outcome | null;
  clauses: string;
  exemption?: string;
};

/**
 * A restriction in force before the event; of a throttle, how long the event would have had to wait. `on`
 * says what it is on, if not on the actor.
 */
export type StandingRestriction = { on?: "network" | "device" | "emailHost" | "domain" | "fingerprint" } & (
  | { id: string; kind: "warn" | "suspend"; until: string }
  | { id: string; kind: "ban" }
  | { id: string; kind: "limit"; ability: string; until: string }
  | {
      id: string;
      kind: "throttle";
      count: number;
      perMs: number;
      burst: number;
      until: string;
      waitMs: number;
    }
);

/** What was read of the actor's standing; what is not there was nothing. */
export type StandingFacts = {
  /** Strikes in force before this event. */
  strikes: number;
  /** Restrictions in force before this event. */
  restrictions: StandingRestriction[];
  /** By policy: strikes within the time of each step of its ladder. */
  ladder?: Record<string, number[]>;
  /** Rules, as `policy/rule`, that had given a strike within their `strikeEvery`. */
  recent?: string[];
};

/** Everything a decision read and gave. What is optional and not there was empty. */
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
    /** Keyed hash of the content's id, where it has one. */
    content?: string;
  };
  decidedAt: string;
  /**
   * Which time `decidedAt` is: the app's claim, or the time of receipt because the claim was missing or far
   * off.
   */
  clock: "event" | "received";
  /** Where the event came from. */
  source: "http" | "file";
  /** The app had acted before it was decided: it came from a spool, an answer without sealing, or a file. */
  late?: true;
  /** Of the subjects that aren't its actor (networks, devices, …), those with a restriction in force. */
  subjects?: string[];
  /**
   * Fields and signals that are not personal, by path (`signals.linkCount`); what was missing is left out.
   */
  values: Record<string, FactValue>;
  /** Value of each counter, by the hash of its declaration; what was missing is left out. */
  counters: Record<string, number>;
  /** How long the event would have had to wait for each limit that was read, by its hash, in milliseconds. */
  limits?: Record<string, number>;
  /** The same of the copies that rules in shadow have, by `hash policy/rule`. */
  shadowLimits?: Record<string, number>;
  /**
   * Where the event stood: by the hash of the counter or limit, for each key `[key]`, or `[key, value]` for
   * counts of distinct values and sums. Keys are keyed hashes; `@` stands for the record's actor.
   */
  keys: Record<string, readonly (readonly string[])[]>;
  /** Of these, the counters and limits that didn't count the event, because of their `where`. */
  uncounted?: string[];
  standing: StandingFacts;
  /** Rules, and thresholds as `policy/points-N`, that were held back, and why; but for declared shadow. */
  held?: Record<string, string>;
  /** Result of each clause that reads personal values or lists, in policy order. */
  clauses: string;
  /** Entries of lists that rules which fired had hit, as `list:keyed hash`. */
  hits?: string[];
  fired: FiredFact[];
  /** Rules that could not be decided because a value was missing, as `policy/rule`. */
  missing: string[];
  points: number;
  /** Thresholds that were reached. */
  thresholds?: { policy: string; points: number; mode: FactMode }[];
  /** The restriction because of which the event was refused. */
  refusedBy: string | null;
  /** Strikes given by this decision. */
  strikes: { policy: string; rule: string; count: number }[];
  /** Steps of ladders that were reached and wait for a person, as `policy/ladder-STRIKES`. */
  proposed?: string[];
  /** Rules and steps that restricted the actor, or would have if something as long hadn't been in force. */
  restricting?: string[];
  /** Rules and steps whose measures were left out, because they had restricted enough actors already. */
  capped?: string[];
  /**
   * Rules and steps whose policy has its restrictions in shadow, and that would have restricted or warned.
   */
  shadowed?: string[];
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

/** A strike as acts have it: `at` is the time that it counts from. */
export type ActStrike = { policy: string; rule: string; count: number; at: string };

/**
 * The `facts` part of a verdict or a measure: `at` is when it was made, and its restrictions begin;
 * `strikes` are given, `voided` were given before and count no more; `judged` is whether a verdict says that
 * the decision was right or wrong, which may be without either. Steps of ladders stand as
 * `policy/ladder-STRIKES`: `proposed` were reached and wait for a person, `taken` are those that a person
 * took.
 */
export type ActFacts = {
  v: 1;
  at: string;
  judged?: "right" | "wrong";
  strikes: ActStrike[];
  voided: ActStrike[];
  proposed?: string[];
  taken?: string[];
};

/** The one encoding of the facts of an act. */
export function encodeActFacts({ v, at, judged, strikes, voided, proposed, taken }: ActFacts): string {
  return JSON.stringify({
    v,
    at,
    ...(judged === undefined ? {} : { judged }),
    strikes: strikes.map(plainStrike),
    voided: voided.map(plainStrike),
    ...(proposed === undefined ? {} : { proposed }),
    ...(taken === undefined ? {} : { taken }),
  });
}

/**
 * Reads the facts of an act from their part's plaintext.
 *
 * @returns `undefined` if they are not what {@link encodeActFacts} writes
 */
export function readActFacts(plaintext: string): ActFacts | undefined {
  try {
    const facts = JSON.parse(plaintext) as ActFacts;
    const { at, judged, strikes, voided, proposed = [], taken = [] } = facts;
    if (judged !== undefined && judged !== "right" && judged !== "wrong") return undefined;
    const isFacts = facts.v === 1 && encodeActFacts(facts) === plaintext && isCanonicalTime(at);
    if (!isFacts || ![...strikes, ...voided].every(isActStrike)) return undefined;
    return [...proposed, ...taken].every(isText) ? facts : undefined;
  } catch {
    return undefined;
  }
}

function plainStrike({ policy, rule, count, at }: ActStrike): ActStrike {
  return { policy, rule, count, at };
}

function isActStrike({ policy, rule, count, at }: ActStrike): boolean {
  return isText(policy) && isText(rule) && isCount(count) && isCanonicalTime(at);
}

/** The one encoding of facts: JSON on one line, keys in the order of the type, maps by key. */
export function encodeFacts(facts: Facts): string {
  const ordered: Partial<Record<keyof Facts, unknown>> = {};
  for (const key of factKeys) {
    const value = facts[key];
    if (value !== undefined)
      ordered[key] = mapKeys.has(key) ? byKey(value as Record<string, unknown>) : value;
  }
  return JSON.stringify(ordered);
}

/** The one encoding of what is disclosed. */
export function encodeDisclosed(disclosed: Disclosed): string {
  return JSON.stringify({ v: disclosed.v, reasons: disclosed.reasons, facts: byKey(disclosed.facts) });
}

const factKeys: readonly (keyof Facts)[] = [
  "v",
  "event",
  "decidedAt",
  "clock",
  "source",
  "late",
  "subjects",
  "values",
  "counters",
  "limits",
  "shadowLimits",
  "keys",
  "uncounted",
  "standing",
  "held",
  "clauses",
  "hits",
  "fired",
  "missing",
  "points",
  "thresholds",
  "refusedBy",
  "strikes",
  "proposed",
  "restricting",
  "capped",
  "shadowed",
  "retryAfterMs",
  "holdUntil",
  "otherwise",
];
const mapKeys: ReadonlySet<keyof Facts> = new Set([
  "values",
  "counters",
  "limits",
  "shadowLimits",
  "keys",
  "held",
]);

function byKey<T>(map: Readonly<Record<string, T>>): Record<string, T> {
  const keys = Object.keys(map);
  if (keys.every((key, place) => place === 0 || (keys[place - 1] as string) < key)) return map;
  return Object.fromEntries(keys.sort().map((key) => [key, map[key] as T]));
}
