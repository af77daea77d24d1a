// SPDX-License-Identifier: Apache-2.0
// The links in a text, however they are written.
import { isBareLink } from "./bare-links.ts";
import { findCandidates, linkLengthMax, pieceLengthMax, type Candidate } from "./candidates.ts";
import { applyEdits, findEdits, type Edit } from "./defanged.ts";
import { isAddress, readHost, type Host } from "./host.ts";
import type { LinkTrick } from "./link-tricks.ts";
import { readLookalike, spellInAscii } from "./lookalikes.ts";
import { makeReadable, type Mark } from "./readable.ts";
import { findTargets, shortenerOf } from "./redirects.ts";

export { linkLengthMax, pieceLengthMax };

/** One link of a text. */
export type Link = {
  /** `scheme://host[:port]` in lower-case ASCII without user or password, then what followed as written. */
  url: string;
  /** The registrable domain of the host, or its IP address; absent for a single name such as `localhost`. */
  domain: string | undefined;
  /** The host in lower-case ASCII. */
  host: string;
  /** What follows the host: port, path, query and fragment. */
  follows: string;
  /** What hides it or makes it look like another; repeats are possible. */
  tricks: readonly LinkTrick[];
};

/** What {@link findLinks} finds. */
export type FoundLinks = {
  /** In order of appearance, with repeats, each with the URLs in it behind it; at most {@link linksMax}. */
  links: readonly Link[];
  /**
   * The text, escapes undone and what is invisible taken away, with a space in the place of each link. Where
   * there is neither link nor escape it may be the text itself, which is the same when normalised.
   */
  rest: string;
  /** The same with whatever hides addresses undone too: "name (at) example.com" reads "name@example.com". */
  revealed: string;
};

/** How many links of one text are looked at; more change nothing. */
export const linksMax = 64;
/** How deep a URL may stand in URLs. */
const nestingMax = 3;

/**
 * Finds the links in a text: `http`, `https` and `ftp` URLs, `www.` names, and bare names that end in a
 * suffix of the Public Suffix List and look like a link rather than a missing space ({@link isBareLink}).
 * Whatever hides them is undone first (`makeReadable`, `findEdits`), and said in their tricks. URLs within
 * URLs are links too. E-mail addresses are none.
 *
 * Time is linear in the length of the text.
 *
 * @param text any string
 */
export function findLinks(text: string): FoundLinks {
  const { text: readable, marks } = makeReadable(text);
  const edits = findEdits(readable);
  const revealed = edits.length === 0 ? readable : applyEdits(readable, edits);
  const places = new Places(edits, marks);
  const links: Link[] = [];
  let rest = "";
  let kept = 0;
  let unlinked = "";
  let keptRevealed = 0;
  findCandidates(revealed, (candidate) => {
    const own: LinkTrick[] = [];
    const deliberate = edits.length > 0 && places.isEdited(candidate.at, candidate.at + candidate.raw.length);
    const link = readLink(candidate, deliberate, own);
    if (link === undefined) return true;
    const hostEnd = candidate.at + link.hostEnd;
    const end = candidate.at + link.length;
    places.addTricks(candidate.at, hostEnd, own);
    links.push({ ...link.link, tricks: own });
    addTargets(link.link, links, 1);
    unlinked += `${revealed.slice(keptRevealed, candidate.at)} `;
    keptRevealed = end;
    if (edits.length > 0) {
      rest += `${readable.slice(kept, Math.max(kept, places.toReadable(candidate.at, false)))} `;
      kept = places.toReadable(end, true);
    }
    return links.length < linksMax;
  });
  unlinked = keptRevealed === 0 ? revealed : unlinked + revealed.slice(keptRevealed);
  if (edits.length === 0) return { links, rest: unlinked, revealed: unlinked };
  return { links, rest: kept === 0 ? readable : rest + readable.slice(kept), revealed: unlinked };
}

/**
 * The same links as {@link findLinks} finds, where a text is one URL and nothing else ({@link isPlainUrl}).
 *
 * @param url at most {@link linkLengthMax} code units
 */
