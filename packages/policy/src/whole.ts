// SPDX-License-Identifier: Apache-2.0
// All that a small plan does for an event in one function made for it: values are read into variables, and
// clauses and rules are evaluated. Of most events no rule says anything: then only the recorded results are
// left to be told, and nothing goes through arrays.
import type { Frame } from "./condition/compile.ts";
import { makeFunction, writeClauses } from "./condition/generate.ts";
import type { PlacedClause } from "./condition/generate.ts";
import { turnedResults, writeVerdict } from "./condition/verdicts.ts";
import type { PlacedTree } from "./condition/verdicts.ts";
import { letterGroups, lettersAtOnce } from "./letters.ts";
import type { EvaluationInput } from "./types.ts";

/**
 * Reads an event, runs all clauses and decides all rules.
 *
 * @param scratch `fires` says whether any rule came to something but false; frame, results and verdicts are
 *   written only then
 * @returns the recorded results
 */
export type Whole = (input: EvaluationInput, scratch: WholeScratch) => string;

/** Where it writes. */
export type WholeScratch = {
  readonly frame: Frame;
  readonly results: Uint8Array;
  readonly verdicts: Uint8Array;
  fires: boolean;
};

/** What the function is made of. */
export type WholeParts = {
  /** Reads the values into `f0`, `f1`, …, by their slots, with constants that are added. */
  readonly writeReader: (constants: unknown[]) => readonly string[];
  readonly slots: readonly number[];
  /** Different clauses, and for each place where one stands the place where it is run. */
  readonly clauses: readonly PlacedClause[];
  readonly placed: ReadonlyMap<number, number>;
  readonly recorded: readonly number[];
  readonly rules: readonly PlacedTree[];
};

/** Most rules of a plan that gets such a function: larger functions are not optimised by the engine. */
const rulesMax = 16;

/** Makes the function; `undefined` if the plan is too large, or has clauses that are left to closures. */
export function generateWhole(parts: WholeParts): Whole | undefined {
  const { slots, clauses, placed, recorded, rules } = parts;
  if (rules.length > rulesMax) return undefined;
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const written = writeClauses(clauses, constants);
  if (written === undefined) return undefined;
  const resultOf = (place: number): string => `r${placed.get(place) ?? place}`;
  const turned = constant(turnedResults);
  const verdicts = rules.map((rule, number) => writeVerdict(rule, number, resultOf, turned));
  const lines = [
    "let value, quick;",
    ...parts.writeReader(constants),
    ...written.lines,
    ...[...written.results].map(([place, text]) => `const r${place} = ${text};`),
    ...verdicts.flatMap((verdict) => verdict.lines),
    `const letters = ${lettersText(recorded.map(resultOf), constant)};`,
    `scratch.fires = (${verdicts.map(({ verdict }) => verdict).join(" | ") || "0"}) !== 0;`,
    "if (!scratch.fires) return letters;",
    "const { frame, results, verdicts } = scratch;",
    ...slots.map((slot) => `frame[${slot}] = f${slot};`),
    ...[...placed.keys()].map((place) => `results[${place}] = ${resultOf(place)};`),
    ...verdicts.map(({ verdict }, number) => `verdicts[${number}] = ${verdict};`),
    "return letters;",
  ];
  const body = `return (input, scratch) => {\n${lines.join("\n")}\n};`;
  return makeFunction(body, constants) as Whole;
}

function lettersText(results: readonly string[], constant: (value: unknown) => string): string {
  const groups: string[] = [];
  for (let from = 0; from < results.length; from += lettersAtOnce) {
    const own = results.slice(from, from + lettersAtOnce);
    const number = own.map((result, at) => `${3 ** at} * ${result}`).join(" + ");
    groups.push(`${constant(letterGroups[own.length])}[${number}]`);
  }
  return groups.length === 0 ? '""' : groups.join(" + ");
}
