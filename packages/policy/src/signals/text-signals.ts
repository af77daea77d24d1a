// SPDX-License-Identifier: Apache-2.0
// The signals of how a text is written: its spellings, and each trick that hides or disguises what it says.
import { foldShared, foldText } from "../text/fold.ts";
import type { Tricks } from "../text/fold.ts";
import { isSurrogate, codePointAt } from "../text/normalise.ts";
import { isLetter, isMark, unicode } from "../text/unicode.ts";

/** The values of the signals, and what a fingerprint is made of. */
export type TextSignals = Tricks & {
  readonly repeated: number;
  readonly normalised: string;
  readonly skeleton: string;
};

/**
 * Computes them. Linear in the length of the text; never throws.
 *
 * @param text title and text
 * @param rest the same without its links
 * @returns also the letters that copies of the text have in common; empty where there are none
 */
export function computeTextSignals(text: string, rest: string): { values: TextSignals; common: string } {
  const { normalised, skeleton, tricks } = foldShared(text);
  const { longestRun, letters } = readLetters(normalised);
  const bare = rest === text ? skeleton : foldText(rest).skeleton;
  const common = bare === normalised ? letters : readLetters(bare).letters;
  return { values: { repeated: longestRun, normalised, skeleton, ...tricks }, common };
}

/**
 * Reads off folded text, where case is folded and a space is all there is of white space, the longest run of
 * a character, and the letters: what copies of a text have in common. These are the letters and marks,
 * anything else one space, and no letter more than twice in a row; empty where there is no letter.
 */
function readLetters(folded: string): { longestRun: number; letters: string } {
  const { properties } = unicode();
  let longestRun = 0;
  let run = 0;
  let before = -1;
  let kinds = 0;
  let letters = "";
  // What is kept as it stands is copied a stretch at a time; the one not copied yet starts here.
  let from = 0;
  let gap = true;
  for (let index = 0; index < folded.length;) {
    let point = folded.charCodeAt(index);
    let next = index + 1;
    if (isSurrogate(point)) {
      point = codePointAt(folded, index);
      next += 1;
    }
    run = point === before ? run + 1 : 1;
    before = point;
    if (run > longestRun && point !== space) longestRun = run;
    const kind = (properties[point] ?? 0) & (isLetter | isMark);
    kinds |= kind;
    if (kind === 0 ? point !== space || gap : run > 2) {
      if (from < index) letters += folded.slice(from, index);
      if (kind === 0 && !gap) letters += " ";
      from = next;
    }
    gap = kind === 0;
    index = next;
  }
  if ((kinds & isLetter) === 0) return { longestRun, letters: "" };
  letters += folded.slice(from);
  return { longestRun, letters: gap ? letters.slice(0, -1) : letters };
}

const space = 0x20;
