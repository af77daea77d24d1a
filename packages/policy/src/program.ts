// SPDX-License-Identifier: Apache-2.0
// A set of policies made ready to run: for each type of event, the values to read and the compiled policies.
import type { Condition } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { Value } from "./condition/types.ts";
import type { FieldDeclaration } from "./environment.ts";
import { createSteps } from "./steps.ts";
import type { Steps } from "./steps.ts";
import type { Tracing } from "./trace.ts";
import type {
  AttributeType,
  Campaigns,
  Counter,
  EvaluationInput,
  EventType,
  Exemption,
  FieldPath,
  Limit,
  ListDeclaration,
  LookupDeclaration,
  ModelDeclaration,
  Policy,
  Rule,
  Threshold,
} from "./types.ts";

/** How long an event has to wait, as a rule sees it: what an input and recorded facts both have. */
export type Waits = Pick<EvaluationInput, "limits" | "shadowLimits" | "held">;

/** Where the value of a field is recorded. */
export type FactSource =
  | { readonly kind: "value" }
  | { readonly kind: "counter"; readonly id: string }
  | {
      readonly kind: "limit";
      readonly id: string;
      /** The key of the copy that the rule has where it is held; an exemption has none. */
      readonly copy: string | undefined;
      readonly read: (waits: Waits) => Value;
    }
  | { readonly kind: "list"; readonly name: string };

/** A field that some rule reads, and the slot that its value goes into. */
export type SlotReader = FieldSlot &
  Pick<FieldDeclaration, "read" | "raw" | "attribute"> & { readonly source: FactSource };

/** A condition whose clauses have their places among those of all. */
export type PlacedCondition = {
  readonly condition: Condition;
  /** Where the results of its clauses begin. */
  readonly firstClause: number;
};

/** An exemption with its compiled condition. */
export type CompiledExemption = PlacedCondition & { readonly exemption: Exemption };

/** A rule with its compiled condition. */
export type CompiledRule = PlacedCondition & {
  readonly rule: Rule;
  /** `policy/rule`. */
  readonly key: string;
  /** What an evaluation calls it where it is missing something. */
  readonly named: { readonly policy: string; readonly rule: string };
  readonly disclose: readonly FieldSlot[];
  /** The exemptions that name it. */
  readonly exemptions: readonly CompiledExemption[];
  /** The waits of the limits that it reads. */
  readonly waits: readonly FieldSlot[];
  readonly tracing: Tracing;
};

/** A threshold with its key, `policy/points-N`. */
export type CompiledThreshold = { readonly threshold: Threshold; readonly key: string };

/** A policy with its compiled rules. */
export type CompiledPolicy = {
  readonly policy: Policy;
  readonly exemptions: readonly CompiledExemption[];
  readonly rules: readonly CompiledRule[];
  /** From the fewest points to the most. */
  readonly thresholds: readonly CompiledThreshold[];
};

/** What is evaluated for one type of event. */
export type Plan = {
  /** All fields that its conditions and disclosures read. */
  readonly readers: readonly SlotReader[];
  /** The policies about such events, in the order of the files. */
  readonly policies: readonly CompiledPolicy[];
  /** All their conditions in the order in which they are evaluated and their results recorded. */
  readonly conditions: readonly PlacedCondition[];
  readonly steps: Steps;
};

/** The condition of a counter or a limit on what it counts; it has slots of its own. */
export type Where = {
  readonly condition: Condition;
  readonly readers: readonly SlotReader[];
  readonly slots: number;
};

/** An event's values, and what each clause came to. Nothing stays in it after an evaluation. */
export type Scratch = {
  readonly frame: Frame;
  readonly results: Uint8Array;
  /** What the conditions of a plan's rules came to, in their order. */
  readonly verdicts: Uint8Array;
  /** Whether any of them came to something but false, where that is told. */
  fires: boolean;
};

/** What `evaluate` runs. */
export type Program = {
  /** How many slots a frame has, those of macros' variables included. */
  readonly slots: number;
  /** How many clauses there are, over all policies. */
  readonly clauses: number;
  /** Room for one evaluation at a time: making it afresh would take as long as evaluating a few rules. */
  readonly scratch: Scratch;
  /** By type of event; a type without a plan concerns no policy. */
  readonly plans: ReadonlyMap<string, Plan>;
  readonly policies: readonly CompiledPolicy[];
  /** By the ids of the counters and limits that have a condition. */
  readonly wheres: ReadonlyMap<string, Where>;
};

/** Policies that were loaded together. */
export type PolicySet = {
  readonly policies: readonly Policy[];
  /** The different counters of all policies, sorted by id. */
  readonly counters: readonly Counter[];
  /** The different limits of all policies, sorted by id. */
  readonly limits: readonly Limit[];
  /** Where a policy declares them. */
  readonly campaigns: Campaigns | undefined;
  /** The lists of all policies, by name. */
  readonly lists: ReadonlyMap<string, ListDeclaration>;
  /** The models of all policies, by name. */
  readonly models: ReadonlyMap<string, ModelDeclaration>;
  /** The look-ups of all policies, by name. */
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
  /** The types of events that are built in or declared, by name. */
  readonly events: ReadonlyMap<string, EventType>;
  /** The attributes that any policy declares. */
  readonly attributes: ReadonlyMap<string, AttributeType>;
  /** Not for callers: what `evaluate` runs. */
  readonly program: Program;
};

