// SPDX-License-Identifier: Apache-2.0
// What the views hold of a decision: enough to find it by its actor, content, outcome, rule, campaign and
// time, and to see patterns across many, without opening the log. Nothing personal: keyed hashes only.
import { parseTime } from "@docket/protocol";
import type { DecisionBody, Facts, Outcome, RecordHeader } from "@docket/protocol";

/** A decision as the views hold it. Times are in ms since 1970. */
export type DecisionRow = {
  readonly index: number;
  readonly actor: string;
  readonly decidedMs: number;
  readonly sealedMs: number;
  readonly outcome: Outcome;
  /** Type and operation of the event, and where it came from. */
  readonly type: string;
  readonly op: string;
  readonly source: "http" | "file";
  /** The app had acted before it was decided. */
  readonly late: boolean;
  /** Keyed hash of the content's id, base64url, where it has one. */
  readonly content: string | undefined;
  /** Keyed hash of the text's fingerprint, where a policy reads it. */
  readonly fingerprint: string | undefined;
  /** The enforced rules that have a public reason. */
  readonly rules: readonly string[];
  /** Every rule that fired, as `policy/rule`: the enforced first, then others as `policy/rule:mode`. */
  readonly fired: readonly string[];
  /** Lists of which rules that fired had hit entries, by name, each once. */
  readonly lists: readonly string[];
  /** How many strikes it gave, and restrictions it imposed. */
  readonly strikes: number;
  readonly restrictions: number;
  readonly refusedBy: string | undefined;
  /** Steps of ladders that wait for a person, as `policy/ladder-STRIKES`. */
  readonly proposed: readonly string[];
  readonly campaign: string | undefined;
  readonly language: string | undefined;
  /** How old the account was, in ms, where a policy reads it. */
  readonly accountAgeMs: number | undefined;
  readonly points: number;
  /** How many letters the text has, where a policy reads it. */
  readonly letters: number | undefined;
  readonly holdUntilMs: number | undefined;
  readonly otherwise: Outcome | undefined;
  readonly release: string;
  /**
   * What it was counted under but its actor, as `counter:keyed hash`: networks, domains and whatever else
   * counters of one field count by, each value once.
   */
  readonly marks: readonly string[];
};

/** Ages of accounts, in ms. */
export type AccountAge = { readonly fromMs: number; readonly belowMs: number };

/** Which decisions are asked for; what is left out is not asked. */
export type DecisionQuery = {
  /** Those of these records. */
  readonly indexes?: readonly number[] | undefined;
  readonly actor?: string | undefined;
  /** Keyed hash of a content's id. */
  readonly content?: string | undefined;
  /** Keyed hash of a text's fingerprint. */
  readonly fingerprint?: string | undefined;
  readonly campaign?: string | undefined;
  readonly outcomes?: readonly Outcome[] | undefined;
  /** A rule that fired, as {@link DecisionRow.fired} has it. */
  readonly rule?: string | undefined;
  readonly type?: string | undefined;
  readonly language?: string | undefined;
  /** Accounts as old as `fromMs`, and younger than `belowMs`. */
  readonly accountAge?: AccountAge | undefined;
  /** What it was counted under, as `counter:keyed hash`. No index finds it: give a time, too. */
  readonly mark?: string | undefined;
  /** Those that their actor is told of: held or refused, or with a restriction. */
  readonly telling?: true | undefined;
  /** Decided at or after, and before, in ms since 1970. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  /** Records after and before these indexes, without them. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** By index: the oldest first, unless told otherwise. */
  readonly order?: "ascending" | "descending" | undefined;
  /** Most rows of the answer, 1 to {@link decisionRowsMax}. */
  readonly limit: number;
};

/** Most rows of one answer. */
export const decisionRowsMax = 100_000;

/** How many decisions there are of a kind, on a day (UTC, `2026-11-23`) that they were decided on. */
export type DecisionCount = {
  readonly day: string;
  readonly outcome: Outcome;
  readonly type: string;
  readonly late: boolean;
  /** As a row has it, for who counts by rule. */
  readonly rules: readonly string[];
  readonly fired: readonly string[];
  readonly count: number;
};

