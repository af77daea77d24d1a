// SPDX-License-Identifier: Apache-2.0
// One case of CEL's conformance tests in a form of our own, and how it is run: read from the textproto
// files or from @bufbuild/cel-spec, which has the same cases parsed.
import { check } from "../condition/check.ts";
import type { Checker } from "../condition/check.ts";
import { compile } from "../condition/compile.ts";
import { parse } from "../condition/parser.ts";
import { ConditionStop } from "../condition/problem.ts";
import type { ConditionProblem } from "../condition/problem.ts";
import type { FieldSlot, Typed } from "../condition/typed.ts";
import { nothingType, showType, unifyTypes } from "../condition/types.ts";
import type { ConditionType, Value } from "../condition/types.ts";

/** A value of a case, or what kind of value it is that this language doesn't have. */
export type CaseValue =
  | { readonly type: ConditionType; readonly value: Value }
  | { readonly foreign: string };

/** A type that a case declares or expects. */
export type CaseType = ConditionType | { readonly foreign: string };

/** One case. */
export type CelCase = {
  readonly file: string;
  /** `section/name`. */
  readonly name: string;
  readonly source: string;
  readonly container: string;
  readonly bindings: ReadonlyMap<string, CaseValue>;
  readonly declared: ReadonlyMap<string, CaseType>;
  readonly expected: CaseValue | "error" | "unknown" | undefined;
  readonly expectedType: CaseType | undefined;
  readonly checkOnly: boolean;
};

/** What became of a case. */
export type CelResult =
  | { readonly kind: "passed"; readonly typed: Typed }
  /** CEL's result is an error, and the mistake is found when the condition is loaded already. */
  | { readonly kind: "error-at-load"; readonly problem: ConditionProblem }
  /** The case uses what the subset leaves out. */
  | { readonly kind: "refused"; readonly problem: ConditionProblem }
  /** It was accepted, and means something else than in CEL: never. */
  | { readonly kind: "wrong"; readonly found: string; readonly expected: string };

/** Runs a case. */
export function runCase(each: CelCase): CelResult {
  const fields = fieldsOf(each);
  if ([...each.bindings.keys()].some((path) => each.container !== "" && path.startsWith(each.container))) {
    return { kind: "refused", problem: containerProblem(each.container) };
  }
  if ("foreign" in fields) return { kind: "refused", problem: foreignProblem(fields.foreign) };
  const loaded = load(each.source, fields.slots);
  if (!("typed" in loaded)) {
    const kind = each.expected === "error" && isMistake(loaded) ? "error-at-load" : "refused";
    return { kind, problem: loaded };
  }
  const { typed, run } = loaded;
  const type = showType(typed.type);
  if (each.expectedType !== undefined) {
    const wanted = "foreign" in each.expectedType ? each.expectedType.foreign : showType(each.expectedType);
    // Where CEL gives up on a list's type and says dyn, types here are exact.
    if (type !== wanted && !wanted.endsWith("dyn")) return { kind: "wrong", found: type, expected: wanted };
  }
  if (each.checkOnly) return { kind: "passed", typed };
  const value = run([...fields.values]);
  const { expected } = each;
  if (expected === "unknown") return { kind: "wrong", found: show(value), expected: "unknown" };
  if (expected !== undefined && expected !== "error" && "foreign" in expected) {
    return { kind: "wrong", found: show(value), expected: expected.foreign };
  }
  const wanted = expected === "error" ? undefined : expected === undefined ? true : expected.value;
  return show(value) === show(wanted)
    ? { kind: "passed", typed }
    : { kind: "wrong", found: show(value), expected: show(wanted) };
}

/** A list of values: one of the language's if all are of one type of it. */
export function listOf(items: readonly CaseValue[]): CaseValue {
  const values: Value[] = [];
  let of: ConditionType | undefined = nothingType;
  for (const item of items) {
    if ("foreign" in item) return { foreign: `list of ${item.foreign}` };
    of = unifyTypes(of, item.type);
    if (of === undefined) return { foreign: "list of several types" };
    values.push(item.value);
  }
  return { type: { kind: "list", of }, value: values };
}

type Fields = { readonly slots: readonly FieldSlot[]; readonly values: readonly Value[] };

function fieldsOf({ bindings, declared }: CelCase): Fields | { readonly foreign: string } {
  const slots: FieldSlot[] = [];
  const values: Value[] = [];
  for (const path of new Set([...declared.keys(), ...bindings.keys()])) {
    const bound = bindings.get(path);
    if (bound !== undefined && "foreign" in bound) return bound;
    const type = declared.get(path) ?? bound?.type;
    if (type === undefined) continue;
    if ("foreign" in type) return type;
    slots.push({ path, type, slot: slots.length, personal: false, lengthMax: 0, itemsMax: 0 });
    values.push(bound?.value);
  }
  return { slots, values };
}

type Loaded = { readonly typed: Typed; readonly run: (frame: Value[]) => Value };

function load(source: string, slots: readonly FieldSlot[]): Loaded | ConditionProblem {
  let count = slots.length;
  const checker: Checker = {
    scope: {
      paths: slots.map((field) => field.path),
      field: (path) => slots.find((field) => field.path === path),
      variableSlot: () => count++,
    },
    variables: new Map(),
    problems: [],
  };
  try {
    const typed = check(parse(source), checker);
    const [problem] = checker.problems;
    if (typed !== undefined) return { typed, run: compile(typed) };
    return problem ?? { code: "unsupported", offset: 0, message: "refused without a reason" };
  } catch (error) {
    if (error instanceof ConditionStop) return error.problem;
    throw error;
  }
}

/** Whether the problem says that the text is wrong, not that the language lacks something. */
function isMistake({ code }: ConditionProblem): boolean {
  return code !== "unsupported" && code !== "unknown-function";
}

function containerProblem(container: string): ConditionProblem {
  return { code: "unsupported", offset: 0, message: `names are not looked up in a container (${container})` };
}

function foreignProblem(kind: string): ConditionProblem {
  return { code: "unsupported", offset: 0, message: `a field can't be of type ${kind}` };
}

function show(value: Value): string {
  if (value === undefined) return "error";
  return typeof value === "bigint" ? String(value) : JSON.stringify(value, showBigint);
}

function showBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? { bigint: String(value) } : value;
}
