// SPDX-License-Identifier: Apache-2.0
// A text as its reader takes it, whatever its writer did to hide it, and what was done.
import {
  isDropped,
  isSmallCapital,
  isStacking,
  looks,
  turnedAscii,
  turnedStrong,
  turnedWeak,
} from "./looks.ts";
import { codePointAt, normaliseText, normaliseUnicode } from "./normalise.ts";
import { isFlags, regionalRun, scanText } from "./scan.ts";
import type { Scanned } from "./scan.ts";
import { joinSpaced, wideGap } from "./spaced.ts";
import { isLetter, isMark, unicode } from "./unicode.ts";
import { readWords } from "./words.ts";

/** What was found in a text that hides or disguises what it says; each count is 0 in ordinary writing. */
export type Tricks = {
  /** Invisible characters where no writing needs them. */
  readonly hidden: number;
  /** Characters that turn the direction of reading. */
  readonly bidi: number;
  /** Words with letters of another script in the place of those they look like. */
  readonly mixedWords: number;
  /** Words with digits or signs in the place of letters. */
  readonly leet: number;
  /** Words whose letters are set apart. */
  readonly spaced: number;
  /** Letters that carry stacks of marks, or words in which every letter carries one. */
  readonly zalgo: number;
  /** Letters that are symbols in the style of letters, small capitals, or upside down. */
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

/**
 * Folds a text in both ways. The skeleton of a skeleton is the same. Linear in the length of the text, the
 * same on every engine; never throws.
 *
 * @param text any string, well-formed or not
 */
export function foldText(text: string): FoldedText {
  const ascii = scanAscii(text);
  return ascii === undefined ? foldUnicode(text) : foldAscii(text, ascii);
}

// ASCII -----------------------------------------------------------------------------------------------------

type Ascii = {
  letters: boolean;
  /** Control characters that are no white space: whether there are, and how many of them within words. */
  unseen: boolean;
  hidden: number;
  /** The most letters that stand alone, one after the other. */
  lone: number;
  /** Whether a digit, or a sign that may stand for a letter, is beside a letter. */
  signs: boolean;
  wideGaps: boolean;
};

const letterClass = 1;
const digitClass = 2;
const signClass = 4;
const spaceClass = 8;
const controlClass = 16;

/** Classes of ASCII, by code. */
const classes: Uint8Array = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (/[A-Za-z]/.test(character)) return letterClass;
  if (/[0-9]/.test(character)) return digitClass;
  if (/[@$!|]/.test(character)) return signClass;
  if (/[\t-\r ]/.test(character)) return spaceClass;
  return unit < 0x20 || unit === 0x7f ? controlClass : 0;
});

/** What an ASCII text may need; `undefined` if it is not ASCII. */
function scanAscii(text: string): Ascii | undefined {
  const found: Ascii = { letters: false, unseen: false, hidden: 0, lone: 0, signs: false, wideGaps: false };
  let before = 0;
  let wordLength = 0;
  let lone = 0;
  let all = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return undefined;
    const kind = classes[unit] ?? 0;
    all |= kind;
    if (kind & (letterClass | digitClass)) wordLength += 1;
    else {
      if (wordLength === 1) {
        lone += 1;
        if (lone > found.lone) found.lone = lone;
      } else if (wordLength > 1) lone = 0;
      wordLength = 0;
      if (kind & controlClass) {
        found.unseen = true;
        const after = classes[text.charCodeAt(index + 1)] ?? 0;
        if (before & after & letterClass) found.hidden += 1;
      }
      if (kind & before & spaceClass) found.wideGaps = true;
    }
    if (((kind | before) & (digitClass | signClass)) !== 0 && ((kind | before) & letterClass) !== 0) {
      found.signs = true;
    }
    before = kind;
  }
  if (wordLength === 1) found.lone = Math.max(found.lone, lone + 1);
  found.letters = (all & letterClass) !== 0;
  return found;
}

const latinOnly: readonly string[] = ["Latin"];
const noScripts: readonly string[] = [];
const loneMin = 3;

