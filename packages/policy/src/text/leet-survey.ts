// SPDX-License-Identifier: Apache-2.0
// Whether a word may have leetspeak in it, told from its code units: nearly all with digits or signs don't.

/** Longest word that is looked at, in UTF-16 code units: longer ones are codes, or hostile. */
export const leetLengthMax = 32;
const leetLengthMin = 3;

/**
 * Whether a word may read as another one without the digits and signs in it. Whatever `unleet` reads as
 * another word is such a one, and little else is.
 *
 * @param units normalised; the word has letters of ASCII, digits, and signs that stand for letters
 */
export function mayBeLeet(units: Uint16Array, start: number, end: number): boolean {
  let from = start;
  let to = end;
  while (from < to && isEdge(units[from] as number)) from += 1;
  while (to > from && isEdge(units[to - 1] as number)) to -= 1;
  const length = to - from;
  if (length < leetLengthMin || length > leetLengthMax) return false;
  let letters = 0;
  // Since the last letter: digits and signs, and digits alone.
  let run = 0;
  let digits = 0;
  let inner = false;
  let signed = false;
  for (let index = from; index < to; index++) {
    const unit = units[index] as number;
    if (isLetter(unit)) {
      if (run > 0 && run <= 2 && letters > 0) inner = true;
      letters += 1;
      run = 0;
      digits = 0;
      continue;
    }
    run += 1;
    if (isDigit(unit)) {
      digits += 1;
      if (digits > 2 || (digits === 2 && unit !== units[index - 1])) return false;
    } else {
      digits = 0;
      signed = true;
    }
  }
  const signs = length - letters;
  if (letters < 2 || letters < signs) return false;
  const last = units[to - 1] as number;
  if (!inner && last !== 0x33 && last !== 0x30 && last !== 0x24 && last !== 0x20ac) return false;
  return signed ? !isAddress(units, from, to, signs) : !(length >= 6 && signs >= 2 && isHex(units, from, to));
}

function isLetter(unit: number): boolean {
  return unit >= 0x61 && unit <= 0x7a;
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

/** @, ! and | around a word are no part of it. */
function isEdge(unit: number): boolean {
  return unit === 0x21 || unit === 0x40 || unit === 0x7c;
}

/** "server@home": four letters or more before the only sign. */
function isAddress(units: Uint16Array, from: number, to: number, signs: number): boolean {
  if (signs > 1) return false;
  for (let index = from; index < to; index++) {
    if (units[index] === 0x40) return index - from >= 4;
  }
  return false;
}

function isHex(units: Uint16Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const unit = units[index] as number;
    if (!isDigit(unit) && !(unit >= 0x61 && unit <= 0x66)) return false;
  }
  return true;
}
