// SPDX-License-Identifier: Apache-2.0
// Rules: `{ id, when, then | points, reason, disclose, mode, strikeEvery }`.
import { isScalar } from "yaml";
import { loadCondition } from "../condition/condition.ts";
import type { Condition } from "../condition/condition.ts";
import type { Scope } from "../condition/scope.ts";
import type { FieldSlot } from "../condition/typed.ts";
import { suggest } from "../names.ts";
import type { Rule } from "../types.ts";
import { pointsMax, readOptional, readThen, readTime } from "./actions.ts";
import { readChoice, readEntries, readInteger, readList, readMapping, readText, report } from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { offsetInFile } from "./place.ts";

/** Most rules of a policy. */
export const rulesMax = 1_000;
/** Longest reason, in UTF-16 code units, and most languages of one. */
export const reasonLengthMax = 1_000;
export const reasonLanguagesMax = 50;
/** Most paths that a rule discloses. */
export const disclosedMax = 20;
/** Longest `strikeEvery`, in milliseconds. */
export const strikeEveryMsMax: number = 365 * 86_400_000;

/** The form of a policy's and a rule's id. */
export const idPattern: RegExp = /^[a-z][a-z0-9-]{0,63}$/;

const ruleKeys = {
  known: ["id", "when", "then", "points", "reason", "disclose", "mode", "strikeEvery"],
  required: ["id", "when"],
  later: ["needs", "always", "rollout"],
};

/** A rule with its condition, before the set's clauses are numbered. */
export type LoadedRule = {
  readonly rule: Rule;
  readonly condition: Condition;
  readonly disclose: readonly FieldSlot[];
};

/** What the rules of a policy have in common. */
export type RuleContext = {
  readonly policy: string;
  readonly scope: Scope;
  /** Ids that are taken, in all files, and where. */
  readonly taken: Map<string, string>;
};

