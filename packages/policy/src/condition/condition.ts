// SPDX-License-Identifier: Apache-2.0
// A condition made ready: its clauses (the largest parts without `&&`, `||` and `!` at their top), each
// compiled, and how their results combine. Three values: a missing value makes its clause `missing`, and
// only its clause.
import { check } from "./check.ts";
import type { Checker } from "./check.ts";
import { compile } from "./compile.ts";
import { contradiction } from "./contradiction.ts";
import type { Closure } from "./compile.ts";
import { conditionCostMax, costOf } from "./cost.ts";
import { parse } from "./parser.ts";
import { ConditionStop } from "./problem.ts";
import type { ConditionProblem } from "./problem.ts";
import { keyOf } from "./key.ts";
import { fieldsOf, requiredFor } from "./required.ts";
import type { Scope } from "./scope.ts";
import type { FieldSlot, Typed } from "./typed.ts";
import type { FieldPath } from "../types.ts";
import { isFalse, isMissing, isTrue } from "./truth.ts";
import type { Truth } from "./truth.ts";
import { boolType, showType } from "./types.ts";

export { isFalse, isMissing, isTrue, truthOf } from "./truth.ts";
export type { Truth } from "./truth.ts";

/** A clause: its text, what it reads, and its closure (true, false, or `undefined` for missing). */
export type Clause = {
  readonly text: string;
  /** The same for clauses that mean the same of the same fields. */
  readonly key: string;
  readonly fields: readonly FieldSlot[];
  /** Whether its result is recorded: it reads personal data or a list, which may be gone later. */
  readonly recorded: boolean;
  /** Whether it asks a list of entries. */
  readonly asksLists: boolean;
  readonly run: Closure;
  readonly typed: Typed;
};

/** What it means for a condition's owner that it is never true, or always; for messages. */
export type ConditionOwner = { readonly never: string; readonly always: string };

/** A condition, compiled. */
export type Condition = {
  readonly typed: Typed;
  readonly clauses: readonly Clause[];
  /** Combines the results of the clauses, which stand in `results` from index `first`. */
  readonly combine: (results: Uint8Array, first: number) => Truth;
  readonly fields: readonly FieldSlot[];
  /** Whether any of its clauses asks a list of entries. */
  readonly asksLists: boolean;
  readonly required: readonly FieldPath[];
  readonly cost: number;
};

const ruleOwner: ConditionOwner = {
  never: "the rule can never fire",
  always: "the rule always fires",
};

/** Parses, checks and compiles a condition; or says everything that is wrong with it. */
export function loadCondition(
  source: string,
  scope: Scope,
  owner: ConditionOwner = ruleOwner,
): Condition | readonly ConditionProblem[] {
  const checker: Checker = { scope, variables: new Map(), problems: [] };
  let typed: Typed | undefined;
  try {
    typed = check(parse(source), checker);
  } catch (error) {
    if (error instanceof ConditionStop) return [error.problem];
    throw error;
  }
  if (typed === undefined) return checker.problems;
  const problem = wholeProblem(typed);
  if (problem !== undefined) return [problem];
  const clauses: Clause[] = [];
  const combine = combination(typed, source, clauses);
  const possible = possibleResults(typed);
  const constant = constantProblem(possible, owner) ?? contradictionProblem(typed, owner);
  if (constant !== undefined) return [constant];
  return {
    typed,
    clauses,
    combine,
    fields: fieldsOf(typed),
    asksLists: clauses.some((clause) => clause.asksLists),
    required: [...requiredFor(typed, true)],
    cost: costOf(typed),
  };
}

function wholeProblem(typed: Typed): ConditionProblem | undefined {
  if (typed.type.kind !== "bool") {
    const message = `a condition must be ${showType(boolType)}, and this is ${showType(typed.type)}`;
    return { code: "wrong-type", offset: typed.start, message, hint: "compare it with something" };
  }
  const cost = costOf(typed);
  if (cost <= conditionCostMax) return undefined;
  return {
    code: "too-costly",
    offset: typed.start,
    message: `this condition can cost ${cost} steps; the limit is ${conditionCostMax}`,
    hint: "use shorter patterns, fewer of them, or split the rule",
  };
}

