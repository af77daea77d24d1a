// SPDX-License-Identifier: Apache-2.0
// The near-duplicate signature of a text: a MinHash of 32 slots of 16 bits over shingles of its words and of
// its characters. The share of equal halves of slots of two texts estimates how much they have in common.
//
// A slot is two minima of 8 bits under the slot's own keyed order: the low byte of the words, of which longer
// ones count for more; the high byte in three of four slots of pairs of words that stand beside each other
// or have one between them, in the fourth of the runs of six characters, spaces left out. Words survive a
// change of order, pairs tell texts on the same matter apart, and characters survive spaces put elsewhere.
// Eight bits, not all of a minimum: that two differ and look alike, one time in 256, costs less than half as
// many minima would.
//
// Shingles are hashed with a key of the installation, so whoever has signatures and not the key can't find
// out whether they are of a text that he knows. docs/operations/campaigns.md has what it was tuned on.
import { halfSipKey, halfSipRuns, halfSipUnits, runUnits } from "./half-siphash.ts";

/** Bytes of a key. */
export const shingleKeyBytes = 16;
/** Slots of a signature. */
export const slotCount = 32;
/** Bytes of a signature: two for each slot. */
export const signatureBytes: number = 2 * slotCount;
/** Length of a signature as text, in base64url without padding. */
export const signatureLength = 86;
/** A text with fewer different words has no signature. */
export const differentWordsMin = 8;
/** Nor has one with fewer letters. */
export const lettersMin = 20;
/** How many UTF-16 code units of a text's letters are looked at. */
export const shingledUnitsMax = 4_096;
/** Longest word, in code units: what goes on is another word. */
const wordUnitsMax = 64;
/**
 * With fewer different words a text is found to be near another one by chance, so for each one less some
 * bytes of its signature are of all of it at once, and agree with those of copies alone.
 */
const plainWordsMin = 11;
const wholeBytesPerWord = 3;
/** For how many a long word counts; short ones are in many texts. */
const wordWeightMax = 3;
const shortWordUnits = 3;
const mediumWordUnits = 5;

/** A key, ready for use. */
export type ShingleKey = {
  readonly words: Int32Array;
  /** For each slot's low and high minimum, what is added and by what is multiplied. */
  readonly adds: Int32Array;
  readonly factors: Int32Array;
};

/**
 * Makes a key ready.
 *
 * @param bytes {@link shingleKeyBytes} of them, secret
 * @throws {RangeError} if there are more or fewer
 */
export function shingleKey(bytes: Uint8Array): ShingleKey {
  if (bytes.length !== shingleKeyBytes) {
    throw new RangeError(`a key has ${shingleKeyBytes} bytes, not ${bytes.length}`);
  }
  const words = halfSipKey(bytes, 0, 0);
  const orders = halfSipKey(bytes, 8, 0);
  const number = Uint16Array.of(0);
  const next = (): number => {
    number[0] = (number[0] as number) + 1;
    return halfSipUnits(number, 0, 1, orders.k0, orders.k1);
  };
  return {
    words: Int32Array.of(words.k0, words.k1),
    adds: Int32Array.from({ length: 2 * slotCount }, next),
    factors: Int32Array.from({ length: 2 * slotCount }, () => next() | 1),
  };
}

/**
 * The signature of a text's letters, in base64url; `undefined` for a text that is too short: one with fewer
 * than {@link differentWordsMin} different words or {@link lettersMin} letters. Linear in the text's length,
 * and of a long one only the beginning is looked at.
 *
 * @param letters letters and marks, folded, with single spaces for whatever is between words
 */
export function shinglesOf(letters: string, key: ShingleKey): string | undefined {
  if (letters.length < lettersMin) return undefined;
  const { words: wordCount, flat } = readWords(letters, key);
  const different = differentWords(wordCount);
  if (flat < lettersMin || different < differentWordsMin) return undefined;
  const weighed = weighWords(wordCount);
  const pairs = pairWords(wordCount, key);
  const runs = cutRuns(flat, key);
  mix(weighedHashes, weighed);
  mix(pairHashes, pairs);
  mix(runHashes, runs);
  for (let order = 0; order < signatureBytes; order += 16) {
    for (let words = order; words < order + 16; words += 4)
      minima(weighedHashes, weighed, key, words, words + 2);
    minima(pairHashes, pairs, key, order + 1, order + 3);
    minima(pairHashes, pairs, key, order + 5, order + 9);
    minima(pairHashes, pairs, key, order + 11, order + 13);
    minima(runHashes, runs, key, order + 7, order + 15);
  }
  if (different < plainWordsMin) markWhole(flat, key, wholeBytesPerWord * (plainWordsMin - different));
  return encodeSignature(bytes);
}