/** Which records of what comes after a decision are asked for. */
export type CaseQuery = {
  readonly kinds: readonly string[];
  /** Those that name this record: in `of`, alone or among others, or in `for`. */
  readonly of?: number | undefined;
  /** Those about this actor or subject (`a_…`, `s_…`): as actor, subject, reporter or one of a link. */
  readonly subject?: string | undefined;
  /**
   * Those about this actor: that name them, a decision of theirs, or a record that names them (the reports of
   * what they posted, the ruling on their dispute).
   */
  readonly about?: string | undefined;
  /** Records after and before these indexes, without them. */
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  /** The oldest first, unless told otherwise. */
  readonly order?: "ascending" | "descending" | undefined;
  readonly limit: number;
};

/** Longest that a row holds of what a decision was counted under. */
const marksMax = 12;
/** Longest keyed hash of a value, in characters. */
const markLengthMax = 32;

/** What the views hold of a decision. */
export function decisionRow(
  record: Pick<RecordHeader, "index" | "time"> &
    Pick<DecisionBody, "actor" | "outcome" | "rules" | "restrictions" | "release">,
  facts: Facts,
): DecisionRow {
  const { event, values } = facts;
  return {
    index: record.index,
    actor: record.actor,
    decidedMs: Date.parse(facts.decidedAt),
    sealedMs: parseTime(record.time) ?? 0,
    outcome: record.outcome,
    type: event.type,
    op: event.op,
    source: facts.source,
    late: facts.late === true,
    content: event.content,
    fingerprint: textOf(values, "signals.fingerprint"),
    rules: record.rules,
    fired: firedRules(facts),
    lists: listsHit(facts),
    strikes: facts.strikes.reduce((sum, { count }) => sum + count, 0),
    restrictions: record.restrictions.length,
    refusedBy: facts.refusedBy ?? undefined,
    proposed: facts.proposed ?? [],
    campaign: textOf(values, "campaign.id"),
    language: textOf(values, "signals.language"),
    accountAgeMs: numberOf(values, "actor.age"),
    points: facts.points,
    letters: numberOf(values, "signals.letters"),
    holdUntilMs: facts.holdUntil === null ? undefined : Date.parse(facts.holdUntil),
    otherwise: facts.otherwise ?? undefined,
    release: record.release,
    marks: marksOf(facts),
  };
}

function firedRules({ fired }: Facts): string[] {
  const enforced: string[] = [];
  const others: string[] = [];
  for (const { policy, rule, mode } of fired) {
    if (mode === "enforce") enforced.push(`${policy}/${rule}`);
    else others.push(`${policy}/${rule}:${mode}`);
  }
  return others.length === 0 ? enforced : [...enforced, ...others];
}

// A hit is `list:keyed hash`; names of lists have no colon.
function listsHit({ hits = [] }: Facts): string[] {
  return [...new Set(hits.map((hit) => hit.slice(0, hit.indexOf(":"))))].sort();
}

// Keys of several fields, or with the actor in them, say nothing across actors; signatures of texts are no
// hashes. A list of two is a count of different values or a sum: its first is what it counts by. In the order
// of the counters' names, since facts that were just made have another order than those that are read.
function marksOf({ keys }: Facts): string[] {
  const marks: string[] = [];
  const known = new Set<string>();
  for (const counter of Object.keys(keys).sort()) {
    for (const [key] of keys[counter] ?? []) {
      if (key === undefined || key.length > markLengthMax || known.has(key)) continue;
      if (key.includes("@") || key.includes("|")) continue;
      if (marks.length === marksMax) return marks;
      known.add(key);
      marks.push(`${counter}:${key}`);
    }
  }
  return marks;
}

function textOf(values: Facts["values"], path: string): string | undefined {
  const value = Object.hasOwn(values, path) ? values[path] : undefined;
  return typeof value === "string" ? value : undefined;
}

function numberOf(values: Facts["values"], path: string): number | undefined {
  const value = Object.hasOwn(values, path) ? values[path] : undefined;
  return typeof value === "number" ? value : undefined;
}
