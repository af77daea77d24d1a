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

/** The quick way for ASCII, or `undefined`. `toLowerCase` of ASCII is the same in every Unicode version. */
function normaliseAscii(text: string): string | undefined {
  let tidy = true;
  let before = space;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return undefined;
    const blank = unit === space || (unit >= 0x09 && unit <= 0x0d);
    if (blank && (before === space || unit !== space)) tidy = false;
    before = blank ? space : unit;
  }
  const folded = text.toLowerCase();
  if (tidy && before !== space) return folded;
  return folded.replaceAll(/[\t-\r ]+/g, " ").replaceAll(/^ | $/g, "");
}

function normaliseUnicode(text: string): string {
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
  return fromCodePoints(state.normalisable ? composeCanonically(points) : points);
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

/** Joins code points in pieces, since a call takes only so many arguments. */
function fromCodePoints(points: readonly number[]): string {
  const pieceSize = 4_096;
  if (points.length <= pieceSize) return String.fromCodePoint(...points);
  let text = "";
  for (let start = 0; start < points.length; start += pieceSize) {
    text += String.fromCodePoint(...points.slice(start, start + pieceSize));
  }
  return text;
}
