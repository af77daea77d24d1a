// SPDX-License-Identifier: Apache-2.0
// Ten tricks by which spam hides from filters and stays readable for people: a generator of our own, written
// without looking at what the signals undo or training adds.
import { createHash } from "node:crypto";

/** Numbers from a seed. */
export interface Chance {
  /** Whether something happens that has this probability. */
  readonly happens: (probability: number) => boolean;
  /** One of a list's values. */
  readonly pick: <T>(values: readonly [T, ...T[]]) => T;
}

/** Rewrites a text. `innocent`: texts of ham that the writer may have at hand. */
export type Trick = (text: string, chance: Chance, innocent: readonly string[]) => string;

/** Chance that follows from a seed. */
export function chanceFrom(seed: string): Chance {
  let pool = Buffer.alloc(0);
  let blocks = 0;
  const next = (): number => {
    if (pool.length < 4) pool = createHash("sha256").update(`${seed} ${blocks++}`).digest();
    const value = pool.readUInt32BE(0);
    pool = pool.subarray(4);
    return value / 2 ** 32;
  };
  return {
    happens: (probability) => next() < probability,
    pick: (values) => values[Math.floor(next() * values.length)] ?? values[0],
  };
}

type Choices = readonly [string, ...string[]];

const lookAlikes: Readonly<Record<string, Choices>> = {
  a: ["а", "ɑ", "α"],
  b: ["Ь", "ƅ"],
  c: ["с", "ϲ"],
  d: ["ԁ", "ɗ"],
  e: ["е", "ҽ"],
  g: ["ɡ", "ց"],
  h: ["һ", "հ"],
  i: ["і", "ɩ", "ı"],
  j: ["ј", "ϳ"],
  k: ["κ", "к"],
  l: ["ӏ", "ⅼ"],
  m: ["м", "ⅿ"],
  n: ["ո", "п"],
  o: ["о", "ο", "օ"],
  p: ["р", "ρ"],
  q: ["ԛ", "զ"],
  r: ["г", "ᴦ"],
  s: ["ѕ", "ꜱ"],
  t: ["т", "τ"],
  u: ["υ", "ս"],
  v: ["ν", "ѵ"],
  w: ["ԝ", "ѡ"],
  x: ["х", "ҳ"],
  y: ["у", "γ"],
  z: ["ᴢ", "ʐ"],
  A: ["А", "Α"],
  B: ["В", "Β"],
  C: ["С", "Ϲ"],
  E: ["Е", "Ε"],
  H: ["Н", "Η"],
  I: ["І", "Ι"],
  J: ["Ј"],
  K: ["К", "Κ"],
  M: ["М", "Μ"],
  N: ["Ν"],
  O: ["О", "Ο"],
  P: ["Р", "Ρ"],
  S: ["Ѕ"],
  T: ["Т", "Τ"],
  X: ["Х", "Χ"],
  Y: ["Ү", "Υ"],
  Z: ["Ζ"],
  а: ["a"],
  е: ["e"],
  о: ["o"],
  р: ["p"],
  с: ["c"],
  у: ["y"],
  х: ["x"],
  к: ["k"],
  м: ["m"],
  т: ["t"],
  в: ["b"],
  н: ["h"],
  А: ["A"],
  В: ["B"],
  Е: ["E"],
  К: ["K"],
  М: ["M"],
  Н: ["H"],
  О: ["O"],
  Р: ["P"],
  С: ["C"],
  Т: ["T"],
  Х: ["X"],
};

const leetDigits: Readonly<Record<string, Choices>> = {
  a: ["4", "@"],
  b: ["8"],
  e: ["3"],
  g: ["9", "6"],
  i: ["1", "!"],
  l: ["1", "|"],
  o: ["0"],
  s: ["5", "$"],
  t: ["7", "+"],
  z: ["2"],
  а: ["@"],
  е: ["3"],
  о: ["0"],
  з: ["3"],
  в: ["8"],
  ч: ["4"],
};

const invisible: Choices = ["\u200b", "\u200c", "\u200d", "\u2060", "\u00ad", "\ufeff", "\u180e", "\u034f"];
const marks: Choices = [
  "\u0300",
  "\u0301",
  "\u0308",
  "\u0316",
  "\u0323",
  "\u0334",
  "\u0336",
  "\u035c",
  "\u0489",
];
const cutters: Choices = [" ", "-", ".", "_", "*", "/"];
/**
 * First capital and small letter of alphabets that look like A to Z: bold, sans, script, fullwidth, circled.
 */
const styles: readonly [readonly [number, number], ...(readonly [number, number])[]] = [
  [0x1d400, 0x1d41a],
  [0x1d5d4, 0x1d5ee],
  [0x1d4d0, 0x1d4ea],
  [0x1d56c, 0x1d586],
  [0xff21, 0xff41],
  [0x24b6, 0x24d0],
];

