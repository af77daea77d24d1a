// SPDX-License-Identifier: Apache-2.0
// The signals of how a text is written: its spellings, and each trick that hides or disguises what it says.
import { foldShared, foldText } from "../text/fold.ts";
import type { Tricks } from "../text/fold.ts";
import { isSurrogate, pointAt } from "../text/normalise.ts";
import { isLetter, isMark, unicode } from "../text/unicode.ts";
import { readUnits, roomFor, textOf, unitBuffer } from "../text/units.ts";

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

const read = unitBuffer();
const kept = unitBuffer();

/**
 * Reads off folded text, where case is folded and a space is all there is of white space, the longest run of
 * a character, and the letters: what copies of a text have in common. These are the letters and marks,
 * anything else one space, and no letter more than twice in a row; empty where there is no letter.
 */
function readLetters(folded: string): { longestRun: number; letters: string } {
  const { properties } = unicode();
  const { length } = folded;
  const units = readUnits(folded, read);
  const letters = roomFor(length, kept);
  let size = 0;
  let longestRun = 0;
  let run = 0;
  let before = -1;
  let kinds = 0;
  let all = 0;
  for (let index = 0; index < length; index++) {
    const unit = units[index] as number;
    const point = isSurrogate(unit) ? pointAt(units, index) : unit;
    run = point === before ? run + 1 : 1;
    before = point;
    if (run > longestRun && point !== space) longestRun = run;
    const kind = (properties[point] as number) & (isLetter | isMark);
    kinds |= kind;
    if (kind === 0) {
      if (size > 0 && letters[size - 1] !== space) letters[size++] = space;
    } else if (run <= 2) {
      letters[size++] = unit;
      if (point > 0xffff) letters[size++] = units[index + 1] as number;
      all |= unit;
    }
    if (point > 0xffff) index += 1;
  }
  if ((kinds & isLetter) === 0) return { longestRun, letters: "" };
  if (size > 0 && letters[size - 1] === space) size -= 1;
  return { longestRun, letters: textOf(letters, size, all < 0x80) };
}

const space = 0x20;
