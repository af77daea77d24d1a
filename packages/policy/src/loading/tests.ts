// SPDX-License-Identifier: Apache-2.0
// Tests that stand in a policy: `tests: [{ name, given, expect }]`.
import { isScalar } from "yaml";
import { suggest } from "../names.ts";
import { outcomes } from "../types.ts";
import type {
  AttributeType,
  EventFieldType,
  EventType,
  FieldValue,
  Outcome,
  PolicyTest,
  TestExpectation,
  TestGiven,
} from "../types.ts";
import { pointsMax } from "./actions.ts";
import { readGivenCampaign } from "./campaigns.ts";
import {
  placeOf,
  readBoolean,
  readChoice,
  readEntries,
  readInteger,
  readList,
  readMapping,
  readOptional,
  readText,
  report,
} from "./document.ts";
import type { Keys, Located, Mapping, Source } from "./document.ts";
import {
  readGivenCounters,
  readGivenLimits,
  readGivenLists,
  readGivenLookups,
  readGivenModels,
  readGivenReports,
} from "./given.ts";
import type { PolicyNames } from "./scope.ts";
import { readPointInTime, readTime } from "./times.ts";

/** Most tests of a policy. */
export const testsMax = 500;
/** Longest name of a test, in UTF-16 code units. */
export const testNameLengthMax = 200;
/** When the event of a test is decided, where it doesn't say: milliseconds since the epoch. */
export const testTimeMs: number = Date.UTC(2026, 0, 1);

/** Oldest account of a test, in milliseconds: a hundred years. */
const ageMsMax = 36_500 * 86_400_000;
const operations = ["create", "edit", "delete", "challengePassed", "challengeFailed"] as const;

/** What is known of a policy where its tests are read. */
export type TestContext = {
  readonly names: PolicyNames;
  readonly attributes: ReadonlyMap<string, AttributeType>;
  /** Ids of its rules, those of rules with mistakes included. */
  readonly ruleIds: ReadonlySet<string>;
};

const givenKeys: Keys = {
  known: [
    "type",
    "op",
    "at",
    "actor",
    "content",
    "language",
    "fields",
    "counters",
    "limits",
    "lists",
    "models",
    "lookups",
    "reports",
    "campaign",
    "standing",
  ],
};

/** Reads the tests of a policy. Those with mistakes are reported and left out. */
export function readTests(source: Source, value: Located, context: TestContext): PolicyTest[] {
  const tests: PolicyTest[] = [];
  for (const [index, item] of (readList(source, value, "tests", testsMax) ?? []).entries()) {
    const mapping = readMapping(source, item, "a test", {
      known: ["name", "given", "expect"],
      required: ["given", "expect"],
    });
    if (mapping === undefined) continue;
    const name = readOptional(mapping, "name", (each) => readName(source, each)) ?? `test ${index + 1}`;
    const given = readOptional(mapping, "given", (each) => readGiven(source, each, context));
    const expect = readOptional(mapping, "expect", (each) => readExpectation(source, each, context));
    if (given === undefined || expect === undefined) continue;
    const place = placeOf(source, item.offset);
    tests.push({ name, policy: context.names.policy, place, given, expect });
  }
  return tests;
}

function readName(source: Source, value: Located): string | undefined {
  const name = readText(source, value, "the name of a test");
  if (name === undefined || name.length <= testNameLengthMax) return name;
  const message = `this name has ${name.length} characters; the limit is ${testNameLengthMax}`;
  return report(source, "too-large", value.offset, message);
}

