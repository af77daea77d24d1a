// SPDX-License-Identifier: Apache-2.0
// The trace of a condition: what each clause came to, and the values that made it so.
import { isTrue } from "./condition/condition.ts";
import type { Clause, Condition } from "./condition/condition.ts";
import type { Frame } from "./condition/compile.ts";
import { isProbe } from "./condition/entries.ts";
import { makeFunction, mayGenerate } from "./condition/generate.ts";
import { compareStrings } from "./condition/text.ts";
import type { FieldSlot } from "./condition/typed.ts";
import type { Value } from "./condition/types.ts";
import type { PlacedCondition } from "./program.ts";
import type { ClauseTrace, FieldValue, Trace, TracedClause, TraceValue } from "./types.ts";

/** Makes the trace of one condition. */
export type Tracer = (frame: Frame, results: Uint8Array) => Trace;

/** Traces of a rule after which a function is made for it. */
const tracesBeforeCode = 32;
const letters = ["f", "t", "m"];

/** Which function makes the traces of a rule changes once: it is to be called as `tracing.trace(…)`. */
export type Tracing = { trace: Tracer };

/** What the clauses of a condition came to, and the values that made it so. */
export function createTracing(placed: PlacedCondition): Tracing {
  const general = generalTracer(placed);
  let traces = 0;
  const tracing: Tracing = {
    trace: (frame, results) => {
      traces += 1;
      if (traces === tracesBeforeCode && !placed.condition.asksLists && mayGenerate())
        tracing.trace = generateTracer(placed);
      return general(frame, results);
    },
  };
  return tracing;
}

/** The tracer of any condition. */
export function generalTracer({ condition, firstClause }: PlacedCondition): Tracer {
  const clauses = tracedClauses(condition);
  return (frame, results) => {
    let own = "";
    const values: (FieldValue | undefined)[] = [];
    let place = firstClause;
    for (const clause of condition.clauses) {
      own += letters[results[place++] as number];
      if (clause.asksLists) askAgain(clause, frame);
      for (const { slot } of clause.fields) values.push(shownValue(frame[slot]));
    }
    return { clauses, results: own, values };
  };
}

/** Traces clause by clause. */
export function clausesOf({ clauses, results, values }: Trace): ClauseTrace[] {
  let at = 0;
  return clauses.map(({ clause, fields }, index) => {
    const letter = results[index];
    const read = fields.map(({ path, personal }): TraceValue => {
      const value = values[at++];
      return value === undefined ? { path, personal } : { path, value, personal };
    });
    return { clause, result: letter === "m" ? "missing" : letter === "t", values: read };
  });
}

/** A field's value in a trace. */
export function traceValue({ path, personal, slot }: FieldSlot, frame: Frame): TraceValue {
  const value = shownValue(frame[slot]);
  return value === undefined ? { path, personal } : { path, value, personal };
}

/**
 * A function that makes the trace of a condition that asks no lists: one literal without a loop. That all
 * clauses are true is what is seen most, and takes no text to be put together.
 */
export function generateTracer({ condition, firstClause }: PlacedCondition): Tracer {
  const slots = new Set(condition.fields.map(({ slot }) => slot));
  const names = [...slots].map((slot) => `const f${slot} = frame[${slot}];`);
  const places = condition.clauses.map((_, index) => `results[${firstClause + index}]`);
  const ownLetters = places.map((place) => `k1[${place}]`);
  const values = condition.clauses.flatMap(({ fields }) => fields.map(({ slot }) => `f${slot}`));
  const lines = [
    ...names,
    `const own = (${places.join(" & ")}) === ${isTrue} ? k2 : ${ownLetters.join(" + ")};`,
    `return { clauses: k0, results: own, values: [${values.join(", ")}] };`,
  ];
  const body = `return (frame, results) => {\n${lines.join("\n")}\n};`;
  const constants = [tracedClauses(condition), letters, "t".repeat(places.length)];
  return makeFunction(body, constants) as Tracer;
}

function tracedClauses({ clauses }: Condition): readonly TracedClause[] {
  return clauses.map(({ text, fields }) => ({
    clause: text,
    fields: fields.map(({ path, personal }) => ({ path, personal })),
  }));
}

/** Of a list the entries that were found. */
function shownValue(value: Value): FieldValue | undefined {
  if (value === undefined || !isProbe(value)) return value as FieldValue | undefined;
  return [...(value.found ?? [])].sort(compareStrings);
}

/** Runs a clause once more, to learn which entries it finds. Only rules that fired pay for it. */
function askAgain(clause: Clause, frame: Frame): void {
  for (const { slot } of clause.fields) {
    const probe = frame[slot];
    if (isProbe(probe)) probe.found = new Set();
  }
  clause.run(frame);
}
