// SPDX-License-Identifier: Apache-2.0
// The plain data that goes into the policy and comes out of it.
import type { ModelKind } from "./model/model-text.ts";

/** What may happen to an event, from the most lenient to the strictest. */
export type Outcome = "allow" | "flag" | "challenge" | "delay" | "hold" | "reject";

/** The outcomes, from the most lenient to the strictest. */
export const outcomes: readonly Outcome[] = ["allow", "flag", "challenge", "delay", "hold", "reject"];

/** A name of the environment: `actor.id`, `signals.linkCount`, `counters.actor_posts`, … */
export type FieldPath = string;

/** Type of an attribute, as a policy declares it. */
export type AttributeType = "int" | "bool" | "string" | "timestamp";

/** Type of a field of an event. */
export type EventFieldType = AttributeType | "list<string>";

/** A field of an event, `fields.NAME` in conditions. */
export type EventField = {
  readonly type: EventFieldType;
  /** Whether it is erased with the person: its clauses' results are recorded in its place. */
  readonly personal: boolean;
};

/** A type of event: what its events have besides the `event.…` and `standing.…` that all have. */
export type EventType = {
  readonly name: string;
  /** The paths of `actor.…`, `content.…` and `signals.…` that such events may have. */
  readonly paths: ReadonlySet<FieldPath>;
  readonly fields: ReadonlyMap<string, EventField>;
  /** Of a declared type: the type that it was made from, and where it is declared, as `file:line`. */
  readonly like?: string;
  readonly place?: string;
};

/**
 * What the entries of a list are.
 *
 * - `term` words and phrases, `pattern` regular expressions: both are looked for in normalised text
 * - `domain` host names, their subdomains included; `network` addresses and CIDR blocks; `emailHost` the
 *   hosts of addresses; `hash` values such as a fingerprint; `actor` account ids
 */
export type ListKind = "term" | "pattern" | "domain" | "network" | "emailHost" | "hash" | "actor";

/** A list as a policy declares it. */
export type ListDeclaration = {
  readonly name: string;
  readonly kind: ListKind;
  /** A file beside the policy that its first version is read from. */
  readonly file?: string;
  /** For its entries. */
  readonly brake: Brake;
  /** Where it is declared: `file:line`. */
  readonly place: string;
};

/** What conditions ask of a list: a version of it, as of a point in time. */
export type ListView = {
  readonly kind: ListKind;
  /**
   * The entry in force at that time that has the value (a domain's parent, the network around an address,
   * …), or `undefined`. Of a list of actors, the value is the account id.
   */
  readonly find: (value: string, atMs: number) => string | undefined;
  /**
   * The entries in force that are found in a text (`term`, `pattern`), or the entry of a value: different
   * ones, at most `listHitsMax`, in the order of the entries' text. In a skeleton, terms are found as they
   * are, and in their own skeletons.
   */
  readonly hits: (text: string, atMs: number, spelling?: "skeleton") => readonly string[];
};

/** Most entries of a list that a text is said to hold. */
export const listHitsMax = 64;

/** An entry of a list that a clause found. */
export type ListHit = { readonly list: string; readonly entry: string };

/**
 * The emergency brake: what hits more than `share` of the events loses its power to restrict until a person
 * confirms it.
 */
export type Brake = {
  /** In basis points: 100 are a hundredth. */
  readonly share: number;
  /** With fewer hits than this it isn't drawn. */
  readonly least: number;
};

/** A value that a field may have. Durations and timestamps are integers of milliseconds. */
export type FieldValue = number | string | boolean | readonly string[];

/**
 * A model as a policy declares it: the general one that comes with Docket, until another is published for the
 * name; or the one in a file.
 */
export type ModelDeclaration = {
  readonly name: string;
  readonly kind: ModelKind;
  readonly use?: "general";
  /** Beside the policies. */
  readonly file?: string;
  /** Where it is declared first: `file:line`. */
  readonly place: string;
};

/** What a model says of an event. */
export type ModelRead = {
  /** In millionths; `undefined` if too little of the text is known. */
  readonly score: number | undefined;
  /** How many of a thousand of the text's features were in the training. */
  readonly known: number;
};

/** A list in the DNS that is asked about an event, as a policy declares it. */
export type LookupDeclaration = {
  readonly name: string;
  /** In lower case, without a dot at its end. */
  readonly zone: string;
  /** What is looked up: `actor.ip`, `actor.email`, `signals.domains` or `signals.emailHosts`. */
  readonly of: FieldPath;
  /** Within this time all answers are there, or what is read is missing. */
  readonly timeoutMs: number;
  /** The answers that count, sorted; absent for any that says "listed". */
  readonly codes?: readonly string[];
  /** Where it is declared first: `file:line`. */
  readonly place: string;
};