function readGiven(source: Source, value: Located, context: TestContext): TestGiven | undefined {
  const mapping = readMapping(source, value, "given", givenKeys);
  if (mapping === undefined) return undefined;
  const { names } = context;
  const type = readType(source, mapping, names);
  const event = names.events.get(type ?? "");
  const op = readOptional(mapping, "op", (each) => readChoice(source, each, "op", operations)) ?? "create";
  const atMs = readOptional(mapping, "at", (each) => readPointInTime(source, each, "at")) ?? testTimeMs;
  const actor = readOptional(mapping, "actor", (each) => readActor(source, each, atMs, context.attributes));
  const content = readOptional(mapping, "content", (each) => readContent(source, each, event));
  const language = readOptional(mapping, "language", (each) => readText(source, each, "language"));
  const fields = readOptional(mapping, "fields", (each) => readFields(source, each, event)) ?? {};
  const counters = readOptional(mapping, "counters", (each) => readGivenCounters(source, each, names));
  const limits = readOptional(mapping, "limits", (each) => readGivenLimits(source, each, names));
  const lists = readOptional(mapping, "lists", (each) => readGivenLists(source, each, names));
  const models = readOptional(mapping, "models", (each) => readGivenModels(source, each, names));
  const lookups = readOptional(mapping, "lookups", (each) => readGivenLookups(source, each, names));
  const reports = readOptional(mapping, "reports", (each) => readGivenReports(source, each));
  const campaign = readOptional(mapping, "campaign", (each) =>
    readGivenCampaign(source, each, names.campaigns),
  );
  const standing = readOptional(mapping, "standing", (each) => readStanding(source, each));
  if (type === undefined) return undefined;
  return {
    type,
    op,
    atMs,
    actor: actor ?? { id: "somebody" },
    ...(content && { content }),
    ...(language !== undefined && { language }),
    fields,
    counters: counters ?? new Map(),
    limits: limits ?? new Map(),
    lists: lists ?? new Map(),
    models: models ?? new Map(),
    lookups: lookups ?? new Map(),
    reports: reports ?? { actor: 0, reporters: 0, content: 0 },
    campaign: campaign ?? { size: 0, actors: 0 },
    standing: standing ?? { strikes: 0, restricted: false },
  };
}

/** Where the policy is on one type of event, a test needn't name it. */
function readType(source: Source, mapping: Mapping, { on }: PolicyNames): string | undefined {
  const entry = mapping.entries.get("type");
  if (entry !== undefined) return readChoice(source, entry.value, "type", on);
  if (on.length <= 1) return on[0];
  const hint = `this policy is on ${on.join(", ")}`;
  return report(source, "missing-key", mapping.offset, 'given needs the key "type"', hint);
}

function readActor(
  source: Source,
  value: Located,
  atMs: number,
  declared: ReadonlyMap<string, AttributeType>,
): TestGiven["actor"] | undefined {
  const texts = ["id", "name", "ip", "email"] as const;
  const mapping = readMapping(source, value, "actor", {
    known: [...texts, "age", "createdAt", "attributes"],
  });
  if (mapping === undefined) return undefined;
  const text = (key: string): string | undefined =>
    readOptional(mapping, key, (each) => readText(source, each, `actor.${key}`));
  const createdAt = readOptional(mapping, "createdAt", (each) => readPointInTime(source, each, "createdAt"));
  const ageMs = readOptional(mapping, "age", (each) => readTime(source, each, "age", 1_000, ageMsMax));
  const age = mapping.entries.get("age");
  if (age !== undefined && mapping.entries.has("createdAt")) {
    report(source, "conflict", age.keyOffset, "age and createdAt say the same", "leave one of them out");
  }
  const attributes = readOptional(mapping, "attributes", (each) =>
    readValues(source, each, "attribute", declared),
  ) as Record<string, string | number | boolean> | undefined;
  const [id, name, ip, email] = texts.map(text);
  const since = ageMs === undefined ? createdAt : atMs - ageMs;
  return {
    id: id ?? "somebody",
    ...(name !== undefined && { name }),
    ...(ip !== undefined && { ip }),
    ...(email !== undefined && { email }),
    ...(since !== undefined && { createdAt: since }),
    ...(attributes && { attributes }),
  };
}

function readContent(
  source: Source,
  value: Located,
  event: EventType | undefined,
): TestGiven["content"] | undefined {
  const known = [...contentTexts, "revision", "parts"];
  const mapping = readMapping(source, value, "content", { known });
  if (mapping === undefined) return undefined;
  for (const { key, keyOffset } of mapping.entries.values()) {
    if (event === undefined || event.paths.has(`content.${key}`)) continue;
    if (!known.includes(key)) continue;
    report(source, "absent-field", keyOffset, `events of type ${event.name} have no "content.${key}"`);
  }
  const content: Record<string, FieldValue> = {};
  for (const key of contentTexts) {
    const text = readOptional(mapping, key, (each) => readText(source, each, `content.${key}`));
    if (text !== undefined) content[key] = text;
  }
  const revision = readOptional(mapping, "revision", (each) =>
    readInteger(source, each, "content.revision", 0, Number.MAX_SAFE_INTEGER),
  );
  const parts = readOptional(mapping, "parts", (each) => readValue(source, each, "parts", "list<string>"));
  return {
    ...content,
    ...(revision !== undefined && { revision }),
    ...(parts !== undefined && { parts: parts as readonly string[] }),
  };
}

