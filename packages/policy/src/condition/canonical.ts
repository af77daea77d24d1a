// SPDX-License-Identifier: Apache-2.0
// What makes two conditions the same text: their words, without the white space and comments between them.
import type { Expression } from "./ast.ts";
import { tokenize } from "./lexer.ts";
import { parse } from "./parser.ts";

/**
 * The words of a condition as written, with one space between them.
 *
 * @throws {ConditionStop} if it can't be read
 */
export function canonicalText(source: string): string {
  return tokenize(source)
    .filter(({ kind }) => kind !== "end")
    .map(({ start, end }) => source.slice(start, end))
    .join(" ");
}

/**
 * The canonical texts of the parts that must all be true: one for a condition without `&&` at its top.
 *
 * @throws {ConditionStop} if it can't be read
 */
export function conjunctsOf(source: string): ReadonlySet<string> {
  const parts = (expression: Expression): readonly Expression[] =>
    expression.kind === "logic" && expression.operator === "&&"
      ? expression.operands.flatMap(parts)
      : [expression];
  return new Set(parts(parse(source)).map(({ start, end }) => canonicalText(source.slice(start, end))));
}