/** A signature as text. */
export function encodeSignature(signature: Uint8Array): string {
  for (let at = 0, place = 0; place < signatureLength; at += 3) {
    const three =
      ((signature[at] as number) << 16) | ((signature[at + 1] ?? 0) << 8) | (signature[at + 2] ?? 0);
    for (let shift = 18; shift >= 0 && place < signatureLength; shift -= 6) {
      codes[place++] = alphabet.charCodeAt((three >>> shift) & 63);
    }
  }
  return String.fromCharCode.apply(null, codes);
}

/**
 * Reads a signature.
 *
 * @param into its words of 32 bits, little-endian, from `at` on; they are 16
 * @returns whether it is one; otherwise `into` may hold anything
 */
export function decodeSignature(text: string, into: Int32Array, at: number): boolean {
  if (text.length !== signatureLength) return false;
  let bits = 0;
  let held = 0;
  let byte = 0;
  let word = 0;
  for (let place = 0; place < signatureLength; place++) {
    const unit = text.charCodeAt(place);
    const value = unit < 128 ? (values[unit] as number) : -1;
    if (value < 0) return false;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    word = (word >>> 8) | (((held >>> bits) & 0xff) << 24);
    byte += 1;
    if (byte % 4 === 0) into[at + byte / 4 - 1] = word;
  }
  // The last character has bits that no byte takes: one way to write each signature.
  return (held & ((1 << bits) - 1)) === 0;
}

/** How many of the 64 halves of slots of two signatures are equal, each as 16 words. */
export function agreement(a: Int32Array, aAt: number, b: Int32Array, bAt: number): number {
  let equal = 0;
  for (let word = 0; word < signatureWords; word++) {
    const differs = (a[aAt + word] as number) ^ (b[bAt + word] as number);
    // A bit for each byte that is zero.
    const zero = ~(((differs & 0x7f7f7f7f) + 0x7f7f7f7f) | differs | 0x7f7f7f7f);
    equal += Math.imul(zero >>> 7, 0x01010101) >>> 24;
  }
  return equal;
}

/** Words of 32 bits of a signature. */
export const signatureWords: number = signatureBytes / 4;

const pairPurpose = 0x70616972;
const runPurpose = 0x72756e73;
const wholePurpose = 0x77686f6c;
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const values = Int8Array.from({ length: 128 }, (_, unit) => alphabet.indexOf(String.fromCharCode(unit)));

// Of the text that is read right now, so that nothing is allocated.
const flatUnits = new Uint16Array(shingledUnitsMax + 2);
const wordHashes = new Int32Array(shingledUnitsMax);
const wordLengths = new Uint8Array(shingledUnitsMax);
const weighedHashes = new Int32Array(wordWeightMax * shingledUnitsMax);
const pairHashes = new Int32Array(2 * shingledUnitsMax);
const runHashes = new Int32Array(shingledUnitsMax);
const four = new Uint16Array(4);
const bytes = new Uint8Array(signatureBytes);
const codes: number[] = Array.from({ length: signatureLength }, () => 0);

/** Puts the letters, and the hashes of the words, where they are worked on. */
function readWords(letters: string, key: ShingleKey): { words: number; flat: number } {
  const k0 = key.words[0] as number;
  const k1 = key.words[1] as number;
  const end = Math.min(letters.length, shingledUnitsMax);
  let flat = 0;
  let words = 0;
  let from = 0;
  const close = (): void => {
    if (flat > from) {
      wordLengths[words] = flat - from;
      wordHashes[words++] = halfSipUnits(flatUnits, from, flat, k0, k1);
    }
    from = flat;
  };
  let spaceless = false;
  for (let at = 0; at < end; at++) {
    const unit = letters.charCodeAt(at);
    if (unit === space) {
      close();
      spaceless = false;
      continue;
    }
    const isSpaceless = unit >= spacelessFrom && isOfSpacelessScript(unit);
    if (isSpaceless !== spaceless || flat - from >= wordUnitsMax) close();
    flatUnits[flat++] = unit;
    // Where no spaces part words, each two neighbouring characters are one.
    if (isSpaceless && flat - from === 2) {
      wordLengths[words] = 2;
      wordHashes[words++] = halfSipUnits(flatUnits, from, flat, k0, k1);
      from = flat - 1;
    }
    spaceless = isSpaceless;
  }
  close();
  return { words, flat };
}

