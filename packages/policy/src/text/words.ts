// SPDX-License-Identifier: Apache-2.0
// Words written with letters of other scripts that look alike, and with digits and signs that stand for
// letters: what they read as.
import { unleetWithin } from "./leet.ts";
import {
  cyrillicFromLatin,
  greekCapitals,
  greekFromLatin,
  likeAsCapital,
  likeItself,
  looks,
  scriptMask,
  unlike,
} from "./looks.ts";
import { codePointAt } from "./normalise.ts";
import { isDigit, isLetter, isMark, unicode } from "./unicode.ts";

/** A text with its words as they read, and how many were disguised. */
export type ReadWords = { readonly text: string; readonly mixedWords: number; readonly leet: number };

/** What is known of a text. */
export type WordHints = {
  /** Whether Greek letters stand in it as capitals only. */
  readonly greekCapitals: boolean;
  /** Whether those Cyrillic letters that look Latin only as capitals stand in it as capitals only. */
  readonly cyrillicCapitals: boolean;
};

/** Scripts whose words may be Latin in disguise as a whole: alphabets, not those that run from right to left. */
const disguises: ReadonlySet<string> = new Set(
  (
    "Cyrillic,Greek,Armenian,Cherokee,Coptic,Lisu,Deseret,Carian,Lycian,Old_Italic,Elbasan,Osage,Warang_Citi," +
    "Tifinagh,Canadian_Aboriginal,Runic"
  ).split(","),
);

/** So many letters that look Latin as they stand are a Latin word: shorter ones are words of their own script. */
const disguisedMin = 3;
const greekDisguisedMin = 4;
/** A letter of Greek before or after so many Latin ones is a quantity or a name, such as μm or TNFα. */
const besideSymbolMin = 4;

/**
 * Reads a text word by word. A word with letters of several scripts becomes Latin if all its other letters
 * look like Latin ones, and Cyrillic or Greek if it is that but for Latin letters which look so. A word of
 * another script whose letters all look Latin becomes Latin unless the text has words that are certainly of
 * that script. Other words stay as they are.
 *
 * @param text as {@link joinSpaced} leaves it
 */
export function readWords(text: string, hints: WordHints): ReadWords {
  const surroundings = surveyWords(text, hints);
  const { words } = surroundings;
  let read = "";
  let kept = 0;
  let mixedWords = 0;
  let leet = 0;
  for (const word of words) {
    const { start, end, signs } = word;
    const written = text.slice(start, end);
    const found = word.foreign === 0 ? written : readLetters(written, word, surroundings);
    if (found !== written && isDisguise(word, found)) mixedWords += 1;
    const plain = signs ? unleetWithin(text, found, start, end) : undefined;
    if (plain?.sure === true) leet += 1;
    const now = plain?.word ?? found;
    if (now !== written) {
      read += text.slice(kept, start) + now;
      kept = end;
    }
  }
  return { text: kept === 0 ? text : read + text.slice(kept), mixedWords, leet };
}

// What a text is made of ------------------------------------------------------------------------------------

/** A word with letters of another script or with signs among its letters. */
type Word = {
  start: number;
  end: number;
  /** Letters of Latin, and of other scripts; the number of the last one's script. */
  latin: number;
  foreign: number;
  script: number;
  /** Whether it has letters that look like no Latin one, that do if one wants, and only as capitals. */
  unlike: boolean;
  wanted: boolean;
  capital: boolean;
  /** Whether all its Latin letters look like those of its script. */
  back: boolean;
  /** How often Latin and other letters follow on each other, and which come first. */
  switches: number;
  latinFirst: boolean;
  /** Whether digits or signs are in it. */
  signs: boolean;
};

type Surroundings = {
  readonly words: readonly Word[];
  /** Numbers of the scripts of which the text certainly has words. */
  readonly genuine: ReadonlySet<number>;
  /** Whether it has Latin words. */
  readonly latin: boolean;
  readonly hints: WordHints;
};

/** Finds the words that may need reading, and what the others show of the text. */
function surveyWords(text: string, hints: WordHints): Surroundings {
  const words: Word[] = [];
  const genuine = new Set<number>();
  let latin = false;
  for (let index = 0; index < text.length;) {
    const word = takeWord(text, index);
    index = word.end === index ? index + 1 : word.end;
    if (word.foreign === 0) {
      if (word.latin > 0) latin = true;
      if (word.latin > 0 && word.signs) words.push(word);
    } else if (word.latin === 0 && (word.unlike || word.wanted)) genuine.add(word.script);
    else words.push(word);
  }
  for (const word of words) {
    if (word.foreign === 0 || word.latin === 0) continue;
    if (isToScript(word) || (isToLatin(word) && word.wanted && isInflected(word))) genuine.add(word.script);
    else if (isToLatin(word)) latin = true;
  }
  latin ||= words.some((word) => isLatinAlone(word, genuine));
  return { words, genuine, latin, hints };
}

