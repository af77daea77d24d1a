// SPDX-License-Identifier: Apache-2.0
// Closures for a checked condition. None throws, whatever the frame holds within its types: an error of
// CEL's is `undefined`, as a missing value is.
import { compileEntries, compileHits, isSkeleton } from "./entries.ts";
import { add, divide, multiply, negate, remainder, subtract } from "./integers.ts";
import type { Integer } from "./integers.ts";
import { codePointCount, compareStrings, lowerAscii } from "./text.ts";
import { durationOf, timestampOf } from "./time.ts";
import type { MacroName, Operation, Typed } from "./typed.ts";
import type { Value } from "./types.ts";

/** The values of one evaluation: a slot for each field that is read, and one for each macro's variable. */
export type Frame = Value[];

/** A compiled expression. */
export type Closure = (frame: Frame) => Value;

/** Compiles a checked expression. */
export function compile(typed: Typed): Closure {
  switch (typed.kind) {
    case "constant": {
      const { value } = typed;
      return () => value;
    }
    case "field":
      return readSlot(typed.field.slot);
    case "variable":
      return readSlot(typed.slot);
    case "has": {
      const { slot } = typed.field;
      return (frame) => frame[slot] !== undefined;
    }
    case "not": {
      const operand = compile(typed.operand);
      return (frame) => {
        const value = operand(frame);
        return value === undefined ? undefined : !value;
      };
    }
    case "logic":
      return compileLogic(typed.operands.map(compile), typed.operator === "||");
    case "conditional":
      return compileConditional(compile(typed.test), compile(typed.then), compile(typed.otherwise));
    case "operation":
      return compileOperation(typed.operation, typed.args);
    case "matches":
      return compileMatches(compile(typed.target), typed.pattern.test);
    case "list":
      return compileList(typed.items.map(compile));
    case "inEntries":
      return compileEntries(typed.list, compile(typed.value));
    case "hits":
      return compileHits(typed.list, compile(typed.value), isSkeleton(typed.value));
    case "macro":
      return compileMacro(typed);
  }
}

function readSlot(slot: number): Closure {
  return (frame) => frame[slot];
}

/** `&&` and `||` absorb errors: the operand that decides wins, on whichever side it stands. */
function compileLogic(operands: readonly Closure[], deciding: boolean): Closure {
  return (frame) => {
    let undecided = false;
    for (const operand of operands) {
      const value = operand(frame);
      if (value === deciding) return deciding;
      if (value === undefined) undecided = true;
    }
    return undecided ? undefined : !deciding;
  };
}

function compileConditional(test: Closure, then: Closure, otherwise: Closure): Closure {
  return (frame) => {
    const value = test(frame);
    if (value === undefined) return undefined;
    return value === true ? then(frame) : otherwise(frame);
  };
}

function compileMatches(target: Closure, test: (text: string) => boolean): Closure {
  return (frame) => {
    const text = target(frame);
    return text === undefined ? undefined : test(text as string);
  };
}

function compileList(items: readonly Closure[]): Closure {
  return (frame) => {
    const values: Value[] = [];
    for (const item of items) {
      const value = item(frame);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}

function compileOperation(operation: Operation, args: readonly Typed[]): Closure {
  const [first, second] = args as [Typed, Typed | undefined];
  const left = compile(first);
  if (second === undefined) return compileOne(left, unaryOperations[operation] as (value: Value) => Value);
  const right = compile(second);
  if (isScalar(first)) {
    if (operation === "equal") return compileIdentity(left, right, true);
    if (operation === "notEqual") return compileIdentity(left, right, false);
  }
  const ordering = compileOrdering(operation, left, right);
  if (ordering !== undefined) return ordering;
  if (
    operation === "in" &&
    second.kind === "list" &&
    second.items.every((item) => item.kind === "constant")
  ) {
    return compileMembership(left, new Set(second.items.map((item) => item.value)));
  }
  return compileTwo(left, right, binaryOperations[operation] as (a: Value, b: Value) => Value);
}

function isScalar(typed: Typed): boolean {
  return typed.type.kind !== "list" && typed.type.kind !== "nothing";
}

function compileOne(operand: Closure, apply: (value: Value) => Value): Closure {
  return (frame) => {
    const value = operand(frame);
    return value === undefined ? undefined : apply(value);
  };
}

function compileTwo(left: Closure, right: Closure, apply: (a: Value, b: Value) => Value): Closure {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    return a === undefined || b === undefined ? undefined : apply(a, b);
  };
}

function compileIdentity(left: Closure, right: Closure, same: boolean): Closure {
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    return a === undefined || b === undefined ? undefined : (a === b) === same;
  };
}

/**
 * Numbers, bigints and booleans order as JavaScript orders them, also mixed; a closure each keeps them
 * fast.
 */
