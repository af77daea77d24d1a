// SPDX-License-Identifier: Apache-2.0
// Words written with letters of other scripts that look alike, and with digits and signs that stand for
// letters: what they read as.
import { unleetWithin } from "./leet.ts";
import { mayBeLeet } from "./leet-survey.ts";
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
import { pointAt } from "./normalise.ts";
import { digitUnit, foreignUnit, latinUnit, pairUnit, signUnit, unitClasses } from "./survey.ts";
import { isDigit, isLetter, isMark, unicode } from "./unicode.ts";
import { readUnits, unitBuffer } from "./units.ts";

/** A text with its words as they read, and how many were disguised. */
export type ReadWords = { readonly text: string; readonly mixedWords: number; readonly leet: number };

/** What is known of a text. */
export type WordHints = {
  /** Whether Greek letters stand in it as capitals only. */
  readonly greekCapitals: boolean;
  /** Whether those Cyrillic letters that look Latin only as capitals stand in it as capitals only. */
  readonly cyrillicCapitals: boolean;
};

/** Scripts whose words may be Latin in disguise as a whole: alphabets from left to right. */
const disguises: ReadonlySet<string> = new Set(
  (
    "Cyrillic,Greek,Armenian,Cherokee,Coptic,Lisu,Deseret,Carian,Lycian,Old_Italic,Elbasan,Osage," +
    "Warang_Citi,Tifinagh,Canadian_Aboriginal,Runic"
  ).split(","),
);

/** So many letters that look Latin as they stand are a Latin word; fewer are one of their own script. */
const disguisedMin = 3;
const greekDisguisedMin = 4;
/** So many disguised words make one expect more: what could be disguised is, too. */
const manyMin = 3;
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
  const units = readUnits(text, read);
  const surroundings = surveyWords(units, text.length, hints);
  const { words } = surroundings;
  let mixedWords = 0;
  let leet = 0;
  // What words read as, of those that read as something else than they are.
  const readings = words.map((word) => {
    const { start, end, foreign, signs } = word;
    let found: string | undefined;
    if (foreign > 0) {
      const written = text.slice(start, end);
      found = readLetters(written, word, surroundings);
      if (found !== written && isDisguise(word, found)) mixedWords += 1;
    }
    if (!signs || (foreign === 0 && !mayBeLeet(units, start, end))) return found;
    const plain = unleetWithin(text, found ?? text.slice(start, end), word, false);
    if (plain.sure) leet += 1;
    return plain.word;
  });
  if (leet >= manyMin) {
    for (const [at, word] of words.entries()) {
      const own = readings[at] ?? text.slice(word.start, word.end);
      if (word.signs) readings[at] = unleetWithin(text, own, word, true).word;
    }
  }
  let whole = "";
  let kept = 0;
  for (const [at, { start, end }] of words.entries()) {
    const reading = readings[at];
    if (reading === undefined || reading === text.slice(start, end)) continue;
    whole += text.slice(kept, start) + reading;
    kept = end;
  }
  return { text: kept === 0 ? text : whole + text.slice(kept), mixedWords, leet };
}

// What a text is made of ------------------------------------------------------------------------------------

/** A word with letters of another script or with signs among its letters. */
type Word = {
  start: number;
  end: number;
  /** Letters of Latin and of other scripts; the number of the last script, and whether there are several. */
  latin: number;
  foreign: number;
  script: number;
  motley: boolean;
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
  /** Scripts of which it has words with Latin letters among their own. */
  readonly patched: ReadonlySet<number>;
  /** Whether it has Latin words, and whether many of them are disguised. */
  readonly latin: boolean;
  readonly manyDisguised: boolean;
  readonly hints: WordHints;
};

/** Finds the words that may need reading, and what the others show of the text. */
function surveyWords(units: Uint16Array, length: number, hints: WordHints): Surroundings {
  const words: Word[] = [];
  const own = new Map<number, number>();
  const classes = unitClasses();
  let latin = false;
  let word = newWord();
  for (let index = 0; index < length;) {
    const start = index;
    while (classes[units[index] as number] === latinUnit) index += 1;
    const bits = classes[units[index] as number] as number;
    if ((bits & (digitUnit | signUnit | foreignUnit | pairUnit)) === 0) {
      // Most words: letters of ASCII alone.
      if (index > start) latin = true;
      index += 1;
      continue;
    }
    takeWord(units, start, length, word);
    index = word.end === start ? start + 1 : word.end;
    if (word.foreign === 0) {
      if (word.latin === 0) continue;
      latin = true;
      if (!word.signs) continue;
    } else {
      if (isOwn(word)) own.set(word.script, (own.get(word.script) ?? 0) + 1);
      if (word.latin === 0 && !word.motley && word.unlike) continue;
    }
    words.push(word);
    word = newWord();
  }
  const patched = new Set<number>();
  const disguised = new Map<number, number>();
  for (const word of words) {
    if (word.foreign === 0 || word.latin === 0) continue;
    if (isToScript(word)) {
      patched.add(word.script);
      own.set(word.script, (own.get(word.script) ?? 0) + 1);
    } else if (isToLatin(word)) {
      if (word.wanted && isInflected(word)) own.set(word.script, (own.get(word.script) ?? 0) + 1);
      else disguised.set(word.script, (disguised.get(word.script) ?? 0) + 1);
    }
  }
  if (disguised.size > 0) latin = true;
  // Of what is certainly of a script there must be half as much as of what would be Latin.
  const genuine = new Set<number>();
  for (const [script, count] of own) if (count * 2 >= (disguised.get(script) ?? 0)) genuine.add(script);
  latin ||= words.some((word) => isLatinAlone(word, genuine));
  let many = 0;
  for (const [script, count] of disguised) if (!genuine.has(script)) many += count;
  return { words, genuine, patched, latin, manyDisguised: many >= manyMin, hints };
}

