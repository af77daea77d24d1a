// SPDX-License-Identifier: Apache-2.0
// Properties of code points and canonical composition (UAX #15), from tables of a pinned Unicode version.
// The tables are decoded at the first call: about a megabyte and a few milliseconds.
import {
  casefoldMappings,
  combiningClasses,
  decompositions,
  digitRanges,
  ignorableRanges,
  letterRanges,
  lowercaseRanges,
  markRanges,
  unicodeVersion,
  uppercaseRanges,
  whiteSpaceRanges,
} from "./unicode-tables.ts";

export { unicodeVersion };

/** Bits of {@link Unicode.properties}: General category L*. */
export const isLetter = 1;
/** General category M*. */
export const isMark = 2;
/** General category Nd: a digit of any script's decimal system. */
export const isDigit = 4;
/** White_Space. */
export const isWhiteSpace = 8;
/** Uppercase. */
export const isUppercase = 16;
/** Lowercase. */
export const isLowercase = 32;
/** NFKC_Casefold maps the code point to something else. */
export const isFolded = 64;
/** Text with such a code point may not be in NFC: it reorders, decomposes, or composes with what precedes. */
export const isNormalisable = 128;
/** Default_Ignorable_Code_Point: shown as nothing. */
export const isIgnorable = 256;

/** The decoded tables. */
export type Unicode = {
  /** The bits above, by code point. */
  properties: Uint16Array;
  /** NFKC_Casefold of the code points with {@link isFolded}. */
  casefold: ReadonlyMap<number, string>;
  /**
   * What a UTF-16 code unit becomes when text is normalised, where that is one unit whatever stands beside
   * it: most do. White space becomes a space; 0 where it takes a closer look.
   */
  folded: Uint16Array;
  /** Canonical_Combining_Class, by code point; above U+1FFFF all are 0. */
  classes: Uint8Array;
  /** Canonical decompositions, not yet recursive, without Hangul. */
  decompositions: ReadonlyMap<number, readonly number[]>;
  /** Primary composites by first x {@link codePointCount} + second, without Hangul. */
  compositions: ReadonlyMap<number, number>;
};

/** How many code points there are, assigned or not. */
export const codePointCount = 0x11_0000;

/** Code points from here on have combining class 0; the test of the tables checks it. */
const classedCount = 0x2_0000;

// Hangul syllables by arithmetic (The Unicode Standard, section 3.12).
const hangulBase = 0xac00;
const hangulCount = 11_172;
const leadBase = 0x1100;
const leadCount = 19;
const vowelBase = 0x1161;
const vowelCount = 21;
const tailBase = 0x11a7;
const tailCount = 28;

let decoded: Unicode | undefined;

/** The tables, decoded when first asked for. */
export function unicode(): Unicode {
  decoded ??= decode();
  return decoded;
}

/**
 * Normalization Form C of code points (UAX #15): decomposed, marks in canonical order, composed.
 *
 * @param points code points that are no surrogates
 */
export function composeCanonically(points: readonly number[]): number[] {
  const tables = unicode();
  const apart: number[] = [];
  for (const point of points) decompose(point, tables, apart);
  orderMarks(apart, tables.classes);
  return compose(apart, tables);
}

function decompose(point: number, tables: Unicode, out: number[]): void {
  const syllable = point - hangulBase;
  if (syllable >= 0 && syllable < hangulCount) {
    const tail = syllable % tailCount;
    out.push(leadBase + Math.floor(syllable / (vowelCount * tailCount)));
    out.push(vowelBase + Math.floor((syllable % (vowelCount * tailCount)) / tailCount));
    if (tail > 0) out.push(tailBase + tail);
    return;
  }
  const parts = point < 0xc0 ? undefined : tables.decompositions.get(point);
  if (parts === undefined) out.push(point);
  else for (const part of parts) decompose(part, tables, out);
}

/** Puts each run of marks in order of their classes; marks of one class keep theirs (definition D109). */
function orderMarks(points: number[], classes: Uint8Array): void {
  for (let start = 0; start < points.length; start++) {
    if (classOf(points[start], classes) === 0) continue;
    let end = start + 1;
    let ordered = true;
    for (; end < points.length && classOf(points[end], classes) !== 0; end++) {
      if (classOf(points[end - 1], classes) > classOf(points[end], classes)) ordered = false;
    }
    if (!ordered) bucketSort(points, start, end, classes);
    start = end;
  }
}

/** Sorts by class in linear time: a hostile text may be one run of a hundred thousand marks. */
function bucketSort(points: number[], start: number, end: number, classes: Uint8Array): void {
  const buckets = new Map<number, number[]>();
  for (const point of points.slice(start, end)) {
    const bucket = buckets.get(classOf(point, classes));
    if (bucket === undefined) buckets.set(classOf(point, classes), [point]);
    else bucket.push(point);
  }
  let index = start;
  for (const key of [...buckets.keys()].sort((a, b) => a - b)) {
    for (const point of buckets.get(key) ?? []) points[index++] = point;
  }
}

/** Joins each starter with the marks that it composes with, unless one between them blocks (D115 to D117). */
function compose(points: readonly number[], tables: Unicode): number[] {
  const out: number[] = [];
  let starter = -1;
  let before = 0;
  for (const point of points) {
    const own = classOf(point, tables.classes);
    const first = starter < 0 ? undefined : out[starter];
    const blocked = starter < out.length - 1 && (before === 0 || before >= own);
    const joined = first === undefined || blocked ? undefined : composite(first, point, tables);
    if (joined !== undefined) {
      out[starter] = joined;
      continue;
    }
    if (own === 0) starter = out.length;
    before = own;
    out.push(point);
  }
  return out;
}

