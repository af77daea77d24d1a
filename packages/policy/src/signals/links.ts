// SPDX-License-Identifier: Apache-2.0
// The links in a text, found as a reader or an app that makes links clickable would find them.
import { LinkifyIt } from "linkify-it";
import { isIgnorable, isLetter, unicode } from "../text/unicode.ts";
import { codePointAt } from "../text/normalise.ts";
import { readHost, type Host } from "./host.ts";

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
  /** The text, its escapes undone and what is invisible taken away, with a space in the place of each link. */
  rest: string;
};

/** How many links of one text are looked at; more change nothing. */
export const linksMax = 64;
/** The longest URL in UTF-16 code units; a longer one is cut. */
export const linkLengthMax = 2_048;
/** Text without white space is searched in pieces of so many UTF-16 code units; a link over a cut is cut. */
export const pieceLengthMax = 4_096;

/**
 * Finds the links in a text: `http`, `https` and `ftp` URLs, `www.` names, and bare names that end in a suffix
 * of the Public Suffix List and look like a link rather than a missing space ({@link isBareLink}). HTML
 * escapes are undone first, invisible characters dropped, and full-width ASCII read as ASCII, since apps that
 * show the text do so or readers can't tell. E-mail addresses are no links.
 *
 * Time is linear in the length of the text.
 *
 * @param text any string
 */
export function findLinks(text: string): FoundLinks {
  const readable = makeReadable(text);
  if (!/[.:]/.test(readable)) return { links: [], rest: readable };
  const links: Link[] = [];
  let rest = "";
  let kept = 0;
  for (const [start, end] of pieces(readable)) {
    if (links.length >= linksMax) break;
    for (const match of linkify.match(readable.slice(start, end)) ?? []) {
      const link = readLink(match.schema, match.raw);
      if (link === undefined) continue;
      links.push(link);
      rest += `${readable.slice(kept, start + match.index)} `;
      kept = start + match.lastIndex;
      if (links.length >= linksMax) break;
    }
  }
  return { links, rest: kept === 0 ? readable : rest + readable.slice(kept) };
}

/** linkify-it finds the candidates; which of the bare ones count is decided here, so any suffix is let in. */
const linkify = new LinkifyIt({
  fuzzyLink: true,
  fuzzyEmail: true,
  urlAuth: true,
  maxLength: linkLengthMax,
  tlds: ["[a-z]{2,24}", "[^\\0-\\x7f]{1,63}"],
});

// Candidates ------------------------------------------------------------------------------------------------

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
  for (let index = 0; index < text.length;) {
    const point = codePointAt(text, index);
    const units = point > 0xffff ? 2 : 1;
    if ((properties[point] ?? 0) & isIgnorable) {
      kept += text.slice(from, index);
      from = index + units;
    }
    index += units;
  }
  return from === 0 ? text : kept + text.slice(from);
}

/** The parts of the text that may hold a link: those between white space that have a dot or a scheme. */
function* pieces(text: string): Generator<readonly [start: number, end: number]> {
  for (const word of text.matchAll(
    /[^\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/g,
  )) {
    const end = word.index + word[0].length;
    if (!/\.[^.]|:\/\//.test(word[0])) continue;
    for (let start = word.index; start < end; start += pieceLengthMax) {
      yield [start, Math.min(end, start + pieceLengthMax)];
    }
  }
}

// From a candidate to a link --------------------------------------------------------------------------------

function readLink(schema: string, raw: string): Link | undefined {
  if (schema === "mailto:") return undefined;
  const bare = schema === "" || schema === "//";
  const body = raw.slice(schema === "" ? 0 : raw.indexOf("//") + 2);
  const pathAt = body.search(/[/?#]/);
  const authority = pathAt < 0 ? body : body.slice(0, pathAt);
  const path = pathAt < 0 ? "" : body.slice(pathAt);
  const [, name = "", port = ""] =
    /^(.*?)(:[0-9]+)?$/.exec(authority.slice(authority.lastIndexOf("@") + 1)) ?? [];
  const host = readHost(name);
  if (host === undefined) return undefined;
  if (bare && !isBareLink(name, host, port + path, schema)) return undefined;
  const scheme = bare ? "http:" : schema;
  return { url: `${scheme}//${host.ascii}${port}${path}`.slice(0, linkLengthMax), domain: host.domain };
}

function isBareLink(_name: string, host: Host, _path: string, _schema: string): boolean {
  return host.listed && host.domain !== undefined;
}
void isLetter;