function foldAscii(text: string, { letters, unseen, hidden, lone, signs, wideGaps }: Ascii): FoldedText {
  const normalised = normaliseText(text);
  const gaps = wideGaps && lone >= loneMin;
  const seen = unseen ? dropUnseen(text) : text;
  let skeleton = gaps ? normaliseText(markGaps(seen)) : unseen ? normaliseText(seen) : normalised;
  let spaced = 0;
  let leet = 0;
  if (lone >= loneMin || unseen) ({ text: skeleton, spaced } = joinSpaced(skeleton));
  if (signs || unseen || lone >= loneMin) ({ text: skeleton, leet } = readWords(skeleton, noHints));
  if (gaps) skeleton = dropGaps(skeleton);
  const scripts = letters ? latinOnly : noScripts;
  const tricks = { hidden, bidi: 0, mixedWords: 0, leet, spaced, zalgo: 0, styled: 0, emoji: 0, scripts };
  return { normalised, skeleton, tricks };
}

const noHints = { greekCapitals: false, cyrillicCapitals: false };

// Any text --------------------------------------------------------------------------------------------------

function foldUnicode(text: string): FoldedText {
  const scanned = scanText(text);
  const normalised = normaliseUnicode(text);
  const { text: plain, zalgo, small } = foldLooks(straighten(text, normalised, scanned));
  const { text: joined, spaced } = joinSpaced(plain);
  const hints = {
    greekCapitals: scanned.greekCapitals && !scanned.greekSmall,
    cyrillicCapitals: scanned.cyrillicCapitals && !scanned.cyrillicSmall,
  };
  const { text: read, mixedWords, leet } = readWords(joined, hints);
  const { hidden, bidi, styled, emoji } = scanned;
  const turned = scanned.turned >= turnedMin ? scanned.turned : 0;
  return {
    normalised,
    skeleton: dropGaps(read),
    tricks: {
      hidden,
      bidi,
      mixedWords,
      leet,
      spaced,
      zalgo,
      styled: styled + small + turned,
      emoji,
      scripts: scriptsOf(scanned),
    },
  };
}

function scriptsOf({ order, letters }: Scanned): readonly string[] {
  const { scripts } = looks();
  return order
    .toSorted((one, other) => (letters[other] ?? 0) - (letters[one] ?? 0))
    .map((number) => scripts[number] ?? "")
    .slice(0, scriptsMax);
}

/** Most scripts of a text that are named. */
const scriptsMax = 64;

/** Normalised again with what can be put right only before: direction, letters of flags, wide gaps. */
function straighten(text: string, normalised: string, { twisted, turned, unseen }: Scanned): string {
  let written = text;
  if (unseen) written = dropUnseen(written);
  if (twisted) written = readRegional(readOverrides(written));
  if (wide.test(written) && / (?:[^ ] ){2}/.test(normalised)) written = markGaps(written);
  const straight = written === text ? normalised : normaliseText(written);
  return turned >= turnedMin ? turnOver(straight) : straight;
}

const wide = /[\t-\r \u00a0\u2000-\u200a\u3000]{2}/;
const wideRuns = /[\t-\r \u00a0\u2000-\u200a\u3000]{2,}/g;

/** Text between U+202E and its end is shown from right to left. */
function readOverrides(text: string): string {
  return text.replaceAll(/\u202e([^\u202c\u202e\n\r\u2029]*)\u202c?/g, (_, turned: string) =>
    Array.from(turned).reverse().join(""),
  );
}

/** Regional indicators that are no flags as the letters that they show. */
function readRegional(text: string): string {
  return text.replaceAll(/(?:\ud83c[\udde6-\uddff])+/g, (run) => {
    const letters = regionalRun(run, 0);
    return isFlags(letters) ? run : letters;
  });
}

/** The text with a sign where white space is wide. */
function markGaps(text: string): string {
  return text.replaceAll(wideRuns, ` ${wideGap} `);
}

function dropGaps(text: string): string {
  if (!text.includes(wideGap)) return text;
  return text.replaceAll(wideGap, " ").replaceAll(/ {2,}/g, " ").replaceAll(/^ | $/g, "");
}

/** Without what is invisible and survives normalising; the blank pattern of Braille is a space. */
function dropUnseen(text: string): string {
  return text.replaceAll(unseenPattern, (character) => seenAs[character] ?? "");
}