/** Hands out the slots of the frame while policies are loaded. */
export type SlotTable = {
  /** The slot of a field; the same key has the same slot. */
  readonly fieldSlot: (key: string, declaration: FieldDeclaration, source?: FactSource) => FieldSlot;
  readonly variableSlot: () => number;
  /** The readers of some slots, each once. */
  readonly readersOf: (slots: Iterable<FieldSlot>) => readonly SlotReader[];
  readonly count: () => number;
};

/** A new table of slots. */
export function createSlotTable(): SlotTable {
  const readers = new Map<string, SlotReader>();
  const bySlot = new Map<number, SlotReader>();
  let count = 0;
  return {
    fieldSlot(key, declaration, source = { kind: "value" }) {
      const known = readers.get(key);
      if (known !== undefined) return known;
      const reader: SlotReader = { ...declaration, slot: count, source };
      readers.set(key, reader);
      bySlot.set(count, reader);
      count += 1;
      return reader;
    },
    variableSlot() {
      count += 1;
      return count - 1;
    },
    readersOf(slots) {
      const found = new Set<SlotReader>();
      for (const { slot } of slots) {
        const reader = bySlot.get(slot);
        if (reader !== undefined) found.add(reader);
      }
      return [...found];
    },
    count: () => count,
  };
}

/** What is to be run for each type of event. */
export function plansOf(policies: readonly CompiledPolicy[], slots: SlotTable): Map<string, Plan> {
  const types = new Set(policies.flatMap(({ policy }) => policy.on));
  const plans = new Map<string, Plan>();
  for (const type of types)
    plans.set(
      type,
      planOf(
        policies.filter(({ policy }) => policy.on.includes(type)),
        slots,
      ),
    );
  return plans;
}

function planOf(policies: readonly CompiledPolicy[], slots: SlotTable): Plan {
  const conditions = policies.flatMap(({ exemptions, rules }): PlacedCondition[] => [
    ...exemptions,
    ...rules,
  ]);
  const disclosed = policies.flatMap(({ rules }) =>
    rules.flatMap(({ disclose, waits }) => [...disclose, ...waits]),
  );
  const read = conditions.flatMap(({ condition }) => condition.fields);
  const readers = slots.readersOf([...read, ...disclosed]);
  return {
    readers,
    policies,
    conditions,
    steps: createSteps(
      readers,
      conditions,
      policies.flatMap(({ rules }) => rules),
    ),
  };
}

/** All that the policies of a set read. */
export type ReadSet = {
  /** Names of signals. */
  readonly signals: ReadonlySet<string>;
  /** Paths of the event, the actor, the content, the event's fields and the standing. */
  readonly fields: ReadonlySet<FieldPath>;
  /** Ids of counters. */
  readonly counters: ReadonlySet<string>;
  /** Ids of limits. */
  readonly limits: ReadonlySet<string>;
  /** Names of lists. */
  readonly lists: ReadonlySet<string>;
  /** Names of models. */
  readonly models: ReadonlySet<string>;
  /** Names of look-ups. */
  readonly lookups: ReadonlySet<string>;
};

/**
 * What an evaluation reads, directly or through its counters and limits: nothing else of an event has any
 * effect.
 */
export function readSet(set: PolicySet): ReadSet {
  const paths = new Set<FieldPath>();
  const counters = new Set<string>();
  const limits = new Set<string>();
  const lists = new Set<string>();
  for (const { path, source } of [...set.program.plans.values()].flatMap(({ readers }) => readers)) {
    if (source.kind === "value") paths.add(path);
    else if (source.kind === "counter") counters.add(source.id);
    else if (source.kind === "limit") limits.add(source.id);
    else lists.add(source.name);
  }
  for (const { by } of [...set.counters, ...set.limits]) for (const path of by) paths.add(path);
  for (const { of } of set.counters) if (of !== undefined) paths.add(of);
  for (const { condition } of set.program.wheres.values()) {
    for (const { path } of condition.fields) paths.add(path);
  }
  return {
    signals: new Set([...paths].filter(isSignal).map((path) => path.slice("signals.".length))),
    fields: new Set([...paths].filter((path) => !isSignal(path) && !isModel(path) && !isLookup(path))),
    counters,
    limits,
    lists,
    models: new Set([...paths].filter(isModel).map((path) => path.split(".")[1] ?? "")),
    lookups: new Set([...paths].filter(isLookup).map((path) => path.split(".")[1] ?? "")),
  };
}

function isLookup(path: FieldPath): boolean {
  return path.startsWith("lookups.");
}

function isModel(path: FieldPath): boolean {
  return path.startsWith("models.");
}

function isSignal(path: FieldPath): boolean {
  return path.startsWith("signals.");
}
