// SPDX-License-Identifier: Apache-2.0
// The static cost of a condition: the most steps that it can take, from the largest sizes that its fields
// can have. A step is about one operation on a short value; ten characters are one step, as in Kubernetes'
// model of CEL's cost.
import { listHitsMax } from "../types.ts";
import type { Typed } from "./typed.ts";

/** Most steps of a condition. */
export const conditionCostMax = 5_000_000;

/** Characters that are gone through in one step. */
const charactersPerStep = 10;
/** Instructions of a compiled pattern that are tried on a character in one step. */
const instructionsPerStep = 4;

/** Steps that looking ten characters up in a list of entries takes. */
const entriesStepsPerTen = 10;
/** Longest entry of a list, in UTF-16 code units. */
const entryLengthMax = 1_000;

/** Largest sizes of a value: of its strings in UTF-16 code units, of the list in elements. */
type Size = { readonly length: number; readonly items: number };

type Bound = { readonly cost: number; readonly size: Size };

/** The most steps that a checked condition can take. */
export function costOf(typed: Typed): number {
  return bound(typed, new Map()).cost;
}

function bound(typed: Typed, variables: ReadonlyMap<number, Size>): Bound {
  switch (typed.kind) {
    case "constant":
      return {
        cost: 0,
        size: { length: typeof typed.value === "string" ? typed.value.length : 0, items: 0 },
      };
    case "field":
      return { cost: 1, size: { length: typed.field.lengthMax, items: typed.field.itemsMax } };
    case "variable":
      return { cost: 1, size: variables.get(typed.slot) ?? { length: 0, items: 0 } };
    case "has":
      return { cost: 1, size: { length: 0, items: 0 } };
    case "not":
      return { cost: 1 + bound(typed.operand, variables).cost, size: { length: 0, items: 0 } };
    case "logic":
      return {
        cost: typed.operands.reduce((sum, each) => sum + 1 + bound(each, variables).cost, 0),
        size: noSize,
      };
    case "conditional":
      return boundConditional(typed, variables);
    case "operation":
      return boundOperation(typed, variables);
    case "matches": {
      const target = bound(typed.target, variables);
      const perCharacter = Math.ceil(typed.pattern.size / instructionsPerStep);
      return { cost: target.cost + 1 + steps(target.size.length) * perCharacter, size: noSize };
    }
    case "list":
      return boundList(typed, variables);
    case "inEntries":
    case "hits":
      return boundEntries(typed, variables);
    case "macro":
      return boundMacro(typed, variables);
  }
}

const noSize: Size = { length: 0, items: 0 };

function boundConditional(
  typed: Typed & { kind: "conditional" },
  variables: ReadonlyMap<number, Size>,
): Bound {
  const test = bound(typed.test, variables);
  const then = bound(typed.then, variables);
  const otherwise = bound(typed.otherwise, variables);
  return {
    cost: 1 + test.cost + Math.max(then.cost, otherwise.cost),
    size: larger(then.size, otherwise.size),
  };
}

function boundList(typed: Typed & { kind: "list" }, variables: ReadonlyMap<number, Size>): Bound {
  let cost = 1;
  let length = 0;
  for (const item of typed.items) {
    const each = bound(item, variables);
    cost += 1 + each.cost;
    length = Math.max(length, each.size.length);
  }
  return { cost, size: { length, items: typed.items.length } };
}

/** A list is gone through once however long it is, but a character costs more than a comparison does. */
function boundEntries(
  typed: Typed & { kind: "inEntries" | "hits" },
  variables: ReadonlyMap<number, Size>,
): Bound {
  const { cost, size } = bound(typed.value, variables);
  const each = 1 + steps(size.length) * entriesStepsPerTen;
  const found = { length: entryLengthMax, items: listHitsMax };
  return sized(1 + cost + Math.max(1, size.items) * each, typed.kind === "hits" ? found : noSize);
}

function boundOperation(typed: Typed & { kind: "operation" }, variables: ReadonlyMap<number, Size>): Bound {
  const args = typed.args.map((each) => bound(each, variables));
  const first = (args[0] as Bound).size;
  const second = args[1]?.size ?? noSize;
  const before = args.reduce((sum, each) => sum + each.cost, 1);
  const { operation } = typed;
  if (operation === "in") {
    return sized(before + second.items * (1 + steps(Math.min(first.length, second.length))), noSize);
  }
  if (operation === "concat") {
    const length = first.length + second.length;
    return sized(before + steps(length), { length, items: 0 });
  }
  if (operation === "append") {
    const items = first.items + second.items;
    return sized(before + items, { length: Math.max(first.length, second.length), items });
  }
  if (operation === "index") return sized(before, { length: first.length, items: 0 });
  if (operation === "listSize") return sized(before, noSize);
  if (operation === "lowerAscii") return sized(before + steps(first.length), first);
  const whole = operation === "contains" || operation === "stringSize";
  const elements = Math.max(1, Math.min(first.items, second.items));
  return sized(before + elements * steps((whole ? first : smaller(first, second)).length), noSize);
}

function boundMacro(typed: Typed & { kind: "macro" }, variables: ReadonlyMap<number, Size>): Bound {
  const range = bound(typed.range, variables);
  const inner = new Map(variables).set(typed.slot, { length: range.size.length, items: 0 });
  const predicate = typed.predicate && bound(typed.predicate, inner);
  const transform = typed.transform && bound(typed.transform, inner);
  const each = 1 + (predicate?.cost ?? 0) + (transform?.cost ?? 0);
  const size = { length: transform?.size.length ?? range.size.length, items: range.size.items };
  return { cost: range.cost + 1 + range.size.items * each, size };
}

function sized(cost: number, size: Size): Bound {
  return { cost, size };
}

function steps(characters: number): number {
  return Math.ceil(characters / charactersPerStep);
}

function larger(a: Size, b: Size): Size {
  return { length: Math.max(a.length, b.length), items: Math.max(a.items, b.items) };
}

function smaller(a: Size, b: Size): Size {
  return { length: Math.min(a.length, b.length), items: Math.min(a.items, b.items) };
}
