// SPDX-License-Identifier: Apache-2.0
// The type checker: resolves names, picks overloads (cel-spec, doc/langdef.md, "List of Standard
// Definitions"), and finds all mistakes of a condition, not only the first.
import type { BinaryOperator, Expression } from "./ast.ts";
import { checkMembership, entriesOf, reportEntries } from "./entries.ts";
import { checkCall } from "./functions.ts";
import type { ConditionProblem } from "./problem.ts";
import { resolveChain } from "./scope.ts";
import type { NameChain, Scope } from "./scope.ts";
import type { Operation, Typed } from "./typed.ts";
import { boolType, intType, nothingType, showType, stringType, unifyTypes } from "./types.ts";
import type { ConditionType } from "./types.ts";
import { integerOf } from "./integers.ts";

/** What a check carries along: the names, the macros' variables in scope, and the mistakes found so far. */
export type Checker = {
  readonly scope: Scope;
  readonly variables: ReadonlyMap<string, { readonly slot: number; readonly type: ConditionType }>;
  readonly problems: ConditionProblem[];
};

/** The checked condition, or `undefined` where it has mistakes: they are added to `checker.problems`. */
export function check(expression: Expression, checker: Checker): Typed | undefined {
  const { start, end } = expression;
  switch (expression.kind) {
    case "int":
      return { kind: "constant", type: intType, value: integerOf(expression.value), start, end };
    case "string":
      return { kind: "constant", type: stringType, value: expression.value, start, end };
    case "bool":
      return { kind: "constant", type: boolType, value: expression.value, start, end };
    case "list":
      return checkList(expression, checker);
    case "name":
    case "select":
      return checkName(expression, checker);
    case "index":
      return checkIndex(expression, checker);
    case "call":
      return checkCall(expression, checker);
    case "unary":
      return checkUnary(expression, checker);
    case "binary":
      return checkBinary(expression, checker);
    case "logic":
      return checkLogic(expression, checker);
    case "conditional":
      return checkConditional(expression, checker);
  }
}

/** Adds a mistake; what it was in has then no meaning. */
export function report(checker: Checker, problem: ConditionProblem): undefined {
  checker.problems.push(problem);
  return undefined;
}

/** Checks that an expression is of a type; `what` names the expression in the message. */
export function checkAs(
  expression: Expression,
  type: ConditionType,
  what: string,
  checker: Checker,
): Typed | undefined {
  const typed = check(expression, checker);
  if (typed === undefined || unifyTypes(typed.type, type) !== undefined) return typed;
  return report(checker, {
    code: "wrong-type",
    offset: expression.start,
    message: `${what} must be ${showType(type)}, but this is ${showType(typed.type)}`,
    ...typeHint(typed.type, type),
  });
}

/** The names of `a.b.c`, or `undefined` if the expression is something else. */
export function chainOf(expression: Expression): NameChain | undefined {
  if (expression.kind === "name") return [{ name: expression.name, start: expression.start }];
  if (expression.kind !== "select") return undefined;
  const target = chainOf(expression.target);
  return target && [...target, { name: expression.field, start: expression.fieldStart }];
}

function typeHint(found: ConditionType, wanted: ConditionType): { hint?: string } {
  if (wanted.kind === "bool" && found.kind === "list")
    return { hint: "ask for its .size(), or use exists()" };
  if (wanted.kind === "bool" && found.kind !== "nothing") return { hint: "compare it with something" };
  return {};
}

function checkName(
  expression: Expression & { kind: "name" | "select" },
  checker: Checker,
): Typed | undefined {
  const { start, end } = expression;
  const chain = chainOf(expression);
  if (chain === undefined) return checkSelectionOfValue(expression, checker);
  const first = chain[0] as NameChain[number];
  const variable = checker.variables.get(first.name);
  if (variable !== undefined) {
    if (chain.length > 1) return noFields(chain[1] as NameChain[number], variable.type, checker);
    return { kind: "variable", slot: variable.slot, type: variable.type, start, end };
  }
  const resolved = resolveChain(chain, checker.scope);
  if ("code" in resolved) return report(checker, resolved);
  const rest = chain[resolved.taken];
  if (rest !== undefined) return noFields(rest, resolved.field.type, checker);
  if (resolved.field.type.kind === "entries") return reportEntries(start, resolved.field.path, checker);
  return { kind: "field", field: resolved.field, type: resolved.field.type, start, end };
}

