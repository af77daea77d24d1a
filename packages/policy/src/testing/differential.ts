// SPDX-License-Identifier: Apache-2.0
// One random condition, compared: this engine and another one must give the same for all values, and what
// loading says of a condition must be so.
import { check } from "../condition/check.ts";
import type { Checker } from "../condition/check.ts";
import { compile } from "../condition/compile.ts";
import type { Closure } from "../condition/compile.ts";
import { isFalse, isMissing, isTrue, loadCondition } from "../condition/condition.ts";
import type { Condition, Truth } from "../condition/condition.ts";
import { generateRunners } from "../condition/generate.ts";
import { parse } from "../condition/parser.ts";
import { ConditionStop } from "../condition/problem.ts";
import type { ConditionProblem } from "../condition/problem.ts";
import type { Scope } from "../condition/scope.ts";
import type { FieldSlot } from "../condition/typed.ts";
import type { Value } from "../condition/types.ts";
import { allowedDifference, oracleOf } from "./cel-oracle.ts";
import { environment, randomExpression, randomKind, randomValues, typeOfKind } from "./expressions.ts";
import type { Chance } from "./expressions.ts";

/** Bindings that each condition is evaluated with. */
const bindingsPerExpression = 3;
/** Of a thousand operands of every third expression, so many are of a wrong type. */
const wrongPerThousand = 40;

/** What was found of a condition. */
export type Comparison = {
  readonly source: string;
  /** `refused`: by this engine, when it is loaded. */
  readonly kind: "agreed" | "refused" | "allowed" | "disagreed";
  /** Of a disagreement: what it is about. Of what is allowed: the entry of the list. */
  readonly about?: string;
  /** How many of the evaluations gave a value, not an error. */
  readonly values: number;
};

const types = new Map(Object.entries(environment).map(([path, kind]) => [path, typeOfKind(kind)]));
const slots = [...types].map(([path, type], slot): FieldSlot => ({
  path,
  type,
  slot,
  personal: false,
  lengthMax: 200,
  itemsMax: 16,
}));

/** Makes a condition, and compares. */
export function compareRandom(chance: Chance): Comparison {
  const wrong = chance(3) === 0 ? wrongPerThousand : 0;
  const source = randomExpression(chance, chance(3) === 0 ? randomKind(chance) : "bool", wrong);
  return compareSource(
    source,
    Array.from({ length: bindingsPerExpression }, () => randomValues(chance)),
  );
}

/** Compares what both engines make of a condition for some values of the fields. */
export function compareSource(source: string, bindings: readonly ReadonlyMap<string, Value>[]): Comparison {
  const loaded = load(source);
  if (typeof loaded !== "function") return { source, kind: "refused", about: loaded.message, values: 0 };
  const oracle = oracleOf(source, types);
  if (typeof oracle !== "function") {
    return {
      source,
      kind: "disagreed",
      about: `the other engine can't read it: ${oracle.refused}`,
      values: 0,
    };
  }
  const condition = loadCondition(source, scope());
  let values = 0;
  for (const binding of bindings) {
    const frame = slots.map(({ path }) => binding.get(path));
    const value = loaded([...frame]);
    if (value !== undefined) values += 1;
    const other = oracle(binding);
    const about = show(value) === show(other) ? undefined : `${show(value)} here, ${show(other)} there`;
    const claim = about ?? wrongClaim(condition, frame, value);
    if (claim !== undefined) {
      const allowed = value === undefined ? allowedDifference(source) : undefined;
      if (allowed !== undefined) return { source, kind: "allowed", about: allowed, values };
      return { source, kind: "disagreed", about: `${claim} with ${showBinding(binding)}`, values };
    }
  }
  return { source, kind: "agreed", values };
}

function load(source: string): Closure | ConditionProblem {
  const checker: Checker = { scope: scope(), variables: new Map(), problems: [] };
  try {
    const typed = check(parse(source), checker);
    if (typed !== undefined) return compile(typed);
    return checker.problems[0] ?? { code: "unsupported", offset: 0, message: "refused without a reason" };
  } catch (error) {
    if (error instanceof ConditionStop) return error.problem;
    throw error;
  }
}

function scope(): Scope {
  let count = slots.length;
  return {
    paths: types.keys().toArray(),
    field: (path) => slots.find((slot) => slot.path === path),
    variableSlot: () => count++,
  };
}

/** Whether the clauses together say something else than the whole, or loading promised something else. */
function wrongClaim(
  condition: Condition | readonly ConditionProblem[],
  frame: readonly Value[],
  value: Value,
): string | undefined {
  if (!("clauses" in condition)) {
    const constant = condition.find(({ code }) => code === "constant-condition");
    if (constant === undefined) return undefined;
    const never = !constant.message.includes("always true");
    if (never === (value !== true)) return undefined;
    return `${JSON.stringify(constant.message)} and yet ${show(value)}`;
  }
  const results = Uint8Array.from(condition.clauses, ({ run }) => truthOf(run([...frame])));
  const generated = new Uint8Array(results.length);
  const placed = condition.clauses.map(({ typed }, place) => ({ typed, place }));
  for (const runner of generateRunners(placed)) runner([...frame], generated);
  if (generated.join() !== results.join()) {
    return `the generated function gives ${generated.join()}, the closures ${results.join()}`;
  }
  const combined = condition.combine(results, 0);
  if (combined !== truthOf(value)) return `the clauses give ${combined}, the whole ${show(value)}`;
  const absent = condition.required.find(
    (path) => frame[slots.findIndex((slot) => slot.path === path)] === undefined,
  );
  if (value === true && absent !== undefined) return `true without ${absent}, which is said to be required`;
  return undefined;
}

function truthOf(value: Value): Truth {
  return value === true ? isTrue : value === false ? isFalse : isMissing;
}

function show(value: Value): string {
  if (value === undefined) return "error";
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === "bigint" ? `${each}n` : Object.is(each, -0) ? "-0" : each,
  );
}

function showBinding(binding: ReadonlyMap<string, Value>): string {
  return [...binding].map(([path, value]) => `${path}=${show(value)}`).join(" ");
}
