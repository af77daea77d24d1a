// SPDX-License-Identifier: Apache-2.0
// Rules: `{ id, when, then | points, reason, disclose, mode, rollout, always, brake, strikeEvery,
// restrictsAtMost }`.
import { isScalar } from "yaml";
import type { Condition } from "../condition/condition.ts";
import type { Scope } from "../condition/scope.ts";
import type { FieldSlot } from "../condition/typed.ts";
import { suggest } from "../names.ts";
import type { Rule, Then } from "../types.ts";
import { pointsMax, readThen } from "./actions.ts";
import { readBrake, readShare, ruleBrake, wholeShare } from "./brake.ts";
import { readCondition } from "./conditions.ts";
import {
  placeOf,
  readChoice,
  readEntries,
  readInteger,
  readList,
  readMapping,
  readOptional,
  readText,
  readTrue,
  report,
} from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { restricts } from "./measures.ts";
import { reportRedundant } from "./redundant.ts";
import type { PlacedRule } from "./redundant.ts";
import type { Reader } from "./scope.ts";
import { readRate, readTime } from "./times.ts";

/** Most rules of a policy. */
export const rulesMax = 1_000;
/** Longest reason, in UTF-16 code units, and most languages of one. */
export const reasonLengthMax = 1_000;
export const reasonLanguagesMax = 50;
/** Most paths that a rule discloses. */
export const disclosedMax = 20;
/** Longest `strikeEvery`, in milliseconds. */
export const strikeEveryMsMax: number = 365 * 86_400_000;
/** How many actors a rule may restrict, in how long, before a second person is asked: by default. */
export const usualRestricts: { readonly count: number; readonly perMs: number } = {
  count: 100,
  perMs: 3_600_000,
};

/** The form of a policy's and a rule's id. */
export const idPattern: RegExp = /^[a-z][a-z0-9-]{0,63}$/;

const ruleKeys = {
  known: [
    "id",
    "when",
    "then",
    "points",
    "reason",
    "disclose",
    "mode",
    "rollout",
    "always",
    "brake",
    "strikeEvery",
    "restrictsAtMost",
  ],
  required: ["id", "when"],
};

/** A rule with its condition, before the set's clauses are numbered. */
export type LoadedRule = {
  readonly rule: Rule;
  readonly condition: Condition;
  readonly disclose: readonly FieldSlot[];
  /** The waits of the limits that it reads. */
  readonly waits: readonly FieldSlot[];
};

/** What the rules of a policy have in common. */
export type RuleContext = {
  readonly policy: string;
  /** The scope of a rule: it has its own copy of each limit. */
  readonly scopeFor: (reader: Reader) => Scope;
  /** `Limit.id` by the names of the policy's limits. */
  readonly limitIds: ReadonlyMap<string, string>;
  /** Ids that are taken, in all files, and where. */
  readonly taken: Map<string, string>;
  /** The ids of the policy's rules are put here, those of rules with mistakes included. */
  readonly ids: Set<string>;
};

/** Reads the rules of a policy. Those with mistakes are reported and left out. */
export function readRules(source: Source, value: Located, context: RuleContext): LoadedRule[] {
  const rules: LoadedRule[] = [];
  const placed: PlacedRule[] = [];
  const items = readList(source, value, "rules", rulesMax);
  if (items?.length === 0) report(source, "bad-value", value.offset, "a policy needs at least one rule");
  for (const item of items ?? []) {
    const rule = readRule(source, item, context);
    if (rule === undefined) continue;
    rules.push(rule);
    placed.push({ rule: rule.rule, offset: item.offset });
  }
  reportRedundant(source, placed);
  return rules;
}

