// SPDX-License-Identifier: Apache-2.0
// Exemptions: `exempt: [{ id, when, from, owner, until }]`.
import type { Condition } from "../condition/condition.ts";
import type { Scope } from "../condition/scope.ts";
import { suggest } from "../names.ts";
import type { Exemption } from "../types.ts";
import { readCondition } from "./conditions.ts";
import { placeOf, readList, readMapping, readOptional, readText, report } from "./document.ts";
import type { Located, Source } from "./document.ts";
import { idPattern } from "./rules.ts";
import { readPointInTime } from "./times.ts";

/** Most exemptions of a policy. */
export const exemptionsMax = 100;
/** Most rules that one names. */
export const exemptionRulesMax = 200;
/** Longest name of an owner, in UTF-16 code units. */
export const ownerLengthMax = 100;

/** An exemption with its condition. */
export type LoadedExemption = { readonly exemption: Exemption; readonly condition: Condition };

/** What is known of a policy where its exemptions are read. */
export type ExemptionContext = {
  readonly policy: string;
  readonly scope: Scope;
  /** Ids of the policy's rules, those of rules with mistakes included. */
  readonly ruleIds: ReadonlySet<string>;
  /** Those that nothing is exempt from. */
  readonly always: ReadonlySet<string>;
  /** Rules of all files, and where they stand. */
  readonly taken: ReadonlyMap<string, string>;
  /** Ids of exemptions that are taken, in all files, and where. */
  readonly exemptionIds: Map<string, string>;
};

const keys = {
  known: ["id", "when", "from", "owner", "until"],
  required: ["id", "when", "from", "owner"],
};

/** Reads the exemptions of a policy. Those with mistakes are reported and left out. */
export function readExemptions(source: Source, value: Located, context: ExemptionContext): LoadedExemption[] {
  const exemptions: LoadedExemption[] = [];
  for (const item of readList(source, value, "exempt", exemptionsMax) ?? []) {
    const exemption = readExemption(source, item, context);
    if (exemption !== undefined) exemptions.push(exemption);
  }
  return exemptions;
}

function readExemption(
  source: Source,
  value: Located,
  context: ExemptionContext,
): LoadedExemption | undefined {
  const mapping = readMapping(source, value, "an exemption", keys);
  if (mapping === undefined) return undefined;
  const id = readOptional(mapping, "id", (each) => readId(source, each, context));
  const loaded = readOptional(mapping, "when", (each) =>
    readCondition(source, each, "when", context.scope, {
      never: "the exemption can never apply",
      always: "the exemption always applies: remove the rules instead",
    }),
  );
  const from = readOptional(mapping, "from", (each) => readFrom(source, each, context));
  const owner = readOptional(mapping, "owner", (each) => readOwner(source, each));
  const untilMs = readOptional(mapping, "until", (each) => readPointInTime(source, each, "until"));
  if (id === undefined || loaded === undefined || from === undefined || owner === undefined) return undefined;
  const { when, condition } = loaded;
  const exemption: Exemption = {
    id,
    policy: context.policy,
    when,
    from,
    owner,
    ...(untilMs !== undefined && { untilMs }),
    place: placeOf(source, value.offset),
    reads: condition.fields.map(({ path }) => path),
    clauses: condition.clauses.map(({ text }) => text),
    cost: condition.cost,
  };
  return { exemption, condition };
}

function readId(source: Source, value: Located, { exemptionIds }: ExemptionContext): string | undefined {
  const id = readText(source, value, "id");
  if (id === undefined) return undefined;
  if (!idPattern.test(id)) {
    const hint = "begin with a letter, and use a-z, 0-9 and -, at most 64 of them";
    return report(source, "bad-id", value.offset, `"${id}" can't be an exemption's id`, hint);
  }
  const before = exemptionIds.get(id);
  if (before !== undefined) {
    const message = `the exemption "${id}" stands at ${before} already`;
    return report(source, "duplicate-id", value.offset, message, "records name exemptions by id alone");
  }
  exemptionIds.set(id, placeOf(source, value.offset));
  return id;
}

/** The rules that an exemption suppresses: of its own policy, and not marked `always`. */
function readFrom(source: Source, value: Located, context: ExemptionContext): readonly string[] | undefined {
  const items = readList(source, value, "from", exemptionRulesMax);
  if (items === undefined) return undefined;
  if (items.length === 0) return report(source, "bad-value", value.offset, "from names at least one rule");
  const from: string[] = [];
  for (const item of items) {
    const rule = readText(source, item, "a rule's id");
    if (rule === undefined) continue;
    if (!context.ruleIds.has(rule)) {
      report(
        source,
        "unknown-name",
        item.offset,
        `no rule of this policy is called "${rule}"`,
        elsewhere(rule, context),
      );
    } else if (context.always.has(rule)) {
      const message = `the rule "${rule}" is marked always: nothing is exempt from it`;
      report(source, "conflict", item.offset, message, "leave it out, or take always from the rule");
    } else if (from.includes(rule)) {
      report(source, "conflict", item.offset, `"${rule}" stands in from twice`);
    } else {
      from.push(rule);
    }
  }
  return from.length === items.length ? from : undefined;
}

function elsewhere(rule: string, { ruleIds, taken }: ExemptionContext): string | undefined {
  const place = taken.get(rule);
  if (place !== undefined) return `it stands at ${place}: write the exemption there`;
  return suggest(rule, ruleIds);
}

function readOwner(source: Source, value: Located): string | undefined {
  const owner = readText(source, value, "owner");
  if (owner === undefined) return undefined;
  const text = owner.trim();
  if (text === "") return report(source, "bad-value", value.offset, "owner must not be empty");
  if (text.length <= ownerLengthMax) return text;
  const message = `owner has ${text.length} characters; the limit is ${ownerLengthMax}`;
  return report(source, "too-large", value.offset, message);
}