function composite(first: number, second: number, tables: Unicode): number | undefined {
  const lead = first - leadBase;
  const vowel = second - vowelBase;
  if (lead >= 0 && lead < leadCount && vowel >= 0 && vowel < vowelCount) {
    return hangulBase + (lead * vowelCount + vowel) * tailCount;
  }
  const syllable = first - hangulBase;
  const tail = second - tailBase;
  if (syllable >= 0 && syllable < hangulCount && syllable % tailCount === 0 && tail > 0 && tail < tailCount) {
    return first + tail;
  }
  return tables.compositions.get(first * codePointCount + second);
}

function classOf(point: number | undefined, classes: Uint8Array): number {
  return point === undefined || point < 0x300 || point >= classedCount ? 0 : (classes[point] ?? 0);
}

// Decoding -------------------------------------------------------------------------------------------------

function decode(): Unicode {
  const properties = new Uint16Array(codePointCount);
  markRange(properties, letterRanges, isLetter);
  markRange(properties, markRanges, isMark);
  markRange(properties, digitRanges, isDigit);
  markRange(properties, whiteSpaceRanges, isWhiteSpace);
  markRange(properties, uppercaseRanges, isUppercase);
  markRange(properties, lowercaseRanges, isLowercase);
  markRange(properties, ignorableRanges, isIgnorable);
  const casefold = new Map<number, string>();
  readMappings(casefoldMappings, (from, to) => {
    casefold.set(from, String.fromCodePoint(...to));
    setBit(properties, from, isFolded);
  });
  const apart = new Map<number, readonly number[]>();
  const compositions = new Map<number, number>();
  readMappings(decompositions, (from, to, composes) => {
    apart.set(from, to);
    const [first = 0, second = 0] = to;
    if (!composes) return setBit(properties, from, isNormalisable);
    compositions.set(first * codePointCount + second, from);
    setBit(properties, second, isNormalisable);
  });
  const classes = new Uint8Array(classedCount);
  readValues(combiningClasses, (point, value) => {
    classes[point] = value;
    setBit(properties, point, isNormalisable);
  });
  for (let vowel = 0; vowel < vowelCount; vowel++) setBit(properties, vowelBase + vowel, isNormalisable);
  for (let tail = 1; tail < tailCount; tail++) setBit(properties, tailBase + tail, isNormalisable);
  const folded = foldUnits(properties, casefold);
  return { properties, casefold, folded, classes, decompositions: apart, compositions };
}

function foldUnits(properties: Uint16Array, casefold: ReadonlyMap<number, string>): Uint16Array {
  const units = new Uint16Array(0x1_0000);
  for (let unit = 1; unit < units.length; unit++) {
    if (unit >= 0xd800 && unit <= 0xdfff) continue;
    const whole = (properties[unit] ?? 0) & isFolded ? casefold.get(unit) : undefined;
    if (whole !== undefined && whole.length !== 1) continue;
    const point = whole === undefined ? unit : whole.charCodeAt(0);
    const kind = properties[point] ?? 0;
    if (kind & isWhiteSpace) units[unit] = 0x20;
    else if ((kind & isNormalisable) === 0) units[unit] = point;
  }
  return units;
}

function setBit(properties: Uint16Array, point: number, bit: number): void {
  properties[point] = (properties[point] ?? 0) | bit;
}

function markRange(properties: Uint16Array, table: string, bit: number): void {
  readRanges(table, (point) => setBit(properties, point, bit));
}

/** Reads ranges, as described at the head of unicode-tables.ts. */
export function readRanges(table: string, take: (point: number) => void): void {
  const numbers = readNumbers(table);
  let end = 0;
  for (let index = 0; index < numbers.length; index += 2) {
    const first = end + (numbers[index] ?? 0);
    end = first + (numbers[index + 1] ?? 0);
    for (let point = first; point < end; point++) take(point);
  }
}

/** Reads ranges with a value each, as described at the head of unicode-tables.ts. */
export function readValues(table: string, take: (point: number, value: number) => void): void {
  const numbers = readNumbers(table);
  let end = 0;
  for (let index = 0; index < numbers.length; index += 3) {
    const first = end + (numbers[index] ?? 0);
    end = first + (numbers[index + 1] ?? 0);
    for (let point = first; point < end; point++) take(point, numbers[index + 2] ?? 0);
  }
}

/** Reads mappings, as described at the head of unicode-tables.ts. */
export function readMappings(
  table: string,
  take: (from: number, to: readonly number[], composes: boolean) => void,
): void {
  let end = 0;
  for (const entry of table.split(";")) {
    if (entry === "") continue;
    const at = entry.search(/[=:*+/]/);
    const kind = entry[at];
    const first = end + Number.parseInt(entry.slice(0, at), 36);
    const numbers = readNumbers(entry.slice(at + 1));
    if (kind === "=" || kind === ":") {
      take(first, numbers, kind === "=");
      end = first + 1;
      continue;
    }
    const [count = 0, shift = 0] = numbers;
    const stride = kind === "/" ? 2 : 1;
    for (let step = 0; step < count; step++) {
      const from = first + step * stride;
      take(from, kind === "*" ? [] : [from + shift], true);
    }
    end = first + (count - 1) * stride + 1;
  }
}

function readNumbers(table: string): number[] {
  return table === "" ? [] : table.split(",").map((number) => Number.parseInt(number, 36));
}