/** How many different words there are, counted up to {@link plainWordsMin}. */
function differentWords(words: number): number {
  let different = 0;
  for (let at = 0; at < words && different < plainWordsMin; at++) {
    let known = false;
    for (let before = 0; before < different; before++) known ||= seen[before] === wordHashes[at];
    if (!known) seen[different++] = wordHashes[at] as number;
  }
  return different;
}

/** Puts the hash of all letters into so many bytes, every seventh, of words and of others by turns. */
function markWhole(flat: number, key: ShingleKey, count: number): void {
  let hash = halfSipUnits(
    flatUnits,
    0,
    flat,
    (key.words[0] as number) ^ wholePurpose,
    key.words[1] as number,
  );
  for (let marked = 0; marked < count; marked++) {
    bytes[(7 * marked) % signatureBytes] = hash >>> 24;
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  }
}

/** Puts each word there as often as it counts; how many there are. */
function weighWords(words: number): number {
  let weighed = 0;
  for (let at = 0; at < words; at++) {
    const length = wordLengths[at] as number;
    const weight = length <= shortWordUnits ? 1 : length <= mediumWordUnits ? 2 : wordWeightMax;
    let hash = wordHashes[at] as number;
    for (let copy = 0; copy < weight; copy++) {
      weighedHashes[weighed++] = hash;
      hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
      hash ^= hash >>> 15;
    }
  }
  return weighed;
}

/** Words beside each other, and with one between them. */
function pairWords(words: number, key: ShingleKey): number {
  const k0 = (key.words[0] as number) ^ pairPurpose;
  const k1 = key.words[1] as number;
  let pairs = 0;
  for (let apart = 1; apart <= 2; apart++) {
    for (let at = 0; at + apart < words; at++) {
      const [a, b] = [wordHashes[at] as number, wordHashes[at + apart] as number];
      four[0] = a;
      four[1] = a >>> 16;
      four[2] = b;
      four[3] = b >>> 16;
      pairHashes[pairs++] = halfSipUnits(four, 0, 4, k0 ^ apart, k1);
    }
  }
  return pairs;
}

function cutRuns(flat: number, key: ShingleKey): number {
  const k0 = (key.words[0] as number) ^ runPurpose;
  const k1 = key.words[1] as number;
  // There are more letters than a run has: a text with fewer has no signature.
  const runs = flat - runUnits + 1;
  halfSipRuns(flatUnits, runs, k0, k1, runHashes);
  return runs;
}

/** Does to hashes what every order does to them first. */
function mix(hashes: Int32Array, count: number): void {
  for (let at = 0; at < count; at++) {
    const hash = hashes[at] as number;
    hashes[at] = hash ^ (hash >>> 15);
  }
}

/**
 * The minima of two orders, which are bytes of the signature. Two at once take hardly longer than one. An
 * order ranks a hash by `(m ^ m >>> 15) * factor` with `m = hash ^ add`; what is mixed may be mixed before.
 *
 * @param hashes mixed
 */
function minima(hashes: Int32Array, count: number, key: ShingleKey, order: number, other: number): void {
  const { adds, factors } = key;
  const add = mixed(adds[order] as number);
  const factor = factors[order] as number;
  const otherAdd = mixed(adds[other] as number);
  const otherFactor = factors[other] as number;
  let least = 0x7fffffff;
  let otherLeast = 0x7fffffff;
  for (let at = 0; at < count; at++) {
    const hash = hashes[at] as number;
    const ranked = Math.imul(hash ^ add, factor);
    const otherRanked = Math.imul(hash ^ otherAdd, otherFactor);
    if (ranked < least) least = ranked;
    if (otherRanked < otherLeast) otherLeast = otherRanked;
  }
  bytes[order] = lowBits(least);
  bytes[other] = lowBits(otherLeast);
}

function mixed(number: number): number {
  return number ^ (number >>> 15);
}

/** Eight bits of a minimum: its high ones are nearly always the same. */
function lowBits(least: number): number {
  return Math.imul(least ^ (least >>> 16), 0x9e3779b1) >>> 24;
}

/** Scripts that write no spaces between words: Thai to Myanmar, Khmer, kana, Han (surrogates mostly are). */
function isOfSpacelessScript(unit: number): boolean {
  return (
    (unit <= 0x109f && (unit <= 0x0eff || unit >= 0x1000)) ||
    (unit >= 0x1780 && unit <= 0x17ff) ||
    (unit >= 0x3040 && unit <= 0x312f) ||
    (unit >= 0x3400 && unit <= 0x9fff) ||
    (unit >= 0xd840 && unit <= 0xdfff) ||
    (unit >= 0xf900 && unit <= 0xfaff)
  );
}

const space = 0x20;
const spacelessFrom = 0x0e00;
const seen = new Int32Array(plainWordsMin);
