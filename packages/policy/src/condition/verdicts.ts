// SPDX-License-Identifier: Apache-2.0
// What conditions come to, from the results of their clauses, in a function made for all conditions of a
// plan: most of them are false for most events, and nothing else need be looked at then.
import { isFalse, isMissing, isTrue } from "./truth.ts";
import type { Truth } from "./truth.ts";
import { makeFunction } from "./generate.ts";
import type { Typed } from "./typed.ts";

/** A condition, with the place of its first clause's result. */
export type PlacedTree = {
  readonly typed: Typed;
  readonly firstClause: number;
  readonly combine: (results: Uint8Array, first: number) => Truth;
};

/** Writes what each condition came to; says whether any came to something but false. */
export type Decider = (results: Uint8Array, verdicts: Uint8Array) => boolean;

/** Conditions of one generated function: larger functions are not optimised by the engine. */
const conditionsPerFunction = 64;

/** By the conditions' own closures. */
export function decideByClosures(conditions: readonly PlacedTree[]): Decider {
  return (results, verdicts) => {
    let any = false;
    for (let index = 0; index < conditions.length; index++) {
      const { combine, firstClause } = conditions[index] as PlacedTree;
      const verdict = combine(results, firstClause);
      verdicts[index] = verdict;
      if (verdict !== isFalse) any = true;
    }
    return any;
  };
}

/** By functions made for them. */
export function generateDecider(conditions: readonly PlacedTree[]): Decider {
  const deciders: Decider[] = [];
  for (let from = 0; from < conditions.length; from += conditionsPerFunction) {
    const lines = conditions
      .slice(from, from + conditionsPerFunction)
      .flatMap((condition, index) => writeCondition(condition, from + index));
    const body = `let any = 0;\n${lines.join("\n")}\nreturn any !== 0;`;
    deciders.push(makeFunction(`return (results, verdicts) => {\n${body}\n};`, [turnedResults]) as Decider);
  }
  const [only] = deciders;
  if (only !== undefined && deciders.length === 1) return only;
  return (results, verdicts) => {
    let any = false;
    for (const decide of deciders) if (decide(results, verdicts)) any = true;
    return any;
  };
}

function writeCondition(condition: PlacedTree, number: number): string[] {
  const { lines, verdict } = writeVerdict(condition, number, (place) => `results[${place}]`, "k0");
  return [...lines, `verdicts[${number}] = ${verdict};`, `any |= ${verdict};`];
}

/**
 * The text of what a condition comes to.
 *
 * @param resultOf the text of a clause's result, by its place
 * @param turned the name of an array that has what each result is turned round
 */
export function writeVerdict(
  { typed, firstClause }: PlacedTree,
  number: number,
  resultOf: (place: number) => string,
  turned: string,
): { readonly lines: readonly string[]; readonly verdict: string } {
  const lines: string[] = [];
  const writer: Writer = { lines, place: firstClause, prefix: `c${number}_`, resultOf, turned };
  return { lines, verdict: write(writer, typed) };
}

/** What results are when they are turned round. */
export const turnedResults: readonly Truth[] = [isTrue, isFalse, isMissing];

type Writer = {
  readonly lines: string[];
  place: number;
  readonly prefix: string;
  readonly resultOf: (place: number) => string;
  readonly turned: string;
};

/** Clauses are met in the order in which their results stand. */
function write(writer: Writer, typed: Typed): string {
  let text: string;
  if (typed.kind === "not") {
    text = `${writer.turned}[${write(writer, typed.operand)}]`;
  } else if (typed.kind === "logic") {
    const operands = typed.operands.map((operand) => write(writer, operand));
    const deciding = typed.operator === "||" ? isTrue : isFalse;
    const neutral = typed.operator === "||" ? isFalse : isTrue;
    const any = (truth: Truth): string => operands.map((operand) => `${operand} === ${truth}`).join(" || ");
    text = `${any(deciding)} ? ${deciding} : ${any(isMissing)} ? ${isMissing} : ${neutral}`;
  } else {
    text = writer.resultOf(writer.place);
    writer.place += 1;
  }
  const name = `${writer.prefix}${writer.lines.length}`;
  writer.lines.push(`const ${name} = ${text};`);
  return name;
}
