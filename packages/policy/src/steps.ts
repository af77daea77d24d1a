// SPDX-License-Identifier: Apache-2.0
// What is done for every event of a plan: values are read into the frame, each different clause is run once,
// and its result is copied to the places of those that are the same. By closures at first; a plan that is
// run often gets functions made for it.
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Clause } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import type { Value } from "./condition/types.ts";
import { acceptValue } from "./environment.ts";
import { generateRunners, makeFunction, mayGenerate } from "./condition/generate.ts";
import type { ClausesRunner } from "./condition/generate.ts";
import { decideByClosures, generateDecider } from "./condition/verdicts.ts";
import type { Decider, PlacedTree } from "./condition/verdicts.ts";
import type { PlacedCondition, SlotReader } from "./program.ts";
import type { EvaluationInput } from "./types.ts";
import { generateWhole } from "./whole.ts";
import type { Whole } from "./whole.ts";

/** The steps of a plan. Which functions do them changes once: they are to be called as `steps.run(…)`. */
export type Steps = {
  /** Reads an event's values into the frame. */
  read: (input: EvaluationInput, frame: Frame) => void;
  /** Runs all clauses. */
  run: ClausesRunner;
  /** Runs those whose results are not recorded. */
  runUnrecorded: ClausesRunner;
  /** Writes what each rule's condition came to; says whether any came to something but false. */
  decide: Decider;
  /** Places of the clauses whose results are recorded, in order. */
  readonly recorded: readonly number[];
  /** Reads, runs and decides in one function, where one was made; only small plans have such. */
  whole: Whole | undefined;
};

/** How the steps are done; `auto` begins with closures. */
export type StepsKind = "closures" | "generated" | "auto";

/** Runs after which functions are made. */
const runsBeforeCode = 64;

/** The steps for some fields and conditions. */
export function createSteps(
  readers: readonly SlotReader[],
  conditions: readonly PlacedCondition[],
  rules: readonly PlacedCondition[],
  kind: StepsKind = "auto",
): Steps {
  const trees = rules.map(({ condition, firstClause }) => ({ ...condition, firstClause }));
  const clauses = conditions.flatMap(({ condition, firstClause }) =>
    condition.clauses.map((clause, index): Placed => ({ clause, place: firstClause + index })),
  );
  const others = clauses.filter(({ clause }) => !clause.recorded);
  const steps: Steps = {
    read: kind === "generated" ? generateReader(readers) : readByClosures(readers),
    run: runner(kind, clauses),
    runUnrecorded: runner(kind, others),
    decide: kind === "generated" ? generateDecider(trees) : decideByClosures(trees),
    recorded: clauses.filter(({ clause }) => clause.recorded).map(({ place }) => place),
    whole: kind === "generated" ? wholeOf(readers, clauses, trees) : undefined,
  };
  if (kind !== "auto") return steps;
  later(steps, "read", () => {
    steps.whole = wholeOf(readers, clauses, trees);
    return generateReader(readers);
  });
  later(steps, "run", () => runner("generated", clauses));
  later(steps, "runUnrecorded", () => runner("generated", others));
  later(steps, "decide", () => generateDecider(trees));
  return steps;
}

type Placed = { readonly clause: Clause; readonly place: number };

/** After some calls a step is done by what was made for it, without anything in between. */
function later<Name extends Exclude<keyof Steps, "recorded" | "whole">>(
  steps: Steps,
  name: Name,
  make: () => Steps[Name],
): void {
  const first = steps[name] as (one: unknown, other: unknown) => unknown;
  let calls = 0;
  const counted = (one: unknown, other: unknown): unknown => {
    calls += 1;
    if (calls === runsBeforeCode && mayGenerate()) steps[name] = make();
    return first(one, other);
  };
  steps[name] = counted as Steps[Name];
}

/** Everything in one function, where that can be. */
function wholeOf(
  readers: readonly SlotReader[],
  clauses: readonly Placed[],
  rules: readonly PlacedTree[],
): Whole | undefined {
  const first = firstPlaces(clauses);
  const run = clauses.filter(({ clause, place }) => first.get(clause.key) === place);
  return generateWhole({
    writeReader: (constants) => readerLines(readers, constants, (slot, text) => `const f${slot} = ${text};`),
    slots: readers.map(({ slot }) => slot),
    clauses: run.map(({ clause: { typed }, place }) => ({ typed, place })),
    placed: new Map(clauses.map(({ clause, place }) => [place, first.get(clause.key) ?? place])),
    recorded: clauses.filter(({ clause }) => clause.recorded).map(({ place }) => place),
    rules,
  });
}

/** Where clauses that mean the same stand first, by their keys. */
function firstPlaces(clauses: readonly Placed[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { clause, place } of clauses) if (!first.has(clause.key)) first.set(clause.key, place);
  return first;
}