/** The ten tricks by name. */
export const tricks: Readonly<Record<string, Trick>> = {
  homoglyphs: (text, chance) =>
    letters(text, chance, 0.4, (letter) => substitute(lookAlikes, letter, chance)),
  leet: (text, chance) => letters(text, chance, 0.6, (letter) => substitute(leetDigits, letter, chance)),
  invisible: (text, chance) => letters(text, chance, 0.4, (letter) => letter + chance.pick(invisible)),
  split: (text, chance) => words(text, (word) => splitWord(word, chance)),
  spaced: (text, chance) => words(text, (word) => (chance.happens(0.5) ? Array.from(word).join(" ") : word)),
  zalgo: (text, chance) => letters(text, chance, 0.5, (letter) => letter + someMarks(chance)),
  styled: (text, chance) => {
    const style = chance.pick(styles);
    return words(text, (word) => Array.from(word, (letter) => styledLetter(letter, style)).join(""));
  },
  links: (text, chance) => text.replaceAll(link, (found) => mangledLink(found, chance)),
  padding: (text, chance, innocent) => padded(text, chance, innocent),
  misspelt: (text, chance) => words(text, (word) => (chance.happens(0.6) ? misspelt(word, chance) : word)),
};

const link =
  /\b(?:https?:\/\/|www\.)[^\s<>"]+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|uk|ru|tr|info|me|ly)\b[^\s<>"]*/gi;
const markup = /<[^>]{0,2000}>|&[a-z#0-9]{2,8};/gi;
const word = /[\p{L}\p{M}\p{N}]+/gu;

/** Does something to each word that stands outside of markup and links, which would break. */
function words(text: string, change: (word: string) => string): string {
  const kept = new RegExp(`${markup.source}|${link.source}`, "gi");
  let result = "";
  let from = 0;
  for (const found of text.matchAll(kept)) {
    result += text.slice(from, found.index).replaceAll(word, change) + found[0];
    from = found.index + found[0].length;
  }
  return result + text.slice(from).replaceAll(word, change);
}

/** Does something to a share of the letters, and to one of each word at least. */
function letters(text: string, chance: Chance, share: number, change: (letter: string) => string): string {
  return words(text, (each) => {
    const characters = Array.from(each);
    const chosen = new Set(characters.keys().filter(() => chance.happens(share)));
    if (chosen.size === 0) chosen.add(Math.floor(characters.length / 2));
    return characters.map((letter, index) => (chosen.has(index) ? change(letter) : letter)).join("");
  });
}

function substitute(table: Readonly<Record<string, Choices>>, letter: string, chance: Chance): string {
  const choices = table[letter] ?? table[letter.toLowerCase()];
  return choices === undefined ? letter : chance.pick(choices);
}

function splitWord(each: string, chance: Chance): string {
  const characters = Array.from(each);
  if (characters.length < 4) return each;
  const at = Math.floor(characters.length / 2);
  return characters.slice(0, at).join("") + chance.pick(cutters) + characters.slice(at).join("");
}

function someMarks(chance: Chance): string {
  const more = chance.happens(0.5) ? chance.pick(marks) : "";
  return chance.pick(marks) + more;
}

function styledLetter(letter: string, [capital, small]: readonly [number, number]): string {
  if (letter >= "A" && letter <= "Z") return String.fromCodePoint(capital + letter.charCodeAt(0) - 65);
  if (letter >= "a" && letter <= "z") return String.fromCodePoint(small + letter.charCodeAt(0) - 97);
  return letter;
}

function mangledLink(found: string, chance: Chance): string {
  const bare = found.replace(/^https?:\/\//i, "");
  return chance.pick<(address: string) => string>([
    (address) => `hxxp://${address.replaceAll(".", "[.]")}`,
    (address) => address.replaceAll(".", " dot "),
    (address) => address.replaceAll(".", " . "),
    (address) => address.replaceAll(".", "。"),
    (address) => address.replaceAll(".", "(.)"),
    (address) => address.replaceAll(".", "․"),
  ])(bare);
}

/** As much innocent text again as there is spam, before or behind it. */
function padded(text: string, chance: Chance, innocent: readonly string[]): string {
  const [first, ...rest] = innocent;
  if (first === undefined) return text;
  let padding = "";
  while (padding.length < Math.max(80, text.length)) {
    const more = chance.pick([first, ...rest]).slice(0, 400);
    padding += more === "" ? "ok " : `${more} `;
  }
  padding = padding.slice(0, Math.max(120, text.length * 1.2));
  return chance.happens(0.5) ? `${padding}\n${text}` : `${text}\n${padding}`;
}

function misspelt(each: string, chance: Chance): string {
  const characters = Array.from(each);
  if (characters.length < 4) return each;
  const middle = 1 + Math.floor((characters.length - 2) / 2);
  const [before, here, after] = [
    characters.slice(0, middle),
    characters[middle],
    characters.slice(middle + 1),
  ];
  return chance
    .pick([
      [...before, ...after],
      [...before, here, here, ...after],
      [...before, ...after.slice(0, 1), here, ...after.slice(1)],
      [...before, "x", ...after],
    ])
    .join("");
}
