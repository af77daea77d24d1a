// SPDX-License-Identifier: Apache-2.0
// Words written with letters of other scripts that look alike, and with digits and signs that stand for
// letters: what they read as.
import { unleet } from "./leet.ts";
import { cyrillicFromLatin, greekCapitals, greekFromLatin, looks, scriptMask } from "./looks.ts";
import type { Look } from "./looks.ts";
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

/** Scripts whose words may be Latin in disguise as a whole: alphabets of both cases, or of letter shapes. */
const disguises: ReadonlySet<string> = new Set([
  "Cyrillic",
  "Greek",
  "Armenian",
  "Cherokee",
  "Coptic",
  "Lisu",
  "Deseret",
  "Carian",
  "Lycian",
  "Old_Italic",
  "Elbasan",
  "Osage",
  "Warang_Citi",
  "Tifinagh",
  "Canadian_Aboriginal",
  "Runic",
]);

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
  const words = splitWords(text);
  const genuine = new Set<string>();
  let latin = false;
  for (const { letters } of words) {
    if (letters === undefined) latin = true;
    else if (isOwn(letters)) genuine.add(letters.script);
    else if (letters.reading === "toLatin") latin = true;
  }
  for (const { letters } of words) if (letters !== undefined && isWhole(letters, genuine)) latin = true;
  let read = "";
  let kept = 0;
  let mixedWords = 0;
  let leet = 0;
  for (const { start, end, letters } of words) {
    const word = text.slice(start, end);
    const found = letters === undefined ? word : readLetters(word, letters, { genuine, latin, hints });
    const plain = unleetWithin(text, found, start, end);
    if (letters !== undefined && found !== word && isMixed(letters)) mixedWords += 1;
    if (plain.sure) leet += 1;
    if (plain.word !== word) {
      read += text.slice(kept, start) + plain.word;
      kept = end;
    }
  }
  return { text: kept === 0 ? text : read + text.slice(kept), mixedWords, leet };
}

// What a word is made of ------------------------------------------------------------------------------------

type Letters = {
  readonly script: string;
  readonly reading: "own" | "toScript" | "toLatin" | "wholeItself" | "wholeCapital" | "mixed";
  readonly foreign: number;
  readonly latin: number;
  /** How often Latin and other letters follow on each other. */
  readonly switches: number;
  readonly latinFirst: boolean;
  readonly allItself: boolean;
  /** Whether it has letters that are of its script whatever who reads it wants. */
  readonly certain: boolean;
};

type Word = { readonly start: number; readonly end: number; readonly letters: Letters | undefined };

/** Words with letters of other scripts that have look-alikes, and those with a digit or sign; the rest isn't told. */
function splitWords(text: string): Word[] {
  const { properties } = unicode();
  const words: Word[] = [];
  for (let index = 0; index < text.length;) {
    const start = index;
    let foreign = false;
    while (index < text.length) {
      const unit = text.charCodeAt(index);
      if (unit < 0x80) {
        if (!isAsciiWordy(unit)) break;
        index += 1;
        continue;
      }
      const point = unit < 0xd800 || unit > 0xdfff ? unit : codePointAt(text, index);
      const sign = point === 0x20ac || point === 0xa3 || point === 0xa2 || point === 0xa5;
      if (!sign && ((properties[point] ?? 0) & (isLetter | isMark | isDigit)) === 0) break;
      if (!sign) foreign = true;
      index += point > 0xffff ? 2 : 1;
    }
    if (index > start)
      words.push({ start, end: index, letters: foreign ? lettersOf(text.slice(start, index)) : undefined });
    else index += 1;
  }
  return words;
}

/** Letters, digits, and signs that stand for letters. */
function isAsciiWordy(unit: number): boolean {
  if (unit >= 0x61) return unit <= 0x7a || unit === 0x7c;
  return (unit >= 0x30 && unit <= 0x39) || unit === 0x40 || unit === 0x24 || unit === 0x21;
}