export function readPlainUrl(url: string): Link[] {
  const schema = url.slice(0, url.indexOf(":") + 1).toLowerCase();
  const tricks: LinkTrick[] = [];
  const read = readLink({ schema, raw: url, at: 0 }, false, tricks);
  if (read === undefined) return [];
  const links: Link[] = [{ ...read.link, tricks }];
  addTargets(read.link, links, 1);
  return links;
}

/**
 * Reads one URL or bare host as a link, as an attribute of HTML has it.
 *
 * @returns the link, and those that stand in it; none if it is none
 */
export function readUrl(url: string): Link[] {
  const [, schema, rest] = /^(https?:|ftp:)?(?:[\\/]{2})?([^\s]+)$/i.exec(url) ?? [];
  if (rest === undefined) return [];
  const raw = `${(schema ?? "http:").toLowerCase()}//${rest.replaceAll("\\", "/")}`.slice(0, linkLengthMax);
  const tricks: LinkTrick[] = [];
  const read = readLink({ schema: (schema ?? "http:").toLowerCase(), raw, at: 0 }, false, tricks);
  if (read === undefined) return [];
  const links: Link[] = [{ ...read.link, tricks }];
  addTargets(read.link, links, 1);
  return links;
}

// From a candidate to a link --------------------------------------------------------------------------------

type ReadLink = { link: Omit<Link, "tricks">; hostEnd: number; length: number };

