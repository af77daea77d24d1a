// SPDX-License-Identifier: Apache-2.0
// A text for each expression that is the same for those that mean the same of the same fields: what is
// written twice need be evaluated only once.
import type { Typed } from "./typed.ts";
import type { Value } from "./types.ts";

/** The key of an expression. */
export function keyOf(typed: Typed): string {
  return write(typed, new Map());
}

/** Variables are numbered from outside in: their slots are different each time they are written. */
function write(typed: Typed, variables: ReadonlyMap<number, number>): string {
  const of = (each: Typed): string => write(each, variables);
  switch (typed.kind) {
    case "constant":
      return `${typed.type.kind} ${showConstant(typed.value)}`;
    case "field":
      return `field ${typed.field.slot}`;
    case "variable":
      return `variable ${variables.get(typed.slot) ?? `slot ${typed.slot}`}`;
    case "has":
      return `has ${typed.field.slot}`;
    case "not":
      return `not(${of(typed.operand)})`;
    case "logic":
      return `${typed.operator}(${typed.operands.map(of).join()})`;
    case "conditional":
      return `?(${of(typed.test)},${of(typed.then)},${of(typed.otherwise)})`;
    case "operation":
      return `${typed.operation}(${typed.args.map(of).join()})`;
    case "matches":
      return `matches(${of(typed.target)},${JSON.stringify(typed.pattern.source)})`;
    case "list":
      return `[${typed.items.map(of).join()}]`;
    case "inEntries":
    case "hits":
      return `${typed.kind}(${typed.list.slot},${of(typed.value)})`;
    case "macro": {
      const inner = new Map(variables).set(typed.slot, variables.size);
      const parts = [typed.predicate, typed.transform].map((each) => (each ? write(each, inner) : ""));
      return `${typed.macro}(${of(typed.range)},${parts.join()})`;
    }
  }
}

function showConstant(value: Value): string {
  return typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
}