function checkSelectionOfValue(expression: Expression, checker: Checker): undefined {
  if (expression.kind !== "select") return undefined;
  const target = check(expression.target, checker);
  if (target !== undefined)
    noFields({ name: expression.field, start: expression.fieldStart }, target.type, checker);
  return undefined;
}

function noFields(name: { name: string; start: number }, type: ConditionType, checker: Checker): undefined {
  const method = ["size", "contains", "startsWith", "endsWith", "matches", "lowerAscii"].includes(name.name);
  return report(checker, {
    code: "wrong-type",
    offset: name.start,
    message: `${showType(type)} has no fields, so ".${name.name}" has no meaning`,
    ...(method ? { hint: `to call it, write .${name.name}()` } : {}),
  });
}

function checkList(expression: Expression & { kind: "list" }, checker: Checker): Typed | undefined {
  let of: ConditionType = nothingType;
  const items: Typed[] = [];
  for (const item of expression.items) {
    const typed = check(item, checker);
    if (typed === undefined) continue;
    const both = unifyTypes(of, typed.type);
    if (both === undefined) {
      const message = `a list holds values of one type: ${showType(of)} before, ${showType(typed.type)} here`;
      report(checker, { code: "wrong-type", offset: item.start, message });
    } else {
      of = both;
      items.push(typed);
    }
  }
  if (items.length !== expression.items.length) return undefined;
  return { kind: "list", items, type: { kind: "list", of }, start: expression.start, end: expression.end };
}

function checkIndex(expression: Expression & { kind: "index" }, checker: Checker): Typed | undefined {
  const target = check(expression.target, checker);
  const index = checkAs(expression.index, intType, "an index", checker);
  if (target === undefined || index === undefined) return undefined;
  if (target.type.kind !== "list") {
    const message = `only a list has elements, and this is ${showType(target.type)}`;
    return report(checker, { code: "wrong-type", offset: expression.target.end, message });
  }
  const { start, end } = expression;
  return { kind: "operation", operation: "index", args: [target, index], type: target.type.of, start, end };
}

function checkUnary(expression: Expression & { kind: "unary" }, checker: Checker): Typed | undefined {
  const { start, end } = expression;
  if (expression.operator === "!") {
    const operand = checkAs(expression.operand, boolType, "what ! turns round", checker);
    return operand && { kind: "not", operand, type: boolType, start, end };
  }
  const operand = checkAs(expression.operand, intType, "what - negates", checker);
  if (expression.operator === "--") return operand && { ...operand, start, end };
  return operand && { kind: "operation", operation: "negate", args: [operand], type: intType, start, end };
}

function checkLogic(expression: Expression & { kind: "logic" }, checker: Checker): Typed | undefined {
  const { operator, start, end } = expression;
  const operands: Typed[] = [];
  for (const operand of expression.operands) {
    const typed = checkAs(operand, boolType, `each side of ${operator}`, checker);
    if (typed !== undefined) operands.push(typed);
  }
  if (operands.length !== expression.operands.length) return undefined;
  return { kind: "logic", operator, operands, type: boolType, start, end };
}

function checkConditional(
  expression: Expression & { kind: "conditional" },
  checker: Checker,
): Typed | undefined {
  const { start, end } = expression;
  const test = checkAs(expression.test, boolType, "what stands before ?", checker);
  const then = check(expression.then, checker);
  const otherwise = check(expression.otherwise, checker);
  if (test === undefined || then === undefined || otherwise === undefined) return undefined;
  const type = unifyTypes(then.type, otherwise.type);
  if (type !== undefined) return { kind: "conditional", test, then, otherwise, type, start, end };
  return report(checker, {
    code: "wrong-type",
    offset: expression.otherwise.start,
    message: `the branches of ? : are of two types: ${showType(then.type)} and ${showType(otherwise.type)}`,
  });
}