function combination(
  typed: Typed,
  source: string,
  clauses: Clause[],
): (results: Uint8Array, first: number) => Truth {
  if (typed.kind === "not") {
    const operand = combination(typed.operand, source, clauses);
    return (results, first) => {
      const result = operand(results, first);
      return result === isMissing ? isMissing : result === isTrue ? isFalse : isTrue;
    };
  }
  if (typed.kind !== "logic") {
    const index = clauses.length;
    clauses.push(clauseOf(typed, source));
    return (results, first) => results[first + index] as Truth;
  }
  if (typed.operands.every(isPlain)) return flatCombination(typed, source, clauses);
  const operands = typed.operands.map((each) => combination(each, source, clauses));
  const deciding = typed.operator === "||" ? isTrue : isFalse;
  const neutral = typed.operator === "||" ? isFalse : isTrue;
  return (results, first) => {
    let result: Truth = neutral;
    for (const operand of operands) {
      const each = operand(results, first);
      if (each === deciding) return deciding;
      if (each === isMissing) result = isMissing;
    }
    return result;
  };
}

/** Whether an operand is a clause, or a clause turned round. */
function isPlain(typed: Typed): boolean {
  return typed.kind !== "logic" && (typed.kind !== "not" || isClause(typed.operand));
}

function isClause(typed: Typed): boolean {
  return typed.kind !== "logic" && typed.kind !== "not";
}

/** Of clauses only, which is what most conditions are: one loop over their results, which stand together. */
function flatCombination(
  typed: Typed & { kind: "logic" },
  source: string,
  clauses: Clause[],
): (results: Uint8Array, first: number) => Truth {
  const from = clauses.length;
  const deciding = typed.operator === "||" ? isTrue : isFalse;
  const neutral = typed.operator === "||" ? isFalse : isTrue;
  // What decides a clause that is turned round is the other result.
  const decidingOf = typed.operands.map((each) => (each.kind === "not" ? neutral : deciding));
  for (const each of typed.operands)
    clauses.push(clauseOf(each.kind === "not" ? each.operand : each, source));
  return (results, first) => {
    let result: Truth = neutral;
    let index = first + from;
    for (const decides of decidingOf) {
      const each = results[index++];
      if (each === decides) return deciding;
      if (each === isMissing) result = isMissing;
    }
    return result;
  };
}

function clauseOf(typed: Typed, source: string): Clause {
  const fields = fieldsOf(typed);
  return {
    text: source.slice(typed.start, typed.end),
    key: keyOf(typed),
    fields,
    recorded: fields.some((field) => field.personal || field.type.kind === "entries"),
    asksLists: fields.some((field) => field.type.kind === "entries"),
    run: compile(typed),
    typed,
  };
}

/** Which of true, false and missing a condition can come to, as far as can be told without an event. */
function possibleResults(typed: Typed): ReadonlySet<Truth> {
  if (typed.kind === "not") {
    const turned = [...possibleResults(typed.operand)].map((each) => (each === isMissing ? each : 1 - each));
    return new Set(turned as Truth[]);
  }
  if (typed.kind === "logic") {
    const deciding = typed.operator === "||" ? isTrue : isFalse;
    return typed.operands.map(possibleResults).reduce((a, b) => combinePossible(a, b, deciding));
  }
  if (fieldsOf(typed).length > 0) return new Set<Truth>([isFalse, isTrue, isMissing]);
  const value = compile(typed)([]);
  return new Set<Truth>([value === undefined ? isMissing : value === true ? isTrue : isFalse]);
}

function combinePossible(a: ReadonlySet<Truth>, b: ReadonlySet<Truth>, deciding: Truth): ReadonlySet<Truth> {
  const results = new Set<Truth>();
  for (const left of a) {
    for (const right of b) {
      if (left === deciding || right === deciding) results.add(deciding);
      else results.add(left === isMissing || right === isMissing ? isMissing : left);
    }
  }
  return results;
}

function contradictionProblem(typed: Typed, owner: ConditionOwner): ConditionProblem | undefined {
  const path = contradiction(typed);
  if (path === undefined) return undefined;
  const message = `no value of ${path} makes this condition true, so ${owner.never}`;
  return { code: "constant-condition", offset: typed.start, message };
}

function constantProblem(possible: ReadonlySet<Truth>, owner: ConditionOwner): ConditionProblem | undefined {
  if (!possible.has(isTrue)) {
    const message = `this condition is never true, so ${owner.never}`;
    return { code: "constant-condition", offset: 0, message };
  }
  if (possible.size > 1) return undefined;
  return {
    code: "constant-condition",
    offset: 0,
    message: `this condition is always true, so ${owner.always}`,
  };
}
