// SPDX-License-Identifier: Apache-2.0
// Leetspeak: digits and signs in the place of letters, where a reader reads a word.

/** Longest word that is looked at, in UTF-16 code units: longer ones are codes, or hostile. */
const leetLengthMax = 32;

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
const names =
  /^(?:mp[34]|md5|sha\d|w3|h[123]|d3|c3|log4|neo4|web3|ps[345]|ipv\d|win\d|gpt\d|rs\d|gta\d|ch[34]|nh[34]|co[23]|x\d|utf|iso|base|b[0-9]|g[0-9]|a[0-9]|o[0-9]|f[0-9]|v[0-9][a-z]?$|[a-z]\d[a-z]$)/;

/**
 * Undoes it in one word. Not in "mp3", "b2b", "2024" or "h2o": only digits between letters count, those that
 * look like letters, one at a time or a pair.
 *
 * @param word lower case, beginning and ending with a letter, a digit, or a sign that may stand for one
 */
export function unleet(word: string): Unleeted {
  const plain = { word, sure: false };
  if (word.length < 3 || word.length > leetLengthMax || !signs.test(word)) return plain;
  const count = word.replaceAll(/[^a-z]/g, "").length;
  const standIns = word.length - count;
  if (count < 2 || count < standIns || /[^a-z0-9@$€£!|¢¥]/.test(word)) return plain;
  const inner = /[a-z][013457@$€£!|¢¥]{1,2}(?=[a-z])/.test(word);
  const tail = tails.test(word);
  if (!(inner || tail) || !isWordLike(word, count, standIns)) return plain;
  const read = Array.from(word, (_, index) => readAt(word, index)).join("");
  return { word: read, sure: (count >= 3 || standIns > 1) && !isAddress.test(word) && isPronounceable(read) };
}

const signs = /[0-9@$€£!|¢¥]/;
/** "me@home": who at where, rather than an a. */
const isAddress = /^[^@]*[aeiouy][^@]*@[^@]+$/;
/** "fr33", "fr€€", "buck$": at the end, where no vowel came before, or a sign that ends no word. */
const tails = /^[b-df-hj-np-tv-xz]{2,}(?:33|00|€€)$|^[a-z]{2,}€+$|^[a-z]{3,}\$$/;

function isWordLike(word: string, count: number, standIns: number): boolean {
  if (names.test(word) && (standIns === 1 || !/^[a-z]/.test(word))) return false;
  for (const [digits] of word.matchAll(/[0-9]+/g)) {
    if (digits.length > 2 || (digits.length === 2 && digits[0] !== digits[1])) return false;
  }
  // 2, 6, 8 and 9 only beside those that look more like letters.
  if (/[2689]/.test(word) && !/[a-z][013457@$€£!|¢¥]+[a-z]/.test(word)) return false;
  if (/^[a-f0-9]+$/.test(word) && word.length >= 6 && standIns >= 2) return false;
  // At the ends, a number is a number, unless there are others within.
  const within = word.slice(1, -1).replaceAll(/[^0-9@$€£!|¢¥]/g, "").length;
  if (/^[0-9]|[0-9]$/.test(word) && within < 1) return false;
  if (/^\$/.test(word) && within < 1) return false;
  // "hello!how" lacks a space, "me@home" is an address: a word comes before the sign.
  if (standIns === 1 && /^[a-z]*[aeiouy][a-z]*!/.test(word)) return false;
  if (standIns === 1 && /^[a-z]{5,}@/.test(word)) return false;
  return count > 2 || /^[b-df-hj-np-tv-xz][013@$€!|]+[b-df-hj-np-tv-xz]$/.test(word) || standIns > 1;
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
