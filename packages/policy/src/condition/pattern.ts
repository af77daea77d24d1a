// SPDX-License-Identifier: Apache-2.0
// Regular expressions: RE2's syntax, parsed and compiled by re2js, and its promise, time linear in the text,
// kept by a matcher of our own.
import { RE2JS } from "re2js";
import { createMatcher } from "./matcher.ts";
import type { Matcher } from "./matcher.ts";
import { readProgram } from "./pattern-program.ts";

/** Longest pattern, in UTF-16 code units. */
export const patternLengthMax = 1_000;
/** Largest compiled pattern, in instructions: bounds what repetitions such as `{1000}` unfold to. */
export const patternProgramMax = 5_000;

/** A compiled pattern: whether a text has a match, and how many instructions it compiled to. */
export type Pattern = Matcher & {
  readonly source: string;
  readonly size: number;
  /** What a text must hold to have a match, where something is known. */
  readonly literals?: Literals;
  /** As `test`, for a text that holds them. */
  readonly run: (text: string) => boolean;
};

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
  const { test, steps } = createMatcher(readProgram(compiled));
  const literals = readLiterals(compiled);
  if (literals === undefined) return { test, run: test, steps, source, size };
  return { test: (text) => mayMatch(literals, text) && test(text), run: test, literals, steps, source, size };
}

/** What a text must hold to have a match: a text, all of several, or one of several. */
export type Literals =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "all" | "any"; readonly parts: readonly Literals[] };

/** Longest text that is looked for before a pattern is run, in UTF-16 code units, and most texts. */
const literalLengthMax = 32;
const literalsMax = 6;

/** Most texts match few patterns: looking for a literal first is much faster than running them. */
function mayMatch(literals: Literals, text: string): boolean {
  if (literals.kind === "text") return text.includes(literals.text);
  return literals.kind === "all"
    ? literals.parts.every((part) => mayMatch(part, text))
    : literals.parts.some((part) => mayMatch(part, text));
}

/** What re2js knows of a pattern; `undefined` where it is nothing, or too much to be worth while. */
function readLiterals(compiled: RE2JS): Literals | undefined {
  const known = compiled.re2().prefilter as Prefilter | null;
  const literals = known === null ? undefined : literalsOf(known);
  return literals !== undefined && countLiterals(literals) <= literalsMax ? literals : undefined;
}

type Prefilter = { readonly type: number; readonly str: string; readonly subs: readonly Prefilter[] };
const [exactly, allOf, anyOf] = [1, 2, 3];

function literalsOf({ type, str, subs }: Prefilter): Literals | undefined {
  // Any part of a text that must be there must be there too.
  if (type === exactly) return { kind: "text", text: str.slice(0, literalLengthMax) };
  const parts = subs.map(literalsOf);
  const known = parts.filter((part) => part !== undefined);
  if (type === allOf) return known.length === 0 ? undefined : { kind: "all", parts: fewest(known) };
  return type === anyOf && known.length === parts.length ? { kind: "any", parts: known } : undefined;
}

/** Of parts that must all be there, as many as are worth while: those first that are the fewest texts. */
function fewest(parts: readonly Literals[]): readonly Literals[] {
  let count = 0;
  const sorted = parts.toSorted((one, other) => countLiterals(one) - countLiterals(other));
  return sorted.filter((part, index) => (count += countLiterals(part)) <= literalsMax || index === 0);
}

function countLiterals(literals: Literals): number {
  return literals.kind === "text" ? 1 : literals.parts.reduce((sum, part) => sum + countLiterals(part), 0);
}
