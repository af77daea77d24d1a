// SPDX-License-Identifier: Apache-2.0
// The paths without which a condition can't be true: where one of them is missing in every event, so is the
// rule.
import type { FieldPath } from "../types.ts";
import type { FieldSlot, Typed } from "./typed.ts";

type Paths = ReadonlySet<FieldPath>;

/** All fields that an expression reads, `has()` included, each once, in the order of the text. */
export function fieldsOf(typed: Typed): FieldSlot[] {
  const found = new Map<FieldPath, FieldSlot>();
  const visit = (each: Typed): void => {
    if (each.kind === "field" || each.kind === "has") found.set(each.field.path, each.field);
    if (each.kind === "inEntries" || each.kind === "hits") found.set(each.list.path, each.list);
    for (const child of childrenOf(each)) visit(child);
  };
  visit(typed);
  return [...found.values()];
}

/** The paths that must have a value for a condition to come to `truth`. */
export function requiredFor(typed: Typed, truth: boolean): Paths {
  if (typed.kind === "not") return requiredFor(typed.operand, !truth);
  if (typed.kind !== "logic")
    return typed.kind === "has" && truth ? new Set([typed.field.path]) : definedPaths(typed);
  const sides = typed.operands.map((each) => requiredFor(each, truth));
  // `&&` is true if all sides are, and false if any is; `||` the other way round.
  return (typed.operator === "&&") === truth ? union(sides) : intersection(sides);
}

/** The paths that must have a value for an expression to have one. */
function definedPaths(typed: Typed): Paths {
  switch (typed.kind) {
    case "constant":
    case "variable":
    case "has":
      return new Set();
    case "field":
      return new Set([typed.field.path]);
    case "logic":
      return intersection(typed.operands.map(definedPaths));
    case "conditional":
      return union([
        definedPaths(typed.test),
        intersection([definedPaths(typed.then), definedPaths(typed.otherwise)]),
      ]);
    case "macro":
      // The list may be empty: then nothing of the rest is read.
      return definedPaths(typed.range);
    // A list that isn't there is the installation's matter, not one of the events.
    case "not":
    case "operation":
    case "matches":
    case "list":
    case "inEntries":
    case "hits":
      return union(childrenOf(typed).map(definedPaths));
  }
}

/** The parts of a node, in the order of the text. */
export function childrenOf(typed: Typed): readonly Typed[] {
  switch (typed.kind) {
    case "constant":
    case "field":
    case "variable":
    case "has":
      return [];
    case "not":
      return [typed.operand];
    case "logic":
      return typed.operands;
    case "conditional":
      return [typed.test, typed.then, typed.otherwise];
    case "operation":
      return typed.args;
    case "matches":
      return [typed.target];
    case "list":
      return typed.items;
    case "inEntries":
    case "hits":
      return [typed.value];
    case "macro":
      return [typed.range, typed.predicate, typed.transform].filter((each) => each !== undefined);
  }
}

function union(sets: readonly Paths[]): Paths {
  return new Set(sets.flatMap((each) => [...each]));
}

function intersection(sets: readonly Paths[]): Paths {
  const [first, ...rest] = sets;
  return new Set([...(first ?? [])].filter((path) => rest.every((each) => each.has(path))));
}