/** What a list in the DNS said of an event. */
export type LookupRead = {
  readonly listed: boolean;
  /** The addresses that it answered with, distinct and sorted; empty if nothing is listed. */
  readonly codes: readonly string[];
};

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

/** Abilities of an actor that are taken away for a time, such as `links` or `messages`. */
export type AbilityLimit = {
  readonly abilities: readonly string[];
  /** In milliseconds from `decidedAt`. */
  readonly forMs: number;
};

/** The restrictions that a rule or a step of a ladder puts on an actor. */
export type Measures = {
  readonly warn?: true;
  readonly throttle?: Throttle;
  readonly limit?: AbilityLimit;
  readonly suspendMs?: number;
  /** Without an end; never together with `suspendMs`. */
  readonly ban?: true;
};

/** What a rule does when it fires. */
export type Then = Measures & {
  readonly outcome: Outcome;
  /** Strikes that it gives; 0 for none. */
  readonly strike: number;
  /** With `hold`: how long, in milliseconds; without it, until somebody reviews. */
  readonly holdForMs?: number;
  /** With `holdForMs`: the outcome when that time is over. */
  readonly otherwise?: "allow" | "flag" | "reject";
  /**
   * With `delay`: when to try again, in milliseconds. A rule that reads a limit may declare none; of a rule
   * that fired, it is then the longest wait of the limits that the rule reads.
   */
  readonly retryAfterMs?: number;
};

/** A sum of points from which an outcome follows. */
export type Threshold = {
  readonly points: number;
  readonly outcome: Outcome;
  readonly holdForMs?: number;
  readonly otherwise?: "allow" | "flag" | "reject";
  readonly retryAfterMs?: number;
  readonly brake: Brake;
};

/** A step of the ladder: what follows from so many strikes within such a time. */
export type LadderStep = {
  readonly strikes: number;
  readonly withinMs: number;
  readonly then: Measures;
  /** With `review` a person decides whether the step is taken. */
  readonly needs?: "review";
};

/**
 * A fact over a window of events. `id` is its declaration in one canonical text: equal texts, one counter.
 *
 * - `count` the number of events, `distinct` the number of different values of `of`, `sum` the sum of the
 *   integers `of`: each of the events in the window
 * - `first` when the key was first seen: conditions read `decidedAt` less that time, as a duration; it is
 *   missing if it never was, or if none came for `overMs`
 *
 * - `campaigns` counts nothing: it is the campaigns that the others know as `campaign.id`
 *
 * It counts the events whose type is in `on`. Where a field of `by` or `of` is a list, the event counts
 * under each of its first `counterListElementsMax` elements, and the value read is the largest (0 for an
 * empty list), of `first` the smallest (missing for an empty list); where one is missing, the event isn't
 * counted and the value is missing. See `counterEntries`. An event for which `where` isn't true isn't
 * counted either, but the counter is read: see `counts`.
 */
export type Counter = {
  readonly id: string;
  readonly kind: "count" | "distinct" | "sum" | "first" | "campaigns";
  /** With `distinct`: the field whose different values are counted; with `sum`: the field that is added. */
  readonly of?: FieldPath;
  /** Which events are counted: a condition, as written. */
  readonly where?: string;
  readonly by: readonly FieldPath[];
  /** Types of the events that are counted: those of the policy that declares it. */
  readonly on: readonly string[];
  readonly overMs: number;
  /** A sixtieth of `overMs`. */
  readonly bucketMs: number;
};

/** Campaigns of a set of policies: which events belong together, how many they are, and by how many. */
export type Campaigns = {
  readonly index: Counter;
  /** `campaign.size`: the number of events. */
  readonly size: Counter;
  /** `campaign.actors`: the number of different actors. */
  readonly actors: Counter;
};

/**
 * A rate that is measured, by GCRA: `burst` events at once, then `count` per `perMs`. `id` is its declaration
 * in one canonical text. An event consumes it where `counts` says so and its outcome is neither `delay` nor
 * `reject`. Keys are as a counter's (`counterEntries`); an event must find room under each of them.
 */
export type Limit = {
  readonly id: string;
  readonly by: readonly FieldPath[];
  /** Types of the events that are measured. */
  readonly on: readonly string[];
  readonly count: number;
  readonly perMs: number;
  readonly burst: number;
  readonly where?: string;
};

/** A rule as declared. */
export type Rule = {
  readonly id: string;
  readonly policy: string;
  readonly mode: "enforce" | "shadow";
  /** Of how many actors it is enforced, in basis points; 10,000 are all. The others see it in shadow. */
  readonly rollout: number;
  /** Whether no exemption applies to it. */
  readonly always: boolean;
  readonly brake: Brake;
  /** Of a rule that can restrict: how many actors, in how long, before a second person is asked. */
  readonly restricts?: { readonly count: number; readonly perMs: number };
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
  /** Ids of the limits that it reads. */
  readonly readsLimits: readonly string[];
};

