// SPDX-License-Identifier: Apache-2.0
// What a release that was withdrawn did meanwhile: the decisions in which a rule had a part that is gone or
// changed now. Whoever withdraws it decides what is to be reverted.
import type { DocketRecord, Facts } from "@docket/protocol";
import type { PolicyChange } from "./compare.ts";

/** Most records that one page of a count looks at. */
export const effectsPageRecordsMax = 20_000;

/** What is counted: the rules, and the records between which it is looked for. */
export type EffectsQuery = {
  /** As `policy/rule`. */
  readonly rules: ReadonlySet<string>;
  readonly from: number;
  /** The first record that is not looked at any more. */
  readonly to: number;
};

/** What a run of records came to. */
export type Effects = {
  /** The records that were looked at: from the first to before `next`. */
  from: number;
  /** Where to go on; `null` if all was looked at. */
  next: number | null;
  /** Decisions in which one of the rules had a part. */
  decisions: number;
  /** Those of them that refused the event: challenge, delay, hold, reject. */
  refused: number;
  /** Restrictions that they put on actors. */
  restrictions: number;
  /** Decisions by rule, as `policy/rule`. */
  rules: Record<string, number>;
  /** The first and the last of these decisions' records. */
  first: number | null;
  last: number | null;
  /** Decisions whose facts are gone or sealed with other keys. */
  unread: number;
};

/** Gives a record and, of a decision, its facts if they can be read. */
export type DecisionReader = (index: number) => Promise<{ record: DocketRecord; facts: Facts | undefined }>;

/** The rules that a change took away or made others, as `policy/rule`. */
export function withdrawnRules(changes: readonly PolicyChange[]): Set<string> {
  const rules = changes.filter(({ what, change }) => what === "rule" && change !== "removed");
  return new Set(rules.map(({ policy, id }) => `${policy}/${id}`));
}

/**
 * Counts what rules did.
 *
 * @param goOn asked now and then; when it says no, the count ends there, and `next` says where
 */
export async function countEffects(
  read: DecisionReader,
  { rules, from, to }: EffectsQuery,
  goOn: () => boolean = () => true,
): Promise<Effects> {
  const effects: Effects = {
    from,
    next: null,
    decisions: 0,
    refused: 0,
    restrictions: 0,
    rules: {},
    first: null,
    last: null,
    unread: 0,
  };
  for (let index = from; index < to; index++) {
    if (index - from >= effectsPageRecordsMax || (index > from && index % 64 === 0 && !goOn())) {
      return { ...effects, next: index };
    }
    take(effects, await read(index), rules);
  }
  return effects;
}

/** Two counts, of records that follow each other, as one. */
export function addEffects(a: Effects, b: Effects): Effects {
  const rules = { ...a.rules };
  for (const [rule, count] of Object.entries(b.rules)) rules[rule] = (rules[rule] ?? 0) + count;
  return {
    from: a.from,
    next: b.next,
    decisions: a.decisions + b.decisions,
    refused: a.refused + b.refused,
    restrictions: a.restrictions + b.restrictions,
    rules,
    first: a.first ?? b.first,
    last: b.last ?? a.last,
    unread: a.unread + b.unread,
  };
}

function take(
  effects: Effects,
  { record, facts }: Awaited<ReturnType<DecisionReader>>,
  rules: ReadonlySet<string>,
): void {
  if (record.kind !== "decision") return;
  if (facts === undefined) {
    effects.unread += 1;
    return;
  }
  const part = facts.fired
    .filter(({ mode }) => mode === "enforce")
    .map(({ policy, rule }) => `${policy}/${rule}`)
    .filter((rule) => rules.has(rule));
  if (part.length === 0) return;
  effects.decisions += 1;
  if (record.outcome !== "allow" && record.outcome !== "flag") effects.refused += 1;
  effects.restrictions += record.restrictions.length;
  for (const rule of new Set(part)) effects.rules[rule] = (effects.rules[rule] ?? 0) + 1;
  effects.first ??= record.index;
  effects.last = record.index;
}