/** Reads the rules of a policy. Those with mistakes are reported and left out. */
export function readRules(source: Source, value: Located, context: RuleContext): LoadedRule[] {
  const rules: LoadedRule[] = [];
  const items = readList(source, value, "rules", rulesMax);
  if (items?.length === 0) report(source, "bad-value", value.offset, "a policy needs at least one rule");
  for (const item of items ?? []) {
    const rule = readRule(source, item, context);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}

function readRule(source: Source, value: Located, context: RuleContext): LoadedRule | undefined {
  const mapping = readMapping(source, value, "a rule", ruleKeys);
  if (mapping === undefined) return undefined;
  const id = readOptional(mapping, "id", (each) => readRuleId(source, each, context));
  const when = readOptional(mapping, "when", (each) => readText(source, each, "when"));
  const condition = when === undefined ? undefined : readCondition(source, mapping, when, context.scope);
  const then = readOptional(mapping, "then", (each) => readThen(source, each, "then"));
  const points = readOptional(mapping, "points", (each) => readPoints(source, each)) ?? 0;
  const reason = readOptional(mapping, "reason", (each) => readReason(source, each)) ?? {};
  const disclose =
    readOptional(mapping, "disclose", (each) => readDisclose(source, each, context.scope)) ?? [];
  const mode = readOptional(mapping, "mode", (each) =>
    readChoice(source, each, "mode", ["enforce", "shadow"] as const),
  );
  const strikeEveryMs = readStrikeEvery(source, mapping, then?.strike ?? 0);
  if (!mapping.entries.has("then") && !mapping.entries.has("points")) {
    report(
      source,
      "missing-key",
      value.offset,
      'a rule needs the key "then" or "points"',
      "say what it does",
    );
  }
  if (id === undefined || when === undefined || condition === undefined) return undefined;
  const rule: Rule = {
    id,
    policy: context.policy,
    mode: mode ?? "enforce",
    rollout: 10_000,
    always: false,
    brake: { share: 500, least: 50 },
    when,
    place: placeOf(source, value.offset),
    ...(then && { then }),
    points,
    reason,
    disclose: disclose.map((field) => field.path),
    strikeEveryMs,
    reads: condition.fields.map((field) => field.path),
    required: condition.required,
    clauses: condition.clauses.map((clause) => clause.text),
    cost: condition.cost,
    readsLimits: [],
  };
  return { rule, condition, disclose };
}

function readRuleId(source: Source, value: Located, context: RuleContext): string | undefined {
  const id = readText(source, value, "id");
  if (id === undefined) return undefined;
  if (!idPattern.test(id)) {
    const hint = "begin with a letter, and use a-z, 0-9 and -, at most 64 of them";
    return report(source, "bad-id", value.offset, `"${id}" can't be a rule's id`, hint);
  }
  const before = context.taken.get(id);
  if (before !== undefined) {
    const hint = "records name rules by id alone: each needs its own";
    return report(source, "duplicate-id", value.offset, `the rule "${id}" stands at ${before} already`, hint);
  }
  context.taken.set(id, placeOf(source, value.offset));
  return id;
}

function readCondition(source: Source, mapping: Mapping, when: string, scope: Scope): Condition | undefined {
  const located = mapping.entries.get("when")?.value as Located;
  const loaded = loadCondition(when, scope);
  if ("clauses" in loaded) return loaded;
  for (const { code, offset, message, hint } of loaded) {
    report(source, code, offsetInFile(source, located, offset), message, hint);
  }
  return undefined;
}

function readPoints(source: Source, value: Located): number | undefined {
  const points = readInteger(source, value, "points", -pointsMax, pointsMax);
  return points === 0 ? report(source, "bad-value", value.offset, "points must not be 0") : points;
}

function readStrikeEvery(source: Source, mapping: Mapping, strike: number): number {
  const entry = mapping.entries.get("strikeEvery");
  if (entry === undefined) return 0;
  if (strike === 0) {
    const hint = "add strike to then, or leave it out";
    report(source, "conflict", entry.keyOffset, '"strikeEvery" has a meaning only with a strike', hint);
  }
  return readTime(source, entry.value, "strikeEvery", 1_000, strikeEveryMsMax) ?? 0;
}

/** A text is a reason in English; a mapping has one for each language. */
function readReason(source: Source, value: Located): Record<string, string> | undefined {
  if (isScalar(value.node)) {
    const text = readReasonText(source, value);
    return text === undefined ? undefined : { en: text };
  }
  const entries = readEntries(source, value, "reason")?.entries;
  if (entries === undefined) return undefined;
  if (entries.size > reasonLanguagesMax) {
    report(source, "too-large", value.offset, `a reason has at most ${reasonLanguagesMax} languages`);
  }
  const reason: Record<string, string> = {};
  for (const { key, keyOffset, value: each } of entries.values()) {
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(key)) {
      report(
        source,
        "bad-value",
        keyOffset,
        `"${key}" is no language tag`,
        "write one such as en, de or pt-BR",
      );
    }
    const text = readReasonText(source, each);
    if (text !== undefined) reason[key] = text;
  }
  return reason;
}

function readReasonText(source: Source, value: Located): string | undefined {
  const text = readText(source, value, "a reason");
  if (text === undefined) return undefined;
  if (text.trim() === "") return report(source, "bad-value", value.offset, "a reason must not be empty");
  if (text.length <= reasonLengthMax) return text;
  const message = `this reason has ${text.length} characters; the limit is ${reasonLengthMax}`;
  return report(source, "too-large", value.offset, message);
}

function readDisclose(source: Source, value: Located, scope: Scope): FieldSlot[] | undefined {
  const fields: FieldSlot[] = [];
  for (const item of readList(source, value, "disclose", disclosedMax) ?? []) {
    const path = readText(source, item, "a disclosed path");
    if (path === undefined) continue;
    const field = scope.field(path);
    if (field === undefined) {
      const hint = suggest(path, scope.paths) ?? "disclose a field, a signal or a counter";
      report(source, "unknown-name", item.offset, `nothing is called "${path}"`, hint);
    } else if (path.startsWith("standing.")) {
      report(
        source,
        "bad-path",
        item.offset,
        `"${path}" can't be disclosed`,
        "disclose a field, a signal or a counter",
      );
    } else {
      fields.push(field);
    }
  }
  return fields;
}

function placeOf(source: Source, offset: number): string {
  return `${source.path}:${source.lines.linePos(offset).line}`;
}
