// SPDX-License-Identifier: Apache-2.0
// A text as its reader sees it, for the search of links: escapes undone, what is invisible taken away,
// letters that only look different read as ASCII. What was undone where is kept, since hiding is a fact.
import { codePointAt, isSurrogate } from "../text/normalise.ts";
import { isFolded, isIgnorable, unicode, type Unicode } from "../text/unicode.ts";
import type { LinkTrick } from "./link-tricks.ts";

/** Where something was undone in a text, in UTF-16 code units of the text that came out. */
export type Mark = {
  at: number;
  /** 0 where something was taken away. */
  length: number;
  trick: LinkTrick;
};

/** A text, and what was undone in it, in order. */
export type Readable = { text: string; marks: readonly Mark[] };

/** Most marks of one text; what is undone beyond them is undone without a mark. */
export const marksMax = 4_096;

/**
 * Undoes HTML escapes, drops what is invisible, and reads single characters that stand for an ASCII letter,
 * digit or sign (full-width, mathematical, circled; by NFKC_Casefold) as that.
 *
 * @param text any string
 */
export function makeReadable(text: string): Readable {
  const isAscii = !/[^\0-\x7f]/.test(text);
  if (isAscii && !text.includes("&")) return { text, marks: none };
  const tables = unicode();
  const marks: Mark[] = [];
  let readable = "";
  let from = 0;
  for (let index = 0; index < text.length;) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80 && unit !== ampersand) {
      const next = isAscii ? text.indexOf("&", index) : index + 1;
      index = next < 0 ? text.length : next;
      continue;
    }
    const undone = unit === ampersand ? undoEscape(text, index, tables) : undoCharacter(text, index, tables);
    if (undone.to === undefined) {
      index += undone.length;
      continue;
    }
    readable += text.slice(from, index);
    if (marks.length < marksMax)
      marks.push({ at: readable.length, length: undone.to.length, trick: undone.trick });
    readable += undone.to;
    index += undone.length;
    from = index;
  }
  return from === 0 ? { text, marks } : { text: readable + text.slice(from), marks };
}

const none: readonly Mark[] = [];
const ampersand = 0x26;

/** What stands for the code units at a place, `undefined` where they stand for themselves. */
type Undone = { to: string | undefined; length: number; trick: LinkTrick };

const escapes = /&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6}));/y;
const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function undoEscape(text: string, at: number, tables: Unicode): Undone {
  escapes.lastIndex = at;
  const [all = "", name, decimal, hexadecimal] = escapes.exec(text) ?? [];
  if (all === "") return { to: undefined, length: 1, trick: "escaped" };
  if (name !== undefined) return { to: named[name] ?? all, length: all.length, trick: "escaped" };
  const point = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
  if (!(point > 0 && point <= 0x10_ffff)) return { to: undefined, length: all.length, trick: "escaped" };
  const character = String.fromCodePoint(point);
  const { to = character } = undoCharacter(character, 0, tables);
  return { to, length: all.length, trick: to === "" ? "invisible" : "escaped" };
}

function undoCharacter(text: string, at: number, { properties, casefold }: Unicode): Undone {
  const unit = text.charCodeAt(at);
  const point = isSurrogate(unit) ? codePointAt(text, at) : unit;
  const length = point > 0xffff ? 2 : 1;
  const kind = point < 0x80 ? 0 : (properties[point] ?? 0);
  if (kind & isIgnorable) return { to: "", length, trick: "invisible" };
  if (point >= 0xff01 && point <= 0xff5e)
    return { to: String.fromCharCode(point - 0xfee0), length, trick: "styled" };
  const folded = kind & isFolded ? casefold.get(point) : undefined;
  const plain = folded !== undefined && folded.length === 1 && /[a-z0-9.@/: ]/.test(folded);
  return { to: plain ? folded : undefined, length, trick: "styled" };
}
