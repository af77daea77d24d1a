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

/** Finds the words of a text and returns how many there are. */
function findWords(text: string): number {
  const classes = characterClasses();
  const { length } = text;
  let count = 0;
  for (let at = 0; at < length && count < wordsMax;) {
    const start = at;
    const unit = text.charCodeAt(at);
    const kind = classes[unit];
    at += 1;
    if (kind === spaceClass) continue;
    let hash = hashStep(wordSeed, unit);
    let digit = kind === digitClass ? 1 : 0;
    if (kind === surrogateClass) {
      if (at < length) hash = hashStep(hash, text.charCodeAt(at++));
    } else if (kind === otherClass) {
      for (; at < length && at - start < signRunMax && text.charCodeAt(at) === unit; at++) {
        hash = hashStep(hash, unit);
      }
    } else if (kind !== unspacedClass) {
      for (; at < length; at++) {
        const next = text.charCodeAt(at);
        const other = classes[next];
        if (other === digitClass) digit = 1;
        else if (other !== letterClass && !isInner(text, at, next, classes)) break;
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
function isInner(text: string, at: number, unit: number, classes: Uint8Array): boolean {
  return unit === apostrophe && at + 1 < text.length && classes[text.charCodeAt(at + 1)] === letterClass;
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
    const hash = hashes[index] ?? 0;
    const ended = hashEnd(hash);
    const isNew = set.add(ended);
    if (labels !== undefined && isNew) labels.set(ended || 1, `word ${wordAt(text, index)}`);
    if (digits[index] === 1) addShape(text, index, set);
    const last = Math.min(count - 1, index + pairDistanceMax);
    for (let other = index + 1; other <= last; other++) {
      const pair = hashEnd(hashStep(hashStep(pairSeed + (other - index), hash), hashes[other] ?? 0));
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

/** The word with each digit a 0, and how long it is. */
function addShape(text: string, index: number, set: FeatureSet): void {
  const shape = wordAt(text, index).slice(0, wordUnitsMax).replaceAll(/[0-9]/g, "0");
  let hash = shapeSeed;
  for (let at = 0; at < shape.length; at++) hash = hashStep(hash, shape.charCodeAt(at));
  const ended = hashEnd(hash);
  if (set.add(ended)) set.labels?.set(ended || 1, `digits as in ${shape}`);
  const length = (ends[index] ?? 0) - (starts[index] ?? 0);
  if (length > 3) set.addToken("length of a number", String(length));
}

/** Adds each word of a title as a word of a title. */
export function addTitleWords(title: string, set: FeatureSet): void {
  const count = findWords(title);
  for (let index = 0; index < count; index++) set.addToken("word of the title", wordAt(title, index));
}

/** Adds the words of a folded header's value as this header's, digits being all alike. */
export function addHeaderWords(name: string, value: string, wordsRead: number, set: FeatureSet): void {
  const count = Math.min(wordsRead, findWords(value));
  for (let index = 0; index < count; index++) {
    set.addToken(`header ${name}:`, wordAt(value, index).replaceAll(/\d/g, "0"));
  }
}
