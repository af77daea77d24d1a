// SPDX-License-Identifier: Apache-2.0
// Words whose letters are set apart: "f r e e", "f.r.e.e", "v-i-a-g-r-a".
import { looks, unlike } from "./looks.ts";
import { codePointAt } from "./normalise.ts";
import { foreignUnit, latinUnit, unitClasses, wordyUnit } from "./survey.ts";
import { isDigit, isLetter, isMark, unicode } from "./unicode.ts";
import { readUnits, unitBuffer } from "./units.ts";

/** Letters that make one word when they stand alone, each with the same thing between it and the next. */
const joinedMin = 3;
/** So many are a trick; fewer may be initials, or a list. */
const trickMin = 4;
/** The same with dots between them, since initials have dots. */
const dottedTrickMin = 5;
/** Longest thing between two letters, in UTF-16 code units: a picture, or a sign in spaces. */
const gapLengthMax = 4;

/** Stands in a text where white space was wider than that around it; the skeleton has a space there. */
export const wideGap = "\u0001";

const widely = ` ${wideGap} `;

/** A text without its spaced-out words. */
export type Joined = { readonly text: string; readonly spaced: number };

/**
 * Joins letters of Latin, Greek and Cyrillic that stand alone, at least three in a row with the same between
 * them: a space, or a sign, or a sign in spaces. Digits and signs in the place of letters may be among them.
 *
 * @param text as {@link foldLooks} leaves it
 */
export function joinSpaced(text: string): Joined {
  const classes = unitClasses();
  const units = readUnits(text, read);
  let joined = "";
  let kept = 0;
  let spaced = 0;
  let before = 0;
  for (let index = 0; index < text.length;) {
    const bits = classes[units[index] as number] as number;
    if (bits & wordyUnit && (before & wordyUnit) === 0) {
      // A word of several letters is passed by at once.
      let end = index + 1;
      while ((classes[units[end] as number] as number) & wordyUnit) end += 1;
      if (end > index + 1) {
        index = end;
        before = wordyUnit;
        continue;
      }
    }
    before = bits;
    if ((bits & (latinUnit | foreignUnit)) === 0 || !isJoinable(text.charCodeAt(index))) {
      index += 1;
      continue;
    }
    if (!standsAlone(text, index)) {
      index += 1;
      continue;
    }
    const run = readRun(text, index);
    if (run === undefined) {
      index += 1;
      continue;
    }
    if (run.words.length > 0) {
      joined += text.slice(kept, index) + run.words.join(" ");
      kept = run.end;
      for (const word of run.words) if (isTrick(word, run.gap)) spaced += 1;
    }
    before = wordyUnit;
    index = run.end;
  }
  return { text: kept === 0 ? text : joined + text.slice(kept), spaced };
}

const read = unitBuffer();

type Run = { readonly words: readonly string[]; readonly gap: string; readonly end: number };

/** The run that begins at an index; `undefined` if there is none, no words if it isn't one of letters. */
function readRun(text: string, start: number): Run | undefined {
  const gap = text.startsWith(widely, start + 1) ? " " : readGap(text, start + 1);
  if (gap === undefined) return undefined;
  const pieces = [text.charAt(start)];
  let length = 1;
  let letters = 1;
  let end = start + 1;
  for (;;) {
    const wide = gap === " " && text.startsWith(widely, end);
    const next = end + (wide ? widely.length : gap.length);
    if (next >= text.length || !(wide || text.startsWith(gap, end))) break;
    const unit = text.charCodeAt(next);
    const letter = isJoinable(unit);
    if (!(letter || isStandIn(unit, gap)) || !standsAlone(text, next)) break;
    if (opensAnother(text, next, gap)) break;
    const read = letter ? text.charAt(next) : (signs[text.charAt(next)] ?? text.charAt(next));
    if (wide) pieces.push(read);
    else pieces.push((pieces.pop() ?? "") + read);
    length += 1;
    if (letter) letters += 1;
    end = next + 1;
  }
  if (length < joinedMin) return undefined;
  const enough = letters >= joinedMin && letters * 3 >= length * 2;
  return { words: enough ? wordsOf(pieces) : [], gap, end };
}

