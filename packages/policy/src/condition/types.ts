// SPDX-License-Identifier: Apache-2.0
// The types of the language, and the values that they have when a condition is evaluated.

import type { ListKind } from "../types.ts";
import type { ListProbe } from "./entries.ts";

/**
 * A type. `nothing` is the element type of an empty list literal: it fits every type. `entries` is what
 * `lists.NAME` names, which is no value.
 */
export type ConditionType =
  | { readonly kind: "int" | "string" | "bool" | "duration" | "timestamp" | "nothing" }
  | { readonly kind: "list"; readonly of: ConditionType }
  | { readonly kind: "entries"; readonly of: ListKind };

/**
 * A value: integers are numbers where safe and bigints beyond, so that equal integers are `===`; durations
 * and timestamps are numbers of milliseconds; a missing value and CEL's error value are both `undefined`. Of
 * lists of entries, the frame holds a probe.
 */
export type Value = number | bigint | string | boolean | readonly Value[] | ListProbe | undefined;

export const intType: ConditionType = { kind: "int" };
export const stringType: ConditionType = { kind: "string" };
export const boolType: ConditionType = { kind: "bool" };
export const durationType: ConditionType = { kind: "duration" };
export const timestampType: ConditionType = { kind: "timestamp" };
export const nothingType: ConditionType = { kind: "nothing" };
export const stringListType: ConditionType = { kind: "list", of: stringType };

/** A type as it is written in messages. */
export function showType(type: ConditionType): string {
  if (type.kind === "list") return type.of.kind === "nothing" ? "list" : `list<${showType(type.of)}>`;
  return type.kind === "entries" ? "a list of entries" : type.kind;
}

/** The type that both fit, or `undefined` if there is none. */
export function unifyTypes(a: ConditionType, b: ConditionType): ConditionType | undefined {
  if (a.kind === "nothing") return b;
  if (b.kind === "nothing") return a;
  if (a.kind === "list" && b.kind === "list") {
    const of = unifyTypes(a.of, b.of);
    return of === undefined ? undefined : { kind: "list", of };
  }
  return a.kind === b.kind ? a : undefined;
}
