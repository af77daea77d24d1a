// SPDX-License-Identifier: Apache-2.0
// A condition after checking: every name resolved, every operator chosen by its types. The compiler turns
// it into closures; cost and required paths are computed from it.
import type { FieldPath } from "../types.ts";
import type { Pattern } from "./pattern.ts";
import type { ConditionType, Value } from "./types.ts";

/** A field of the environment with the slot of the frame that its value is read into. */
export type FieldSlot = {
  readonly path: FieldPath;
  readonly type: ConditionType;
  readonly personal: boolean;
  readonly slot: number;
  /** Bounds for the static cost: longest string, in code units, and longest list. */
  readonly lengthMax: number;
  readonly itemsMax: number;
  /** The smallest value, of an integer that has one. */
  readonly min?: number;
};

/** The operations that a call can come to: one name for each overload. */
export type Operation =
  | "equal"
  | "notEqual"
  | "less"
  | "lessOrEqual"
  | "greater"
  | "greaterOrEqual"
  | "stringLess"
  | "stringLessOrEqual"
  | "stringGreater"
  | "stringGreaterOrEqual"
  | "in"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "remainder"
  | "negate"
  | "concat"
  | "append"
  | "addDurations"
  | "subtractDurations"
  | "addTimestamp"
  | "subtractTimestamp"
  | "timestampDifference"
  | "index"
  | "stringSize"
  | "listSize"
  | "contains"
  | "startsWith"
  | "endsWith"
  | "lowerAscii"
  | "hours"
  | "minutes"
  | "seconds";

/** A macro over a list. */
export type MacroName = "all" | "exists" | "exists_one" | "filter" | "map";

/** A checked node; `start` and `end` are offsets into the condition. */
export type Typed = {
  readonly type: ConditionType;
  readonly start: number;
  readonly end: number;
} & (
  | { readonly kind: "constant"; readonly value: Value }
  | { readonly kind: "field"; readonly field: FieldSlot }
  | { readonly kind: "variable"; readonly slot: number }
  | { readonly kind: "has"; readonly field: FieldSlot }
  | { readonly kind: "not"; readonly operand: Typed }
  | { readonly kind: "logic"; readonly operator: "&&" | "||"; readonly operands: readonly Typed[] }
  | { readonly kind: "conditional"; readonly test: Typed; readonly then: Typed; readonly otherwise: Typed }
  | { readonly kind: "operation"; readonly operation: Operation; readonly args: readonly Typed[] }
  | { readonly kind: "matches"; readonly target: Typed; readonly pattern: Pattern }
  | { readonly kind: "list"; readonly items: readonly Typed[] }
  | { readonly kind: "inEntries" | "hits"; readonly list: FieldSlot; readonly value: Typed }
  | {
      readonly kind: "macro";
      readonly macro: MacroName;
      readonly range: Typed;
      readonly slot: number;
      /** The predicate; of `map` the condition on the elements, if it has one. */
      readonly predicate?: Typed;
      /** Of `map`: what each element becomes. */
      readonly transform?: Typed;
    }
);