/** Also says how many code units of the candidate its host ends after, and how many the link takes. */
function readLink(
  { schema, raw }: Candidate,
  deliberate: boolean,
  tricks: LinkTrick[],
): ReadLink | undefined {
  const bare = schema === "" || schema === "//";
  const bodyAt = schema === "" ? 0 : raw.indexOf("//") + 2;
  const body = raw.slice(bodyAt);
  const pathAt = body.search(/[/?#]/);
  const authority = pathAt < 0 ? body : body.slice(0, pathAt);
  const named = authority.slice(authority.lastIndexOf("@") + 1);
  const [, name = "", port = ""] = /^(.*?)(:[0-9]*)?$/.exec(named) ?? [];
  // No suffix mixes ASCII and other letters: "example.com看" is a name and then text without a space.
  const own = /^(.*\.[0-9A-Za-z-]{2,})[^\0-\x7f][^.]*$/.exec(name)?.[1];
  const path = pathAt < 0 || own !== undefined ? "" : body.slice(pathAt);
  const follows = own === undefined ? port + path : "";
  const written = own ?? name;
  const host = readWritten(written, bare, tricks);
  if (host === undefined || isNameSpace(host.ascii, follows)) return undefined;
  // A scheme that was pieced together before a single word may be anything.
  if (deliberate && host.domain === undefined) return undefined;
  if (bare && !isBareAddress(host, written, follows) && !isBareLink(written, host, follows, deliberate))
    return undefined;
  addHostTricks(host, written, authority.length > named.length, tricks);
  const url = `${bare ? "http:" : schema}//${host.ascii}${follows}`.slice(0, linkLengthMax);
  const cut = own === undefined ? 0 : body.length - (authority.length - named.length) - own.length;
  const hostEnd = bodyAt + authority.length - (own === undefined ? 0 : named.length - own.length);
  const link = { url, domain: host.domain, host: host.ascii, follows };
  return { link, hostEnd, length: raw.length - cut };
}

/** A bare name whose suffix exists only for who takes its letters for Latin ones is read as they read it. */
function readWritten(written: string, bare: boolean, tricks: LinkTrick[]): Host | undefined {
  const host = readHost(written);
  if (!bare || host === undefined || host.listed || !host.ascii.includes("xn--")) return host;
  const spelled = readHost(spellInAscii(written));
  if (spelled === undefined || !spelled.listed || spelled.ascii.includes("xn--")) return host;
  tricks.push("homoglyph");
  return spelled;
}

/**
 * An address without scheme is a link if a port or a path that is no prefix follows, and all of it is there:
 * 192.0.2.0/24 is none, and neither is 19.95/month.
 */
function isBareAddress({ ascii }: Host, written: string, follows: string): boolean {
  return isAddress(ascii) && written === ascii && /^(?::[0-9]{2,5}(?:\/|$)|\/[A-Za-z~_?])/.test(follows);
}

/** Declarations of HTML and XML name URLs that nobody is meant to follow. */
function isNameSpace(ascii: string, follows: string): boolean {
  return ascii === "www.w3.org" && /^\/(?:TR|1999|2000)\//.test(follows);
}

function addHostTricks(host: Host, written: string, user: boolean, tricks: LinkTrick[]): void {
  if (user) tricks.push("userInfo");
  if (isAddress(host.ascii)) {
    tricks.push("address");
    if (!host.ascii.startsWith("[") && written !== host.ascii) tricks.push("oddAddress");
  }
  if (written.endsWith(".")) tricks.push("trailingDot");
  if (shortenerOf(host.ascii) !== undefined) tricks.push("shortener");
  if (!host.ascii.includes("xn--")) return;
  if (/(?:^|\.)xn--/i.test(written)) tricks.push("punycode");
  if (readLookalike(host.ascii)?.homoglyphs === true) tricks.push("homoglyph");
}

function addTargets(link: Omit<Link, "tricks">, links: Link[], depth: number): void {
  const at = links.length - 1;
  for (const { url, known } of findTargets(link.host, link.follows)) {
    const outer = links[at];
    if (outer === undefined || links.length >= linksMax) return;
    const tricks: LinkTrick[] = [];
    const schema = url.startsWith("https") ? "https:" : "http:";
    const raw = url.replaceAll("\\", "/").slice(0, linkLengthMax);
    const target = readLink({ schema, raw, at: 0 }, false, tricks);
    if (target === undefined) continue;
    links[at] = { ...outer, tricks: [...outer.tricks, known ? "redirect" : "nested"] };
    links.push({ ...target.link, tricks });
    if (depth < nestingMax) addTargets(target.link, links, depth + 1);
  }
}

// What was undone where -------------------------------------------------------------------------------------

/** Finds, for places in the revealed text that only ever advance, what was undone to get there. */
class Places {
  readonly #edits: readonly Edit[];
  readonly #marks: readonly Mark[];
  /** The first edit that doesn't end before the last place that was asked for. */
  #edit = 0;
  /** By how much the revealed text is longer than the readable one before that edit. */
  #shift = 0;
  #mark = 0;

  constructor(edits: readonly Edit[], marks: readonly Mark[]) {
    this.#edits = edits;
    this.#marks = marks;
  }

  /** Whether an edit touches the places from `from` to `to`. */
  isEdited(from: number, to: number): boolean {
    this.#advance(from);
    const edit = this.#edits[this.#edit];
    return edit !== undefined && edit.from + this.#shift < to;
  }

  /** Adds the tricks that were undone between two places. */
  addTricks(from: number, to: number, tricks: LinkTrick[]): void {
    this.#advance(from);
    let shift = this.#shift;
    let end = to - shift;
    for (let at = this.#edit; at < this.#edits.length; at++) {
      const edit = this.#edits[at];
      // What was taken away at the very end of the host belongs to it.
      if (edit === undefined || edit.from + shift >= to + (edit.text === "" ? 1 : 0)) break;
      tricks.push(edit.trick);
      shift += edit.text.length - (edit.to - edit.from);
      end = to - shift;
    }
    const start = from - this.#shift;
    for (; this.#mark < this.#marks.length; this.#mark++) {
      const mark = this.#marks[this.#mark];
      if (mark === undefined || mark.at >= end) return;
      if (mark.length === 0 ? mark.at > start : mark.at >= start) tricks.push(mark.trick);
    }
  }

  /** The place in the readable text; what was replaced goes to the side that is asked for. */
  toReadable(place: number, end: boolean): number {
    this.#advance(place);
    const edit = this.#edits[this.#edit];
    if (edit === undefined || edit.from + this.#shift >= place) return place - this.#shift;
    return end ? edit.to : edit.from;
  }

  #advance(place: number): void {
    for (; this.#edit < this.#edits.length; this.#edit++) {
      const edit = this.#edits[this.#edit];
      if (edit === undefined || edit.from + this.#shift + edit.text.length > place) return;
      this.#shift += edit.text.length - (edit.to - edit.from);
    }
  }
}
