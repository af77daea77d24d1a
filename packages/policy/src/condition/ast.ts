// SPDX-License-Identifier: Apache-2.0
// A condition as it was written: what the parser makes and the checker reads. Offsets are UTF-16 code units.

type Place = { readonly start: number; readonly end: number };

/** A node of the syntax tree. */
export type Expression = Place &
  (
    | { readonly kind: "int"; readonly value: bigint }
    | { readonly kind: "string"; readonly value: string }
    | { readonly kind: "bool"; readonly value: boolean }
    | { readonly kind: "list"; readonly items: readonly Expression[] }
    | { readonly kind: "name"; readonly name: string }
    | {
        readonly kind: "select";
        readonly target: Expression;
        readonly field: string;
        readonly fieldStart: number;
      }
    | { readonly kind: "index"; readonly target: Expression; readonly index: Expression }
    | {
        readonly kind: "call";
        readonly name: string;
        readonly nameStart: number;
        readonly target?: Expression;
        readonly args: readonly Expression[];
      }
    | {
        readonly kind: "unary";
        /** `--` is an even number of signs, which CEL's parsers leave out. */
        readonly operator: "!" | "-" | "--";
        readonly operand: Expression;
      }
    | {
        readonly kind: "binary";
        readonly operator: BinaryOperator;
        readonly operatorStart: number;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly kind: "logic"; readonly operator: "&&" | "||"; readonly operands: readonly Expression[] }
    | {
        readonly kind: "conditional";
        readonly test: Expression;
        readonly then: Expression;
        readonly otherwise: Expression;
      }
  );

/** The operators between two operands, but for `&&` and `||`. */
export type BinaryOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "+" | "-" | "*" | "/" | "%";
