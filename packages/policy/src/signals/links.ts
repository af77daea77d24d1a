// SPDX-License-Identifier: Apache-2.0
// The links in a text, found as a reader or an app that makes links clickable would find them.
import { LinkifyIt, REBuilder } from "linkify-it";
import { codePointAt, isSurrogate } from "../text/normalise.ts";
import { isDigit, isIgnorable, isLetter, isMark, isWhiteSpace, unicode } from "../text/unicode.ts";
import { isBareLink } from "./bare-links.ts";
import { readHost } from "./host.ts";

/** One link of a text. */
export type Link = {
  /** `scheme://host[:port]` in lower-case ASCII without user or password, then what followed as written. */
  url: string;
  /** The registrable domain of the host, or its IP address; absent for a single name such as `localhost`. */
  domain: string | undefined;
};

/** What {@link findLinks} finds. */
export type FoundLinks = {
  /** In order of appearance, repeats included; at most {@link linksMax}. */
  links: readonly Link[];
  /**
   * The text, escapes undone and what is invisible taken away, with a space in the place of each link. Where
   * there is neither link nor escape it may be the text itself, which is the same when normalised.
   */
  rest: string;
};

/** How many links of one text are looked at; more change nothing. */
export const linksMax = 64;
/** The longest URL in UTF-16 code units; a longer one is cut. */
export const linkLengthMax = 2_048;
/** Text without white space is searched in pieces of so many UTF-16 code units; a link over a cut is cut. */
export const pieceLengthMax = 4_096;

/**
 * Finds the links in a text: `http`, `https` and `ftp` URLs, `www.` names, and bare names that end in a
 * suffix of the Public Suffix List and look like a link rather than a missing space ({@link isBareLink}).
 * HTML escapes are undone first, invisible characters dropped, and full-width ASCII read as ASCII, since
 * apps that show the text do so or readers can't tell. E-mail addresses are no links.
 *
 * Time is linear in the length of the text.
 *
 * @param text any string
 */
export function findLinks(text: string): FoundLinks {
  if (!telling.test(text) && text.isWellFormed()) return { links: [], rest: text };
  const readable = makeReadable(text);
  const links: Link[] = [];
  let rest = "";
  let kept = 0;
  const bounds = findPieces(readable);
  for (let at = 0; at < bounds.length && links.length < linksMax; at += 2) {
    const start = bounds[at] ?? 0;
    const piece = makeSearchable(readable.slice(start, bounds[at + 1]));
    if (!promising.test(piece)) continue;
    for (const match of linkify.match(piece) ?? []) {
      const link = readLink(match.schema, match.raw);
      if (link === undefined) continue;
      links.push({ url: link.url, domain: link.domain });
      rest += `${readable.slice(kept, start + match.index)} `;
      kept = start + match.index + link.length;
      if (links.length >= linksMax) break;
    }
  }
  return { links, rest: kept === 0 ? readable : rest + readable.slice(kept) };
}

/**
 * linkify-it finds the candidates; which of the bare ones count is decided here, so any suffix is let in. It
 * takes no port after a bare name, by which `example.com:8080/x` would be no link.
 */
class Expressions extends REBuilder {
  override get_fuzzy_url_host_port(): RegExp {
    const suffix = `(?:${this.get_xn().source}|${this.get_pseudo_letter().source}{2,63})`;
    const host = `(?:(?:${this.get_domain().source})\\.){1,10}${suffix}`;
    return new RegExp(`(?:${host}${this.get_port().source}${this.get_host_terminator().source})`);
  }
}

const linkify = new LinkifyIt({
  rebuilder: new Expressions(),
  fuzzyLink: true,
  fuzzyEmail: true,
  urlAuth: true,
  maxLength: linkLengthMax,
});

// Candidates ------------------------------------------------------------------------------------------------

/** White space between words, as in a class of a regular expression. */
const white = String.raw`\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/**
 * What a text has that needs a closer look: an escape, or what {@link candidate} would find once the text is
 * readable, where any character that is not ASCII may vanish or be full-width.
 */
const telling = new RegExp(
  String.raw`[&\u3002\uff61]|[.\uff0e][^.\uff0e${white}]|[:\uff1a](?:[\\/]|[^\0-\x7f])`,
);

/** Undoes escapes, drops what is invisible, and reads full-width forms as the ASCII that they stand for. */
function makeReadable(text: string): string {
  let readable = text.includes("&") ? text.replaceAll(escapes, unescape) : text;
  if (/[^\0-\x7f]/.test(readable)) readable = dropIgnorable(readable).replaceAll(/[\uff01-\uff5e]/g, narrow);
  return readable;
}

const escapes = /&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6}));/g;
const named: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
};

function unescape(all: string, name?: string, decimal?: string, hexadecimal?: string): string {
  if (name !== undefined) return named[name] ?? all;
  const point = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
  return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : all;
}

function narrow(wide: string): string {
  return String.fromCharCode(wide.charCodeAt(0) - 0xfee0);
}

function dropIgnorable(text: string): string {
  const { properties } = unicode();
  let kept = "";
  let from = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    const point = isSurrogate(unit) ? codePointAt(text, index) : unit;
    const units = point > 0xffff ? 2 : 1;
    if ((properties[point] ?? 0) & isIgnorable) {
      kept += text.slice(from, index);
      from = index + units;
    }
    index += units - 1;
  }
  return from === 0 ? text : kept + text.slice(from);
}

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
const promising = /[\w-]\.[A-Za-z]{2}|\/\/|[^\0-\x7f]/;
const gluedScheme = /(?<=[0-9A-Za-z\u0080-\uffff])https?:[\\/]{2}/gi;

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

// From a candidate to a link --------------------------------------------------------------------------------

/** Also says how many code units of the candidate the link takes. */
function readLink(schema: string, raw: string): (Link & { length: number }) | undefined {
  if (schema === "mailto:") return undefined;
  const bare = schema === "" || schema === "//";
  const body = raw.slice(schema === "" ? 0 : raw.indexOf("//") + 2);
  const pathAt = body.search(/[/?#]/);
  const authority = pathAt < 0 ? body : body.slice(0, pathAt);
  const named = authority.slice(authority.lastIndexOf("@") + 1);
  const [, name = "", port = ""] = /^(.*?)(:[0-9]+)?$/.exec(named) ?? [];
  // No suffix mixes ASCII and other letters: "example.com看" is a name and then text without a space.
  const own = /^(.*\.[0-9A-Za-z-]{2,})[^\0-\x7f][^.]*$/.exec(name)?.[1];
  const path = pathAt < 0 || own !== undefined ? "" : body.slice(pathAt);
  const follows = own === undefined ? port + path : "";
  const host = readHost(own ?? name);
  if (host === undefined) return undefined;
  if (bare && !isBareLink(own ?? name, host, follows)) return undefined;
  const url = `${bare ? "http:" : schema}//${host.ascii}${follows}`.slice(0, linkLengthMax);
  const cut = own === undefined ? 0 : body.length - (authority.length - named.length) - own.length;
  return { url, domain: host.domain, length: raw.length - cut };
}
