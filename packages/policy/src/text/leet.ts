// SPDX-License-Identifier: Apache-2.0
// Leetspeak: digits and signs in the place of letters, where a reader reads a word.

import { leetLengthMax } from "./leet-survey.ts";

/** A word without leetspeak, and whether it is sure to have had some. */
export type Unleeted = { readonly word: string; readonly sure: boolean };

/** What digits and signs stand for; 1 and | are l or i. */
const letters: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "3": "e",
  "4": "a",
  "5": "s",
  "7": "t",
  "@": "a",
  $: "s",
  "€": "e",
  "£": "l",
  "!": "i",
  "|": "i",
  "¢": "c",
  "¥": "y",
  // Only beside others: these are more often what they are.
  "2": "z",
  "6": "g",
  "8": "b",
  "9": "g",
};

/** Names that have a digit within: formats, hashes, programs, chemistry. */
const names = new RegExp(
  String.raw`^(?:mp[34]s?|md5\w*|sha\d\w*|w3(?:c|schools)|h\d[a-z]\d?|d3js|c3po|log4\w+|neo4j|web3\w*|` +
    String.raw`ps[345]\w*|ipv\d\w*|win\d\w*|gpt\d\w*|rs\d\w*|gta\d\w*|ch4\w*|utf\d\w*|iso\d\w*|` +
    String.raw`base\d\w*|v\d[a-z]?|a\$ap)$`,
);

/**
 * Undoes it in a word of a text. Not in links, queries and encoded data, nor in names after an at sign; signs
 * before and after a word are punctuation.
 *
 * @param word what stands in the text from `start` to `end`, or what it was read as
 * @param eager whether the text is full of it: then also at the ends of words, and in short ones
 */
export function unleetWithin(
  text: string,
  word: string,
  { start, end }: { readonly start: number; readonly end: number },
  eager: boolean,
): Unleeted {
  const plain = { word, sure: false };
  let from = 0;
  let to = word.length;
  while (from < to && isEdge(word.charCodeAt(from))) from += 1;
  while (to > from && isEdge(word.charCodeAt(to - 1))) to -= 1;
  const core = word.slice(from, to);
  const read = eager ? unleetEagerly(core) : unleet(core);
  if (read.word === core || word.slice(0, from).includes("@")) return plain;
  const named = isNamed(text, start, -1) || isNamed(text, end - 1, 1);
  if (named && core.includes("@")) return plain;
  const piece = pieceAround(text, start, end);
  if (address.test(piece)) return plain;
  return {
    word: word.slice(0, from) + read.word + word.slice(to),
    sure: read.sure && !named && !code.test(piece),
  };
}