function lettersOf(word: string): Letters {
  const { kinds, scripts, others } = looks();
  let script = "";
  let foreign = 0;
  let latin = 0;
  let switches = 0;
  let before = 0;
  let latinFirst = false;
  const seen = { itself: 0, capital: 0, wanted: 0, unlike: 0 };
  let back = true;
  for (let index = 0; index < word.length;) {
    const point = codePointAt(word, index);
    index += point > 0xffff ? 2 : 1;
    const isLatin = point >= 0x61 && point <= 0x7a;
    if (!isLatin && (point < 0x80 || ((unicode().properties[point] ?? 0) & isLetter) === 0)) {
      if (point >= 0x80) seen.unlike += others.has(point) ? 0 : 1;
      continue;
    }
    if (isLatin) latin += 1;
    else {
      foreign += 1;
      script = scripts[(kinds[Math.min(point, kinds.length - 1)] ?? 0) & scriptMask] ?? "";
      seen[others.get(point)?.likeness ?? "unlike"] += 1;
    }
    if (before !== 0 && (before === 1) !== isLatin) switches += 1;
    else if (before === 0) latinFirst = isLatin;
    before = isLatin ? 1 : 2;
  }
  if (foreign > 0 && latin > 0) {
    const to = script === "Cyrillic" ? cyrillicFromLatin : script === "Greek" ? greekFromLatin : undefined;
    back = to !== undefined && Array.from(word).every((c) => c < "a" || c > "z" || to.has(c.charCodeAt(0)));
  }
  const certain = seen.unlike + seen.wanted > 0;
  const allItself = seen.itself === foreign;
  const shape = { script, foreign, latin, switches, latinFirst, allItself, certain };
  if (latin === 0) {
    if (foreign === 0 || certain) return { ...shape, reading: "own" };
    return { ...shape, reading: allItself ? "wholeItself" : "wholeCapital" };
  }
  if (foreign === 0) return { ...shape, reading: "mixed" };
  if (certain && back) return { ...shape, reading: "toScript" };
  return { ...shape, reading: seen.unlike > 0 ? "mixed" : "toLatin" };
}

// What it reads as ------------------------------------------------------------------------------------------

type Surroundings = {
  readonly genuine: ReadonlySet<string>;
  readonly latin: boolean;
  readonly hints: WordHints;
};

/** Whether a word shows that the text has words of its script. */
function isOwn(letters: Letters): boolean {
  if (letters.reading === "own" || letters.reading === "toScript") return true;
  return letters.reading === "toLatin" && letters.certain && isInflected(letters);
}

/** Whether a word of another script is Latin by itself, whatever else the text has, but for that script. */
function isWhole({ reading, script, foreign }: Letters, genuine: ReadonlySet<string>): boolean {
  if (reading !== "wholeItself" || !disguises.has(script) || genuine.has(script)) return false;
  return foreign >= (script === "Greek" ? greekDisguisedMin : disguisedMin);
}

function readLetters(word: string, letters: Letters, { genuine, latin, hints }: Surroundings): string {
  const { reading, script } = letters;
  switch (reading) {
    case "own":
    case "mixed":
      return word;
    case "toScript":
      return mapped(word, script === "Greek" ? greekFromLatin : cyrillicFromLatin);
    case "wholeItself":
    case "wholeCapital": {
      if (genuine.has(script) || !disguises.has(script) || letters.foreign < 2) return word;
      if (reading === "wholeCapital" && script === "Cyrillic" && !hints.cyrillicCapitals) return word;
      return latin || isWhole(letters, genuine) ? toLatin(word, hints) : word;
    }
    case "toLatin":
      return isInflected(letters) && genuine.has(script) ? word : toLatin(word, hints);
  }
}

/** "USBкабель", "iPhoneом": a Latin name with an ending, where the text is of that script. */
function isInflected({ switches, latinFirst, latin, foreign }: Letters): boolean {
  return switches === 1 && ((latinFirst && latin >= 2) || (latin >= 3 && foreign >= 3));
}

/** Whether a word that was read as another is one that tries to look like it. */
function isMixed({ script, latin, foreign, switches, allItself }: Letters): boolean {
  if (latin === 0) return foreign >= disguisedMin;
  // Units and symbols: "μm", "TNFα", "Δt".
  return !(script === "Greek" && foreign === 1 && switches === 1 && (!allItself || latin < besideSymbolMin));
}

function toLatin(word: string, hints: WordHints): string {
  const { others } = looks();
  let read = "";
  for (const character of word) {
    const point = character.codePointAt(0) ?? 0;
    const look: Look | undefined = point < 0x80 ? undefined : others.get(point);
    const capital = hints.greekCapitals ? greekCapitals.get(point) : undefined;
    read += capital ?? look?.ascii ?? character;
  }
  return read;
}

function mapped(word: string, to: ReadonlyMap<number, string>): string {
  return Array.from(word, (character) => to.get(character.charCodeAt(0)) ?? character).join("");
}

// Leetspeak -------------------------------------------------------------------------------------------------

/** Undoes leetspeak in a word of a text, but not in addresses; signs before and after it are punctuation. */
function unleetWithin(
  text: string,
  word: string,
  start: number,
  end: number,
): { word: string; sure: boolean } {
  if (!/[a-z]/.test(word) || !/[0-9@$€£!|¢¥]/.test(word)) return { word, sure: false };
  const [, before = "", core = "", after = ""] = /^([!|@]*)(.*?)([!|@]*)$/s.exec(word) ?? [];
  const beside = `${text.charAt(start - 1)}${text.charAt(end)}`;
  const dotted =
    /[a-z0-9]\.$/.test(text.slice(Math.max(0, start - 2), start)) ||
    /^\.[a-z0-9]/.test(text.slice(end, end + 2));
  if (/[/=_#&%\\]/.test(beside) || (dotted && core.includes("@"))) return { word, sure: false };
  const read = unleet(core);
  return { word: before + read.word + after, sure: read.sure && !dotted };
}
