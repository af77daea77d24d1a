// SPDX-License-Identifier: Apache-2.0
// Links in markup: what HTML, Markdown and BBCode lead to, against what they show.
import { findLinks, linksMax, readPlainUrl, readUrl, type Link } from "./links.ts";
import type { LinkTrick } from "./link-tricks.ts";
import { isPlainUrl } from "./plain-pieces.ts";
import { makeReadable } from "./readable.ts";

/** What {@link findMarkup} finds. */
export type Markup = {
  /** Links in attributes and in the shown text of HTML; with repeats. */
  urls: readonly Link[];
  /** The hosts of `mailto:` addresses. */
  emailHosts: readonly string[];
  tricks: ReadonlySet<LinkTrick>;
};

const nothing: Markup = { urls: [], emailHosts: [], tricks: new Set() };

/** Most tags of one text that are read. */
export const tagsMax = 20_000;
/** How much of what a link shows is looked at, in UTF-16 code units. */
const shownMax = 256;
/** Most links whose shown text is compared with their target. */
const comparedMax = 256;

/**
 * Reads markup: HTML that is given beside the text, and HTML, Markdown and BBCode in the text.
 *
 * Linear in the length of both; never throws. Markup that no browser takes is skipped.
 */
export function findMarkup(text: string, html: string | undefined): Markup {
  const inText = text.includes("<") && /<\/?[A-Za-z]/.test(text) && /\b(?:href|src|action)\b/i.test(text);
  const brackets = text.includes("](") || /\[url=/i.test(text);
  if (html === undefined && !inText && !brackets) return nothing;
  const found: Found = {
    urls: [],
    emailHosts: new Set(),
    tricks: new Set(),
    compared: 0,
    targets: new Map(),
  };
  if (inText) readHtml(text, found);
  if (html !== undefined) {
    const shown = readHtml(html, found);
    for (const link of findLinks(shown).links) addUrls(found, [link]);
  }
  if (brackets) readBrackets(text, found);
  return { urls: found.urls, emailHosts: [...found.emailHosts], tricks: found.tricks };
}

type Found = {
  urls: Link[];
  emailHosts: Set<string>;
  tricks: Set<LinkTrick>;
  compared: number;
  targets: Map<string, readonly Link[]>;
};

function addUrls(found: Found, links: readonly Link[]): void {
  for (const link of links) if (found.urls.length < linksMax * 4) found.urls.push(link);
}

// HTML ------------------------------------------------------------------------------------------------------

type Anchor = { target: readonly Link[]; from: number };

/** Reads the links in tags. Returns the text that is shown. */
function readHtml(html: string, found: Found): string {
  let shown = "";
  let at = 0;
  let anchor: Anchor | undefined;
  for (let tags = 0; tags < tagsMax; tags++) {
    const open = html.indexOf("<", at);
    if (open < 0) break;
    shown += html.slice(at, open);
    if (html.startsWith("<!", open) || html.startsWith("<?", open)) {
      at = after(html, html.startsWith("<!--", open) ? "-->" : ">", open);
      continue;
    }
    tagStart.lastIndex = open;
    const [all = "", slash, written = ""] = tagStart.exec(html) ?? [];
    if (all === "") {
      shown += "<";
      at = open + 1;
      continue;
    }
    const name = written.toLowerCase();
    const { end, attributes } = readAttributes(html, open + all.length);
    at = end;
    if (slash === "/") {
      if (name === "a") anchor = closeAnchor(anchor, shown, found);
      if (!inline.has(name)) shown += "\n";
      continue;
    }
    if (!inline.has(name)) shown += "\n";
    const target = readTag(name, attributes, found);
    if (name === "a") anchor = { target, from: shown.length };
    if (name === "script" || name === "style") at = skipTo(html, name, at);
  }
  return shown + html.slice(at);
}

/** Elements that don't part words. */
const inline = new Set(
  "a b i u em strong font span s strike big small sub sup code tt abbr wbr img".split(" "),
);
const tagStart = /<(\/?)([A-Za-z][^\s/>]{0,31})/y;
const attribute = /[\s/]*([^\s=>/"'][^\s=>/]{0,63}|["'])(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y;
/** Most attributes of one tag. */
const attributesMax = 64;
const linking = new Set(
  "href src action formaction background content data longdesc dynsrc lowsrc".split(" "),
);

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from);
  return at < 0 ? html.length : at + mark.length;
}

function skipTo(html: string, name: string, from: number): number {
  const end = name === "script" ? /<\/script/gi : /<\/style/gi;
  end.lastIndex = from;
  return end.exec(html)?.index ?? html.length;
}

function readAttributes(
  html: string,
  from: number,
): { end: number; attributes: ReadonlyMap<string, string> } {
  if (html.charCodeAt(from) === closing) return { end: from + 1, attributes: noAttributes };
  let attributes: Map<string, string> | undefined;
  let end = from;
  for (let count = 0; count < attributesMax; count++) {
    attribute.lastIndex = end;
    const match = attribute.exec(html);
    if (match === null) break;
    end = attribute.lastIndex;
    const [, name = "", double, single, bare] = match;
    const key = name.toLowerCase();
    if (!linking.has(key)) continue;
    attributes ??= new Map();
    if (!attributes.has(key)) attributes.set(key, double ?? single ?? bare ?? "");
  }
  return { end: after(html, ">", end), attributes: attributes ?? noAttributes };
}

const noAttributes: ReadonlyMap<string, string> = new Map();
/** `>`. */
const closing = 0x3e;

/** Takes in what a tag leads to; returns it for a link that shows something. */
function readTag(name: string, attributes: ReadonlyMap<string, string>, found: Found): readonly Link[] {
  // Style sheets, name spaces and licences lead nobody anywhere.
  if (name === "link" || attributes.size === 0) return [];
  let first: readonly Link[] = [];
  for (const [key, value] of attributes) {
    const written =
      key === "content" ? (/^[^;]{0,16};\s*url\s*=\s*['"]?(.*)$/is.exec(value)?.[1] ?? "") : value;
    const links = readTarget(written, found);
    if (key === "href") first = links;
  }
  return first;
}

/** The links that an attribute leads to; pages repeat them. */
function readTarget(written: string, found: Found): readonly Link[] {
  if (written.length < 4) return [];
  let links = found.targets.get(written);
  if (links === undefined) {
    links = isPlainUrl(written) ? readPlain(written) : readWritten(written, found);
    if (found.targets.size < targetsMax) found.targets.set(written, links);
  }
  addUrls(found, links);
  return links;
}

/** Most targets of a page that are remembered. */
const targetsMax = 256;

function readPlain(url: string): readonly Link[] {
  const links = readPlainUrl(url);
  return links.length > 0 ? links : readUrl(url);
}

/** Browsers drop tabs and line breaks within, and white space around, a URL (WHATWG URL, section 4.4). */
function readWritten(written: string, found: Found): readonly Link[] {
  const url = makeReadable(written.slice(0, 8_192))
    .text.replaceAll(/[\t\n\r]/g, "")
    .trim();
  if (/^(?:javascript|vbscript):|^data:text\/html/i.test(url)) found.tricks.add("script");
  const mail = /^mailto:[^?]{0,128}@([^?@,\s]{1,253})/i.exec(url)?.[1];
  const host = mail === undefined ? undefined : readUrl(`http://${mail}`)[0];
  if (host?.domain !== undefined && found.emailHosts.size < linksMax) found.emailHosts.add(host.host);
  if (!/^(?:https?:|ftp:|[\\/]{2})/i.test(url)) return [];
  const revealed = findLinks(url.replaceAll(" ", "%20")).links;
  return revealed.length > 0 ? revealed : readUrl(url.replaceAll(/\s/g, ""));
}

function closeAnchor(anchor: Anchor | undefined, shown: string, found: Found): undefined {
  if (anchor !== undefined) compare(shown.slice(anchor.from, anchor.from + shownMax), anchor.target, found);
  return undefined;
}

/** A link that shows another domain than the one it leads to. */
function compare(shown: string, target: readonly Link[], found: Found): void {
  if (target.length === 0 || !shown.includes(".") || found.compared >= comparedMax) return;
  found.compared += 1;
  const { links, rest } = findLinks(shown.trim());
  const [first] = links;
  if (first?.domain === undefined || rest.trim().length > besidesMax) return;
  if (!target.some(({ domain }) => domain === first.domain)) found.tricks.add("mismatch");
}

/** How much else than a link a link may show and still be taken to show a link, in UTF-16 code units. */
const besidesMax = 16;

// Markdown and BBCode ---------------------------------------------------------------------------------------

const bracketLinks = new RegExp(
  String.raw`\[([^\][\n]{4,256})\]\(\s?<?((?:https?:)?\/\/[^\s)>[]{4,2048})` +
    String.raw`|\[url=["']?([^\][\s"']{4,2048})["']?\]([^[\n]{4,256})\[\/url\]`,
  "gi",
);

function readBrackets(text: string, found: Found): void {
  for (const [, shown, target, bbTarget, bbShown] of text.matchAll(bracketLinks)) {
    if (found.compared >= comparedMax) return;
    compare(shown ?? bbShown ?? "", readUrl(target ?? bbTarget ?? ""), found);
  }
}
