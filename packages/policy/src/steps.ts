// SPDX-License-Identifier: Apache-2.0
// What is done for every event of a plan: values are read into the frame, each different clause is run once,
// and its result is copied to the places of those that are the same. By closures at first; a plan that is
// run often gets functions made for it.
import { isFalse, isMissing, isTrue } from "./condition/condition.ts";
import type { Clause } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import { generateRunners, makeFunction, mayGenerate } from "./condition/generate.ts";
import type { ClausesRunner } from "./condition/generate.ts";
import type { PlacedCondition, SlotReader } from "./program.ts";
import type { EvaluationInput } from "./types.ts";

/** The steps of a plan. */
export type Steps = {
  /** Reads an event's values into the frame. */
  readonly read: (input: EvaluationInput, frame: Frame) => void;
  /** Runs the clauses whose results are recorded. */
  readonly runRecorded: ClausesRunner;
  /** Runs the others. */
  readonly runUnrecorded: ClausesRunner;
  /** Places of the clauses whose results are recorded, in order. */
  readonly recorded: readonly number[];
};

/** How the steps are done; `auto` begins with closures. */
export type StepsKind = "closures" | "generated" | "auto";

/** Runs after which functions are made. */
const runsBeforeCode = 64;

/** The steps for some fields and conditions. */
export function createSteps(
  readers: readonly SlotReader[],
  conditions: readonly PlacedCondition[],
  kind: StepsKind = "auto",
): Steps {
  const clauses = conditions.flatMap(({ condition, firstClause }) =>
    condition.clauses.map((clause, index): Placed => ({ clause, place: firstClause + index })),
  );
  const recorded = clauses.filter(({ clause }) => clause.recorded);
  const others = clauses.filter(({ clause }) => !clause.recorded);
  return {
    read: tiered(
      kind,
      () => readByClosures(readers),
      () => generateReader(readers),
    ),
    runRecorded: runner(kind, recorded),
    runUnrecorded: runner(kind, others),
    recorded: recorded.map(({ place }) => place),
  };
}

type Placed = { readonly clause: Clause; readonly place: number };

function runner(kind: StepsKind, clauses: readonly Placed[]): ClausesRunner {
  const first = new Map<string, number>();
  for (const { clause, place } of clauses) if (!first.has(clause.key)) first.set(clause.key, place);
  const different = clauses.filter(({ clause, place }) => first.get(clause.key) === place);
  const same = clauses.filter(({ clause, place }) => first.get(clause.key) !== place);
  const from = same.map(({ clause }) => first.get(clause.key) ?? 0);
  const to = same.map(({ place }) => place);
  const copying =
    (run: ClausesRunner): ClausesRunner =>
    (frame, results) => {
      run(frame, results);
      for (let index = 0; index < to.length; index++) {
        results[to[index] as number] = results[from[index] as number] as number;
      }
    };
  return tiered(
    kind,
    () => copying(runByClosures(different)),
    () => copying(generated(different)),
  );
}

/** Begins with what needs no preparation; after some calls goes over to what was made. */
function tiered<First, Second>(
  kind: StepsKind,
  byClosures: () => (first: First, second: Second) => void,
  byCode: () => (first: First, second: Second) => void,
): (first: First, second: Second) => void {
  if (kind === "closures") return byClosures();
  if (kind === "generated") return byCode();
  let current = byClosures();
  let calls = 0;
  return (first, second) => {
    calls += 1;
    if (calls === runsBeforeCode && mayGenerate()) current = byCode();
    current(first, second);
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

/** A function that reads all fields; names of attributes and counters are constants beside its text. */
function generateReader(readers: readonly SlotReader[]): (input: EvaluationInput, frame: Frame) => void {
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const lines = readers.map(({ slot, read, raw, type, source, attribute }) => {
    const accept = accepts[type.kind];
    if (accept === undefined || raw === undefined) return `frame[${slot}] = ${constant(read)}(input);`;
    let value = `${constant(raw)}(input)`;
    if (source.kind === "counter") value = `input.counters.get(${constant(source.id)})`;
    if (attribute !== undefined)
      value = `attributes === undefined ? undefined : attributes[${constant(attribute)}]`;
    return `value = ${value};\nframe[${slot}] = ${accept};`;
  });
  const begin = "let value;\nconst { attributes } = input.actor;";
  const body = `return (input, frame) => {\n${begin}\n${lines.join("\n")}\n};`;
  return makeFunction(body, constants) as (input: EvaluationInput, frame: Frame) => void;
}
