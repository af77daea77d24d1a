// SPDX-License-Identifier: Apache-2.0
// The words of a text, their pairs, and their shapes.
import {
  characterClasses,
  digitClass,
  letterClass,
  otherClass,
  spaceClass,
  surrogateClass,
  unspacedClass,
} from "./characters.ts";
import { readUnits, unitBuffer } from "../text/units.ts";
import { kindHash } from "./feature-set.ts";
import type { FeatureSet } from "./feature-set.ts";
import { hashEnd, hashStep } from "./hash.ts";

const wordSeed = 0x510e_527f;
const pairSeed = 0x9b05_688c;
const shapeSeed = 0x6a09_e667;

/** The most words that are read. A text of the length that is read can't have more. */
const wordsMax = 16_384;
/** Code units of a word that tell it from others. */
const wordUnitsMax = 40;
/** A run of one sign longer than this counts as if it had this length. */
const signRunMax = 4;
/** How far apart the words of a pair may stand. */
const pairDistanceMax = 4;

const apostrophe = 0x27;

// Where each word of the text at hand is, and its hash before it is ended.
const hashes = new Int32Array(wordsMax);
const starts = new Int32Array(wordsMax);
const ends = new Int32Array(wordsMax);
const digits = new Uint8Array(wordsMax);

const buffer = unitBuffer();

/** Finds the words of a text and returns how many there are. */
function findWords(text: string): number {
  const classes = characterClasses();
  const units = readUnits(text, buffer);
  const { length } = text;
  let count = 0;
  for (let at = 0; at < length && count < wordsMax;) {
    const start = at;
    const unit = units[at] as number;
    const kind = classes[unit];
    at += 1;
    if (kind === spaceClass) continue;
    let hash = hashStep(wordSeed, unit);
    let digit = kind === digitClass ? 1 : 0;
    if (kind === surrogateClass) {
      if (at < length) hash = hashStep(hash, units[at++] as number);
    } else if (kind === otherClass) {
      for (; at < length && at - start < signRunMax && units[at] === unit; at++) {
        hash = hashStep(hash, unit);
      }
    } else if (kind !== unspacedClass) {
      for (; at < length; at++) {
        const next = units[at] as number;
        const other = classes[next];
        if (other === digitClass) digit = 1;
        else if (other !== letterClass && !(next === apostrophe && isInner(units, at, length, classes)))
          break;
        if (at - start < wordUnitsMax) hash = hashStep(hash, next);
      }
    }
    hashes[count] = hash;
    starts[count] = start;
    ends[count] = at;
    digits[count] = digit;
    count += 1;
  }
  return count;
}

/** An apostrophe between letters is part of a word. */
function isInner(units: Uint16Array, at: number, length: number, classes: Uint8Array): boolean {
  return at + 1 < length && classes[units[at + 1] as number] === letterClass;
}

/**
 * Adds the words of a folded text, the pairs of words up to four apart (orthogonal sparse bigrams: W.
 * Yerazunis et al., ECML 2004), and of words with digits their shape.
 *
 * @returns how many words there are
 */
export function addWords(text: string, set: FeatureSet): number {
  const count = findWords(text);
  const { labels } = set;
  for (let index = 0; index < count; index++) {
    const hash = hashes[index] as number;
    const ended = hashEnd(hash);
    const isNew = set.add(ended);
    if (labels !== undefined && isNew) labels.set(ended || 1, `word ${wordAt(text, index)}`);
    if (digits[index] === 1) addShape(text, index, set);
    addJoined(text, index, count, set);
    const last = Math.min(count - 1, index + pairDistanceMax);
    for (let other = index + 1; other <= last; other++) {
      const pair = hashEnd(hashStep(hashStep(pairSeed + (other - index), hash), hashes[other] as number));
      if (!set.add(pair) || labels === undefined) continue;
      const between = other - index > 1 ? " … " : " ";
      labels.set(pair || 1, `words ${wordAt(text, index)}${between}${wordAt(text, other)}`);
    }
  }
  return count;
}

function wordAt(text: string, index: number): string {
  return text.slice(starts[index], ends[index]);
}

/**
 * Words of letters that one space or one of these signs parts are added as one word too: so `via gra` has
 * the word `viagra`.
 */
const cuts: ReadonlySet<number> = new Set(Array.from("-./*_", (sign) => sign.charCodeAt(0)));
/** Code units that each half of a joined word has at least. */
const halfUnitsMin = 2;

function addJoined(text: string, index: number, count: number, set: FeatureSet): void {
  const classes = characterClasses();
  const start = starts[index] as number;
  const cut = ends[index] as number;
  if (cut - start < halfUnitsMin || classes[text.charCodeAt(cut - 1)] !== letterClass) return;
  let next = index + 1;
  if (next < count && starts[next] === cut) {
    if (ends[next] !== cut + 1 || !cuts.has(text.charCodeAt(cut))) return;
    next += 1;
  }
  if (next >= count || starts[next] !== cut + 1 || classes[text.charCodeAt(cut + 1)] !== letterClass) return;
  const end = ends[next] as number;
  if (end - cut - 1 < halfUnitsMin) return;
  let hash = hashes[index] as number;
  const last = Math.min(end, start + wordUnitsMax + 1);
  for (let at = cut + 1; at < last; at++) hash = hashStep(hash, text.charCodeAt(at));
  const ended = hashEnd(hash);
  if (set.add(ended)) set.labels?.set(ended || 1, `word ${wordAt(text, index)}${wordAt(text, next)}`);
}

/** The word with each digit a 0, and how long it is. */
function addShape(text: string, index: number, set: FeatureSet): void {
  const start = starts[index] as number;
  const end = ends[index] as number;
  let hash = shapeSeed;
  for (let at = start; at < Math.min(end, start + wordUnitsMax); at++) {
    hash = hashStep(hash, withoutDigit(text.charCodeAt(at)));
  }
  const ended = hashEnd(hash);
  if (set.add(ended) && set.labels !== undefined) {
    const shape = wordAt(text, index).slice(0, wordUnitsMax).replaceAll(/[0-9]/g, "0");
    set.labels.set(ended || 1, `digits as in ${shape}`);
  }
  if (end - start > 3) set.addToken("length of a number", String(end - start));
}

/** 0 for each digit of ASCII. */
function withoutDigit(unit: number): number {
  return unit >= 0x30 && unit <= 0x39 ? 0x30 : unit;
}

/** Adds each word of a title as a word of a title. */
export function addTitleWords(title: string, set: FeatureSet): void {
  const count = findWords(title);
  for (let index = 0; index < count; index++) set.addToken("word of the title", wordAt(title, index));
}

/** Adds the words of a folded header's value as this header's, digits being all alike. */
export function addHeaderWords(name: string, value: string, wordsRead: number, set: FeatureSet): void {
  const count = Math.min(wordsRead, findWords(value));
  const kind = `header ${name}:`;
  const seed = kindHash(kind);
  for (let index = 0; index < count; index++) {
    const end = ends[index] as number;
    let hash = seed;
    for (let at = starts[index] as number; at < end; at++) {
      hash = hashStep(hash, withoutDigit(value.charCodeAt(at)));
    }
    const label = set.labels === undefined ? "" : wordAt(value, index).replaceAll(/\d/g, "0");
    set.addTokenHash(hash, kind, label);
  }
}
