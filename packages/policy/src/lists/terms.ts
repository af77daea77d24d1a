// SPDX-License-Identifier: Apache-2.0
// Terms: words and phrases, found in normalised text as whole words.
import { foldText } from "../text/fold.ts";
import { codePointAt, normaliseText } from "../text/normalise.ts";
import { isDigit, isLetter, isMark, unicode } from "../text/unicode.ts";

/** Longest term, normalised, in UTF-16 code units. */
export const termLengthMax = 256;

/** What a term asks of a text. */
export type Term = {
  /** What must stand in the normalised text. */
  readonly core: string;
  /** Whether no letter, mark or digit may stand before it; so for `after` it. */
  readonly wholeBefore: boolean;
  readonly wholeAfter: boolean;
};

/**
 * A term in its one form: normalised, with a `*` at an end where it had one. A `*` at an end stands for what
 * may go on there; `\*` there is the character. Empty if nothing is left of it.
 */
export function canonicalTerm(written: string): string {
  const { prefix, core, suffix } = splitTerm(written.trim());
  const normalised = normaliseText(core);
  return normalised === "" ? "" : joinTerm(prefix, normalised, suffix);
}

/** A canonical term as it stands in skeletons; itself if nothing would be left of it. */
export function skeletonTerm(canonical: string): string {
  const { prefix, core, suffix } = splitTerm(canonical);
  const { skeleton } = foldText(core);
  return skeleton === core || skeleton === "" ? canonical : joinTerm(prefix, skeleton, suffix);
}

/** Reads a term in its canonical form. */
export function readTerm(canonical: string): Term {
  const { prefix, core, suffix } = splitTerm(canonical);
  return {
    core,
    wholeBefore: prefix === "" && joins(codePointAt(core, 0)),
    wholeAfter: suffix === "" && joins(lastPoint(core, core.length)),
  };
}

/**
 * Whether a term that stands in a text from `start` to `end` stands there as a whole word.
 *
 * @param text normalised
 */
export function isWhole(term: Term, text: string, start: number, end: number): boolean {
  if (term.wholeBefore && start > 0 && joins(lastPoint(text, start))) return false;
  return !(term.wholeAfter && end < text.length && joins(codePointAt(text, end)));
}

/**
 * Whether a term can be found word by word: where it begins and ends with letters, they must be whole words,
 * so that it consists of the same words as the text that holds it.
 */
export function isPhrase({ core, wholeBefore, wholeAfter }: Term): boolean {
  if (core.length > termLengthMax || core.startsWith(" ") || core.endsWith(" ")) return false;
  return (
    (wholeBefore || !joins(codePointAt(core, 0))) && (wholeAfter || !joins(lastPoint(core, core.length)))
  );
}

function splitTerm(written: string): { prefix: "" | "*"; core: string; suffix: "" | "*" } {
  const prefix = written.startsWith("*") && written.length > 1 ? "*" : "";
  const suffix = written.length > 1 && written.endsWith("*") && !written.endsWith("\\*") ? "*" : "";
  let core = written.slice(prefix.length, written.length - suffix.length);
  if (prefix === "" && core.startsWith("\\*")) core = core.slice(1);
  if (suffix === "" && core.endsWith("\\*")) core = `${core.slice(0, -2)}*`;
  return { prefix, core, suffix };
}

function joinTerm(prefix: string, core: string, suffix: string): string {
  // A lone star is the character, and needs no escape.
  if (core === "*" && prefix === "" && suffix === "") return core;
  // No word ends with a backslash, so a star after it would say nothing, and be read as the character.
  if (suffix === "*" && core.endsWith("\\")) return joinTerm(prefix, core, "");
  const escapedEnd = suffix === "" && core.endsWith("*") ? `${core.slice(0, -1)}\\*` : core;
  const escaped = prefix === "" && core.startsWith("*") ? `\\${escapedEnd}` : escapedEnd;
  return `${prefix}${escaped}${suffix}`;
}

/**
 * Whether a character makes one word with a letter beside it: letters, marks and digits do, but not those of
 * scripts that are written without spaces, where a whole word can't be told from its neighbours.
 *
 * @param point of normalised text, which has no ASCII capitals
 */
export function joins(point: number): boolean {
  if (point < 0x80) return (point >= 0x61 && point <= 0x7a) || (point >= 0x30 && point <= 0x39);
  if (((unicode().properties[point] ?? 0) & (isLetter | isMark | isDigit)) === 0) return false;
  return point < 0x0e00 || !unspaced.some(([first, last]) => point >= first && point <= last);
}

/** Blocks of scripts without spaces: Thai, Lao, Tibetan, Myanmar, Khmer, Kana, Han, and their supplements. */
const unspaced: readonly (readonly [number, number])[] = [
  [0x0e00, 0x0fff],
  [0x1000, 0x109f],
  [0x1780, 0x17ff],
  [0x1950, 0x19ff],
  [0x1a20, 0x1aaf],
  [0x2e80, 0x312f],
  [0x31a0, 0x9fff],
  [0xa9e0, 0xa9ff],
  [0xaa60, 0xaadf],
  [0xf900, 0xfaff],
  [0xff66, 0xff9f],
  [0x1_6fe0, 0x1_b2ff],
  [0x2_0000, 0x3_ffff],
];

function lastPoint(text: string, end: number): number {
  const unit = text.charCodeAt(end - 1);
  return codePointAt(text, unit >= 0xdc00 && unit <= 0xdfff && end > 1 ? end - 2 : end - 1);
}
