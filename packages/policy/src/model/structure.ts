// SPDX-License-Identifier: Apache-2.0
// What a text is like, apart from what it says: its length, its signs, capitals, links, tricks, and markup.
import type { Tricks } from "../text/fold.ts";
import { isLowercase, isUppercase, unicode } from "../text/unicode.ts";
import { readUnits, unitBuffer } from "../text/units.ts";
import { lowerAscii } from "./characters.ts";
import type { FeatureSet } from "./feature-set.ts";
import { addLink, addLinks } from "./links.ts";

/** The most code units of a text in which links are looked for. */
const linkTextUnitsMax = 16_384;
/** The most code units of a value of an attribute that tell it from others. */
const valueUnitsMax = 30;
/** The most words in capitals that are features. */
const capitalWordsMax = 200;

/** What {@link addStructure} reads. */
export type Look = {
  /** The text as written, as much of it as is read. */
  readonly written: string;
  /** How long it is in whole, in code units. */
  readonly length: number;
  readonly words: number;
  readonly tricks: Tricks;
};

/** Adds what a text is like. */
export function addStructure(look: Look, set: FeatureSet): void {
  const { written, length, words, tricks } = look;
  const units = readUnits(written, buffer);
  addCounts(units, written.length, set);
  addCapitals(written, units, set);
  set.addToken("length about", String(halfPowers(length)));
  set.addToken("words about", String(halfPowers(words)));
  set.addToken("links", String(Math.min(6, addLinks(written.slice(0, linkTextUnitsMax), set))));
  for (const trick of [
    "hidden",
    "bidi",
    "mixedWords",
    "leet",
    "spaced",
    "zalgo",
    "styled",
    "emoji",
  ] as const) {
    if (tricks[trick] > 0) set.addToken(trick, String(Math.min(8, halfPowers(tricks[trick]))));
  }
  for (const script of tricks.scripts.slice(0, 4)) set.addToken("script", script);
}

/** 0 for 0, then two steps for each power of two: 1, 2, 3, … for 1, 2, 2.83, 4, … */
export function halfPowers(count: number): number {
  if (count < 1) return 0;
  const twos = 31 - Math.clz32(count);
  // Above 2^twos * sqrt(2), told from its square so that no root is needed.
  return 2 * twos + (count * count >= 2 * 4 ** twos ? 2 : 1);
}

/** Shares are in sixteenths, rounded up, so that a few are told from none. */
function sixteenths(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.ceil((part * 16) / whole);
}

const buffer = unitBuffer();

function addCounts(units: Uint16Array, length: number, set: FeatureSet): void {
  let capitals = 0;
  let small = 0;
  let digits = 0;
  let exclamations = 0;
  let questions = 0;
  let currencies = 0;
  let others = 0;
  for (let at = 0; at < length; at++) {
    const unit = units[at] as number;
    if (unit >= 0x61 && unit <= 0x7a) small += 1;
    else if (unit >= 0x41 && unit <= 0x5a) capitals += 1;
    else if (unit >= 0x30 && unit <= 0x39) digits += 1;
    else if (unit === 0x21) exclamations += 1;
    else if (unit === 0x3f) questions += 1;
    else if (unit === 0x24 || unit === 0xa3 || unit === 0x20ac) currencies += 1;
    else if (unit > 0x7f) others += 1;
  }
  set.addToken("capitals in 16", String(sixteenths(capitals, capitals + small)));
  set.addToken("digits about", String(halfPowers(digits)));
  set.addToken("digits in 16", String(sixteenths(digits, length)));
  set.addToken("exclamation marks", String(Math.min(8, exclamations)));
  set.addToken("question marks", String(Math.min(4, questions)));
  set.addToken("currency signs", String(Math.min(4, currencies)));
  set.addToken("not ASCII in 16", String(sixteenths(others, length)));
}

/** Words of two letters or more, all of them capitals. */
function addCapitals(written: string, units: Uint16Array, set: FeatureSet): void {
  const { properties } = unicode();
  const { length } = written;
  let count = 0;
  for (let at = 0; at < length && count < capitalWordsMax; at++) {
    const start = at;
    let isSmall = false;
    for (; at < length; at++) {
      const bits = properties[units[at] as number] as number;
      if (bits & isLowercase) isSmall = true;
      else if (!(bits & isUppercase)) break;
    }
    if (isSmall || at - start < 2) continue;
    set.addToken("in capitals", written.slice(start, Math.min(at, start + 40)));
    count += 1;
  }
}

/** Adds the tags of a text and what stands in them. */
export function addMarkup(tags: readonly string[], isHtml: boolean, set: FeatureSet): void {
  set.addToken("html", isHtml ? "yes" : "no");
  if (tags.length > 0) set.addToken("tags about", String(halfPowers(tags.length)));
  // A tag that was there before adds nothing.
  for (const tag of new Set(tags)) addTag(tag, set);
}

function addTag(tag: string, set: FeatureSet): void {
  const name = /^[!a-z0-9-]+/i.exec(tag)?.[0].toLowerCase() ?? "";
  set.addToken("tag", name);
  attributes.lastIndex = 0;
  for (let match = attributes.exec(tag); match !== null; match = attributes.exec(tag)) {
    const key = lowerAscii(match[1] ?? "");
    const value = withoutQuotes(match[2] ?? "").trim();
    set.addToken("attribute", `${name} ${key}`);
    if (!leading.has(key)) {
      set.addToken("attribute", `${key}=${lowerAscii(value.slice(0, valueUnitsMax))}`);
    } else if (/^(?:https?:|www\.)/i.test(value)) addLink(value, set);
    else set.addToken("link of", /^[a-z]{1,12}:/i.exec(value)?.[0].toLowerCase() ?? "no scheme");
  }
}

/** Attributes that lead somewhere. */
const leading: ReadonlySet<string> = new Set(["href", "src", "action", "background"]);

function withoutQuotes(written: string): string {
  const from = /^["']/.test(written) ? 1 : 0;
  const to = written.length > from && /["']$/.test(written) ? written.length - 1 : written.length;
  return written.slice(from, to);
}

const attributes = /([a-z-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)/gi;