/** Suppresses rules where its condition is true: they are evaluated and recorded, and have no effect. */
export type Exemption = {
  readonly id: string;
  readonly policy: string;
  /** Its condition, as written. */
  readonly when: string;
  /** The rules that it suppresses: ids of rules of its policy that aren't marked `always`. */
  readonly from: readonly string[];
  /** Who answers for it. */
  readonly owner: string;
  /** From this time on it doesn't apply; milliseconds since the epoch. */
  readonly untilMs?: number;
  /** Where it is declared: `file:line`. */
  readonly place: string;
  readonly reads: readonly FieldPath[];
  readonly clauses: readonly string[];
  readonly cost: number;
};

/** What a test of a policy gives: what isn't given is missing, or 0 where it is counted. */
export type TestGiven = {
  readonly type: string;
  readonly op: string;
  /** `decidedAt`, in milliseconds since the epoch. */
  readonly atMs: number;
  readonly actor: EvaluationInput["actor"];
  readonly content?: EvaluationInput["content"];
  /** What the text's language is identified as. */
  readonly language?: string;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Values of counters, by name; of `first`, milliseconds. */
  readonly counters: ReadonlyMap<string, number>;
  /** Milliseconds to wait, by name. */
  readonly limits: ReadonlyMap<string, number>;
  /** Entries, by name. */
  readonly lists: ReadonlyMap<string, readonly string[]>;
  readonly campaign: { readonly size: number; readonly actors: number };
  /** Scores, by name; what isn't given is missing. */
  readonly models: ReadonlyMap<string, number>;
  readonly reports: ReportsRead;
  /** Answers, by name: `undefined` for one that failed; what isn't given is not listed. */
  readonly lookups: ReadonlyMap<string, readonly string[] | undefined>;
  readonly standing: EvaluationInput["standing"];
};

/** What a test of a policy expects; what is absent is not asked. */
export type TestExpectation = {
  readonly outcome?: Outcome;
  /** Exactly these rules fire and aren't exempt, in any order. */
  readonly rules?: readonly string[];
  /** None of these fires without being exempt. */
  readonly not?: readonly string[];
  readonly points?: number;
};

/** A test that stands in a policy. */
export type PolicyTest = {
  readonly name: string;
  readonly policy: string;
  /** Where it stands: `file:line`. */
  readonly place: string;
  readonly given: TestGiven;
  readonly expect: TestExpectation;
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
  /** Its limits by the names that it gives them. */
  readonly limits: ReadonlyMap<string, Limit>;
  /** Its lists by name; a name is one list in all policies. */
  readonly lists: ReadonlyMap<string, ListDeclaration>;
  /** Its models by name; a name is one model in all policies. */
  readonly models: ReadonlyMap<string, ModelDeclaration>;
  /** Its look-ups by name; a name is one look-up in all policies. */
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
  /** Where it declares campaigns: those of all policies that do. */
  readonly campaigns?: Campaigns;
  readonly exempt: readonly Exemption[];
  readonly rules: readonly Rule[];
  /** From the fewest points to the most. */
  readonly thresholds: readonly Threshold[];
  readonly ladder: readonly LadderStep[];
  /** With `shadow`, what its rules and its ladder would do to accounts is recorded and not done. */
  readonly restrictions: "enforce" | "shadow";
  readonly tests: readonly PolicyTest[];
};

/** Why a rule or threshold that could have an effect has none. */
export type Held = "shadow" | "rollout" | "warming" | "brake" | "exempt";

/**
 * What users' reports come to that nobody has looked at: `actor` of what the actor posted, in
 * thousandths of a reporter who is always right, and how many `reporters`, linked ones as one; `content`
 * of this very content, where the event is about one that has an id.
 */
