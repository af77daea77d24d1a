// SPDX-License-Identifier: Apache-2.0
// One spelling for texts that readers take for the same.
import {
  composeCanonically,
  isFolded,
  isNormalisable,
  isWhiteSpace,
  unicode,
  type Unicode,
} from "./unicode.ts";

const replacement = 0xfffd;
const space = 0x20;

/**
 * The text in the form in which texts are compared: toNFKC_Casefold of the pinned Unicode version (The
 * Unicode Standard, section 3.13, R5: compatibility characters replaced, case folded, default-ignorable code
 * points removed, then NFC), each run of white space one space, none at either end. Lone surrogates become
 * U+FFFD. Idempotent; the same on every engine; linear in the length of the text.
 *
 * @param text any string, well-formed or not
 */
export function normaliseText(text: string): string {
  return normaliseAscii(text) ?? normaliseUnicode(text);
}

/** The same as {@link normaliseText}, only quicker for a text that is known not to be ASCII. */
export function normaliseUnicode(text: string): string {
  return normaliseUnits(text) ?? normalisePoints(text);
}

/** For tidy ASCII only. `toLowerCase` of ASCII is the same in every Unicode version. */
function normaliseAscii(text: string): string | undefined {
  let before = space;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80 || (unit === space ? before === space : isBlank(unit))) return undefined;
    before = unit;
  }
  return before === space && text !== "" ? undefined : text.toLowerCase();
}

function isBlank(unit: number): boolean {
  return unit >= 0x09 && unit <= 0x0d;
}

/** The quick way for texts that need no composition, or `undefined`: most texts of most scripts. */
function normaliseUnits(text: string): string | undefined {
  const tables = unicode();
  const { folded } = tables;
  const units: number[] = [];
  let before = space;
  for (let index = 0; index < text.length; index++) {
    const unit = folded[text.charCodeAt(index)] ?? 0;
    if (unit > 0) {
      if (unit !== space || before !== space) units.push(unit);
      before = unit;
      continue;
    }
    const point = codePointAt(text, index);
    if (point > 0xffff) index += 1;
    if (!appendFolded(point, tables, units)) return undefined;
    before = units.at(-1) ?? space;
  }
  if (units.at(-1) === space) units.pop();
  return inPieces(units, fromUnits);
}

/** Adds a code point as it is folded, in code units; false if what it becomes may have to be composed. */
function appendFolded(point: number, tables: Unicode, units: number[]): boolean {
  const properties = tables.properties[point] ?? 0;
  const folded = properties & isFolded ? tables.casefold.get(point) : undefined;
  if (folded === undefined) {
    if (properties & isNormalisable) return false;
    appendUnits(point, units);
    return true;
  }
  for (let index = 0; index < folded.length;) {
    const part = codePointAt(folded, index);
    const kind = tables.properties[part] ?? 0;
    if (kind & isNormalisable) return false;
    if ((kind & isWhiteSpace) === 0) appendUnits(part, units);
    else if (units.length > 0 && units.at(-1) !== space) units.push(space);
    index += part > 0xffff ? 2 : 1;
  }
  return true;
}

function appendUnits(point: number, units: number[]): void {
  if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
  else units.push(point);
}

/** The long way: any text. */
function normalisePoints(text: string): string {
  const tables = unicode();
  const points: number[] = [];
  const state = { points, normalisable: false };
  for (let index = 0; index < text.length;) {
    const point = codePointAt(text, index);
    index += point > 0xffff ? 2 : 1;
    const folded = (tables.properties[point] ?? 0) & isFolded ? tables.casefold.get(point) : undefined;
    if (folded === undefined) append(point, tables, state);
    else for (let at = 0; at < folded.length;) at += append(codePointAt(folded, at), tables, state);
  }
  if (points.at(-1) === space) points.pop();
  return inPieces(state.normalisable ? composeCanonically(points) : points, fromPoints);
}

/** Adds one folded code point, white space only as one space after something else. Returns its code units. */
function append(
  point: number,
  tables: Unicode,
  state: { readonly points: number[]; normalisable: boolean },
): number {
  const properties = tables.properties[point] ?? 0;
  if (properties & isNormalisable) state.normalisable = true;
  if ((properties & isWhiteSpace) === 0) state.points.push(point);
  else if (state.points.length > 0 && state.points.at(-1) !== space) state.points.push(space);
  return point > 0xffff ? 2 : 1;
}

/**
 * The code point at an index of a text, U+FFFD for a lone surrogate.
 *
 * @param index less than the length of the text
 */
export function codePointAt(text: string, index: number): number {
  const point = text.codePointAt(index) ?? replacement;
  return point >= 0xd800 && point <= 0xdfff ? replacement : point;
}

/** Whether a UTF-16 code unit is half a pair, or a lone half. */
export function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** Joins numbers in pieces, since a call takes only so many arguments. */
function inPieces(numbers: readonly number[], join: (piece: readonly number[]) => string): string {
  const pieceSize = 4_096;
  if (numbers.length <= pieceSize) return join(numbers);
  let text = "";
  for (let start = 0; start < numbers.length; start += pieceSize) {
    text += join(numbers.slice(start, start + pieceSize));
  }
  return text;
}

function fromUnits(units: readonly number[]): string {
  return String.fromCharCode(...units);
}

function fromPoints(points: readonly number[]): string {
  return String.fromCodePoint(...points);
}
