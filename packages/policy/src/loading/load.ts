// SPDX-License-Identifier: Apache-2.0
// Loading: from files to a set of policies, with every mistake in every file found at once.
import type { Scope } from "../condition/scope.ts";
import { attributeField, builtinFields, counterField } from "../environment.ts";
import type { FieldDeclaration } from "../environment.ts";
import { formatProblem, PolicyError } from "../errors.ts";
import type { Problem } from "../errors.ts";
import { createSlotTable } from "../program.ts";
import type { CompiledPolicy, CompiledRule, PolicySet, SlotReader, SlotTable } from "../program.ts";
import type { AttributeType, Counter, FieldPath, Policy, PolicyFile } from "../types.ts";
import { readLadder, readOptional, readThresholds } from "./actions.ts";
import { readCounters } from "./counters.ts";
import type { NamedCounter } from "./counters.ts";
import {
  openDocument,
  readChoice,
  readEntries,
  readList,
  readMapping,
  readText,
  report,
} from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { idPattern, readRules } from "./rules.ts";
import type { LoadedRule } from "./rules.ts";

/** Most policy files of a set, and event types of a policy. */
export const filesMax = 200;
export const eventTypesMax = 20;
/** Most attributes that a policy declares. */
export const attributesMax = 64;

const policyKeys = {
  known: ["policy", "on", "attributes", "counters", "rules", "thresholds", "ladder"],
  required: ["policy", "on", "rules"],
  later: ["lists", "exempt", "tests", "limits", "models"],
};

const attributeTypes: readonly AttributeType[] = ["int", "bool", "string", "timestamp"];

/** What all files have in common while they are loaded. */
type Loading = {
  readonly problems: Problem[];
  readonly slots: SlotTable;
  /** Rules' and policies' ids, and where they stand. */
  readonly ruleIds: Map<string, string>;
  readonly policyIds: Map<string, string>;
  readonly attributes: Map<string, { readonly type: AttributeType; readonly place: string }>;
};

type LoadedPolicy = { readonly policy: Policy; readonly rules: readonly LoadedRule[] };

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
    policyIds: new Map(),
    attributes: new Map(),
  };
  checkFiles(files, loading.problems);
  const loaded = files.map((file) => loadFile(file, loading)).filter((each) => each !== undefined);
  if (loading.problems.length > 0) throw invalidPolicy(files, loading.problems);
  return assemble(loaded, loading);
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

function loadFile(file: PolicyFile, loading: Loading): LoadedPolicy | undefined {
  const { source, root } = openDocument(file, loading.problems);
  if (root === undefined) return undefined;
  const mapping = readMapping(source, root, "a policy", policyKeys);
  if (mapping === undefined) return undefined;
  const id = readOptional(mapping, "policy", (each) => readPolicyId(source, each, loading)) ?? "";
  const on = readOptional(mapping, "on", (each) => readEventTypes(source, each)) ?? [];
  const attributes =
    readOptional(mapping, "attributes", (each) => readAttributes(source, each, loading)) ?? new Map();
  const fields = new Map<FieldPath, FieldDeclaration>(builtinFields);
  for (const [name, type] of attributes) fields.set(`actor.attributes.${name}`, attributeField(name, type));
  const read = readOptional(mapping, "counters", (each) => readCounters(source, each, on, fields));
  const counters = read?.counters ?? [];
  const scope = createScope(id, fields, counters, read?.names ?? [], loading.slots);
  const rules = readOptional(mapping, "rules", (each) =>
    readRules(source, each, { policy: id, scope, taken: loading.ruleIds }),
  );
  const { thresholds, ladder } = readConsequences(source, mapping, rules ?? []);
  reportUnusedCounters(source, mapping, counters, rules ?? []);
  const policy: Policy = {
    id,
    file: file.path,
    on,
    attributes,
    counters: new Map(counters.map(({ name, counter }) => [name, counter])),
    limits: new Map(),
    lists: new Map(),
    exempt: [],
    rules: (rules ?? []).map(({ rule }) => rule),
    thresholds,
    ladder,
    tests: [],
  };
  return { policy, rules: rules ?? [] };
}

function readConsequences(
  source: Source,
  mapping: Mapping,
  rules: readonly LoadedRule[],
): Pick<Policy, "thresholds" | "ladder"> {
  // A rule with a mistake is left out of the sum: nothing is said of reachability before the rules are right.
  const count = (mapping.entries.get("rules")?.value.node as { items?: unknown[] } | null)?.items?.length;
  const sum = rules.reduce((points, { rule }) => points + Math.max(0, rule.points), 0);
  const reachable = count === rules.length ? sum : Number.POSITIVE_INFINITY;
  return {
    thresholds: readOptional(mapping, "thresholds", (each) => readThresholds(source, each, reachable)) ?? [],
    ladder: readOptional(mapping, "ladder", (each) => readLadder(source, each)) ?? [],
  };
}

