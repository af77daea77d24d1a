// SPDX-License-Identifier: Apache-2.0
// The plain data that goes into the policy and comes out of it.

/** What may happen to an event, from the most lenient to the strictest. */
export type Outcome = "allow" | "flag" | "challenge" | "delay" | "hold" | "reject";

/** The outcomes, from the most lenient to the strictest. */
export const outcomes: readonly Outcome[] = ["allow", "flag", "challenge", "delay", "hold", "reject"];

/** A name of the environment: `actor.id`, `signals.linkCount`, `counters.actor_posts`, … */
export type FieldPath = string;

/** Type of an attribute, as a policy declares it. */
export type AttributeType = "int" | "bool" | "string" | "timestamp";

/** A value that a field may have. Durations and timestamps are integers of milliseconds. */
export type FieldValue = number | string | boolean | readonly string[];

/** One file of policy: its name, for messages, and its text. */
export type PolicyFile = { readonly path: string; readonly text: string };

/** `count` events, at most `burst` at once, then `count` per `perMs`: what GCRA needs. */
export type Throttle = {
  readonly count: number;
  readonly perMs: number;
  readonly burst: number;
  /** How long the restriction lasts, in milliseconds from `decidedAt`. */
  readonly forMs: number;
};

/** What a rule does when it fires. */
export type Then = {
  readonly outcome: Outcome;
  /** Strikes that it gives; 0 for none. */
  readonly strike: number;
  readonly suspendMs?: number;
  readonly throttle?: Throttle;
  /** With `hold`: how long, in milliseconds; without it, until somebody reviews. */
  readonly holdForMs?: number;
  /** With `holdForMs`: the outcome when that time is over. */
  readonly otherwise?: "allow" | "flag" | "reject";
  /** With `delay`: when to try again, in milliseconds. */
  readonly retryAfterMs?: number;
};

/** A sum of points from which an outcome follows. */
export type Threshold = {
  readonly points: number;
  readonly outcome: Outcome;
  readonly holdForMs?: number;
  readonly otherwise?: "allow" | "flag" | "reject";
  readonly retryAfterMs?: number;
};

/** A step of the ladder: what follows from so many strikes within such a time. */
export type LadderStep = {
  readonly strikes: number;
  readonly withinMs: number;
  readonly then: { readonly suspendMs?: number; readonly throttle?: Throttle };
};

/**
 * A fact over a window of events. `id` is its declaration in one canonical text: equal texts, one counter.
 * It counts the events whose type is in `on`. Where a field of `by` or `of` is a list, the event counts
 * under each of its first `counterListElementsMax` elements, and the value read is the largest (0 for an
 * empty list); where one is missing, the event isn't counted and the value is missing. See `counterEntries`.
 */
export type Counter = {
  readonly id: string;
  readonly kind: "count" | "distinct";
  /** With `distinct`: the field whose different values are counted. */
  readonly of?: FieldPath;
  readonly by: readonly FieldPath[];
  /** Types of the events that are counted: those of the policy that declares it. */
  readonly on: readonly string[];
  readonly overMs: number;
  /** A sixtieth of `overMs`. */
  readonly bucketMs: number;
};

/** A rule as declared. */
export type Rule = {
  readonly id: string;
  readonly policy: string;
  readonly mode: "enforce" | "shadow";
  /** Its condition, as written. */
  readonly when: string;
  /** Where it is declared: `file:line`. */
  readonly place: string;
  readonly then?: Then;
  readonly points: number;
  /** Its reason by language tag; empty if it has none. */
  readonly reason: Readonly<Record<string, string>>;
  /** What may be shown to the affected user. */
  readonly disclose: readonly FieldPath[];
  readonly strikeEveryMs: number;
  /** All that its condition reads. */
  readonly reads: readonly FieldPath[];
  /** Those without which it can never fire: where one is missing in every event, so is the rule. */
  readonly required: readonly FieldPath[];
  /** The clauses of its condition, as written. */
  readonly clauses: readonly string[];
  /** The most steps that its condition can cost. */
  readonly cost: number;
};