/** Longest part of a text, without spaces, that is looked at around a word, in UTF-16 code units. */
const pieceLengthMax = 128;
/** Links, queries and encoded data: the digits in them are no letters. */
const address = /:\/\/|^www\.|[?&;#][\w-]*=|\.[a-z]{2,}[\\/]|[a-z0-9+/=_-]{40}/;
/** Paths, commands and programs: what looks like leetspeak there is none. */
const code = /[\\/_{}<>=~#%^`]/;

/** What stands between the spaces around a word; bounded, since a text may have no space. */
function pieceAround(text: string, start: number, end: number): string {
  const before = text.slice(Math.max(0, start - pieceLengthMax / 2), start);
  const after = text.slice(end, end + pieceLengthMax / 2);
  const space = after.indexOf(" ");
  const own = text.slice(start, end);
  return before.slice(before.lastIndexOf(" ") + 1) + own + (space < 0 ? after : after.slice(0, space));
}

/** @, ! and | around a word are no part of it. */
function isEdge(unit: number): boolean {
  return unit === 0x21 || unit === 0x40 || unit === 0x7c;
}

/**
 * Whether a dot with a letter or digit after it stands beside a word: a name of a host or of a file. Letters
 * of any script, since the name may yet be read as one of another.
 */
function isNamed(text: string, at: number, step: 1 | -1): boolean {
  return text.charAt(at + step) === "." && /[a-z0-9\u0080-\uffff]/.test(text.charAt(at + 2 * step));
}

/**
 * Undoes it in one word. Not in "mp3", "b2b", "2024" or "h2o": only digits between letters count, those that
 * look like letters, one at a time or a pair.
 *
 * @param word lower case, beginning and ending with a letter, a digit, or a sign that may stand for one
 */
export function unleet(word: string): Unleeted {
  const plain = { word, sure: false };
  if (word.length < 3 || word.length > leetLengthMax || !signs.test(word)) return plain;
  const count = letterCount(word);
  const standIns = word.length - count;
  if (count < 2 || count < standIns || /[^a-z0-9@$€£!|¢¥]/.test(word)) return plain;
  const inner = /[a-z][013457@$€£!|¢¥]{1,2}(?=[a-z])/.test(word);
  const tail = tails.test(word);
  if (!(inner || tail) || !isWordLike(word, count, standIns)) return plain;
  const read = readAll(word);
  const sure =
    (count >= 3 || standIns > 1) &&
    !isAddress.test(word) &&
    !isRunOn.test(word) &&
    !isChatAlphabet.test(word);
  return { word: read, sure: sure && isPronounceable(read) };
}

/** The same where a text is full of it: what isn't a number, with a unit or not, is a word. */
function unleetEagerly(word: string): Unleeted {
  const first = unleet(word);
  if (first.word !== word || word.length < 2 || word.length > leetLengthMax) return first;
  const count = letterCount(word);
  if (count === 0 || count * 2 < word.length - count || quantity.test(word) || names.test(word)) return first;
  if (!signs.test(word) || /[^a-z0-9@$€£!|¢¥]/.test(word) || /[0-9]{3}/.test(word)) return first;
  return { word: readAll(word), sure: false };
}

/** Numbers with a unit, ordinals, prices, and names such as "f1". */
const quantity = new RegExp(
  "^[0-9$€£]+[a-z]$|^[0-9]{2,}[a-z]{1,2}$|^[0-9]+(?:kg|km|cm|mm|[kmgt]b|am|pm|hz|px|pc|ds|th)$|" +
    "^1st$|^2nd$|^3rd$|^[a-z]{1,2}[0-9]+$|[€£$][0-9]|[0-9][€£$]$",
);

const signs = /[0-9@$€£!|¢¥]/;
/** "me@home": who at where, rather than an a. */
const isAddress = /^[^@]*[aeiouy][^@]*@[^@]+$/;
/** "only1more", "the4th": words without a space. */
const isRunOn = /^(?=[a-z]{3})[a-z]*[aeiouy][a-z]*[0-9](?:th|st|nd|rd|(?=[a-z]{3})[a-z]*[aeiouy][a-z]*)$/;
/** Digits that are letters in Arabic as it is typed in Latin ones ("ya3ni", "7abibi"). */
const isChatAlphabet = /^[a-z]*(?:[57]|[aeiouy]3|3[aeiouy])[a-z]*$/;
/** "fr33", "fr€€", "buck$": at the end, where no vowel came before, or a sign that ends no word. */
const tails = /^[b-df-hj-np-tv-xz]{2,}(?:33|00|€€)$|^[a-z]{2,}€+$|^[a-z]{3,}\$$/;

function isWordLike(word: string, count: number, standIns: number): boolean {
  if (names.test(word) && (standIns === 1 || !/^[a-z]/.test(word))) return false;
  if (/[0-9]{3}/.test(word)) return false;
  const [pair] = /[0-9]{2}/.exec(word) ?? [];
  if (pair !== undefined && !/^(?:[^0-9]|([0-9])\1(?![0-9])|[0-9](?![0-9]))+$/.test(word)) return false;
  // 2, 6, 8 and 9 only beside those that look more like letters.
  if (/[2689]/.test(word) && !/[a-z][013457@$€£!|¢¥]+[a-z]/.test(word)) return false;
  if (/^[a-f0-9]+$/.test(word) && word.length >= 6 && standIns >= 2) return false;
  // At the ends, a number is a number, unless there are others within.
  const ends = (isLetterAt(word, 0) ? 0 : 1) + (isLetterAt(word, word.length - 1) ? 0 : 1);
  const within = standIns - ends;
  if (/^[0-9]|[0-9]$/.test(word) && within < 1) return false;
  if (word.startsWith("$") && within < 1) return false;
  if (word.includes("!!") || word.includes("||")) return false;
  // A word before the sign: "hello!how" lacks a space, "cats|dogs" is a choice, "server@home" an address.
  if (/^[^!|]*[aeiouy][^!|]*[!|]/.test(word)) return false;
  if (standIns === 1 && /^[a-z]{4,}@/.test(word)) return false;
  return count > 2 || /^[b-df-hj-np-tv-xz][013@$€!|]+[b-df-hj-np-tv-xz]$/.test(word) || standIns > 1;
}

function letterCount(word: string): number {
  let count = 0;
  for (let index = 0; index < word.length; index++) if (isLetterAt(word, index)) count += 1;
  return count;
}

function isLetterAt(word: string, index: number): boolean {
  const unit = word.charCodeAt(index);
  return unit >= 0x61 && unit <= 0x7a;
}

function readAll(word: string): string {
  let read = "";
  for (let index = 0; index < word.length; index++) read += readAt(word, index);
  return read;
}

function readAt(word: string, index: number): string {
  const own = word.charAt(index);
  if (own !== "1" && own !== "|" && own !== "!") return letters[own] ?? own;
  const before = word.charAt(index - 1);
  const after = word.charAt(index + 1);
  if (before === own || after === own) return "l";
  if (before === "i" || after === "i") return "l";
  if (before === "" || /[bcfgkps]/.test(before)) {
    const vowel = /[aeou04@3€]/.test(after);
    // "c1alis" and "spec1al", but "c1ass" and "p1ay".
    return vowel && !/^[a4@]l/.test(word.slice(index + 1)) ? "l" : "i";
  }
  return after === "" && /[aeou]/.test(before) ? "l" : "i";
}

/** Has a vowel and a consonant, and not many of either in a row. */
function isPronounceable(word: string): boolean {
  return /[aeiouy]/.test(word) && !/[^aeiouy]{4}|[aeiou]{4}/.test(word) && /[^aeiouy]/.test(word);
}
