// SPDX-License-Identifier: Apache-2.0
// A text as its reader takes it, whatever its writer did to hide it, and what was done.
import { surveyAscii } from "./ascii.ts";
import type { AsciiSurvey } from "./ascii.ts";
import {
  isDropped,
  isSmallCapital,
  isStacking,
  looks,
  turnedAscii,
  turnedStrong,
  turnedWeak,
} from "./looks.ts";
import {
  codePointAt,
  normalised as inNormal,
  normalisePoints,
  normaliseText,
  normaliseUnits,
} from "./normalise.ts";
import { isFlags, regionalRun, scanText } from "./scan.ts";
import type { Scanned } from "./scan.ts";
import { joinSpaced, wideGap } from "./spaced.ts";
import { plain, readLooks, surveyUnits } from "./survey.ts";
import type { Survey } from "./survey.ts";
import { isLetter, isMark, unicode } from "./unicode.ts";
import { readUnits, textOf, unitBuffer } from "./units.ts";
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
  const units = readUnits(text, written);
  const ascii = surveyAscii(units, text.length);
  return ascii === undefined ? foldUnicode(text, units) : foldAscii(text, ascii);
}

/** Longest text that is remembered, in UTF-16 code units. */
const sharedUnitsMax = 65_536;
let shared: { readonly text: string; readonly folded: FoldedText } | undefined;

/**
 * The same as {@link foldText}, which it remembers of one text: signals and models read the same one, one
 * after the other.
 */
export function foldShared(text: string): FoldedText {
  if (shared?.text === text) return shared.folded;
  const folded = foldText(text);
  shared = text.length <= sharedUnitsMax ? { text, folded } : undefined;
  return folded;
}

const written = unitBuffer();
const straightened = unitBuffer();

function foldAscii(text: string, survey: AsciiSurvey): FoldedText {
  const { wide: isWide, lone, readable } = survey;
  const normalised = textOf(survey.units, survey.length, true);
  const scripts = survey.letters ? latinOnly : noScripts;
  if (lone < loneMin && !readable)
    return { normalised, skeleton: normalised, tricks: { ...noTricks, scripts } };
  const looked = { text: normalised, zalgo: 0, small: 0, lone, readable };
  const { skeleton, leet, spaced } = readPlain(text, normalised, looked, { ...nothingScanned, wide: isWide });
  return { normalised, skeleton, tricks: { ...noTricks, leet, spaced, scripts } };
}

const noTricks = { hidden: 0, bidi: 0, mixedWords: 0, leet: 0, spaced: 0, zalgo: 0, styled: 0, emoji: 0 };
const nothingScanned = {
  turned: 0,
  twisted: false,
  unseen: false,
  greekCapitals: false,
  greekSmall: false,
  cyrillicCapitals: false,
  cyrillicSmall: false,
};