export type ReportsRead = {
  readonly actor?: number | undefined;
  readonly reporters?: number | undefined;
  readonly content?: number | undefined;
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
        readonly parent?: string | undefined;
        readonly plain?: string | undefined;
        readonly html?: string | undefined;
        readonly headers?: string | undefined;
        readonly parts?: readonly string[] | undefined;
      }
    | undefined;
  /** What the event's type has besides, by name; what is absent is missing. */
  readonly fields?: Readonly<Record<string, string | number | boolean | readonly string[]>> | undefined;
  /** By name; what is absent is missing. */
  readonly signals: Readonly<Record<string, unknown>>;
  /** The id of the campaign that the event belongs to; missing where there is nothing to tell it by. */
  readonly campaign?: string | undefined;
  /** By `Counter.id`; what is absent is missing. */
  readonly counters: ReadonlyMap<string, number>;
  /** By `Limit.id`: how long the event would have to wait, in milliseconds; 0 if there is room. */
  readonly limits?: ReadonlyMap<string, number> | undefined;
  /**
   * By `Limit.id`, a newline and `policy/rule`: the same of the copy that a rule reads which is in shadow or
   * held; what is absent is as in `limits`.
   */
  readonly shadowLimits?: ReadonlyMap<string, number> | undefined;
  /** By name; what is absent is missing. */
  readonly models?: Readonly<Record<string, ModelRead>> | undefined;
  /** By name; what is absent is missing: it failed, or took too long. */
  readonly lookups?: Readonly<Record<string, LookupRead>> | undefined;
  /** By name; a declared list that is absent is missing. */
  readonly lists?: ReadonlyMap<string, ListView> | undefined;
  /** What users reported that nobody has looked at yet; absent where reports aren't known. */
  readonly reports?: ReportsRead | undefined;
  readonly standing: {
    readonly strikes: number;
    readonly restricted: boolean;
    /** Abilities that a restriction in force takes away; absent for none. */
    readonly limited?: readonly string[] | undefined;
  };
  /**
   * What is held back, by `policy/rule`, or `policy/points-N` for the threshold at N points; what is absent
   * is as it is declared.
   */
  readonly held?: ReadonlyMap<string, "rollout" | "warming" | "brake"> | undefined;
};

/**
 * A value that a clause read; `value` is absent where it was missing or, from facts, personal. Of a list
 * (`lists.NAME`) it is the entries that the clause found.
 */
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

/** What is the same in all traces of a rule: a clause's text, and what it reads. */
export type TracedClause = {
  readonly clause: string;
  readonly fields: readonly Pick<TraceValue, "path" | "personal">[];
};

/**
 * What the clauses of a rule came to for one event, and the values that made it so: plain data, in which only
 * what differs from event to event is made for each. `clausesOf` gives it clause by clause.
 */
export type Trace = {
  /** The same array in all traces of the rule. */
  readonly clauses: readonly TracedClause[];
  /** What each clause came to, in their order: `t`, `f`, or `m` for missing. */
  readonly results: string;
  /** The values of the clauses' fields, clause by clause; `undefined` as in {@link TraceValue}. */
  readonly values: readonly (FieldValue | undefined)[];
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
  readonly trace: Trace;
  /** The values that the rule's `disclose` names. */
  readonly disclosed: readonly TraceValue[];
  /** Why it has no effect, if it has none. */
  readonly held?: Held;
  /** The exemption that applies to it, also where it is held for another reason. */
  readonly exemption?: string;
};

/** A threshold that was reached: the strictest of its policy. */
export type FiredThreshold = Threshold & { readonly policy: string; readonly held?: Held };

/** What the policies say of an event. */
export type Evaluation = {
  /** The strictest of the rules and thresholds with effect. */
  readonly outcome: Outcome;
  /** Rules that fired and have their effect, in the order of the policies. */
  readonly rules: readonly FiredRule[];
  /** Rules that fired and are held: in shadow, braked, exempt, …; they have no effect. */
  readonly shadow: readonly FiredRule[];
  /** Rules whose condition came to `missing`, enforced or not. */
  readonly missing: readonly { readonly policy: string; readonly rule: string }[];
  /** Points of the rules with effect, over all policies. */
  readonly points: number;
  /** At most one for each policy. */
  readonly thresholds: readonly FiredThreshold[];
  /** Thresholds that were reached, are stricter than the one of their policy that counts, and are held. */
  readonly heldThresholds: readonly FiredThreshold[];
  /**
   * The result of each clause over personal data or a list, `t`, `f` or `m`: of each policy, its exemptions
   * and then its rules.
   */
  readonly clauses: string;
  /** The entries that clauses of rules that fired found, held ones included; each once. */
  readonly hits: readonly ListHit[];
};

/**
 * What a decision read, without anything personal: enough to decide again, and plain JSON.
 * `values` are by path, `counters` and `limits` by `Counter.id` and `Limit.id`, `shadowLimits` and `held` as
 * in `EvaluationInput`; what was missing is left out.
 */
export type Facts = {
  readonly type: string;
  /** Milliseconds since the epoch: it decides which exemptions have ended. */
  readonly decidedAt: number;
  readonly values: Readonly<Record<FieldPath, FieldValue>>;
  readonly counters: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly shadowLimits: Readonly<Record<string, number>>;
  readonly held: Readonly<Record<string, string>>;
  readonly clauses: string;
};
