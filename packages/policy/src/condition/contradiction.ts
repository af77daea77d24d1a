// SPDX-License-Identifier: Apache-2.0
// Conditions that can't be true whatever the event, such as `x > 5 && x < 3`: a rule with one can never fire.
import type { FieldPath } from "../types.ts";
import type { FieldSlot, Operation, Typed } from "./typed.ts";
import type { Value } from "./types.ts";

/** What the sides of a conjunction leave of a field's values. */
type Range = { min: number | bigint; max: number | bigint; text: string | boolean | undefined };

/** Why a condition can't be true: the path that no value fits; or `undefined` if it may be true. */
export function contradiction(typed: Typed): FieldPath | undefined {
  if (typed.kind === "logic" && typed.operator === "||") {
    const found = typed.operands.map(contradiction);
    return found.every((path) => path !== undefined) ? found[0] : undefined;
  }
  const sides = conjunction(typed);
  const ranges = new Map<FieldPath, Range>();
  for (const side of sides) {
    if (side !== typed && side.kind === "logic") {
      const found = contradiction(side);
      if (found !== undefined) return found;
    }
    const bound = boundOf(side);
    if (bound === undefined) continue;
    const range = ranges.get(bound.field.path) ?? wholeRange(bound.field);
    ranges.set(bound.field.path, range);
    if (!narrow(range, bound.operation, bound.value)) return bound.field.path;
  }
  return undefined;
}

function conjunction(typed: Typed): readonly Typed[] {
  return typed.kind === "logic" && typed.operator === "&&" ? typed.operands.flatMap(conjunction) : [typed];
}

function wholeRange(field: FieldSlot): Range {
  return { min: field.min ?? Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY, text: undefined };
}

const mirrored: Partial<Record<Operation, Operation>> = {
  equal: "equal",
  less: "greater",
  lessOrEqual: "greaterOrEqual",
  greater: "less",
  greaterOrEqual: "lessOrEqual",
};

/** A comparison of a field with a literal, written either way round. */
function boundOf(typed: Typed): { field: FieldSlot; operation: Operation; value: Value } | undefined {
  if (typed.kind !== "operation" || mirrored[typed.operation] === undefined) return undefined;
  const [left, right] = typed.args as [Typed, Typed];
  if (left.kind === "field" && right.kind === "constant") {
    return { field: left.field, operation: typed.operation, value: right.value };
  }
  if (left.kind === "constant" && right.kind === "field") {
    return { field: right.field, operation: mirrored[typed.operation] as Operation, value: left.value };
  }
  return undefined;
}

/** Narrows a range; false if nothing is left of it. All values are integers. */
function narrow(range: Range, operation: Operation, value: Value): boolean {
  if (typeof value === "string" || typeof value === "boolean") {
    if (operation !== "equal") return true;
    if (range.text !== undefined && range.text !== value) return false;
    range.text = value;
    return true;
  }
  if (typeof value !== "number" && typeof value !== "bigint") return true;
  const step = typeof value === "bigint" ? 1n : 1;
  const above = operation === "greater" ? add(value, step) : value;
  const below = operation === "less" ? add(value, -step) : value;
  if (operation !== "less" && operation !== "lessOrEqual" && above > range.min) range.min = above;
  if (operation !== "greater" && operation !== "greaterOrEqual" && below < range.max) range.max = below;
  return range.min <= range.max;
}

function add(value: number | bigint, step: number | bigint): bigint {
  return BigInt(value) + BigInt(step);
}
