// SPDX-License-Identifier: Apache-2.0
// Which kinds of disguise a text may hold, told in one pass over its code units. Each bit stands for an
// expression of `defanged.ts` that has to be tried; without it, that would find nothing.
import { readUnits, unitBuffer } from "../text/units.ts";

/** Two slashes, with a space between them or without. */
export const maySlashes = 1;
/** A dot or at sign in brackets, or between signs. */
export const mayBrackets = 2;
/** A word for a dot, between spaces. */
export const maySpoken = 4;
/** A dot with spaces around it, or after which a suffix stands. */
export const maySpaced = 8;
/** A space behind a label, after slashes or `www`. */
export const mayGap = 16;
/** A bullet or middle dot. */
export const mayBullets = 32;

const spaceUnit = 1;
const dotUnit = 2;
const slashUnit = 4;
const openUnit = 8;
const flankUnit = 16;
const wUnit = 32;

/** Which units of ASCII anything begins with. */
const kinds: Uint8Array = Uint8Array.from({ length: 0x80 }, (_, unit) => {
  const character = String.fromCharCode(unit);
  if (character === " ") return spaceUnit;
  if (character === ".") return dotUnit;
  if (/[\\/]/.test(character)) return slashUnit;
  if (/[[({<]/.test(character)) return openUnit;
  if (/[_*~|]/.test(character)) return flankUnit;
  return /w/i.test(character) ? wUnit : 0;
});

const buffer = unitBuffer();
const space = 0x20;
const dot = 0x2e;
const backslash = 0x5c;
/** Longest label of a host. */
const labelUnitsMax = 63;

/**
 * The bits above of what a text may hold; more than it does at times, never fewer.
 *
 * @param isSuffix whether a word is a suffix that is looked for beside a space
 */
export function surveyEdits(text: string, isSuffix: (word: string) => boolean): number {
  const { length } = text;
  const units = readUnits(text, buffer);
  let found = 0;
  for (let index = 0; index < length; index++) {
    const unit = units[index] as number;
    if (unit >= 0x80) {
      if (isBullet(unit)) found |= mayBullets;
      continue;
    }
    const kind = kinds[unit] as number;
    if (kind === 0) continue;
    const next = units[index + 1] as number;
    if (kind === spaceUnit) {
      if (mayBeSpoken(units, index + 1)) found |= maySpoken;
      if (next === dot && isLetterSoon(units, index + 2)) found |= maySpaced;
    } else if (kind === dotUnit) {
      if (next === space && (found & maySpaced) === 0 && hasSuffix(units, index + 2, length, isSuffix)) {
        found |= maySpaced;
      }
    } else if (kind === slashUnit) {
      if (unit === backslash && next === dot) found |= mayBrackets;
      const second = next === space ? (units[index + 2] as number) : next;
      if (!isSlash(second)) continue;
      found |= maySlashes;
      if (isSlash(next) && isGap(units, index + 2, length)) found |= mayGap;
    } else if (kind === openUnit) {
      if (mayBeBracketed(units, next === space ? index + 2 : index + 1)) found |= mayBrackets;
    } else if (kind === flankUnit) {
      if (isFlanked(units, index, unit)) found |= mayBrackets;
    } else if (isW(next) && isW(units[index + 2] as number) && isGap(units, index + 3, length)) {
      found |= mayGap;
    }
  }
  return found;
}

function isSlash(unit: number): boolean {
  return unit === 0x2f || unit === backslash;
}

function isW(unit: number): boolean {
  return (unit | 0x20) === 0x77;
}

function isLetter(unit: number): boolean {
  return (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
}

function isWord(unit: number): boolean {
  return isLetter(unit) || (unit >= 0x30 && unit <= 0x39) || unit === 0x5f;
}

function isBullet(unit: number): boolean {
  switch (unit) {
    case 0xb7:
    case 0x2022:
    case 0x2024:
    case 0x2027:
    case 0x2219:
    case 0x22c5:
    case 0xfe52:
      return true;
  }
  return false;
}

/** Whether "dot", "d0t", "punkt", "punto", "ponto", "nokta" or a Russian word may stand at a place. */
function mayBeSpoken(units: Uint16Array, at: number): boolean {
  const first = units[at] as number;
  if (first >= 0x80) return true;
  const b = (units[at + 1] as number) | 0x20;
  const c = (units[at + 2] ?? 0) | 0x20;
  switch (first | 0x20) {
    case 0x64:
      return (b === 0x6f || b === 0x30) && c === 0x74;
    case 0x70:
      return (b === 0x75 || b === 0x6f) && c === 0x6e;
    case 0x6e:
      return b === 0x6f && c === 0x6b;
  }
  return false;
}

/** " .com", " . com". */
function isLetterSoon(units: Uint16Array, at: number): boolean {
  const unit = units[at] as number;
  return isLetter(unit === space ? (units[at + 1] as number) : unit);
}

/** ". com": a suffix alone. */
function hasSuffix(
  units: Uint16Array,
  start: number,
  length: number,
  isSuffix: (word: string) => boolean,
): boolean {
  let end = start;
  while (end < length && end - start < 8 && isLetter(units[end] as number)) end += 1;
  const after = end < length ? (units[end] as number) : 0;
  if (end - start < 2 || isWord(after) || after === 0x2d) return false;
  let word = "";
  for (let at = start; at < end; at++) word += String.fromCharCode((units[at] as number) | 0x20);
  return isSuffix(word);
}

/** A label, a dot and a space, with spaces between them or without. */
function isGap(units: Uint16Array, start: number, length: number): boolean {
  let at = units[start] === space ? start + 1 : start;
  const from = at;
  while (at < length && at - from < labelUnitsMax) {
    const unit = units[at] as number;
    if (!isWord(unit) && unit !== 0x2d) break;
    at += 1;
  }
  if (units[at] === space) at += 1;
  return units[at] === dot && units[at + 1] === space;
}

/** "[.]", "(dot)", "[at]", "(a)": told from what follows on a bracket. */
function mayBeBracketed(units: Uint16Array, at: number): boolean {
  const first = units[at] as number;
  if (first >= 0x80) return true;
  const second = units[at + 1] as number;
  const closes = isClosing(second) || (second === space && isClosing(units[at + 2] as number));
  switch (first | 0x20) {
    case 0x2e:
    case 0x2c:
      return closes;
    case 0x60:
      return closes;
    case 0x61:
      return closes || (second | 0x20) === 0x74;
    default:
      return mayBeSpoken(units, at);
  }
}

function isClosing(unit: number): boolean {
  return unit === 0x5d || unit === 0x29 || unit === 0x7d || unit === 0x3e;
}

/** "_dot_", "*at*". */
function isFlanked(units: Uint16Array, at: number, flank: number): boolean {
  const first = (units[at + 1] as number) | 0x20;
  if (first === 0x61) return units[at + 3] === flank;
  return first === 0x64 && units[at + 4] === flank;
}
