// SPDX-License-Identifier: Apache-2.0
// Regular expressions of a list: RE2's syntax, matched on normalised text, case ignored.
import { RE2JS } from "re2js";
import { createMatcher } from "../condition/matcher.ts";
import { readProgram } from "../condition/pattern-program.ts";
import { patternLengthMax } from "../condition/pattern.ts";
import { literalsOf, shortest } from "./literals.ts";

/** Largest compiled pattern of a list, in instructions. */
export const listPatternProgramMax = 500;
/** Shortest literal, in UTF-16 code units, that spares a pattern from being run on every text. */
export const patternLiteralMin = 3;
/** Most patterns of a list without such a literal: they are run on every text. */
export const patternsWithoutLiteralMax = 64;
/**
 * Most steps that the patterns of a list may cost on one text: instructions times the text's UTF-16 code
 * units, summed over the patterns that are run. Those that come later, in the order of entries, are not run.
 */
export const patternStepsMax: number = 2 ** 26;

/** A pattern as a list holds it. */
export type ListPattern = {
  /** A text that matches holds one of these; empty where nothing useful is known. */
  readonly literals: readonly string[];
  /** Whether a text that holds one of them matches. */
  readonly sufficient: boolean;
  /** Compiles it, at the first call. */
  readonly compiled: () => { readonly test: (normalised: string) => boolean; readonly size: number };
};

/** Reads a pattern that {@link checkListPattern} has nothing against. */
export function readListPattern(source: string): ListPattern {
  const { required = [], sufficient } = literalsOf(source);
  const useful = sufficient || (required.length > 0 && shortest(required) >= patternLiteralMin);
  let compiled: { test: (normalised: string) => boolean; size: number } | undefined;
  return {
    literals: useful ? required : [],
    sufficient,
    compiled: () => (compiled ??= compile(source)),
  };
}

/** What is wrong with a pattern, or `undefined`. */
export function checkListPattern(source: string): string | undefined {
  if (source.length > patternLengthMax) {
    return `expected at most ${patternLengthMax} characters, not ${source.length}`;
  }
  // Control characters would break the lines of a list; a lone surrogate stands in no text.
  if (/\p{Cc}/u.test(source) || !source.isWellFormed()) {
    return "expected no control characters: write \\t, \\n or \\x00";
  }
  let pattern: { test: (normalised: string) => boolean; size: number };
  try {
    pattern = compile(source);
  } catch (error) {
    if (/\(\?<?[=!]/.test(source)) {
      return "expected no look-ahead or look-behind: RE2's syntax has none, which keeps time linear";
    }
    const why = error instanceof Error ? error.message : String(error);
    return `expected a regular expression in RE2's syntax: ${why}`;
  }
  if (pattern.size > listPatternProgramMax) {
    return `expected at most ${listPatternProgramMax} instructions; this pattern unfolds to ${pattern.size}`;
  }
  if (pattern.test("")) return "expected a pattern that asks for something: this one matches the empty text";
  return undefined;
}

function compile(source: string): { test: (normalised: string) => boolean; size: number } {
  const pattern = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
  const size = pattern.programSize();
  // Most patterns are compiled only to be checked: what a matcher needs is made when it is first run.
  let matcher: { test: (normalised: string) => boolean } | undefined;
  return { test: (normalised) => (matcher ??= createMatcher(readProgram(pattern))).test(normalised), size };
}
