// SPDX-License-Identifier: Apache-2.0
// A condition's words without the white space between them: what makes two conditions the same text.
import { tokenize } from "./lexer.ts";

/**
 * The words of a condition as written, with one space between them and without comments.
 *
 * @throws {ConditionStop} if it can't be read
 */
export function canonicalText(source: string): string {
  return tokenize(source)
    .filter(({ kind }) => kind !== "end")
    .map(({ start, end }) => source.slice(start, end))
    .join(" ");
}
