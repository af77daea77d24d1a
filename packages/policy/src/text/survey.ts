// SPDX-License-Identifier: Apache-2.0
// What a normalised text may need before it reads as its readers take it. Most texts need nothing, and it is
// found out here, in one pass each, which steps can be left out.
import { mayBeLeet } from "./leet-survey.ts";
import { isDropped, isSmallCapital, isStacking, looks } from "./looks.ts";
import { pointAt } from "./normalise.ts";
import { isDigit, isLetter, isMark, unicode } from "./unicode.ts";
import { roomFor, unitBuffer } from "./units.ts";

/** Bits of {@link unitClasses}: a small letter of ASCII. */
export const latinUnit = 1;
/** A digit of ASCII. */
export const digitUnit = 2;
/** A sign that may stand for a letter. */
export const signUnit = 4;
/** A letter, mark or digit outside of ASCII. */
export const foreignUnit = 8;
/** Half a pair. */
export const pairUnit = 16;
/** What words are made of; a pair may be, too. */
export const wordyUnit: number = latinUnit | digitUnit | foreignUnit;
/** It looks like something else. */
const lookingUnit = 32;
/** It takes a closer look what it looks like. */
const closeUnit = 64;

let table: Uint8Array | undefined;

/** The bits above of all UTF-16 code units of normalised text. */
export function unitClasses(): Uint8Array {
  table ??= makeClasses();
  return table;
}

function makeClasses(): Uint8Array {
  const { properties } = unicode();
  const { units, kinds } = looks();
  const classes = new Uint8Array(0x1_0000);
  for (let unit = 0; unit < classes.length; unit++) {
    let bits = 0;
    if (unit >= 0x61 && unit <= 0x7a) bits = latinUnit;
    else if (unit >= 0x30 && unit <= 0x39) bits = digitUnit;
    else if ((unit & 0xf800) === 0xd800) bits = pairUnit;
    else if (unit >= 0x80 && (properties[unit] ?? 0) & (isLetter | isMark | isDigit)) bits = foreignUnit;
    if (unit >= 0x80) {
      if (units[unit] !== unit) bits |= lookingUnit;
      if (units[unit] === 0 || (kinds[unit] ?? 0) & (isStacking | isSmallCapital)) bits |= closeUnit;
    }
    classes[unit] = bits;
  }
  for (const sign of "@$!|¢£¥€") classes[sign.charCodeAt(0)] = signUnit;
  return classes;
}

// Looks -----------------------------------------------------------------------------------------------------

const plainBuffer = unitBuffer();

/** What {@link readLooks} has put there. */
export const plain: { units: Uint16Array; changed: boolean; ascii: boolean } = {
  units: plainBuffer.kept,
  changed: false,
  ascii: true,
};

/**
 * Reads letters that look the same in any word, as `foldLooks` does, where each is one code unit and stays
 * one: that is in {@link plain} until the next call, with 0 behind it.
 *
 * @param units of normalised text, with room for one more
 * @returns whether that is all there is to do
 */
export function readLooks(units: Uint16Array, length: number): boolean {
  const classes = unitClasses();
  units[length] = 0;
  let all = 0;
  let ored = 0;
  for (let index = 0; index < length; index++) {
    const unit = units[index] as number;
    ored |= unit;
    const bits = classes[unit] as number;
    all |= bits;
    if (bits & closeUnit) {
      if ((bits & pairUnit) === 0 || !isPlainPair(units, index)) return false;
      index += 1;
    }
  }
  plain.changed = false;
  plain.units = units;
  plain.ascii = ored < 0x80;
  if (all & lookingUnit) changeUnits(units, length);
  return true;
}

function isPlainPair(units: Uint16Array, index: number): boolean {
  const { kinds, plain: plainLooks } = looks();
  const point = pointAt(units, index);
  if (point <= 0xffff || (kinds[point] ?? 0) & (isDropped | isStacking | isSmallCapital)) return false;
  return !plainLooks.has(point);
}

function changeUnits(units: Uint16Array, length: number): void {
  const { units: to } = looks();
  const out = roomFor(length, plainBuffer);
  let ored = 0;
  for (let index = 0; index < length; index++) {
    const unit = units[index] as number;
    const look = unit < 0x80 || (unit & 0xf800) === 0xd800 ? unit : (to[unit] as number);
    if (look !== unit) plain.changed = true;
    out[index] = look;
    ored |= look;
  }
  out[length] = 0;
  plain.units = out;
  plain.ascii = ored < 0x80;
}

// Words -----------------------------------------------------------------------------------------------------

/** What {@link surveyUnits} finds. */
export type Survey = {
  /** The most words of one letter or digit that follow on each other. */
  readonly lone: number;
  /** Whether words may have to be read: some have letters of other scripts, or leetspeak. */
  readonly readable: boolean;
};

/** Words of normalised text that `joinSpaced` and `readWords` may do something to; others they leave. */
export function surveyUnits(units: Uint16Array, length: number): Survey {
  const classes = unitClasses();
  let most = 0;
  let lone = 0;
  let size = 0;
  let readable = false;
  let all = 0;
  let start = 0;
  units[length] = 0;
  for (let index = 0; index <= length; index++) {
    const bits = classes[units[index] as number] as number;
    if (bits & wordyUnit) {
      all |= bits;
      size += 1;
      continue;
    }
    if (bits & pairUnit && isWordyPair(units, index)) {
      all |= foreignUnit;
      size += 2;
      index += 1;
      continue;
    }
    if (size === 1) {
      lone += 1;
      if (lone > most) most = lone;
    } else if (size > 1) lone = 0;
    size = 0;
    if (bits & signUnit) {
      all |= signUnit;
      continue;
    }
    if (all & foreignUnit) readable = true;
    else if (!readable && all > latinUnit && (all & latinUnit) !== 0) {
      readable = mayBeLeet(units, start, index);
    }
    all = 0;
    start = index + 1;
  }
  return { lone: most, readable };
}

function isWordyPair(units: Uint16Array, index: number): boolean {
  const point = pointAt(units, index);
  return point > 0xffff && ((unicode().properties[point] ?? 0) & (isLetter | isMark | isDigit)) !== 0;
}
