// SPDX-License-Identifier: Apache-2.0
// A set of policies made ready to run: the frame's slots, and the compiled rules.
import type { Condition } from "./condition/condition.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { Value } from "./condition/types.ts";
import type { FieldDeclaration } from "./environment.ts";
import type {
  AttributeType,
  Counter,
  EvaluationInput,
  EventType,
  FieldPath,
  Limit,
  ListDeclaration,
  Policy,
  Rule,
} from "./types.ts";

/** A field that some rule reads, and the slot that its value goes into. */
export type SlotReader = FieldSlot & {
  readonly read: (input: EvaluationInput) => Value;
  /** `Counter.id`, if it is a counter. */
  readonly counter: string | undefined;
};

/** A rule with its compiled condition. */
export type CompiledRule = {
  readonly rule: Rule;
  readonly condition: Condition;
  /** Where the results of its clauses begin among those of all rules. */
  readonly firstClause: number;
  readonly disclose: readonly FieldSlot[];
};

/** A policy with its compiled rules. */
export type CompiledPolicy = {
  readonly policy: Policy;
  readonly on: ReadonlySet<string>;
  readonly rules: readonly CompiledRule[];
};

/** What `evaluate` runs. */
export type Program = {
  /** The readers by their slots; the slots of macros' variables have none. */
  readonly frame: readonly (SlotReader | undefined)[];
  readonly readers: readonly SlotReader[];
  readonly clauses: number;
  readonly policies: readonly CompiledPolicy[];
};

/** Policies that were loaded together. */
export type PolicySet = {
  readonly policies: readonly Policy[];
  /** The different counters of all policies, sorted by id. */
  readonly counters: readonly Counter[];
  /** The different limits of all policies, sorted by id. */
  readonly limits: readonly Limit[];
  /** The lists of all policies, by name. */
  readonly lists: ReadonlyMap<string, ListDeclaration>;
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
  readonly fieldSlot: (key: string, declaration: FieldDeclaration, counter?: string) => FieldSlot;
  readonly variableSlot: () => number;
  readonly readers: () => readonly SlotReader[];
  readonly count: () => number;
};

/** A new table of slots. */
export function createSlotTable(): SlotTable {
  const readers = new Map<string, SlotReader>();
  let count = 0;
  return {
    fieldSlot(key, declaration, counter) {
      const known = readers.get(key);
      if (known !== undefined) return known;
      const reader: SlotReader = { ...declaration, slot: count, counter };
      readers.set(key, reader);
      count += 1;
      return reader;
    },
    variableSlot() {
      count += 1;
      return count - 1;
    },
    readers: () => [...readers.values()],
    count: () => count,
  };
}

/** All paths that the rules of a set read. */
export type ReadSet = {
  /** Names of signals. */
  readonly signals: ReadonlySet<string>;
  /** Paths of the event, the actor, the content and the standing. */
  readonly fields: ReadonlySet<FieldPath>;
  /** Ids of counters. */
  readonly counters: ReadonlySet<string>;
};

/** What an evaluation reads, directly or through its counters: nothing else of an event has any effect. */
export function readSet(set: PolicySet): ReadSet {
  const paths = new Set<FieldPath>();
  const counters = new Set<string>();
  for (const { path, counter } of set.program.readers) {
    if (counter === undefined) paths.add(path);
    else counters.add(counter);
  }
  for (const counter of set.counters) {
    for (const path of counter.by) paths.add(path);
    if (counter.of !== undefined) paths.add(counter.of);
  }
  return {
    signals: new Set([...paths].filter(isSignal).map((path) => path.slice("signals.".length))),
    fields: new Set([...paths].filter((path) => !isSignal(path))),
    counters,
  };
}

function isSignal(path: FieldPath): boolean {
  return path.startsWith("signals.");
}