function compileOrdering(operation: Operation, left: Closure, right: Closure): Closure | undefined {
  const binary = (apply: (a: Integer, b: Integer) => boolean): Closure => {
    return (frame) => {
      const a = left(frame);
      const b = right(frame);
      return a === undefined || b === undefined ? undefined : apply(a as Integer, b as Integer);
    };
  };
  if (operation === "less") return binary((a, b) => a < b);
  if (operation === "lessOrEqual") return binary((a, b) => a <= b);
  if (operation === "greater") return binary((a, b) => a > b);
  if (operation === "greaterOrEqual") return binary((a, b) => a >= b);
  return undefined;
}

function compileMembership(element: Closure, members: ReadonlySet<Value>): Closure {
  return (frame) => {
    const value = element(frame);
    return value === undefined ? undefined : members.has(value);
  };
}

/** What each operation on one value gives; none throws. */
export const unaryOperations: Partial<Record<Operation, (value: Value) => Value>> = {
  negate: (value) => negate(value as Integer),
  stringSize: (value) => codePointCount(value as string),
  listSize: (value) => (value as readonly Value[]).length,
  lowerAscii: (value) => lowerAscii(value as string),
  hours: (value) => Math.trunc((value as number) / 3_600_000) + 0,
  minutes: (value) => Math.trunc((value as number) / 60_000) + 0,
  seconds: (value) => Math.trunc((value as number) / 1_000) + 0,
};

const integers = (apply: (a: Integer, b: Integer) => Integer | undefined) => (a: Value, b: Value) =>
  apply(a as Integer, b as Integer);
const milliseconds = (apply: (a: number, b: number) => number | undefined) => (a: Value, b: Value) =>
  apply(a as number, b as number);
const texts = (apply: (a: string, b: string) => Value) => (a: Value, b: Value) =>
  apply(a as string, b as string);

/** What each operation on two values gives; none throws. */
export const binaryOperations: Partial<Record<Operation, (a: Value, b: Value) => Value>> = {
  equal: equalValues,
  notEqual: (a, b) => !equalValues(a, b),
  in: (a, b) => (b as readonly Value[]).some((element) => equalValues(a, element)),
  stringLess: texts((a, b) => compareStrings(a, b) < 0),
  stringLessOrEqual: texts((a, b) => compareStrings(a, b) <= 0),
  stringGreater: texts((a, b) => compareStrings(a, b) > 0),
  stringGreaterOrEqual: texts((a, b) => compareStrings(a, b) >= 0),
  add: integers(add),
  subtract: integers(subtract),
  multiply: integers(multiply),
  divide: integers(divide),
  remainder: integers(remainder),
  concat: texts((a, b) => a + b),
  append: (a, b) => [...(a as readonly Value[]), ...(b as readonly Value[])],
  addDurations: milliseconds((a, b) => durationOf(a + b)),
  subtractDurations: milliseconds((a, b) => durationOf(a - b)),
  addTimestamp: milliseconds((a, b) => timestampOf(a + b)),
  subtractTimestamp: milliseconds((a, b) => timestampOf(a - b)),
  timestampDifference: milliseconds((a, b) => durationOf(a - b)),
  index: (a, b) => (a as readonly Value[])[Number(b)],
  contains: texts((a, b) => a.includes(b)),
  startsWith: texts((a, b) => a.startsWith(b)),
  endsWith: texts((a, b) => a.endsWith(b)),
};

function equalValues(a: Value, b: Value): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((element: Value, index) => equalValues(element, b[index] as Value));
}

function compileMacro(typed: Typed & { kind: "macro" }): Closure {
  const { macro, slot } = typed;
  const range = compile(typed.range);
  const predicate = typed.predicate && compile(typed.predicate);
  if (macro === "map") {
    return compileMap(range, slot, predicate, compile(typed.transform as Typed));
  }
  return compilePredicate(macro, range, slot, predicate as Closure);
}

function compilePredicate(
  macro: Exclude<MacroName, "map">,
  range: Closure,
  slot: number,
  predicate: Closure,
): Closure {
  if (macro === "filter") return compileMap(range, slot, predicate, readSlot(slot));
  if (macro === "exists_one") {
    const matching = compileMap(range, slot, predicate, readSlot(slot));
    return (frame) => {
      const list = matching(frame);
      return list === undefined ? undefined : (list as readonly Value[]).length === 1;
    };
  }
  const deciding = macro === "exists";
  return (frame) => {
    const list = range(frame);
    if (list === undefined) return undefined;
    let undecided = false;
    for (const element of list as readonly Value[]) {
      frame[slot] = element;
      const value = predicate(frame);
      if (value === deciding) return deciding;
      if (value === undefined) undecided = true;
    }
    return undecided ? undefined : !deciding;
  };
}

/** An error on any element is an error of the whole. */
function compileMap(
  range: Closure,
  slot: number,
  predicate: Closure | undefined,
  transform: Closure,
): Closure {
  return (frame) => {
    const list = range(frame);
    if (list === undefined) return undefined;
    const values: Value[] = [];
    for (const element of list as readonly Value[]) {
      frame[slot] = element;
      const keep = predicate === undefined ? true : predicate(frame);
      if (keep === undefined) return undefined;
      if (keep !== true) continue;
      const value = transform(frame);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return values;
  };
}
