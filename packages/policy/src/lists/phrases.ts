// SPDX-License-Identifier: Apache-2.0
// Terms that stand in a text as whole words are found word by word, not letter by letter: most words of a
// text are in no term, which one look at a table says. What lies between words counts letter by letter.
import { codePointAt } from "../text/normalise.ts";
import { buildStepper } from "./automaton.ts";
import type { Stepper } from "./automaton.ts";
import { hashStart, hashStep } from "./byte-table.ts";
import { joins } from "./terms.ts";

/** Finds phrases in texts. */
export type PhraseFinder = {
  /** Bytes that its tables take. */
  readonly bytes: number;
  /** Calls `found` with the number of each phrase, for each place where it stands as whole words. */
  readonly scan: (text: string, found: (phrase: number) => void) => void;
};

/**
 * Builds a finder. The scan takes time linear in the text, plus the calls of `found`.
 *
 * @param phrases normalised, not empty, no two the same; as long as the automaton's words may be by half
 */
export function buildPhraseFinder(phrases: readonly string[]): PhraseFinder {
  const dictionary = buildDictionary(phrases);
  const encoded = phrases.map((phrase) => piecesOf(phrase, dictionary));
  const order = [...encoded.keys()].sort((one, other) =>
    compareSequences(encoded[one] ?? empty, encoded[other] ?? empty),
  );
  const stepper = buildStepper({
    count: order.length,
    lengthOf: (word) => encoded[order[word] ?? 0]?.length ?? 0,
    unitOf: (word, index) => encoded[order[word] ?? 0]?.[index] ?? 0,
    bitsBefore: 1,
  });
  const numbers = Uint32Array.from(order);
  const arrays = [...Object.values(dictionary), numbers];
  return {
    bytes: stepper.bytes + arrays.reduce((sum, array) => sum + array.byteLength, 0),
    scan: (text, found) => {
      if (phrases.length > 0) scan(dictionary, stepper, text, (word) => found(numbers[word] ?? 0));
    },
  };
}

function scan(dictionary: Dictionary, stepper: Stepper, text: string, found: (word: number) => void): void {
  const { length } = text;
  let state = 0;
  for (let index = 0; index < length;) {
    const spaced = isSpaced(text, index) ? 1 : 0;
    const start = index + spaced;
    // As far as there is ASCII, which is as far as most pieces go, a piece's end and hash are found at once.
    let hash = hashStart;
    let unit = text.charCodeAt(start);
    index = start;
    while (joinsAscii[unit] === 1) {
      hash = hashStep(hash, unit);
      index += 1;
      unit = index < length ? text.charCodeAt(index) : 0;
    }
    let piece: number;
    if (unit >= 0x80) {
      index = pieceEnd(text, start);
      piece = findPiece(dictionary, text, start, index);
    } else if (index - start > 1) {
      piece = findHashed(dictionary, hash ^ (hash >>> 15), text, start, index);
    } else {
      index = start + 1;
      piece = dictionary.single[text.charCodeAt(start)] as number;
    }
    state = piece === 0 ? 0 : stepper.step(state, 2 * piece + spaced);
    if (state !== 0) stepper.report(state, index, found);
  }
}

/** By code unit: 1 for the ASCII characters that {@link joins} is true of; 0 for all others. */
const joinsAscii = Uint8Array.from({ length: 0x1_0000 }, (_, unit) => (unit < 0x80 && joins(unit) ? 1 : 0));

/** Whether a space stands there before something else: it is counted with what comes after it. */
function isSpaced(text: string, index: number): boolean {
  if (text.charCodeAt(index) !== space || index + 1 >= text.length) return false;
  return text.charCodeAt(index + 1) !== space;
}

const space = 0x20;

/** The pieces that phrases consist of, numbered from 1: open addressing. */
type Dictionary = {
  /** Two numbers for each slot: the piece's hash, and its number; 0 where the slot is free. */
  readonly slots: Int32Array;
  /** Where each piece starts in `units`. */
  readonly starts: Uint32Array;
  readonly units: Uint16Array;
  /** Four bits for each slot: that of a piece's hash is set. */
  readonly filter: Int32Array;
  /** The numbers of pieces of one ASCII character, by its code. */
  readonly single: Uint32Array;
};

