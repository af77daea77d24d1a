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
import { readUnits, roomFor, textOf, unitBuffer } from "./units.ts";

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
  const length = normaliseUnits(readUnits(text, read), text.length);
  return length < 0 ? normalisePoints(text) : textOf(normalised.units, length, normalised.ascii);
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

const read = unitBuffer();
const folded = unitBuffer();

/** What {@link normaliseUnits} has put there. */
export const normalised: { units: Uint16Array; ascii: boolean } = { units: folded.kept, ascii: true };

/**
 * The quick way for texts that need no composition: most texts of most scripts.
 *
 * @param units of a text, with 0 behind it
 * @returns the length of the normalised text, which is in {@link normalised} until the next call with room
 *   for one code unit more; -1 where it takes {@link normalisePoints}
 */
export function normaliseUnits(units: Uint16Array, length: number): number {
  const tables = unicode();
  const table = tables.folded;
  let out = roomFor(length + foldedUnitsMax, folded);
  let size = 0;
  let before = space;
  let all = 0;
  for (let index = 0; index < length; index++) {
    const unit = table[units[index] as number] as number;
    if (unit > 0) {
      if (unit === space && before === space) continue;
      out[size++] = unit;
      before = unit;
      all |= unit;
      continue;
    }
    const point = pointAt(units, index);
    if (point > 0xffff) index += 1;
    // What becomes several needs more room than there may be.
    if (out.length < size + foldedUnitsMax + length - index) out = withRoom(out, size, length - index);
    const end = appendFolded(point, tables, out, size);
    if (end < 0) return -1;
    for (let at = size; at < end; at++) all |= out[at] as number;
    size = end;
    before = size === 0 ? space : (out[size - 1] as number);
  }
  if (size > 0 && out[size - 1] === space) size -= 1;
  normalised.units = out;
  normalised.ascii = all < 0x80;
  return size;
}

/** What a code point is folded to has fewer code units: 18 is the most in Unicode 15. */
const foldedUnitsMax = 64;

/** A longer array with the same beginning, and room for so many code units besides. */
function withRoom(units: Uint16Array, size: number, more: number): Uint16Array {
  const longer = new Uint16Array(2 * (size + more + foldedUnitsMax));
  longer.set(units.subarray(0, size));
  return longer;
}

/** Adds a code point as it is folded; returns where it ends, or -1 if it may have to be composed. */
function appendFolded(point: number, tables: Unicode, out: Uint16Array, start: number): number {
  const properties = tables.properties[point] ?? 0;
  const to = properties & isFolded ? tables.casefold.get(point) : undefined;
  if (to === undefined) {
    if (properties & isNormalisable) return -1;
    return appendUnits(point, out, start);
  }
  let size = start;
  for (let index = 0; index < to.length;) {
    const part = codePointAt(to, index);
    const kind = tables.properties[part] ?? 0;
    if (kind & isNormalisable) return -1;
    if ((kind & isWhiteSpace) === 0) size = appendUnits(part, out, size);
    else if (size > 0 && out[size - 1] !== space) out[size++] = space;
    index += part > 0xffff ? 2 : 1;
  }
  return size;
}

function appendUnits(point: number, out: Uint16Array, size: number): number {
  if (point <= 0xffff) {
    out[size] = point;
    return size + 1;
  }
  out[size] = 0xd7c0 + (point >> 10);
  out[size + 1] = 0xdc00 | (point & 0x3ff);
  return size + 2;
}

/** The long way: any text. */
export function normalisePoints(text: string): string {
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
  return fromPoints(state.normalisable ? composeCanonically(points) : points);
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

/** The same of code units with 0 behind them, quicker. */
export function pointAt(units: Uint16Array, index: number): number {
  const unit = units[index] as number;
  if ((unit & 0xf800) !== 0xd800) return unit;
  const next = units[index + 1] as number;
  return unit < 0xdc00 && (next & 0xfc00) === 0xdc00 ? (unit - 0xd7c0) * 0x400 + (next & 0x3ff) : replacement;
}

/** Whether a UTF-16 code unit is half a pair, or a lone half. */
export function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** Joins code points in pieces, since a call takes only so many arguments. */
function fromPoints(points: readonly number[]): string {
  const pieceSize = 4_096;
  let text = "";
  for (let start = 0; start < points.length; start += pieceSize) {
    text += String.fromCodePoint(...points.slice(start, start + pieceSize));
  }
  return text;
}
