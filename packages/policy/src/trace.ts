// SPDX-License-Identifier: Apache-2.0
// The trace of a condition: what each clause came to, and the values that made it so.
import { isMissing, isTrue } from "./condition/condition.ts";
import type { Clause } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import { isProbe } from "./condition/entries.ts";
import { makeFunction, mayGenerate } from "./condition/generate.ts";
import { compareStrings } from "./condition/text.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { PlacedCondition } from "./program.ts";
import type { ClauseTrace, FieldValue, TraceValue } from "./types.ts";

/** Makes the trace of one condition. */
export type Tracer = (frame: Frame, results: Uint8Array) => readonly ClauseTrace[];

/** Traces of a rule after which a function is made for it. */
const tracesBeforeCode = 32;

/** The clauses of a condition, what they came to, and the values that made it so. */
export function traceOf(
  { condition, firstClause }: PlacedCondition,
  frame: Frame,
  results: Uint8Array,
): ClauseTrace[] {
  const traces: ClauseTrace[] = [];
  let place = firstClause;
  for (const clause of condition.clauses) {
    const result = results[place++];
    if (clause.asksLists) askAgain(clause, frame);
    const values: TraceValue[] = [];
    for (const field of clause.fields) values.push(traceValue(field, frame));
    traces.push({
      clause: clause.text,
      result: result === isMissing ? "missing" : result === isTrue,
      values,
    });
  }
  return traces;
}

/** The same for a condition that is traced often: once it has been, by a function made for it. */
export function createTracer(placed: PlacedCondition): Tracer {
  let traces = 0;
  let made: Tracer | undefined;
  return (frame, results) => {
    if (made !== undefined) return made(frame, results);
    traces += 1;
    if (traces === tracesBeforeCode && !placed.condition.asksLists && mayGenerate())
      made = generateTracer(placed);
    return traceOf(placed, frame, results);
  };
}

/** A field's value in a trace. */
export function traceValue({ path, personal, slot }: FieldSlot, frame: Frame): TraceValue {
  const value = frame[slot];
  if (value === undefined) return { path, personal };
  if (!isProbe(value)) return { path, value: value as FieldValue, personal };
  return { path, value: [...(value.found ?? [])].sort(compareStrings), personal };
}

/**
 * A function that makes the trace of a condition that asks no lists. Where no value is missing, which is
 * nearly always, it is one literal without a branch: the engine makes room for all of it at once.
 */
export function generateTracer({ condition, firstClause }: PlacedCondition): Tracer {
  const constants: unknown[] = [];
  const constant = (value: unknown): string => `k${constants.push(value) - 1}`;
  const slots = new Set(condition.fields.map(({ slot }) => slot));
  const paths = new Map(condition.fields.map(({ slot, path }) => [slot, constant(path)]));
  const texts = condition.clauses.map(({ text }) => constant(text));
  const truths = constant([false, true, "missing"]);
  const literal = (valueOf: (field: FieldSlot) => string): string => {
    const traces = condition.clauses.map(({ fields }, index) => {
      const result = `${truths}[results[${firstClause + index}]]`;
      return `{ clause: ${texts[index]}, result: ${result}, values: [${fields.map(valueOf).join(", ")}] }`;
    });
    return `[${traces.join(",\n")}]`;
  };
  const present = ({ slot, personal }: FieldSlot): string =>
    `{ path: ${paths.get(slot)}, value: f${slot}, personal: ${personal} }`;
  const absent = ({ slot, personal }: FieldSlot): string =>
    `{ path: ${paths.get(slot)}, personal: ${personal} }`;
  const either = (field: FieldSlot): string =>
    `f${field.slot} === undefined ? ${absent(field)} : ${present(field)}`;
  const names = [...slots].map((slot) => `const f${slot} = frame[${slot}];`).join("\n");
  const all = ["true", ...[...slots].map((slot) => `f${slot} !== undefined`)].join(" && ");
  const lines = [names, `if (${all}) return ${literal(present)};`, `return ${literal(either)};`];
  const body = `return (frame, results) => {\n${lines.join("\n")}\n};`;
  return makeFunction(body, constants) as Tracer;
}

/** Runs a clause once more, to learn which entries it finds. Only rules that fired pay for it. */
function askAgain(clause: Clause, frame: Frame): void {
  for (const { slot } of clause.fields) {
    const probe = frame[slot];
    if (isProbe(probe)) probe.found = new Set();
  }
  clause.run(frame);
}