/** Whether a letter after white space begins a run without any: "f r e e v-i-a". */
function opensAnother(text: string, index: number, gap: string): boolean {
  // A run without white space asks nothing of what follows it, so this goes no deeper.
  const other = gap.includes(" ") ? readGap(text, index + 1) : undefined;
  return other !== undefined && !other.includes(" ") && (readRun(text, index)?.words.length ?? 0) > 0;
}

/** What wider white space parts are words, but for single letters: those belong to what is beside them. */
function wordsOf(pieces: readonly string[]): string[] {
  const words: string[] = [];
  for (const piece of pieces) {
    const before = words.at(-1);
    if (before === undefined || (before.length > 1 && piece.length > 1)) words.push(piece);
    else words[words.length - 1] = before + piece;
  }
  return words;
}

/** What stands between the letter before an index and the next one, if it may stand between letters. */
function readGap(text: string, start: number): string | undefined {
  let end = start;
  while (end < text.length && end - start <= gapLengthMax && !isWordy(text, end)) {
    if (text[end] === wideGap) return undefined;
    // A sign in the place of a letter is one if there are spaces around it.
    if (end === start + 1 && text.charCodeAt(start) === space && isStandIn(text.charCodeAt(end), " ")) break;
    end += 1;
  }
  const length = end - start;
  if (length === 0 || length > gapLengthMax || end >= text.length) return undefined;
  const gap = text.slice(start, end);
  return length === 1 || isOneSign(gap) ? gap : undefined;
}

/** Signs that stand for letters. */
const signs: Readonly<Record<string, string>> = { "@": "a", $: "s", "€": "e" };

/** One sign however often, or one in spaces, or brackets. */
function isOneSign(gap: string): boolean {
  if (/^[)\]}] ?[([{]$/.test(gap)) return true;
  const all = Array.from(gap.startsWith(" ") && gap.endsWith(" ") ? gap.slice(1, -1) : gap);
  return all.length > 0 && all.every((sign) => sign === all[0]);
}

/** Letters that are words by themselves in some language. */
const lonely = /^[aiouwzyeskvяивскуоабжєіἡὁ]*$/;

function isTrick(word: string, gap: string): boolean {
  if (word.length < (gap === "." ? dottedTrickMin : trickMin)) return false;
  if (/[,;/+=&|<>:()[\]]/.test(gap)) return false;
  if (new Set(word).size < 3) return false;
  if (gap === " " && lonely.test(word)) return false;
  for (let index = 1; index < word.length; index++) {
    if (word.charCodeAt(index) !== word.charCodeAt(index - 1) + 1) return true;
  }
  return false;
}

const space = 0x20;

/** Letters of Latin, Greek and Cyrillic, normalised, and those of other scripts that may become such. */
function isJoinable(unit: number): boolean {
  if (unit < 0x80) return unit >= 0x61 && unit <= 0x7a;
  const own = unit >= 0x370 && unit < 0x530;
  return (own || looks().likeness[unit] !== unlike) && ((unicode().properties[unit] ?? 0) & isLetter) !== 0;
}

/** Digits that stand for letters; with spaces between them signs, too. */
function isStandIn(unit: number, gap: string): boolean {
  if (unit >= 0x30 && unit <= 0x39) return unit !== 0x32 && unit !== 0x36 && unit < 0x38;
  return gap === " " && (unit === 0x40 || unit === 0x24 || unit === 0x20ac);
}

function standsAlone(text: string, index: number): boolean {
  return !(index > 0 && isWordy(text, index - 1)) && !isWordy(text, index + 1);
}

function isWordy(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) return (unit >= 0x61 && unit <= 0x7a) || (unit >= 0x30 && unit <= 0x39);
  if (!(unit >= 0x80)) return false;
  const low = unit >= 0xdc00 && unit <= 0xdfff && index > 0;
  const point = unit < 0xd800 || unit > 0xdfff ? unit : codePointAt(text, low ? index - 1 : index);
  return ((unicode().properties[point] ?? 0) & (isLetter | isMark | isDigit)) !== 0;
}
