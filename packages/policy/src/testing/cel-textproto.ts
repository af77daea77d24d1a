// SPDX-License-Identifier: Apache-2.0
// CEL's conformance cases as their textproto files have them.
import { integerOf } from "../condition/integers.ts";
import { boolType, intType, stringType } from "../condition/types.ts";
import { listOf } from "./cel-case.ts";
import type { CaseType, CaseValue, CelCase } from "./cel-case.ts";
import { child, readTextproto, scalar } from "./textproto.ts";
import type { Message } from "./textproto.ts";

/** The cases of a file; `file` is its name without `.textproto`. */
export function textprotoCases(file: string, text: string): CelCase[] {
  return messages(readTextproto(text), "section").flatMap((section) =>
    messages(section, "test").map((test) => caseOf(file, scalar(section, "name") ?? "", test)),
  );
}

function caseOf(file: string, section: string, test: Message): CelCase {
  const bindings = new Map<string, CaseValue>();
  for (const binding of messages(test, "bindings")) {
    const value = child(child(binding, "value"), "value");
    bindings.set(scalar(binding, "key") ?? "", value ? valueOf(value) : { foreign: "unknown" });
  }
  const declared = new Map<string, CaseType>();
  for (const declaration of messages(test, "type_env")) {
    const type = child(child(declaration, "ident"), "type");
    if (type !== undefined) declared.set(scalar(declaration, "name") ?? "", typeOf(type));
  }
  const isError = test["eval_error"] !== undefined || test["any_eval_errors"] !== undefined;
  const typed = child(test, "typed_result");
  const value = child(test, "value") ?? child(typed, "result");
  const type = child(typed, "deduced_type");
  return {
    file,
    name: `${section}/${scalar(test, "name") ?? ""}`,
    source: scalar(test, "expr") ?? "",
    container: scalar(test, "container") ?? "",
    bindings,
    declared,
    expected: isError ? "error" : value && valueOf(value),
    expectedType: type && typeOf(type),
    checkOnly: scalar(test, "check_only") === "true",
  };
}

function messages(message: Message, field: string): readonly Message[] {
  return (message[field] ?? []).flatMap((each) => {
    // A list of messages may stand in brackets: the reader gives those one by one.
    return typeof each === "object" ? [each] : [];
  });
}

function valueOf(message: Message): CaseValue {
  const int = scalar(message, "int64_value");
  if (int !== undefined) return { type: intType, value: integerOf(BigInt(int)) };
  const text = scalar(message, "string_value");
  if (text !== undefined) return { type: stringType, value: text };
  const truth = scalar(message, "bool_value");
  if (truth !== undefined) return { type: boolType, value: truth === "true" };
  const list = child(message, "list_value");
  if (list === undefined) return { foreign: foreignKind(message) };
  return listOf(messages(list, "values").map(valueOf));
}

function foreignKind(message: Message): string {
  const [field = "nothing"] = Object.keys(message);
  return field === "object_value" ? "message" : field.replace(/(?:64)?_value$/, "");
}

function typeOf(message: Message): CaseType {
  const primitive = scalar(message, "primitive");
  if (primitive === "INT64") return intType;
  if (primitive === "STRING") return stringType;
  if (primitive === "BOOL") return boolType;
  if (primitive !== undefined) return { foreign: primitive.toLowerCase() };
  const list = child(child(message, "list_type"), "elem_type");
  if (list === undefined) return { foreign: Object.keys(message)[0]?.replace(/_type$/, "") ?? "nothing" };
  const of = typeOf(list);
  return "foreign" in of ? { foreign: `list of ${of.foreign}` } : { kind: "list", of };
}