const contentTexts = "text title url language group parent plain html headers".split(" ");

function readFields(
  source: Source,
  value: Located,
  event: EventType | undefined,
): Record<string, FieldValue> | undefined {
  if (event === undefined) return undefined;
  const types = new Map([...event.fields].map(([name, { type }]) => [name, type]));
  return readValues(source, value, `field of ${event.name} events`, types);
}

/** Values by declared names. */
function readValues(
  source: Source,
  value: Located,
  what: string,
  types: ReadonlyMap<string, EventFieldType>,
): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  for (const { key, keyOffset, value: each } of readEntries(source, value, what)?.entries.values() ?? []) {
    const type = types.get(key);
    if (type === undefined) {
      const hint = suggest(key, types.keys());
      report(source, "unknown-name", keyOffset, `no ${what} is called "${key}"`, hint);
      continue;
    }
    const read = readValue(source, each, key, type);
    if (read !== undefined) values[key] = read;
  }
  return values;
}

function readValue(
  source: Source,
  value: Located,
  what: string,
  type: EventFieldType,
): FieldValue | undefined {
  switch (type) {
    case "int":
      return readInteger(source, value, what, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case "bool":
      return readBoolean(source, value, what);
    case "string":
      return readText(source, value, what);
    case "timestamp":
      return readPointInTime(source, value, what);
    case "list<string>": {
      const items = readList(source, value, what, 64)?.map((item) => readText(source, item, what));
      return items?.filter((item) => item !== undefined);
    }
  }
}

function readStanding(source: Source, value: Located): TestGiven["standing"] | undefined {
  const mapping = readMapping(source, value, "standing", { known: ["strikes", "restricted", "limited"] });
  if (mapping === undefined) return undefined;
  const strikes = readOptional(mapping, "strikes", (each) =>
    readInteger(source, each, "strikes", 0, 100_000),
  );
  const restricted = readOptional(mapping, "restricted", (each) => readBoolean(source, each, "restricted"));
  const limited = readOptional(mapping, "limited", (each) =>
    readValue(source, each, "limited", "list<string>"),
  );
  return {
    strikes: strikes ?? 0,
    restricted: restricted ?? limited !== undefined,
    ...(limited !== undefined && { limited: limited as readonly string[] }),
  };
}

function readExpectation(source: Source, value: Located, context: TestContext): TestExpectation | undefined {
  const mapping = readMapping(source, value, "expect", { known: ["outcome", "rules", "not", "points"] });
  if (mapping === undefined) return undefined;
  if (mapping.entries.size === 0) {
    const hint = "give outcome, rules, not or points";
    return report(source, "missing-key", value.offset, "expect asks nothing", hint);
  }
  const outcome = readOptional(mapping, "outcome", (each) =>
    readChoice<Outcome>(source, each, "outcome", outcomes),
  );
  const rules = readOptional(mapping, "rules", (each) => readRuleIds(source, each, "rules", context));
  const not = readOptional(mapping, "not", (each) => readRuleIds(source, each, "not", context));
  const points = readOptional(mapping, "points", (each) =>
    readInteger(source, each, "points", -pointsMax, pointsMax),
  );
  const both = not?.find((id) => rules?.includes(id));
  const notEntry = mapping.entries.get("not");
  if (both !== undefined && notEntry !== undefined) {
    report(source, "conflict", notEntry.value.offset, `"${both}" stands in rules and in not`);
  }
  return {
    ...(outcome !== undefined && { outcome }),
    ...(rules && { rules }),
    ...(not && { not }),
    ...(points !== undefined && { points }),
  };
}

function readRuleIds(
  source: Source,
  value: Located,
  what: string,
  { ruleIds }: TestContext,
): readonly string[] | undefined {
  const ids: string[] = [];
  for (const item of readList(source, value, what, ruleIds.size + 1) ?? []) {
    const id = isScalar(item.node) ? readText(source, item, "a rule's id") : undefined;
    if (id === undefined) continue;
    if (ruleIds.has(id)) ids.push(id);
    else {
      const message = `no rule of this policy is called "${id}"`;
      report(source, "unknown-name", item.offset, message, suggest(id, ruleIds));
    }
  }
  return ids;
}
