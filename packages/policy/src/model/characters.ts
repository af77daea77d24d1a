// SPDX-License-Identifier: Apache-2.0
// What kind of character a UTF-16 code unit is, as far as features care.
import { isDigit, isLetter, isMark, isWhiteSpace, unicode } from "../text/unicode.ts";

/** Neither of the others: punctuation, symbols, controls. */
export const otherClass = 0;
export const spaceClass = 1;
export const letterClass = 2;
export const digitClass = 3;
/** Half of a pair: mostly emoji. */
export const surrogateClass = 4;
/** A letter of a script that is written without spaces: each is a word of its own. */
export const unspacedClass = 5;

/** Scripts written without spaces between words, as ranges of code units. */
const unspacedRanges: readonly (readonly [number, number])[] = [
  [0x0e00, 0x0eff],
  [0x1000, 0x109f],
  [0x1780, 0x17ff],
  [0x2e80, 0x2fdf],
  [0x3005, 0x3007],
  [0x3040, 0x30ff],
  [0x31f0, 0x31ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xf900, 0xfaff],
];

let table: Uint8Array | undefined;

/** The class of a code unit. */
export function characterClass(unit: number): number {
  table ??= buildTable();
  return table[unit] ?? otherClass;
}

/** The classes of all code units. */
export function characterClasses(): Uint8Array {
  table ??= buildTable();
  return table;
}

/** Whether words are made of it. */
export function isWordClass(kind: number): boolean {
  return kind === letterClass || kind === digitClass || kind === unspacedClass;
}

/**
 * A text with its ASCII capitals made small and all else left alone: what other letters become depends on the
 * Unicode version of the engine.
 */
export function lowerAscii(text: string): string {
  if (onlyAscii.test(text)) return text.toLowerCase();
  return text.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

// oxlint-disable-next-line no-control-regex
const onlyAscii = /^[\u0000-\u007f]*$/;

function buildTable(): Uint8Array {
  const { properties } = unicode();
  const classes = new Uint8Array(0x1_0000);
  for (let unit = 0; unit < classes.length; unit++) {
    const bits = properties[unit] ?? 0;
    if (bits & isWhiteSpace) classes[unit] = spaceClass;
    else if (bits & (isLetter | isMark)) classes[unit] = letterClass;
    else if (bits & isDigit) classes[unit] = digitClass;
    if ((unit & 0xf800) === 0xd800) classes[unit] = surrogateClass;
  }
  for (const [first, last] of unspacedRanges) {
    for (let unit = first; unit <= last; unit++) {
      if (classes[unit] === letterClass) classes[unit] = unspacedClass;
    }
  }
  return classes;
}
