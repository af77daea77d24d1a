// SPDX-License-Identifier: Apache-2.0
// Loading: from files to a set of policies, with every mistake in every file found at once.
import { builtinEventTypes } from "../event-types.ts";
import { formatProblem, PolicyError } from "../errors.ts";
import type { Problem } from "../errors.ts";
import { createSlotTable } from "../program.ts";
import type { PolicySet, SlotTable } from "../program.ts";
import type {
  AttributeType,
  Campaigns,
  EventType,
  LadderStep,
  ListDeclaration,
  LookupDeclaration,
  Measures,
  ModelDeclaration,
  Policy,
  PolicyFile,
  Threshold,
} from "../types.ts";
import { readLadder, readThresholds } from "./actions.ts";
import { readCampaigns } from "./campaigns.ts";
import { assemble } from "./assemble.ts";
import type { LoadedPolicy } from "./assemble.ts";
import { readCounters } from "./counters.ts";
import type { NamedCounter } from "./counters.ts";
import {
  openDocument,
  placeOf,
  readChoice,
  readEntries,
  readMapping,
  readOptional,
  readText,
  report,
} from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { readEvents, readOn } from "./events.ts";
import { readExemptions } from "./exemptions.ts";
import { checkFieldTypes, fieldsOfEvents } from "./fields.ts";
import { readLimits } from "./limits.ts";
import type { NamedLimit } from "./limits.ts";
import { readLists } from "./lists.ts";
import type { LoadedLists } from "./lists.ts";
import { readLookups } from "./lookups.ts";
import type { LoadedLookups } from "./lookups.ts";
import { readModels } from "./models.ts";
import type { LoadedModels } from "./models.ts";
import { idPattern, readRules } from "./rules.ts";
import type { LoadedRule } from "./rules.ts";
import { createScope } from "./scope.ts";
import type { EventNames, PolicyNames } from "./scope.ts";
import { readTests } from "./tests.ts";
import type { TestContext } from "./tests.ts";
import { reportUnused } from "./unused.ts";

/** Most policy files of a set. */
export const filesMax = 200;
/** Most attributes that a policy declares. */
export const attributesMax = 64;

const policyKeys = {
  known: [
    "policy",
    "on",
    "events",
    "attributes",
    "lists",
    "models",
    "lookups",
    "campaigns",
    "counters",
    "limits",
    "exempt",
    "rules",
    "thresholds",
    "ladder",
    "restrictions",
    "tests",
  ],
  required: ["policy", "on", "rules"],
};

const attributeTypes: readonly AttributeType[] = ["int", "bool", "string", "timestamp"];

/** What all files have in common while they are loaded. */
type Loading = {
  readonly problems: Problem[];
  readonly slots: SlotTable;
  /** Ids of rules, exemptions and policies, and where they stand. */
  readonly ruleIds: Map<string, string>;
  readonly exemptionIds: Map<string, string>;
  readonly policyIds: Map<string, string>;
  readonly attributes: Map<string, { readonly type: AttributeType; readonly place: string }>;
  readonly events: Map<string, EventType>;
  readonly lists: Map<string, ListDeclaration>;
  readonly models: Map<string, ModelDeclaration>;
  readonly lookups: Map<string, LookupDeclaration>;
};

type OpenFile = { readonly source: Source; readonly mapping: Mapping };

/**
 * Loads policies: parses, checks and compiles them. Pure: the files are given as texts, in the order that
 * decides the order of the rules in a record.
 *
 * @throws {PolicyError} `invalid-policy` with all problems of all files
 */
export function loadPolicies(files: readonly PolicyFile[]): PolicySet {
  const loading: Loading = {
    problems: [],
    slots: createSlotTable(),
    ruleIds: new Map(),
    exemptionIds: new Map(),
    policyIds: new Map(),
    attributes: new Map(),
    events: new Map(builtinEventTypes),
    lists: new Map(),
    models: new Map(),
    lookups: new Map(),
  };
  checkFiles(files, loading.problems);
  const open = files.map((file) => openFile(file, loading)).filter((each) => each !== undefined);
  const campaigns = readCampaigns(open);
  const loaded = open.map((each) => loadFile(each, loading, campaigns));
  if (loading.problems.length > 0) throw invalidPolicy(files, loading.problems);
  return assemble(loaded, {
    slots: loading.slots,
    lists: loading.lists,
    models: loading.models,
    lookups: loading.lookups,
    events: loading.events,
    attributes: new Map([...loading.attributes].map(([name, { type }]) => [name, type])),
  });
}

function checkFiles(files: readonly PolicyFile[], problems: Problem[]): void {
  const place = { file: files[0]?.path ?? "policy", line: 1, column: 1 };
  if (files.length === 0) {
    problems.push({
      code: "missing-key",
      ...place,
      message: "there is no policy file",
      hint: "give at least one",
    });
  }
  if (files.length > filesMax) {
    problems.push({
      code: "too-large",
      ...place,
      message: `there are ${files.length} files; the limit is ${filesMax}`,
    });
  }
}