function buildDictionary(phrases: readonly string[]): Dictionary {
  const pieces = new Map<string, number>();
  for (const phrase of phrases) {
    for (let index = 0; index < phrase.length;) {
      const start = isSpaced(phrase, index) ? index + 1 : index;
      const end = pieceEnd(phrase, start);
      const piece = phrase.slice(start, end);
      pieces.set(piece, pieces.get(piece) ?? pieces.size + 1);
      index = end;
    }
  }
  const all = [...pieces.keys()];
  const capacity = 2 ** Math.ceil(Math.log2(Math.max(4, all.length * 2)));
  const dictionary: Dictionary = {
    slots: new Int32Array(2 * capacity),
    starts: new Uint32Array(all.length + 2),
    units: new Uint16Array(all.reduce((sum, piece) => sum + piece.length, 0)),
    filter: new Int32Array(Math.max(1, capacity / 8)),
    single: new Uint32Array(0x80),
  };
  let at = 0;
  for (const [index, piece] of all.entries()) {
    dictionary.starts[index + 1] = at;
    for (let offset = 0; offset < piece.length; offset++) dictionary.units[at++] = piece.charCodeAt(offset);
    dictionary.starts[index + 2] = at;
    addPiece(dictionary, piece, index + 1);
    const unit = piece.charCodeAt(0);
    if (piece.length === 1 && unit < 0x80) dictionary.single[unit] = index + 1;
  }
  return dictionary;
}

function addPiece({ slots, filter }: Dictionary, piece: string, number: number): void {
  const hash = hashOf(piece, 0, piece.length);
  const bit = hash & (32 * filter.length - 1);
  filter[bit >>> 5] = (filter[bit >>> 5] as number) | (1 << (bit & 31));
  const mask = slots.length - 1;
  let slot = (2 * hash) & mask;
  while (slots[slot + 1] !== 0) slot = (slot + 2) & mask;
  slots[slot] = hash;
  slots[slot + 1] = number;
}

/** The number of the piece that a text has there; 0 if it is none of the dictionary's. */
function findPiece(dictionary: Dictionary, text: string, start: number, end: number): number {
  const { single } = dictionary;
  if (end - start === 1) {
    const unit = text.charCodeAt(start);
    if (unit < 0x80) return single[unit] as number;
  }
  return findHashed(dictionary, hashOf(text, start, end), text, start, end);
}

function findHashed(dictionary: Dictionary, hash: number, text: string, start: number, end: number): number {
  const { slots, filter } = dictionary;
  // Most words are in no term: a few bytes that stay near say so, where the table would be fetched from afar.
  const bit = hash & (32 * filter.length - 1);
  if (((filter[bit >>> 5] as number) & (1 << (bit & 31))) === 0) return 0;
  const mask = slots.length - 1;
  // Half of the slots are free at least, so each run of probes ends.
  for (let slot = (2 * hash) & mask; ; slot = (slot + 2) & mask) {
    const number = slots[slot + 1] as number;
    if (number === 0) return 0;
    if (slots[slot] === hash && isPiece(dictionary, number, text, start, end)) return number;
  }
}

function isPiece(
  { starts, units }: Dictionary,
  number: number,
  text: string,
  start: number,
  end: number,
): boolean {
  const from = starts[number] as number;
  if ((starts[number + 1] as number) - from !== end - start) return false;
  for (let index = start; index < end; index++) {
    if (units[from + index - start] !== text.charCodeAt(index)) return false;
  }
  return true;
}

function hashOf(text: string, start: number, end: number): number {
  let hash = hashStart;
  for (let index = start; index < end; index++) hash = hashStep(hash, text.charCodeAt(index));
  return hash ^ (hash >>> 15);
}

/** Where the piece ends that starts there: a word, or one character that is part of none. */
function pieceEnd(text: string, start: number): number {
  let index = start;
  while (index < text.length) {
    const unit = text.charCodeAt(index);
    const point = unit < 0xd800 ? unit : codePointAt(text, index);
    if (!joins(point)) break;
    index += point > 0xffff ? 2 : 1;
  }
  if (index > start) return index;
  return start + (codePointAt(text, start) > 0xffff ? 2 : 1);
}

/** The numbers of a phrase's pieces, doubled, plus one for each that a space stands before. */
function piecesOf(phrase: string, dictionary: Dictionary): Uint32Array {
  const pieces: number[] = [];
  for (let index = 0; index < phrase.length;) {
    const spaced = isSpaced(phrase, index) ? 1 : 0;
    const end = pieceEnd(phrase, index + spaced);
    pieces.push(2 * findPiece(dictionary, phrase, index + spaced, end) + spaced);
    index = end;
  }
  return Uint32Array.from(pieces);
}

const empty = new Uint32Array(0);

function compareSequences(one: Uint32Array, other: Uint32Array): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}
