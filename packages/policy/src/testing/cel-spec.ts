// SPDX-License-Identifier: Apache-2.0
// CEL's conformance cases as @bufbuild/cel-spec has them: parsed from the textproto files.
import { getConformanceSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { Type_PrimitiveType, Type_WellKnownType } from "@bufbuild/cel-spec/cel/expr/checked_pb.js";
import type { IncrementalTest, IncrementalTestSuite } from "@bufbuild/cel-spec/testdata/tests.js";
import { integerOf } from "../condition/integers.ts";
import { boolType, durationType, intType, stringType, timestampType } from "../condition/types.ts";
import { listOf } from "./cel-case.ts";
import type { CaseType, CaseValue, CelCase } from "./cel-case.ts";

type Original = IncrementalTest["original"];
type Matcher = Original["resultMatcher"];
type CelValue = Extract<Matcher, { case: "value" }>["value"];
type CelType = NonNullable<Extract<Matcher, { case: "typedResult" }>["value"]["deducedType"]>;

/** All cases, in the order of files and sections. */
export function celSpecCases(): CelCase[] {
  return getConformanceSuite().suites.flatMap((file) =>
    file.suites.flatMap((section) => section.tests.map((test) => caseOf(file, section, test.original))),
  );
}

function caseOf(file: IncrementalTestSuite, section: IncrementalTestSuite, test: Original): CelCase {
  const bindings = new Map<string, CaseValue>();
  for (const [name, { kind }] of Object.entries(test.bindings)) {
    bindings.set(name, kind.case === "value" ? valueOf(kind.value) : { foreign: "unknown" });
  }
  const declared = new Map<string, CaseType>();
  for (const { name, declKind } of test.typeEnv) {
    if (declKind.case === "ident" && declKind.value.type !== undefined) {
      declared.set(name, typeOf(declKind.value.type));
    }
  }
  return {
    file: file.name,
    name: `${section.name}/${test.name}`,
    source: test.expr,
    container: test.container,
    bindings,
    declared,
    ...expectedOf(test),
    checkOnly: test.checkOnly,
  };
}

function expectedOf({ resultMatcher }: Original): Pick<CelCase, "expected" | "expectedType"> {
  switch (resultMatcher.case) {
    case "value":
      return { expected: valueOf(resultMatcher.value), expectedType: undefined };
    case "typedResult": {
      const { result, deducedType } = resultMatcher.value;
      return { expected: result && valueOf(result), expectedType: deducedType && typeOf(deducedType) };
    }
    case "evalError":
    case "anyEvalErrors":
      return { expected: "error", expectedType: undefined };
    case "unknown":
    case "anyUnknowns":
      return { expected: "unknown", expectedType: undefined };
    case undefined:
      return { expected: undefined, expectedType: undefined };
  }
}

function valueOf({ kind }: CelValue): CaseValue {
  switch (kind.case) {
    case "int64Value":
      return { type: intType, value: integerOf(kind.value) };
    case "stringValue":
      return { type: stringType, value: kind.value };
    case "boolValue":
      return { type: boolType, value: kind.value };
    case "listValue":
      return listOf(kind.value.values.map(valueOf));
    case "objectValue":
      return timeOf(kind.value.typeUrl, kind.value.value) ?? { foreign: "message" };
    case "uint64Value":
    case "doubleValue":
    case "bytesValue":
    case "nullValue":
    case "mapValue":
    case "typeValue":
    case "enumValue":
      return { foreign: kind.case.replace(/(?:64)?Value$/, "") };
    case undefined:
      return { foreign: "nothing" };
  }
}

/** Durations and timestamps stand as messages of seconds and nanoseconds, two varints. */
function timeOf(typeUrl: string, bytes: Uint8Array): CaseValue | undefined {
  const name = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  if (name !== "google.protobuf.Duration" && name !== "google.protobuf.Timestamp") return undefined;
  let seconds = 0n;
  let nanos = 0n;
  for (let at = 0; at < bytes.length;) {
    const field = (bytes[at++] ?? 0) >> 3;
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++] ?? 0;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (field === 1) seconds = BigInt.asIntN(64, value);
    else nanos = BigInt.asIntN(64, value);
  }
  if (nanos % 1_000_000n !== 0n) return { foreign: "time finer than a millisecond" };
  const type = name === "google.protobuf.Duration" ? durationType : timestampType;
  return { type, value: Number(seconds * 1_000n + nanos / 1_000_000n) };
}

function typeOf({ typeKind }: CelType): CaseType {
  if (typeKind.case === "primitive") return primitiveType(typeKind.value);
  if (typeKind.case === "listType") {
    const of = typeKind.value.elemType && typeOf(typeKind.value.elemType);
    if (of === undefined || "foreign" in of) return { foreign: `list of ${of?.foreign ?? "nothing"}` };
    return { kind: "list", of };
  }
  if (typeKind.case === "wellKnown") {
    if (typeKind.value === Type_WellKnownType.DURATION) return durationType;
    return typeKind.value === Type_WellKnownType.TIMESTAMP ? timestampType : { foreign: "any" };
  }
  return { foreign: typeKind.case?.replace(/Type$/, "") ?? "nothing" };
}

function primitiveType(type: Type_PrimitiveType): CaseType {
  if (type === Type_PrimitiveType.INT64) return intType;
  if (type === Type_PrimitiveType.STRING) return stringType;
  if (type === Type_PrimitiveType.BOOL) return boolType;
  return { foreign: Type_PrimitiveType[type].toLowerCase() };
}