// oxlint-disable-next-line no-control-regex
const unseenPattern = /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u2800\ufff9-\ufffb]|\ud80d[\udc30-\udc40]/g;
/** In Windows' code page, what is a control character elsewhere is a quote or a dash. */
const seenAs: Readonly<Record<string, string>> = {
  "\u2800": " ",
  "\x91": "'",
  "\x92": "'",
  "\x93": '"',
  "\x94": '"',
  "\x96": "-",
  "\x97": "-",
};

// Letters upside down ---------------------------------------------------------------------------------------

/** So many letters that are nothing but others upside down make a text one that is. */
const turnedMin = 3;

/** Turns words upside down back, and puts those that follow on each other in their order. */
function turnOver(text: string): string {
  const words = text.split(" ");
  const read: string[] = [];
  for (let index = 0; index < words.length;) {
    let end = index;
    while (end < words.length && turned(words[end] ?? "") !== undefined) end += 1;
    const run = words.slice(index, end);
    const strong = run.some((word) => Array.from(word).some(isStrong));
    for (const word of strong ? run.toReversed() : run) read.push(strong ? (turned(word) ?? word) : word);
    if (end === index) {
      read.push(words[index] ?? "");
      end += 1;
    }
    index = end;
  }
  return read.join(" ");
}

function isStrong(character: string): boolean {
  return turnedStrong.has(character.codePointAt(0) ?? 0);
}

function turned(word: string): string | undefined {
  let read = "";
  for (const character of word) {
    const point = character.codePointAt(0) ?? 0;
    const letter = turnedStrong.get(point) ?? turnedWeak.get(point) ?? turnedAscii.get(point);
    if (letter === undefined && /[a-z]/.test(character)) return undefined;
    read = (letter ?? character) + read;
  }
  return read;
}

// Looks of letters ------------------------------------------------------------------------------------------

type Looked = { readonly text: string; readonly zalgo: number; readonly small: number };

/** Marks on one letter that are a stack. */
const stackMin = 3;
/** Letters of a word that may each carry a mark. */
const markedWordMin = 3;

/**
 * Latin letters of all kinds as ASCII, and without the marks that readers don't need.
 *
 * @param text normalised
 */
function foldLooks(text: string): Looked {
  const { units, kinds, plain } = looks();
  let read = "";
  let kept = 0;
  let small = 0;
  let smallRun = 0;
  let stacking = false;
  let dropped = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const to = unit < 0x80 ? unit : (units[unit] ?? 0);
    if (to === unit) {
      smallRun = 0;
      continue;
    }
    const point = to === 0 ? codePointAt(text, index) : unit;
    const kind = kinds[point] ?? 0;
    if (kind & isStacking) stacking = true;
    smallRun = kind & isSmallCapital ? smallRun + 1 : 0;
    if (smallRun >= smallMin) small += smallRun === smallMin ? smallMin : 1;
    const look = kind & isDropped ? "" : to === 0 ? plain.get(point) : String.fromCharCode(to);
    const size = point > 0xffff ? 2 : 1;
    if (look !== undefined) {
      read += text.slice(kept, index) + look;
      kept = index + size;
      if (look === "") dropped = true;
    }
    index += size - 1;
  }
  read = kept === 0 ? text : read + text.slice(kept);
  // What a mark kept apart may compose now.
  return { text: dropped ? normaliseText(read) : read, zalgo: stacking ? countStacks(text) : 0, small };
}

/** Fewer small capitals in a row than these may be letters of the sounds of speech. */
const smallMin = 3;

/** Counts letters that carry stacks of marks, or of words in which each letter carries one. */
function countStacks(text: string): number {
  const { kinds } = looks();
  let zalgo = 0;
  // Marks on the letter before; of the word so far its letters, those with marks, and those with stacks.
  let stack = 0;
  let letters = 0;
  let marked = 0;
  let stacks = 0;
  for (let index = 0; index <= text.length; index++) {
    const point = index < text.length ? codePointAt(text, index) : 0x20;
    if (point > 0xffff) index += 1;
    if ((kinds[point] ?? 0) & isStacking) {
      stack += 1;
      if (stack === 1) marked += 1;
      if (stack === stackMin) stacks += 1;
      continue;
    }
    stack = 0;
    if ((unicode().properties[point] ?? 0) & (isLetter | isMark)) letters += 1;
    else {
      zalgo += letters >= markedWordMin && marked >= letters ? letters : stacks;
      letters = 0;
      marked = 0;
      stacks = 0;
    }
  }
  return zalgo;
}