function runner(kind: StepsKind, clauses: readonly Placed[]): ClausesRunner {
  const first = firstPlaces(clauses);
  const different = clauses.filter(({ clause, place }) => first.get(clause.key) === place);
  const same = clauses.filter(({ clause, place }) => first.get(clause.key) !== place);
  const run = kind === "generated" ? generated(different) : runByClosures(different);
  if (same.length === 0) return run;
  const from = same.map(({ clause }) => first.get(clause.key) ?? 0);
  const to = same.map(({ place }) => place);
  return (frame, results) => {
    run(frame, results);
    for (let index = 0; index < to.length; index++) {
      results[to[index] as number] = results[from[index] as number] as number;
    }
  };
}

function readByClosures(readers: readonly SlotReader[]): (input: EvaluationInput, frame: Frame) => void {
  return (input, frame) => {
    for (const { slot, read } of readers) frame[slot] = read(input);
  };
}

function runByClosures(clauses: readonly Placed[]): ClausesRunner {
  return (frame, results) => {
    for (const { clause, place } of clauses) {
      const value = clause.run(frame);
      results[place] = value === true ? isTrue : value === false ? isFalse : isMissing;
    }
  };
}

function generated(clauses: readonly Placed[]): ClausesRunner {
  const runners = generateRunners(clauses.map(({ clause: { typed }, place }) => ({ typed, place })));
  const [only] = runners;
  if (only !== undefined && runners.length === 1) return only;
  return (frame, results) => {
    for (const run of runners) run(frame, results);
  };
}

const accepts: Partial<Record<string, string>> = {
  int: "Number.isSafeInteger(value) ? value + 0 : undefined",
  bool: 'typeof value === "boolean" ? value : undefined',
  string: 'typeof value === "string" ? value : undefined',
};

/** Fields that stand in the input as they are called, by names of our own: policies declare none of them. */
const ownPath = /^(signals|content)\.[a-z][A-Za-z]*$/;

/** Reads values out of a plain object into the frame, each as its type has it. */
export type Picker = (values: Readonly<Record<string, unknown>>, frame: Frame) => void;

/** A value that a picker reads: by what key, and into which slot. */
export type PickedValue = Pick<SlotReader, "slot" | "type"> & { readonly key: string };

/** A picker of these values; what runs often gets a function made for it. */
export function createPicker(picked: readonly PickedValue[]): Picker {
  let runs = 0;
  let made: Picker | undefined;
  return (values, frame) => {
    if (made !== undefined) return made(values, frame);
    runs += 1;
    if (runs === runsBeforeCode && mayGenerate()) made = generatePicker(picked);
    for (const { slot, type, key } of picked) frame[slot] = acceptValue(type, values[key]);
  };
}

function generatePicker(picked: readonly PickedValue[]): Picker {
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const lines = picked.map(({ slot, type, key }) => {
    const own = (value: unknown): Value => acceptValue(type, value);
    const accepted = accepts[type.kind] ?? `${constant(own)}(value)`;
    return `value = values[${constant(key)}];\nframe[${slot}] = ${accepted};`;
  });
  const body = `return (values, frame) => {\nlet value;\n${lines.join("\n")}\n};`;
  return makeFunction(body, constants) as Picker;
}

/** A function that reads all fields; names of attributes and counters are constants beside its text. */
function generateReader(readers: readonly SlotReader[]): (input: EvaluationInput, frame: Frame) => void {
  const constants: unknown[] = [];
  const lines = readerLines(readers, constants, (slot, text) => `frame[${slot}] = ${text};`);
  const body = `return (input, frame) => {\nlet value;\n${lines.join("\n")}\n};`;
  return makeFunction(body, constants) as (input: EvaluationInput, frame: Frame) => void;
}

/** The lines that read all fields, each to be put somewhere. */
function readerLines(
  readers: readonly SlotReader[],
  constants: unknown[],
  put: (slot: number, text: string) => string,
): string[] {
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const lines = readers.map(({ path, slot, read, raw, type, source, attribute }) => {
    const accept = accepts[type.kind];
    if (accept === undefined || raw === undefined) return put(slot, `${constant(read)}(input)`);
    let value = ownPath.test(path) ? path.replace(".", "?.") : `${constant(raw)}(input)`;
    if (source.kind === "counter") value = `input.counters.get(${constant(source.id)})`;
    if (attribute !== undefined)
      value = `attributes === undefined ? undefined : attributes[${constant(attribute)}]`;
    return `value = ${value};\n${put(slot, accept)}`;
  });
  return ["const { signals, content } = input;", "const { attributes } = input.actor;", ...lines];
}