function foldUnicode(text: string, units: Uint16Array): FoldedText {
  const scanned = scanText(text, units);
  const size = normaliseUnits(units, text.length);
  const normalised = size < 0 ? normalisePoints(text) : textOf(inNormal.units, size, inNormal.ascii);
  const straight = straighten(text, normalised, scanned);
  const looked = readAsPlain(straight, straight === normalised && size >= 0 ? inNormal.units : undefined);
  const { zalgo, small } = looked;
  const { skeleton, mixedWords, leet, spaced } = readPlain(text, normalised, looked, scanned);
  const { hidden, bidi, styled, emoji } = scanned;
  const turned = scanned.turned >= turnedMin ? scanned.turned : 0;
  return {
    normalised,
    skeleton,
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

/** A text with letters as their readers take them, and what else may be read in it. */
type Plain = Looked & Survey;

/** @param units of the text if it has been put there */
function readAsPlain(straight: string, units: Uint16Array | undefined): Plain {
  const { length } = straight;
  if (readLooks(units ?? readUnits(straight, straightened), length)) {
    const text = plain.changed ? textOf(plain.units, length, plain.ascii) : straight;
    const { lone, readable } = surveyUnits(plain.units, length);
    return { text, zalgo: 0, small: 0, lone, readable };
  }
  const { text, zalgo, small } = foldLooks(straight);
  const { lone, readable } = surveyUnits(readUnits(text, straightened), text.length);
  return { text, zalgo, small, lone, readable };
}

/** What of a scanned text tells how it is to be read. */
type Telling = Omit<Scanned, "hidden" | "bidi" | "styled" | "emoji" | "letters" | "order">;

type Read = {
  readonly skeleton: string;
  readonly mixedWords: number;
  readonly leet: number;
  readonly spaced: number;
};

/** Joins what is set apart, and reads words: each only where there may be something to do. */
function readPlain(text: string, normalised: string, looked: Plain, scanned: Telling): Read {
  let { text: skeleton, readable } = looked;
  let spaced = 0;
  let gaps = false;
  if (looked.lone >= loneMin) {
    const marked = withGaps(text, normalised, scanned);
    const apart = marked === undefined ? skeleton : foldLooks(marked).text;
    const joined = joinSpaced(apart);
    if (joined.text !== apart) {
      gaps = marked !== undefined;
      readable = true;
      skeleton = joined.text;
      spaced = joined.spaced;
    }
  }
  let mixedWords = 0;
  let leet = 0;
  if (readable) {
    const hints = {
      greekCapitals: scanned.greekCapitals && !scanned.greekSmall,
      cyrillicCapitals: scanned.cyrillicCapitals && !scanned.cyrillicSmall,
    };
    ({ text: skeleton, mixedWords, leet } = readWords(skeleton, hints));
  }
  return { skeleton: gaps ? dropGaps(skeleton) : skeleton, mixedWords, leet, spaced };
}

/** So many words of one letter, one after the other, may be one that is set apart. */
const loneMin = 3;

function scriptsOf({ order, letters }: Scanned): readonly string[] {
  const { scripts } = looks();
  const [first] = order;
  if (first === undefined) return noScripts;
  if (order.length === 1) return (alone[first] ??= [scripts[first] ?? ""]);
  return order
    .toSorted((one, other) => (letters[other] ?? 0) - (letters[one] ?? 0))
    .map((number) => scripts[number] ?? "")
    .slice(0, scriptsMax);
}

/** Most scripts of a text that are named. */
const scriptsMax = 64;
const noScripts: readonly string[] = [];
const latinOnly: readonly string[] = ["Latin"];
/** By a script's number a list of it alone: most texts have that. */
const alone: (readonly string[] | undefined)[] = [];

/** Normalised again with what can be put right only before: direction, and letters of flags. */
function straighten(text: string, normalised: string, scanned: Scanned): string {
  const seen = putRight(text, scanned);
  const straight = seen === text ? normalised : normaliseText(seen);
  return scanned.turned >= turnedMin ? turnOver(straight) : straight;
}

function putRight(text: string, { twisted, unseen }: Telling): string {
  if (!twisted && !unseen) return text;
  // Halves of pairs that are not beside each other must not come to be.
  const formed = text.toWellFormed();
  const seen = unseen ? dropUnseen(formed) : formed;
  return twisted ? readRegional(readOverrides(seen)) : seen;
}

/** What {@link straighten} gives, with signs where white space is wide; `undefined` if that is of no use. */
function withGaps(text: string, normalised: string, scanned: Telling): string | undefined {
  const seen = putRight(text, scanned);
  const isWide = seen === text ? scanned.wide : wide.test(seen);
  if (!isWide || !lonely.test(normalised)) return undefined;
  const marked = normaliseText(markGaps(seen));
  return scanned.turned >= turnedMin ? turnOver(marked) : marked;
}

/** Characters that stand alone. */
const lonely = / (?:[^ ] ){2}/;
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
  // Marks stand on other letters now.
  return normaliseText(read.join(" "));
}

function isStrong(character: string): boolean {
  return turnedStrong.has(character.codePointAt(0) ?? 0);
}

/** Characters, but for flags: their halves the other way round would be letters. */
const readAsOne = /[\u{1f1e6}-\u{1f1ff}]{2}|[^]/gu;

function turned(word: string): string | undefined {
  let read = "";
  for (const character of word.match(readAsOne) ?? []) {
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
