// SPDX-License-Identifier: Apache-2.0
// Where in a text links may stand, as a reader or an app that makes links clickable would find them.
import { LinkifyIt, REBuilder } from "linkify-it";
import { isPlainMail, plainUrlOf } from "./plain-pieces.ts";
import { codePointAt } from "../text/normalise.ts";
import { isDigit, isLetter, isMark, isWhiteSpace, unicode } from "../text/unicode.ts";

/** What may be a link. */
export type Candidate = {
  /** `http:` and the like, `//` for a link without scheme, empty for a bare name. */
  schema: string;
  /** Where it starts, in UTF-16 code units. */
  at: number;
  /** With scheme, as found; `\` as `/`. */
  raw: string;
};

/** The longest URL in UTF-16 code units; a longer one is cut. */
export const linkLengthMax = 2_048;
/** Text without white space is searched in pieces of so many UTF-16 code units; a link over a cut is cut. */
export const pieceLengthMax = 4_096;

/**
 * Finds candidates in order of appearance. E-mail addresses are none.
 *
 * @param text readable, as `makeReadable` gives it
 * @param take says whether to go on
 */
export function findCandidates(text: string, take: (candidate: Candidate) => boolean): void {
  if (!telling.test(text)) return;
  const bounds = findPieces(text);
  for (let at = 0; at < bounds.length; at += 2) {
    const start = bounds[at] ?? 0;
    const piece = makeSearchable(text.slice(start, bounds[at + 1]));
    if (!promising.test(piece) || isPlainMail(piece)) continue;
    const plain = plainUrlOf(piece);
    if (plain !== undefined) {
      const { schema, raw, at: index } = plain;
      if (!take({ schema, raw, at: start + index })) return;
      continue;
    }
    for (const { schema, raw, index } of linkify.match(piece) ?? []) {
      if (schema !== "mailto:" && !take({ schema, raw, at: start + index })) return;
    }
  }
}

/**
 * linkify-it finds the candidates; which of the bare ones count is decided elsewhere, so any suffix is let
 * in. It takes no port after a bare name, by which `example.com:8080/x` would be no link.
 */
export class Expressions extends REBuilder {
  override get_fuzzy_url_host_port(): RegExp {
    const suffix = `(?:${this.get_xn().source}|${this.get_pseudo_letter().source}{2,63})`;
    const host = `(?:(?:${this.get_domain().source})\\.){1,10}${suffix}`;
    const named = `(?:${host}|${this.get_ipv4_addr().source})`;
    return new RegExp(`(?:${named}${this.get_port().source}${this.get_host_terminator().source})`);
  }
}

/** What else linkify-it is told. */
export const linkifyOptions: ConstructorParameters<typeof LinkifyIt>[0] = {
  fuzzyLink: true,
  fuzzyEmail: true,
  urlAuth: true,
  maxLength: linkLengthMax,
};

const linkify = new LinkifyIt({ rebuilder: new Expressions(), ...linkifyOptions });

/** White space between words, as in a class of a regular expression. */
const white = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** What every link has. */
const telling = new RegExp(String.raw`[\u3002\uff61]|\.[^.${white}]|:[\\/]`);

/**
 * The parts of the text that may hold a link: those between white space that have a dot or a scheme. A scheme
 * opens a new part also where a letter is before it ("lookhttp://…"): scripts without spaces, and tricks.
 *
 * @returns start and end of each, in turn
 */
function findPieces(text: string): number[] {
  const { properties } = unicode();
  const bounds: number[] = [];
  const blank = (at: number): boolean => ((properties[text.charCodeAt(at)] ?? 0) & isWhiteSpace) !== 0;
  for (let end = 0; ;) {
    candidate.lastIndex = end;
    if (!candidate.test(text)) return bounds;
    let start = candidate.lastIndex - 1;
    while (start > end && !blank(start - 1)) start -= 1;
    end = candidate.lastIndex;
    while (end < text.length && !blank(end)) end += 1;
    cutWord(text, start, end, bounds);
  }
}

function cutWord(text: string, start: number, end: number, bounds: number[]): void {
  const word = text.slice(start, end);
  const starts = word.includes(":")
    ? Array.from(word.matchAll(gluedScheme), ({ index }) => start + index)
    : [];
  let from = start;
  for (const cut of [...starts, end]) {
    for (; from < cut; from = Math.min(cut, from + pieceLengthMax)) {
      bounds.push(from, Math.min(cut, from + pieceLengthMax));
    }
  }
}

const candidate = new RegExp(String.raw`\.[^.${white}]|[\u3002\uff61]|:[\\/]{2}`, "g");
/** Which pieces linkify-it needs to see. In ASCII, no link is without slashes or a suffix of letters. */
const promising = /[\w-]\.[A-Za-z]{2}|\/\/|[^\0-\x7f]|[0-9]\.[0-9]{1,3}[:/]/;
const gluedScheme = /(?<=[0-9A-Za-z\u0080-\uffff]|(?:^|[<"'[(])[a-z-]{1,12}=)https?:[\\/]{2}/gi;

/**
 * The piece as linkify-it should see it, code unit by code unit. Browsers read "\\" as "/", and 。as a dot in
 * a host. Arrows and emoji delimit links: linkify-it would take them for letters of a name.
 */
function makeSearchable(piece: string): string {
  const slashed = piece.replaceAll("\\", "/");
  if (!/[^\0-\x7f]/.test(slashed)) return slashed;
  const { properties } = unicode();
  const dotted = slashed.replaceAll(/(?<=[0-9A-Za-z])[\u3002\uff61](?=[0-9A-Za-z])/g, ".");
  return dotted.replaceAll(/[\ud800-\udbff][\udc00-\udfff]|[^\0-\x7f]/g, (character) => {
    const kind = properties[codePointAt(character, 0)] ?? 0;
    return kind & (isLetter | isMark | isDigit) ? character : " ".repeat(character.length);
  });
}
