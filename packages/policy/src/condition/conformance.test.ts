// SPDX-License-Identifier: Apache-2.0
// What the subset accepts means what CEL says: every conformance case that is accepted must give CEL's
// result.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { child, readTextproto, scalar } from "../testing/textproto.ts";
import type { Message } from "../testing/textproto.ts";
import { check } from "./check.ts";
import type { Checker } from "./check.ts";
import { compile } from "./compile.ts";
import { integerOf } from "./integers.ts";
import { parse } from "./parser.ts";
import { ConditionStop } from "./problem.ts";
import type { FieldSlot } from "./typed.ts";
import { boolType, intType, nothingType, stringType } from "./types.ts";
import type { ConditionType, Value } from "./types.ts";

/** The files that have cases within the subset, and how many of their cases it accepts. */
const accepted: Readonly<Record<string, number>> = {
  basic: 23,
  integer_math: 41,
  lists: 17,
  macros: 32,
  parse: 92,
  plumbing: 3,
  string: 45,
  fp_math: 0,
  dynamic: 0,
};

for (const [name, count] of Object.entries(accepted)) {
  const path = `vectors/cel-conformance/${name}.textproto`;
  test(`CEL conformance: ${name}`, (t) => {
    const file = sharedPath(path);
    if (file === undefined) return t.skip(skipReason(path));
    const cases = casesOf(readTextproto(readFileSync(file, "utf8")));
    assert.ok(cases.length > 0);
    const results = cases.map(({ name, message }) => ({ name, ...runCase(name, message) }));
    assert.equal(results.filter((each) => each.accepted).length, count, "how many cases the subset accepts");
  });
}

function casesOf(file: Message): { name: string; message: Message }[] {
  return (file["section"] ?? []).flatMap((section) =>
    ((section as Message)["test"] ?? []).map((each) => ({
      name: `${scalar(section as Message, "name")}/${scalar(each as Message, "name")}`,
      message: each as Message,
    })),
  );
}

/** Runs a case; a case that is refused must be so for a reason of the subset's. */
function runCase(name: string, message: Message): { accepted: boolean; reason?: string } {
  const source = scalar(message, "expr") as string;
  const variables = bindingsOf(message);
  if (variables === undefined)
    return { accepted: false, reason: "it binds a value that the subset doesn't have" };
  const frame: Value[] = [...variables.values()].map(({ value }) => value);
  let slots = frame.length;
  const fields = [...variables].map(([path, { type }], slot): FieldSlot => ({
    path,
    type,
    slot,
    personal: false,
    lengthMax: 0,
    itemsMax: 0,
  }));
  const checker: Checker = {
    scope: {
      paths: fields.map((field) => field.path),
      field: (path) => fields.find((field) => field.path === path),
      variableSlot: () => slots++,
    },
    variables: new Map(),
    problems: [],
  };
  try {
    const typed = check(parse(source), checker);
    if (typed === undefined) return { accepted: false, reason: checker.problems[0]?.message ?? "" };
    const value = compile(typed)(frame);
    assert.deepEqual(value, expectedOf(message), `${name}: ${source}`);
    return { accepted: true };
  } catch (error) {
    if (!(error instanceof ConditionStop)) throw error;
    return { accepted: false, reason: error.problem.message };
  }
}

function bindingsOf(message: Message): Map<string, { type: ConditionType; value: Value }> | undefined {
  const variables = new Map<string, { type: ConditionType; value: Value }>();
  for (const binding of (message["bindings"] ?? []) as readonly Message[]) {
    const value = child(child(binding, "value"), "value");
    const known = value === undefined ? undefined : valueOf(value);
    if (known === undefined) return undefined;
    variables.set(scalar(binding, "key") as string, known);
  }
  return variables;
}

function expectedOf(message: Message): Value {
  if (message["eval_error"] !== undefined) return undefined;
  const expected = child(message, "value") ?? child(child(message, "typed_result"), "result");
  // A case that says nothing expects true.
  return expected === undefined ? true : valueOf(expected)?.value;
}

function valueOf(message: Message): { type: ConditionType; value: Value } | undefined {
  const int = scalar(message, "int64_value");
  if (int !== undefined) return { type: intType, value: integerOf(BigInt(int)) };
  const text = scalar(message, "string_value");
  if (text !== undefined) return { type: stringType, value: text };
  const truth = scalar(message, "bool_value");
  if (truth !== undefined) return { type: boolType, value: truth === "true" };
  const list = child(message, "list_value");
  if (list === undefined) return undefined;
  const items = ((list["values"] ?? []) as readonly Message[]).map(valueOf);
  if (items.some((item) => item === undefined)) return undefined;
  return {
    type: { kind: "list", of: items[0]?.type ?? nothingType },
    value: items.map((item) => item?.value),
  };
}
