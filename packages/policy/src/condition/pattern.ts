// SPDX-License-Identifier: Apache-2.0
// Regular expressions: RE2's syntax and its promise, time linear in the text, by re2js.
import { RE2JS } from "re2js";

/** Longest pattern, in UTF-16 code units. */
export const patternLengthMax = 1_000;
/** Largest compiled pattern, in instructions: bounds what repetitions such as `{1000}` unfold to. */
export const patternProgramMax = 5_000;

/** A compiled pattern: whether a text has a match, and how many instructions it compiled to. */
export type Pattern = { readonly test: (text: string) => boolean; readonly size: number };

/** Compiles a pattern; a text says why it can't be. */
export function compilePattern(source: string): Pattern | string {
  if (source.length > patternLengthMax) {
    return `this pattern has ${source.length} characters; the limit is ${patternLengthMax}`;
  }
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(source);
  } catch (error) {
    return `this pattern can't be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  const size = compiled.programSize();
  if (size > patternProgramMax) {
    return `this pattern unfolds to ${size} instructions; the limit is ${patternProgramMax}`;
  }
  return { test: (text) => compiled.test(text), size };
}