function invalidPolicy(files: readonly PolicyFile[], problems: readonly Problem[]): PolicyError {
  const order = new Map(files.map((file, index) => [file.path, index]));
  const sorted = [...problems].sort(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
  return new PolicyError("invalid-policy", sorted.map(formatProblem).join("\n"), sorted);
}

/** Opens a file and reads the types of events that it declares: all files are to know them. */
function openFile(file: PolicyFile, loading: Loading): OpenFile | undefined {
  const { source, root } = openDocument(file, loading.problems);
  const mapping = root && readMapping(source, root, "a policy", policyKeys);
  if (mapping === undefined) return undefined;
  readOptional(mapping, "events", (each) => {
    readEvents(source, each, loading.events);
  });
  return { source, mapping };
}

function loadFile(
  { source, mapping }: OpenFile,
  loading: Loading,
  shared: Campaigns | undefined,
): LoadedPolicy {
  const id = readOptional(mapping, "policy", (each) => readPolicyId(source, each, loading)) ?? "";
  const attributes =
    readOptional(mapping, "attributes", (each) => readAttributes(source, each, loading)) ?? new Map();
  const campaigns = mapping.entries.has("campaigns") ? shared : undefined;
  const eventNames = { ...readEventNames(source, mapping, attributes, loading), campaigns };
  const declared = readDeclared(source, mapping, eventNames, loading);
  const { counters, limits, lists, models, lookups } = declared;
  const names: PolicyNames = { ...eventNames, ...declared.names, policy: id };
  const ids = new Set<string>();
  const rules =
    readOptional(mapping, "rules", (each) =>
      readRules(source, each, {
        policy: id,
        scopeFor: (reader) => createScope(names, loading.slots, reader),
        limitIds: new Map([...names.limits].map(([name, limit]) => [name, limit.id])),
        taken: loading.ruleIds,
        ids,
      }),
    ) ?? [];
  const exempt =
    readOptional(mapping, "exempt", (each) =>
      readExemptions(source, each, {
        policy: id,
        scope: createScope(names, loading.slots),
        ruleIds: ids,
        always: new Set(rules.filter(({ rule }) => rule.always).map(({ rule }) => rule.id)),
        taken: loading.ruleIds,
        exemptionIds: loading.exemptionIds,
      }),
    ) ?? [];
  reportUnused(
    source,
    mapping,
    { counters, limits, lists: lists.lists, models: models.models, lookups: lookups.lookups },
    rules,
    exempt,
  );
  const consequences = readConsequences(source, mapping, rules);
  const doing = [...rules.map(({ rule }) => rule.then), ...consequences.ladder.map((step) => step.then)];
  const testContext: TestContext = { names, attributes, ruleIds: ids };
  const policy: Policy = {
    id,
    file: source.path,
    on: names.on,
    attributes,
    counters: names.counters,
    limits: names.limits,
    lists: names.lists,
    models: new Map(models.models.map(({ model }) => [model.name, model])),
    lookups: new Map(lookups.lookups.map(({ lookup }) => [lookup.name, lookup])),
    ...(campaigns && { campaigns }),
    exempt: exempt.map(({ exemption }) => exemption),
    rules: rules.map(({ rule }) => rule),
    ...consequences,
    restrictions:
      readOptional(mapping, "restrictions", (each) => readRestrictions(source, each, doing)) ?? "enforce",
    tests: readOptional(mapping, "tests", (each) => readTests(source, each, testContext)) ?? [],
  };
  return { policy, rules, exempt, wheres: [...counters, ...limits].flatMap(whereOf) };
}

/** @param doing what its rules and its ladder do */
function readRestrictions(
  source: Source,
  value: Located,
  doing: readonly (Measures | undefined)[],
): Policy["restrictions"] | undefined {
  const mode = readChoice(source, value, "restrictions", ["enforce", "shadow"] as const);
  const measures = doing.some(
    (then) =>
      then !== undefined &&
      (then.warn ?? then.throttle ?? then.limit ?? then.suspendMs ?? then.ban) !== undefined,
  );
  if (!measures) {
    const message = "nothing in this policy does anything to accounts";
    report(source, "redundant", value.offset, message, "leave restrictions out");
  }
  return mode;
}

type Declarations = {
  readonly counters: readonly NamedCounter[];
  readonly limits: readonly NamedLimit[];
  readonly lists: LoadedLists;
  readonly models: LoadedModels;
  readonly lookups: LoadedLookups;
  readonly names: Omit<PolicyNames, "policy" | keyof EventNames>;
};

function readDeclared(
  source: Source,
  mapping: Mapping,
  counting: EventNames,
  loading: Loading,
): Declarations {
  const lists = readOptional(mapping, "lists", (each) => readLists(source, each, loading.lists)) ?? noLists;
  const models =
    readOptional(mapping, "models", (each) => readModels(source, each, loading.models, counting)) ?? noModels;
  const lookups =
    readOptional(mapping, "lookups", (each) => readLookups(source, each, loading.lookups, counting)) ??
    noLookups;
  const { counters, kinds } = readOptional(mapping, "counters", (each) =>
    readCounters(source, each, counting),
  ) ?? { counters: [], kinds: new Map() };
  const { limits, names: limitNames } = readOptional(mapping, "limits", (each) =>
    readLimits(source, each, counting),
  ) ?? { limits: [], names: [] };
  const names = {
    counters: new Map(counters.map(({ name, counter }) => [name, counter])),
    counterKinds: kinds,
    limits: new Map(limits.map(({ name, limit }) => [name, limit])),
    limitNames,
    lists: new Map(lists.lists.map(({ list }) => [list.name, list])),
    listKinds: lists.kinds,
    listNames: lists.names,
    modelNames: models.names,
    lookupNames: lookups.names,
  };
  return { counters, limits, lists, models, lookups, names };
}

const noLists: LoadedLists = { lists: [], names: [], kinds: new Map() };
const noModels: LoadedModels = { models: [], names: [] };
const noLookups: LoadedLookups = { lookups: [], names: [] };

/** The conditions of counters and limits, by what they count. */
function whereOf(named: NamedCounter | NamedLimit): LoadedPolicy["wheres"] {
  const { id } = "counter" in named ? named.counter : named.limit;
  return named.where === undefined ? [] : [[id, named.where.where]];
}

function readEventNames(
  source: Source,
  mapping: Mapping,
  attributes: ReadonlyMap<string, AttributeType>,
  { events }: Loading,
): Omit<EventNames, "campaigns"> {
  const on = readOptional(mapping, "on", (each) => readOn(source, each, events)) ?? [];
  checkFieldTypes(source, mapping.entries.get("on")?.value.offset ?? mapping.offset, on, events);
  return { on, events, fields: fieldsOfEvents(on, events, attributes) };
}

function readConsequences(
  source: Source,
  mapping: Mapping,
  rules: readonly LoadedRule[],
): { readonly thresholds: readonly Threshold[]; readonly ladder: readonly LadderStep[] } {
  // A rule with a mistake is left out: nothing is said of reachability before the rules are right.
  const count = (mapping.entries.get("rules")?.value.node as { items?: unknown[] } | null)?.items?.length;
  const whole = count === rules.length;
  const sum = rules.reduce((points, { rule }) => points + Math.max(0, rule.points), 0);
  const reachable = whole ? sum : Number.POSITIVE_INFINITY;
  const striking = rules.flatMap(({ rule: { then, strikeEveryMs: everyMs } }) =>
    then === undefined || then.strike === 0 ? [] : [{ strike: then.strike, everyMs }],
  );
  return {
    thresholds: readOptional(mapping, "thresholds", (each) => readThresholds(source, each, reachable)) ?? [],
    ladder:
      readOptional(mapping, "ladder", (each) => readLadder(source, each, whole ? striking : undefined)) ?? [],
  };
}

function readPolicyId(source: Source, value: Located, loading: Loading): string | undefined {
  const id = readText(source, value, "policy");
  if (id === undefined) return undefined;
  if (!idPattern.test(id)) {
    const hint = "begin with a letter, and use a-z, 0-9 and -, at most 64 of them";
    report(source, "bad-id", value.offset, `"${id}" can't be a policy's id`, hint);
  }
  const before = loading.policyIds.get(id);
  if (before !== undefined) {
    report(
      source,
      "duplicate-id",
      value.offset,
      `the policy "${id}" stands at ${before} already`,
      "rename one of them",
    );
  }
  loading.policyIds.set(id, placeOf(source, value.offset));
  return id;
}

function readAttributes(source: Source, value: Located, loading: Loading): Map<string, AttributeType> {
  const attributes = new Map<string, AttributeType>();
  const entries = readEntries(source, value, "attributes")?.entries;
  if ((entries?.size ?? 0) > attributesMax) {
    report(source, "too-large", value.offset, `a policy declares at most ${attributesMax} attributes`);
  }
  for (const { key, keyOffset, value: each } of entries?.values() ?? []) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(key)) {
      report(source, "bad-id", keyOffset, `"${key}" can't name an attribute`, "use letters, digits and _");
    }
    const type = readChoice(source, each, "the type of an attribute", attributeTypes);
    if (type === undefined) continue;
    attributes.set(key, type);
    const before = loading.attributes.get(key);
    if (before !== undefined && before.type !== type) {
      const message = `the attribute "${key}" is ${before.type} at ${before.place}, and ${type} here`;
      report(source, "conflict", each.offset, message, "declare it alike in all policies");
    }
    const place = placeOf(source, each.offset);
    if (before === undefined) loading.attributes.set(key, { type, place });
  }
  return attributes;
}