function checkBinary(expression: Expression & { kind: "binary" }, checker: Checker): Typed | undefined {
  const list = expression.operator === "in" ? entriesOf(expression.right, checker) : undefined;
  if (list !== undefined) return checkMembership(expression, list, checker);
  const left = check(expression.left, checker);
  const right = check(expression.right, checker);
  if (left === undefined || right === undefined) return undefined;
  const { operator, operatorStart, start, end } = expression;
  const overload = overloadOf(operator, left.type, right.type);
  if (overload !== undefined) {
    return { kind: "operation", operation: overload[0], args: [left, right], type: overload[1], start, end };
  }
  return report(checker, {
    code: "wrong-type",
    offset: operatorStart,
    message: `${operator} can't be used between ${showType(left.type)} and ${showType(right.type)}`,
    ...operandHint(operator, left.type, right.type),
  });
}

function operandHint(operator: BinaryOperator, left: ConditionType, right: ConditionType): { hint?: string } {
  const kinds = [left.kind, right.kind];
  if (kinds.includes("duration") && (kinds.includes("int") || kinds.includes("string"))) {
    return { hint: "write a time as duration('24h')" };
  }
  if (kinds.includes("timestamp") && kinds.includes("string")) {
    return { hint: "write a point in time as timestamp('2026-01-31T00:00:00Z')" };
  }
  if (kinds.includes("list") && kinds.includes("int") && operator !== "in")
    return { hint: "compare its .size()" };
  if (operator === "in" && right.kind === "string") return { hint: "to look into a text, use .contains()" };
  return {};
}

const orderings: Readonly<Record<string, readonly [Operation, Operation]>> = {
  "<": ["less", "stringLess"],
  "<=": ["lessOrEqual", "stringLessOrEqual"],
  ">": ["greater", "stringGreater"],
  ">=": ["greaterOrEqual", "stringGreaterOrEqual"],
};
const arithmetic: Readonly<Record<string, Operation>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "remainder",
};

function overloadOf(
  operator: BinaryOperator,
  left: ConditionType,
  right: ConditionType,
): readonly [Operation, ConditionType] | undefined {
  const both = unifyTypes(left, right);
  if (operator === "==" || operator === "!=") {
    return both && [operator === "==" ? "equal" : "notEqual", boolType];
  }
  if (operator === "in") {
    if (right.kind !== "list" || unifyTypes(left, right.of) === undefined) return undefined;
    return ["in", boolType];
  }
  const ordering = orderings[operator];
  if (ordering !== undefined) {
    if (both === undefined || both.kind === "list") return undefined;
    return [both.kind === "string" ? ordering[1] : ordering[0], boolType];
  }
  if (both?.kind === "int") return [arithmetic[operator] as Operation, intType];
  if (operator === "+") return additionOf(left, right, both);
  if (operator === "-") return subtractionOf(left, right);
  return undefined;
}

function additionOf(
  left: ConditionType,
  right: ConditionType,
  both: ConditionType | undefined,
): readonly [Operation, ConditionType] | undefined {
  if (both?.kind === "string") return ["concat", both];
  if (both?.kind === "list") return ["append", both];
  if (both?.kind === "duration") return ["addDurations", both];
  const kinds = `${left.kind}+${right.kind}`;
  if (kinds === "timestamp+duration") return ["addTimestamp", left];
  if (kinds === "duration+timestamp") return ["addTimestamp", right];
  return undefined;
}

function subtractionOf(
  left: ConditionType,
  right: ConditionType,
): readonly [Operation, ConditionType] | undefined {
  const kinds = `${left.kind}-${right.kind}`;
  if (kinds === "duration-duration") return ["subtractDurations", left];
  if (kinds === "timestamp-duration") return ["subtractTimestamp", left];
  if (kinds === "timestamp-timestamp") return ["timestampDifference", { kind: "duration" }];
  return undefined;
}