/**
 * A rule with a mistake may be the one that reads a counter: its text is looked at, so as not to report it.
 */
function reportUnusedCounters(
  source: Source,
  mapping: Mapping,
  counters: readonly NamedCounter[],
  rules: readonly LoadedRule[],
): void {
  const read = new Set(rules.flatMap(({ rule }) => [...rule.reads, ...rule.disclose]));
  const node = mapping.entries.get("rules")?.value.node;
  const text = source.text.slice(node?.range?.[0] ?? 0, node?.range?.[1] ?? source.text.length);
  for (const { name, offset } of counters) {
    if (read.has(`counters.${name}`) || text.includes(`counters.${name}`)) continue;
    report(
      source,
      "unused-counter",
      offset,
      `no rule reads the counter "${name}"`,
      "leave it out, or use it",
    );
  }
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
  loading.policyIds.set(id, `${source.path}:${source.lines.linePos(value.offset).line}`);
  return id;
}

function readEventTypes(source: Source, value: Located): string[] {
  const types: string[] = [];
  const items = readList(source, value, "on", eventTypesMax);
  if (items?.length === 0) report(source, "bad-value", value.offset, "on names at least one event type");
  for (const item of items ?? []) {
    const type = readText(source, item, "an event type");
    if (type === undefined) continue;
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(type)) {
      const hint = "begin with a letter, and use a-z, 0-9 and -, at most 32 of them";
      report(source, "bad-value", item.offset, `"${type}" can't be an event type`, hint);
    } else if (types.includes(type)) {
      report(source, "conflict", item.offset, `"${type}" stands in on twice`);
    } else {
      types.push(type);
    }
  }
  return types.sort();
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
    const place = `${source.path}:${source.lines.linePos(each.offset).line}`;
    if (before === undefined) loading.attributes.set(key, { type, place });
  }
  return attributes;
}

function createScope(
  policy: string,
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
  counters: readonly NamedCounter[],
  counterNames: readonly string[],
  slots: SlotTable,
): Scope {
  const declared = new Map(counters.map(({ name, counter }) => [`counters.${name}`, { name, counter }]));
  // A counter with a mistake is reported once, where it is declared: rules that read it are checked as if
  // it were right.
  const broken = new Set(
    counterNames.map((name) => `counters.${name}`).filter((path) => !declared.has(path)),
  );
  return {
    paths: [...fields.keys(), ...counterNames.map((name) => `counters.${name}`)],
    field(path) {
      const field = fields.get(path);
      if (field !== undefined) return slots.fieldSlot(path, field);
      const known = declared.get(path);
      if (known === undefined && !broken.has(path)) return undefined;
      const id = known?.counter.id ?? path;
      return slots.fieldSlot(`${policy} ${path}`, counterField(path.slice("counters.".length), id), id);
    },
    variableSlot: () => slots.variableSlot(),
    hint(path) {
      const [, attribute] = /^actor\.attributes\.(.+)$/.exec(path) ?? [];
      const isDeclared = [...fields.keys()].some((each) => each.startsWith("actor.attributes."));
      if (attribute !== undefined && !isDeclared) return `declare it: attributes: { ${attribute}: int }`;
      if (path.startsWith("counters.") && counterNames.length === 0) return "declare it under counters:";
      return undefined;
    },
  };
}

function assemble(loaded: readonly LoadedPolicy[], loading: Loading): PolicySet {
  let clauses = 0;
  const policies = loaded.map(({ policy, rules }): CompiledPolicy => {
    const compiled = rules.map((rule): CompiledRule => {
      const firstClause = clauses;
      clauses += rule.condition.clauses.length;
      return { ...rule, firstClause };
    });
    return { policy, on: new Set(policy.on), rules: compiled };
  });
  const counters = new Map<string, Counter>();
  for (const { policy } of loaded)
    for (const counter of policy.counters.values()) counters.set(counter.id, counter);
  const readers = loading.slots.readers();
  const frame = Array.from<SlotReader | undefined>({ length: loading.slots.count() });
  for (const reader of readers) frame[reader.slot] = reader;
  return {
    policies: loaded.map(({ policy }) => policy),
    counters: [...counters.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    limits: [],
    lists: new Map(),
    events: new Map(),
    attributes: new Map([...loading.attributes].map(([name, { type }]) => [name, type])),
    program: { frame, readers, clauses, policies },
  };
}
