// SPDX-License-Identifier: Apache-2.0
// Hosts in other letters than ASCII, and which hosts in ASCII they look like.
import { asciiLook } from "../text/looks.ts";
import { isMark, unicode } from "../text/unicode.ts";
import { decodePunycode } from "./punycode.ts";

/** What a host in other letters looks like. */
export type Lookalike = {
  /** The host as it is shown. */
  decoded: string;
  /** The host in ASCII that readers take it for, `undefined` if there is none. */
  looksLike: string | undefined;
  /** Whether letters of other scripts make it look so, rather than marks on Latin letters. */
  homoglyphs: boolean;
};

/**
 * Reads a host name, or `undefined` where all of it is ASCII.
 *
 * @param ascii in lower-case ASCII, labels of other letters as `xn--…`
 */
export function readLookalike(ascii: string): Lookalike | undefined {
  if (!ascii.includes("xn--")) return undefined;
  const labels = ascii.split(".").map((label) => decodeLabel(label));
  const decoded = labels.join(".");
  const looksLike = labels.map((label) => spellInAscii(label)).join(".");
  const shown = /^[a-z0-9._-]+$/.test(looksLike) ? looksLike : undefined;
  return { decoded, looksLike: shown, homoglyphs: shown !== undefined && shown !== withoutMarks(decoded) };
}

/** How a name in other letters is read by who takes them for Latin ones. */
export function spellInAscii(label: string): string {
  return isAscii(label) ? label : asciiLook(label);
}

function decodeLabel(label: string): string {
  return label.startsWith("xn--") ? (decodePunycode(label.slice(4)) ?? label) : label;
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}

/** Base letters alone, by the pinned tables: `é` as `e`. */
function withoutMarks(text: string): string {
  const { decompositions, properties } = unicode();
  let out = "";
  for (const character of text) {
    let point = character.codePointAt(0) ?? 0;
    for (let parts = decompositions.get(point); parts !== undefined; parts = decompositions.get(point)) {
      [point = 0] = parts;
    }
    if (((properties[point] ?? 0) & isMark) === 0) out += String.fromCodePoint(point);
  }
  return out;
}
