// SPDX-License-Identifier: Apache-2.0
// All texts that the clauses of a plan look for in one field, found in one pass over it: `contains`, and what
// a pattern needs to have a match. A clause then asks whether its word was seen.
import { buildAutomaton, wordLengthMax } from "../lists/automaton.ts";
import type { Frame } from "./compile.ts";
import type { Literals } from "./pattern.ts";
import { childrenOf } from "./required.ts";
import type { Typed } from "./typed.ts";

/** The words of one field. */
export type WordFinder = {
  readonly slot: number;
  readonly numbers: ReadonlyMap<string, number>;
  /** By the word's number, 1 if the text that was scanned last holds it. */
  readonly seen: Uint8Array;
  readonly scan: (frame: Frame) => void;
};

/** Fewer words are looked for one by one, which is faster then. */
const wordsMin = 6;

/** Finders by slot, for the fields that many words are looked for in. */
export function createWordFinders(expressions: readonly Typed[]): Map<number, WordFinder> {
  const wanted = new Map<number, Set<string>>();
  const visit = (typed: Typed): void => {
    const found = wordsOf(typed);
    if (found !== undefined) {
      const words = wanted.get(found.slot) ?? new Set();
      for (const word of found.words) words.add(word);
      wanted.set(found.slot, words);
    }
    for (const child of childrenOf(typed)) visit(child);
  };
  for (const expression of expressions) visit(expression);
  const finders = new Map<number, WordFinder>();
  for (const [slot, words] of wanted) {
    if (words.size >= wordsMin) finders.set(slot, createFinder(slot, words));
  }
  return finders;
}

function createFinder(slot: number, words: ReadonlySet<string>): WordFinder {
  const sorted = [...words].sort();
  const seen = new Uint8Array(sorted.length);
  const automaton = buildAutomaton(sorted);
  const see = (word: number): void => {
    seen[word] = 1;
  };
  return {
    slot,
    seen,
    numbers: new Map(sorted.map((word, number) => [word, number])),
    scan: (frame) => {
      seen.fill(0);
      const text = frame[slot];
      if (text !== undefined) automaton.scan(text as string, see);
    },
  };
}

/** What an expression looks for in a field itself; its parts are looked at by themselves. */
function wordsOf(typed: Typed): { readonly slot: number; readonly words: readonly string[] } | undefined {
  if (typed.kind === "operation" && typed.operation === "contains") {
    const [text, part] = typed.args;
    if (text?.kind !== "field" || part?.kind !== "constant") return undefined;
    return isWord(part.value) ? { slot: text.field.slot, words: [part.value] } : undefined;
  }
  if (typed.kind !== "matches" || typed.target.kind !== "field") return undefined;
  const { literals } = typed.pattern;
  return literals && { slot: typed.target.field.slot, words: textsOf(literals) };
}

/** Whether a value can be one of the words. */
export function isWord(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= wordLengthMax;
}

function textsOf(literals: Literals): string[] {
  return literals.kind === "text" ? [literals.text] : literals.parts.flatMap(textsOf);
}