/** The word that begins at an index; it ends there if there is none. */
function takeWord(text: string, start: number): Word {
  const word = newWord(start);
  let index = start;
  // 1 after a Latin letter, 2 after another.
  let before = 0;
  for (; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x61 && unit <= 0x7a) {
      if (before === 2) word.switches += 1;
      else if (before === 0) word.latinFirst = true;
      before = 1;
      word.latin += 1;
    } else if (unit < 0x80) {
      if (!isSign(unit)) break;
      word.signs = true;
    } else {
      const point = (unit & 0xf800) === 0xd800 ? codePointAt(text, index) : unit;
      if (point < 0xa6 || point === euro) {
        if (point !== 0xa2 && point !== 0xa3 && point !== 0xa5 && point !== euro) break;
        word.signs = true;
      } else {
        const kind = (unicode().properties[point] ?? 0) & (isLetter | isMark | isDigit);
        if (kind === 0) break;
        if (before === 1 && kind & isLetter) word.switches += 1;
        if (kind & isLetter) before = 2;
        takeForeign(word, point, kind);
        if (point > 0xffff) index += 1;
      }
    }
  }
  word.end = index;
  if (word.latin > 0 && word.foreign > 0) word.back = isBack(text, word);
  return word;
}

const euro = 0x20ac;

function newWord(start: number): Word {
  return {
    start,
    end: start,
    latin: 0,
    foreign: 0,
    script: 0,
    unlike: false,
    wanted: false,
    capital: false,
    back: false,
    switches: 0,
    latinFirst: false,
    signs: false,
  };
}

/** Digits, and signs that stand for letters. */
function isSign(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x40 || unit === 0x24 || unit === 0x21 || unit === 0x7c;
}

function takeForeign(word: Word, point: number, kind: number): void {
  const { kinds, likeness } = looks();
  const like = likeness[point] ?? unlike;
  if (kind & isLetter) {
    word.foreign += 1;
    word.script = (kinds[point] ?? 0) & scriptMask;
    if (like === likeAsCapital) word.capital = true;
    else if (like === unlike) word.unlike = true;
    else if (like !== likeItself) word.wanted = true;
  } else if (like === unlike) word.unlike = true;
}

function isBack(text: string, { start, end, script }: Word): boolean {
  const to = backFrom(script);
  if (to === undefined) return false;
  for (let index = start; index < end; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x61 && unit <= 0x7a && !to.has(unit)) return false;
  }
  return true;
}

function backFrom(script: number): ReadonlyMap<number, string> | undefined {
  const name = looks().scripts[script];
  return name === "Cyrillic" ? cyrillicFromLatin : name === "Greek" ? greekFromLatin : undefined;
}

// What a word reads as --------------------------------------------------------------------------------------

/** A word of another script with Latin letters in the place of some of its own. */
function isToScript({ latin, foreign, unlike: certain, wanted, back }: Word): boolean {
  return latin > 0 && foreign > 1 && (certain || wanted) && back;
}

/** A Latin word with letters of another script in the place of some of its own. */
function isToLatin(word: Word): boolean {
  return word.latin > 0 && word.foreign > 0 && !isToScript(word) && !word.unlike;
}

/** Whether a word of another script is Latin by itself, unless the text certainly has words of that script. */
function isLatinAlone(word: Word, genuine: ReadonlySet<number>): boolean {
  const { latin, foreign, script, capital, unlike: certain, wanted } = word;
  if (latin > 0 || capital || certain || wanted || genuine.has(script)) return false;
  const name = looks().scripts[script] ?? "";
  return disguises.has(name) && foreign >= (name === "Greek" ? greekDisguisedMin : disguisedMin);
}

function readLetters(written: string, word: Word, { genuine, latin, hints }: Surroundings): string {
  if (word.latin === 0) {
    const name = looks().scripts[word.script] ?? "";
    if (genuine.has(word.script) || !disguises.has(name) || word.foreign < 2) return written;
    if (word.capital && name === "Cyrillic" && !hints.cyrillicCapitals) return written;
    return latin || isLatinAlone(word, genuine) ? toLatin(written, hints) : written;
  }
  if (isToScript(word)) return mapped(written, backFrom(word.script));
  if (!isToLatin(word) || (genuine.has(word.script) && isAtHome(word))) return written;
  return toLatin(written, hints);
}

/** "USBкабель", "iPhoneом": a Latin name with an ending, or a few letters that slipped in. */
function isAtHome(word: Word): boolean {
  const { latin, foreign, wanted } = word;
  return isInflected(word) || wanted || latin < 2 || latin * 2 < foreign;
}

function isInflected({ switches, latinFirst, latin, foreign }: Word): boolean {
  return switches === 1 && ((latinFirst && latin >= 2) || (latin >= 3 && foreign >= 3));
}

/** Whether a word that reads as another one is made to look like it. */
function isDisguise(word: Word, found: string): boolean {
  const { script, latin, foreign, switches, capital, wanted } = word;
  // Laughter ("хахаха") and the like is no disguise.
  if (latin === 0) return foreign >= disguisedMin && new Set(found).size >= disguisedMin;
  // "iДевайс" is a way to name things.
  if (isToScript(word)) return !(latin === 1 && switches === 1 && found.startsWith("і"));
  // Units and symbols: "μm", "TNFα", "Δt".
  const symbol = foreign === 1 && switches === 1 && looks().scripts[script] === "Greek";
  return !(symbol && (capital || wanted || latin < besideSymbolMin));
}

function toLatin(written: string, hints: WordHints): string {
  const { others } = looks();
  let read = "";
  for (const character of written) {
    const point = character.codePointAt(0) ?? 0;
    const capital = hints.greekCapitals ? greekCapitals.get(point) : undefined;
    read += capital ?? others.get(point) ?? character;
  }
  return read;
}

function mapped(written: string, to: ReadonlyMap<number, string> | undefined): string {
  let read = "";
  for (const character of written) read += to?.get(character.codePointAt(0) ?? 0) ?? character;
  return read;
}
