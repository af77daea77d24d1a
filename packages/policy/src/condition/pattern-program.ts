// SPDX-License-Identifier: Apache-2.0
// A pattern as instructions: what re2js's parser and compiler make of it, in plain arrays. The matcher runs
// these; re2js's own engines are not used.
import type { RE2JS } from "re2js";

/** Instructions; the numbers are those of re2js, which has them from RE2. */
export const alternative = 1;
export const alternativeMatch = 2;
export const capture = 3;
export const emptyWidth = 4;
export const fail = 5;
export const match = 6;
export const nothing = 7;
const firstCharacter = 8;
const lastCharacter = 11;

/** What an `emptyWidth` instruction asks for: bits of its argument. */
export const beginLine = 1;
export const endLine = 2;
export const beginText = 4;
export const endText = 8;
export const wordBoundary = 16;
export const noWordBoundary = 32;

/** A compiled pattern. */
export type PatternProgram = {
  readonly start: number;
  readonly operations: Uint8Array;
  /** Where each instruction goes on; of an alternative, its first branch. */
  readonly next: Int32Array;
  /** The second branch of an alternative; the bits of an `emptyWidth`. */
  readonly argument: Int32Array;
  /** The code points from which each class of characters begins, but for class 0, which begins at 0. */
  readonly bounds: Int32Array;
  /** For each instruction that reads a character: a byte for each class, 1 if it reads it. */
  readonly reads: readonly (Uint8Array | undefined)[];
};

type Instruction = {
  readonly op: number;
  readonly out: number;
  readonly arg: number;
  readonly matchRune: (point: number) => boolean;
};

/** The instructions of a pattern that re2js has compiled, without look-behind. */
export function readProgram(compiled: RE2JS): PatternProgram {
  const { prog, dfa } = compiled.re2();
  const instructions = (prog as { inst: readonly Instruction[] }).inst;
  const bounds = Int32Array.from(dfa.classBounds);
  const reads = instructions.map((instruction) => {
    if (instruction.op < firstCharacter || instruction.op > lastCharacter) return undefined;
    const own = new Uint8Array(bounds.length + 1);
    for (let index = 0; index < own.length; index++) {
      // All characters of a class are read alike: the first stands for them.
      own[index] = instruction.matchRune(index === 0 ? 0 : (bounds[index - 1] ?? 0)) ? 1 : 0;
    }
    return own;
  });
  return {
    start: (prog as { start: number }).start,
    operations: Uint8Array.from(instructions, ({ op }) => op),
    next: Int32Array.from(instructions, ({ out }) => out),
    argument: Int32Array.from(instructions, ({ arg }) => arg),
    bounds,
    reads,
  };
}

/** The class of each code point: a byte or two for each of a page of 256, and most pages are alike. */
export type ClassTable = { readonly pages: readonly Uint16Array[]; readonly pageOf: Uint16Array };

const pageBits = 8;
const pageSize = 2 ** pageBits;
const pagesCount = 0x11_0000 >> pageBits;

/** A table of all classes, so that a character's is found without a search. */
export function tableOf(bounds: Int32Array): ClassTable {
  const pages: Uint16Array[] = [];
  const pageOf = new Uint16Array(pagesCount);
  const uniform = new Map<number, number>();
  for (let page = 0; page < pagesCount; page++) {
    const first = page << pageBits;
    const least = classOf(bounds, first);
    const isUniform = classOf(bounds, first + pageSize - 1) === least;
    const same = isUniform ? uniform.get(least) : undefined;
    if (same !== undefined) {
      pageOf[page] = same;
      continue;
    }
    if (isUniform) uniform.set(least, pages.length);
    pageOf[page] = pages.length;
    const own = new Uint16Array(pageSize);
    pages.push(own);
    for (let index = 0; index < pageSize; index++) {
      own[index] = isUniform ? least : classOf(bounds, first + index);
    }
  }
  return { pages, pageOf };
}

/** The class of a code point, by a search. */
export function classOf(bounds: Int32Array, point: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] ?? 0) <= point) low = middle + 1;
    else high = middle;
  }
  return low;
}