/** Whether a word is of its script without doubt. */
function isOwn({ latin, motley, unlike: certain, wanted }: Word): boolean {
  return latin === 0 && !motley && (certain || wanted);
}

const read = unitBuffer();

/** Reads the word that begins at an index; it ends there if there is none. */
function takeWord(units: Uint16Array, start: number, length: number, word: Word): void {
  clearWord(word, start);
  let index = start;
  // 1 after a Latin letter, 2 after another.
  let before = 0;
  for (; index < length; index++) {
    const unit = units[index] as number;
    if (unit >= 0x61 && unit <= 0x7a) {
      if (before === 2) word.switches += 1;
      else if (before === 0) word.latinFirst = true;
      before = 1;
      word.latin += 1;
    } else if (unit < 0x80) {
      if (!isSign(unit)) break;
      word.signs = true;
    } else {
      const point = (unit & 0xf800) === 0xd800 ? pointAt(units, index) : unit;
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
  if (word.latin > 0 && word.foreign > 0) word.back = isBack(units, word);
}

const euro = 0x20ac;

function newWord(): Word {
  return {
    start: 0,
    end: 0,
    latin: 0,
    foreign: 0,
    script: 0,
    motley: false,
    unlike: false,
    wanted: false,
    capital: false,
    back: false,
    switches: 0,
    latinFirst: false,
    signs: false,
  };
}

function clearWord(word: Word, start: number): void {
  word.start = start;
  word.latin = 0;
  word.foreign = 0;
  word.script = 0;
  word.motley = false;
  word.unlike = false;
  word.wanted = false;
  word.capital = false;
  word.back = false;
  word.switches = 0;
  word.latinFirst = false;
  word.signs = false;
}

/** Digits, and signs that stand for letters. */
function isSign(unit: number): boolean {
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x40 || unit === 0x24 || unit === 0x21 || unit === 0x7c;
}

function takeForeign(word: Word, point: number, kind: number): void {
  const { kinds, likeness } = looks();
  const like = likeness[point] ?? unlike;
  if (kind & isLetter) {
    const script = (kinds[point] ?? 0) & scriptMask;
    if (word.foreign > 0 && script !== word.script) word.motley = true;
    word.foreign += 1;
    word.script = script;
    if (like === likeAsCapital) word.capital = true;
    else if (like === unlike) word.unlike = true;
    else if (like !== likeItself) word.wanted = true;
  } else if (like === unlike) word.unlike = true;
}

function isBack(units: Uint16Array, { start, end, script }: Word): boolean {
  const to = backFrom(script);
  if (to === undefined) return false;
  for (let index = start; index < end; index++) {
    const unit = units[index] as number;
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
function isToScript({ latin, foreign, motley, unlike: certain, wanted, back }: Word): boolean {
  return latin > 0 && foreign > 1 && !motley && (certain || wanted) && back;
}

/** A Latin word with letters of another script in the place of some of its own. */
function isToLatin(word: Word): boolean {
  return word.latin > 0 && word.foreign > 0 && !isToScript(word) && !word.unlike;
}

/** Whether a word of another script is Latin by itself, in a text without certain words of that script. */
function isLatinAlone(word: Word, genuine: ReadonlySet<number>): boolean {
  const { latin, foreign, script, capital, unlike: certain, wanted } = word;
  if (latin > 0 || foreign === 0 || capital || certain || wanted || genuine.has(script)) return false;
  const name = looks().scripts[script] ?? "";
  return disguises.has(name) && foreign >= (name === "Greek" ? greekDisguisedMin : disguisedMin);
}

function readLetters(written: string, word: Word, surroundings: Surroundings): string {
  const { genuine, patched, hints } = surroundings;
  const isGenuine = genuine.has(word.script);
  if (word.latin === 0) return isDisguised(word, surroundings) ? toLatin(written, hints) : written;
  if (isToScript(word)) return mapped(written, backFrom(word.script));
  if (!isToLatin(word)) return written;
  if (isGenuine && word.back && !word.motley && patched.has(word.script))
    return mapped(written, backFrom(word.script));
  return isGenuine && isAtHome(word) ? written : toLatin(written, hints);
}

/** Whether a word without Latin letters is a Latin one. */
function isDisguised(word: Word, { genuine, latin, manyDisguised, hints }: Surroundings): boolean {
  const { script, foreign, motley, unlike: certain, wanted, capital } = word;
  const name = looks().scripts[script] ?? "";
  if (certain || !disguises.has(name) || (genuine.has(script) && !motley)) return false;
  // Single letters are joined where they are of these scripts, whether they were read before or not.
  if (manyDisguised) return foreign > 1 || name === "Cyrillic" || name === "Greek";
  if (wanted || foreign < 2) return false;
  if (capital && name === "Cyrillic" && !hints.cyrillicCapitals) return false;
  return latin || isLatinAlone(word, genuine);
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