/** A policy as declared. */
export type Policy = {
  readonly id: string;
  readonly file: string;
  /** Types of the events that it is about. */
  readonly on: readonly string[];
  readonly attributes: ReadonlyMap<string, AttributeType>;
  /** Its counters by the names that it gives them. */
  readonly counters: ReadonlyMap<string, Counter>;
  readonly rules: readonly Rule[];
  /** From the fewest points to the most. */
  readonly thresholds: readonly Threshold[];
  readonly ladder: readonly LadderStep[];
};

/**
 * What an event is decided by. An event in the protocol's form fits, with `decidedAt` and the facts added.
 */
export type EvaluationInput = {
  readonly type: string;
  readonly op: string;
  /** Milliseconds since the epoch. */
  readonly decidedAt: number;
  readonly actor: {
    readonly id: string;
    readonly name?: string | undefined;
    readonly ip?: string | undefined;
    readonly email?: string | undefined;
    /** RFC 3339, or milliseconds since the epoch. */
    readonly createdAt?: string | number | undefined;
    readonly attributes?: Readonly<Record<string, string | number | boolean>> | undefined;
  };
  readonly content?:
    | {
        readonly text?: string | undefined;
        readonly title?: string | undefined;
        readonly url?: string | undefined;
        readonly language?: string | undefined;
        readonly group?: string | undefined;
        readonly revision?: number | undefined;
      }
    | undefined;
  /** By name; what is absent is missing. */
  readonly signals: Readonly<Record<string, unknown>>;
  /** By `Counter.id`; what is absent is missing. */
  readonly counters: ReadonlyMap<string, number>;
  readonly standing: { readonly strikes: number; readonly restricted: boolean };
};

/** A value that a clause read; `value` is absent where it was missing or, from facts, personal. */
export type TraceValue = {
  readonly path: FieldPath;
  readonly value?: FieldValue;
  readonly personal: boolean;
};

/** What a clause of a condition came to, and the values that made it so. */
export type ClauseTrace = {
  readonly clause: string;
  readonly result: boolean | "missing";
  readonly values: readonly TraceValue[];
};

/** A rule that fired, and why. */
export type FiredRule = {
  readonly policy: string;
  readonly rule: string;
  readonly outcome: Outcome;
  readonly then?: Then;
  readonly points: number;
  readonly reason: Readonly<Record<string, string>>;
  readonly strikeEveryMs: number;
  readonly trace: readonly ClauseTrace[];
  /** The values that the rule's `disclose` names. */
  readonly disclosed: readonly TraceValue[];
};

/** A threshold that was reached: the strictest of its policy. */
export type FiredThreshold = Threshold & { readonly policy: string };

/** What the policies say of an event. */
export type Evaluation = {
  /** The strictest of the enforced rules and thresholds that fired. */
  readonly outcome: Outcome;
  /** Enforced rules that fired, in the order of the policies. */
  readonly rules: readonly FiredRule[];
  /** Shadow rules that fired; they have no effect. */
  readonly shadow: readonly FiredRule[];
  /** Rules whose condition came to `missing`, enforced or not. */
  readonly missing: readonly { readonly policy: string; readonly rule: string }[];
  /** Points of the enforced rules that fired, over all policies. */
  readonly points: number;
  /** At most one for each policy. */
  readonly thresholds: readonly FiredThreshold[];
  /** The result of each clause over personal data, in the order of the policies: `t`, `f` or `m`. */
  readonly clauses: string;
};

/**
 * What a decision read, without anything personal: enough to decide again, and plain JSON.
 * `values` are by path, `counters` by `Counter.id`; what was missing is left out.
 */
export type Facts = {
  readonly type: string;
  readonly values: Readonly<Record<FieldPath, FieldValue>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly clauses: string;
};