function readRule(source: Source, value: Located, context: RuleContext): LoadedRule | undefined {
  const mapping = readMapping(source, value, "a rule", ruleKeys);
  if (mapping === undefined) return undefined;
  const id = readOptional(mapping, "id", (each) => readRuleId(source, each, context));
  const mode =
    readOptional(mapping, "mode", (each) =>
      readChoice(source, each, "mode", ["enforce", "shadow"] as const),
    ) ?? "enforce";
  const scope = context.scopeFor({ rule: id ?? "", shadow: mode === "shadow" });
  const loaded = readOptional(mapping, "when", (each) => readCondition(source, each, "when", scope));
  const limits = loaded === undefined ? [] : limitsOf(loaded.condition);
  // Of a condition with a mistake it isn't known whether it reads a limit.
  const mayWait = loaded === undefined || limits.length > 0;
  const then = readOptional(mapping, "then", (each) => readThen(source, each, mayWait));
  const points = readOptional(mapping, "points", (each) => readPoints(source, each)) ?? 0;
  const reason = readOptional(mapping, "reason", (each) => readReason(source, each)) ?? {};
  const disclose = readOptional(mapping, "disclose", (each) => readDisclose(source, each, scope)) ?? [];
  const strikeEveryMs = readStrikeEvery(source, mapping, then?.strike ?? 0);
  const rollOut = readRollOut(source, mapping, mode, then);
  if (!mapping.entries.has("then") && !mapping.entries.has("points")) {
    const message = 'a rule needs the key "then" or "points"';
    report(source, "missing-key", value.offset, message, "say what it does");
  }
  if (loaded !== undefined) reportReports(source, mapping, loaded.condition, then);
  if (id === undefined || loaded === undefined) return undefined;
  const { when, condition } = loaded;
  const rule: Rule = {
    id,
    policy: context.policy,
    mode,
    ...rollOut,
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
    readsLimits: limits.map((name) => context.limitIds.get(name)).filter((limit) => limit !== undefined),
  };
  const waits = limits.map((name) => scope.field(`limits.${name}.wait`)).filter((slot) => slot !== undefined);
  return { rule, condition, disclose, waits };
}

// Who reports may be wrong, or lie: reports bring a content before a person, and do nothing else to anybody.
function reportReports(
  source: Source,
  mapping: Mapping,
  { fields }: Condition,
  then: Then | undefined,
): void {
  const read = fields.find(({ path }) => path.startsWith("reports."))?.path;
  if (read === undefined) return;
  const hint = "reports alone must not restrict anybody; flag or hold, and a person decides";
  const effect = mapping.entries.get("then");
  if (effect !== undefined && then !== undefined && !leavesItToPeople(then)) {
    const message = `a rule that reads "${read}" may flag, or hold for a person, and do nothing else`;
    report(source, "conflict", effect.keyOffset, message, hint);
  }
  const points = mapping.entries.get("points");
  if (points === undefined) return;
  report(source, "conflict", points.keyOffset, `a rule that reads "${read}" can't give points`, hint);
}

function leavesItToPeople(then: Then): boolean {
  const { outcome, otherwise, strike, warn } = then;
  if (restricts(then) || warn === true || strike > 0 || otherwise === "reject") return false;
  return outcome === "allow" || outcome === "flag" || outcome === "hold";
}

/** The names of the limits that a condition reads. */
function limitsOf({ fields }: Condition): readonly string[] {
  const names = fields.map(({ path }) => /^limits\.([^.]+)/.exec(path)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** How a rule is rolled out, and what stops it. */
function readRollOut(
  source: Source,
  mapping: Mapping,
  mode: Rule["mode"],
  then: Then | undefined,
): Pick<Rule, "rollout" | "always" | "brake" | "restricts"> {
  const rollout = readOptional(mapping, "rollout", (each) => readShare(source, each, "rollout"));
  const always = readOptional(mapping, "always", (each) => readTrue(source, each, "always")) ?? false;
  const brake = readOptional(mapping, "brake", (each) => readBrake(source, each, ruleBrake)) ?? ruleBrake;
  const restrictsAtMost = readOptional(mapping, "restrictsAtMost", (each) =>
    readRate(source, each, "restrictsAtMost"),
  );
  const rolloutEntry = mapping.entries.get("rollout");
  if (rolloutEntry !== undefined && mode === "shadow") {
    const message = "a rule in shadow is enforced for nobody, so a rollout has no meaning";
    report(source, "conflict", rolloutEntry.keyOffset, message, "leave mode or rollout out");
  }
  const canRestrict = then !== undefined && (restricts(then) || then.strike > 0);
  const capEntry = mapping.entries.get("restrictsAtMost");
  if (capEntry !== undefined && !canRestrict) {
    const message = '"restrictsAtMost" has a meaning only with a restriction or a strike';
    report(source, "conflict", capEntry.keyOffset, message, "leave it out");
  }
  return {
    rollout: rollout ?? wholeShare,
    always,
    brake,
    ...(canRestrict && { restricts: restrictsAtMost ?? usualRestricts }),
  };
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
  context.ids.add(id);
  return id;
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
    } else if (/^(standing|lists|models|lookups)\./.test(path)) {
      const hint = "disclose a field, a signal or a counter";
      report(source, "bad-path", item.offset, `"${path}" can't be disclosed`, hint);
    } else {
      fields.push(field);
    }
  }
  return fields;
}
