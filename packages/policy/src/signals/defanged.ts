// SPDX-License-Identifier: Apache-2.0
// Links and addresses that were written so that filters don't see them and readers do: hxxp, example[.]com,
// "example dot com", "example . com", e x a m p l e . c o m, name (at) example.com.
import { isLetter, unicode } from "../text/unicode.ts";
import type { LinkTrick } from "./link-tricks.ts";
import { isPlainSuffix } from "./bare-links.ts";
import {
  mayBrackets,
  mayBullets,
  mayGap,
  maySlashes,
  maySpaced,
  maySpoken,
  surveyEdits,
} from "./edit-survey.ts";
import { readHost } from "./host.ts";
import {
  isDeliberateAt,
  isNamedHost,
  isSureSuffix,
  isSpokenSuffix,
  spacedSuffixes,
  type Surroundings,
} from "./spoken-hosts.ts";

/** A piece of a text that stands for something else. */
export type Edit = {
  /** Where it starts, in UTF-16 code units. */
  from: number;
  /** Where it ends. */
  to: number;
  /** What it stands for. */
  text: string;
  trick: LinkTrick;
};

/** Most edits of one text; the rest is left as written. */
export const editsMax = 1_024;

/**
 * Finds what would have to be replaced so that links and e-mail addresses stand there as browsers take them.
 * What no brackets mark is taken only where it is convincing, since "the dot com years" and "it ended. com"
 * are no links; whether a link comes out in the end is decided by whoever reads the edited text.
 *
 * Time is linear in the length of the text: every look to either side has a bound.
 *
 * @param text readable, as `makeReadable` gives it
 * @returns in order, and none overlapping another; at most {@link editsMax}
 */
export function findEdits(text: string): readonly Edit[] {
  const may = surveyEdits(text, isSpacedSuffix);
  if (may === 0) return none;
  const edits: Edit[] = [];
  if (may & maySlashes && slashes.test(text)) {
    findSchemes(text, edits);
    if (odd.test(text)) findAuthorities(text, edits);
  }
  if (may & mayBrackets && bracketed.test(text)) findBracketed(text, edits);
  if (may & maySpoken && spokenGate.test(text)) findSpoken(text, edits);
  if (may & maySpaced && spacedGate.test(text)) findSpaced(text, edits);
  if (may & mayGap && gap.test(text)) findGaps(text, edits);
  if (may & mayBullets && bullets.test(text)) findBullets(text, edits);
  return edits.length < 2 ? edits : inOrder(edits);
}

const none: readonly Edit[] = [];
const suffixes: ReadonlySet<string> = new Set(spacedSuffixes.split("|"));

function isSpacedSuffix(word: string): boolean {
  return suffixes.has(word);
}

/** The text with the edits made. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let edited = "";
  let from = 0;
  for (const edit of edits) {
    edited += text.slice(from, edit.from) + edit.text;
    from = edit.to;
  }
  return edited + text.slice(from);
}

function inOrder(edits: Edit[]): Edit[] {
  edits.sort((a, b) => a.from - b.from || b.to - a.to);
  let end = 0;
  const kept = edits.filter(({ from, to }) => {
    if (from < end) return false;
    end = to;
    return true;
  });
  return kept.slice(0, editsMax);
}

/** Runs a global expression over a text, at most {@link editsMax} times. */
function forEachMatch(expression: RegExp, text: string, take: (match: RegExpExecArray) => void): void {
  expression.lastIndex = 0;
  for (let count = 0; count < editsMax; count++) {
    const match = expression.exec(text);
    if (match === null) return;
    take(match);
  }
}

// Schemes ---------------------------------------------------------------------------------------------------

const slashes = /[\\/] ?[\\/]/;
const scheme = new RegExp(
  String.raw`(?<![0-9A-Za-z])(?:h ?(?:[tx*_+]{2}|t t) ?p|meow) ?(s?) ?[[(]?[:;]?[\])]? ?[[(]?` +
    String.raw`[\\/] ?[\\/][\])]?(?:\s(?=[\w-]{1,63} ?[.[({]))?`,
  "gi",
);

function findSchemes(text: string, edits: Edit[]): void {
  forEachMatch(scheme, text, ({ 0: all, 1: secure = "", index }) => {
    const plain = `http${secure.toLowerCase()}://`;
    if (all.length === plain.length && all.toLowerCase().replaceAll("\\", "/") === plain) return;
    const trick = all.replaceAll(" ", "").toLowerCase() === plain ? "spaced" : "defanged";
    edits.push({ from: index, to: index + all.length, text: plain, trick });
  });
}

// Hosts that are written in an odd way ----------------------------------------------------------------------

const odd = /%[0-7][0-9A-Fa-f]|@[^\s\\/]{0,64}@|\.[\\/:?#]/;
const authority = /(?<=[\\/]{2})[^\s\\/?#<>"']{1,512}/g;

/** Percent-encoded letters, more than one @, a dot at the end. */
function findAuthorities(text: string, edits: Edit[]): void {
  forEachMatch(authority, text, ({ 0: all, index }) => {
    const from = index;
    const to = index + all.length;
    if (all.includes("%")) {
      const decoded = all.replaceAll(/%([0-7][0-9A-Fa-f])/g, decodeHostCharacter);
      if (decoded !== all) edits.push({ from, to, text: decoded, trick: "percent" });
      return;
    }
    const user = /@[^@]*@/.test(all) ? all.slice(0, all.lastIndexOf("@")) : "";
    if (user !== "") {
      edits.push({ from, to: from + user.length, text: user.replaceAll("@", ""), trick: "userInfo" });
    }
    const dot = /[0-9A-Za-z]\.(?=:[0-9]|$)/.exec(all);
    const ended = dot !== null && (dot.index + 2 < all.length || /[\\/?#]/.test(text[to] ?? ""));
    if (!ended) return;
    const at = from + dot.index + 1;
    edits.push({ from: at, to: at + 1, text: "", trick: "trailingDot" });
  });
}

function decodeHostCharacter(all: string, code: string): string {
  const character = String.fromCharCode(Number.parseInt(code, 16));
  return /[0-9A-Za-z.@_-]/.test(character) ? character : all;
}

// Marks in brackets -----------------------------------------------------------------------------------------

const dots = "dot|d0t|punkt|punto|ponto|точка|тчк|nokta";
const bracketed = new RegExp(
  String.raw`[[({<] ?(?:([.,]|${dots}|点)|(@|at|ät|собака)|(a)) ?[\])}>]|([_*~|])(?:dot|(at))\4|\\(\.)`,
  "i",
);
const everyBracketed = new RegExp(bracketed.source, "gi");

function findBracketed(text: string, edits: Edit[]): void {
  forEachMatch(everyBracketed, text, (match) => {
    const [all, , at, short, , flankedAt] = match;
    let from = match.index;
    let to = from + all.length;
    if (short === undefined) {
      if (text[from - 1] === " ") from -= 1;
      if (text[to] === " ") to += 1;
    }
    if (!isNamePart(text, from - 1) || !isNamePart(text, to)) return;
    const sign = at !== undefined || short !== undefined || flankedAt !== undefined ? "@" : ".";
    edits.push({ from, to, text: sign, trick: "defanged" });
  });
}

/** Whether a letter or digit stands there, as at the end or start of a label. */
function isNamePart(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return (unit >= 0x30 && unit <= 0x39) || isLatin(unit);
  return ((unicode().properties[unit] ?? 0) & isLetter) !== 0;
}

function isLatin(unit: number): boolean {
  return (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
}

// Bullets ---------------------------------------------------------------------------------------------------

/** Middle dots and bullets, which look like a full stop. */
const bullets = /[\u00b7\u2022\u2024\u2027\u2219\u22c5\ufe52]/;
const everyBullet = /(?<=[0-9A-Za-z])[\u00b7\u2022\u2024\u2027\u2219\u22c5\ufe52](?=[0-9A-Za-z])/g;
const labelAhead = /[0-9A-Za-z-]{2,63}/y;

function findBullets(text: string, edits: Edit[]): void {
  let open: Edit[] = [];
  let end = -1;
  forEachMatch(everyBullet, text, ({ index }) => {
    if (labelStart(text, index) !== end) open = [];
    open.push({ from: index, to: index + 1, text: ".", trick: "defanged" });
    end = index + 1;
    labelAhead.lastIndex = end;
    if (!isSureSuffix(labelAhead.exec(text)?.[0].toLowerCase() ?? "")) return;
    edits.push(...open);
    open = [];
  });
}

/** Where the label that ends at a place starts. */
function labelStart(text: string, end: number): number {
  let start = end;
  while (start > 0 && end - start < labelLengthMax && isLabelUnit(text, start - 1)) start -= 1;
  return start;
}

const labelLengthMax = 63;

function isLabelUnit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit === 0x2d || unit === 0x5f || isNamePart(text, at);
}

// Spoken dots -----------------------------------------------------------------------------------------------

const spokenGate = new RegExp(String.raw` (?:${dots})[ ]`, "i");
const everySpoken = new RegExp(
  String.raw` (?:${dots}) ([a-z]{2,10})(?: (?:${dots}) ([a-z]{2}))?(?![\w-])`,
  "gi",
);

function findSpoken(text: string, edits: Edit[]): void {
  forEachMatch(everySpoken, text, ({ 0: all, 1: first = "", 2: second, index }) => {
    // "example dot co dot uk": the suffix is what two dots part.
    everySpoken.lastIndex = index + all.length;
    const suffix = second === undefined ? first : `${first}.${second}`;
    const end = index + all.length;
    const surroundings = look(text, index, end);
    if (surroundings === undefined || !isSpokenSuffix(suffix.toLowerCase(), surroundings)) return;
    const firstEnd = index + all.indexOf(first, 3);
    edits.push({ from: index, to: firstEnd, text: ".", trick: "defanged" });
    if (second !== undefined) {
      edits.push({ from: firstEnd + first.length, to: end - second.length, text: ".", trick: "defanged" });
    }
    findSpokenAt(text, surroundings, edits);
  });
}

/** "name at example dot com": the " at " before a host that was found. */
function findSpokenAt(text: string, { start, label, before }: Surroundings, edits: Edit[]): void {
  if (!/ at $/i.test(before)) return;
  const from = start - " at ".length;
  const name = text.slice(labelStart(text, from), from);
  if (isDeliberateAt(name, label, before.slice(0, -" at ".length))) {
    edits.push({ from, to: start, text: "@", trick: "defanged" });
  }
}

/** What stands around a dot that isn't written as one, or `undefined` where no label ends at it. */
function look(text: string, at: number, end: number): Surroundings | undefined {
  const start = labelStart(text, at);
  if (start === at) return undefined;
  const label = text.slice(start, at).toLowerCase();
  const before = text.slice(Math.max(0, start - lookBehind), start);
  return { start, label, before, after: text.slice(end, end + lookAhead) };
}

/** How far is looked for words that tell that a link follows or has gone before, in UTF-16 code units. */
const lookBehind = 40;
const lookAhead = 20;

// Spaces ----------------------------------------------------------------------------------------------------

const spacedGate = new RegExp(String.raw` \. ?[a-z]|\. (?:${spacedSuffixes})(?![\w-])`, "i");
const everySpaced = new RegExp(
  String.raw`(?: \. ?|\. )(?:(${spacedSuffixes})(?: ?\. ?([a-z]{2}))?(?![\w-]| ?@)` +
    String.raw`|(?=((?:[a-z] ){1,4}[a-z])(?![\w-])))`,
  "gi",
);

function findSpaced(text: string, edits: Edit[]): void {
  forEachMatch(everySpaced, text, ({ 0: all, 1: suffix, 2: country, 3: letters, index }) => {
    everySpaced.lastIndex = index + 1;
    if (letters !== undefined || isSpelled(text, index)) {
      findSpelled(text, index, edits);
      return;
    }
    if (suffix === undefined) return;
    const end = index + all.length;
    const separator = all.slice(0, all.toLowerCase().indexOf(suffix.toLowerCase()));
    const surroundings = look(text, index, end);
    if (surroundings === undefined) return;
    const whole = country === undefined ? suffix : `${suffix}.${country}`;
    if (!isNamedHost(whole, separator, surroundings)) return;
    edits.push({ from: index, to: index + separator.length, text: ".", trick: "spaced" });
    const rest = end - index - separator.length - suffix.length - (country?.length ?? 0);
    if (country !== undefined && rest > 1) {
      const from = index + separator.length + suffix.length;
      edits.push({ from, to: from + rest, text: ".", trick: "spaced" });
    }
    findSpacedLeft(text, surroundings.start, `${surroundings.label}.${whole}`, edits);
  });
}

const gap = /(?:[\\/]{2}|\bwww) ?[\w-]{0,63} ?\. /i;
const everyGap = new RegExp(
  String.raw`(?<=(?:[\\/]{2}|\bwww\.)[\w.-]{1,63}(?:\. [\w-]{1,63})?)(?:\. ` +
    String.raw`| \. ?)(?=[\w-]{1,63} ?\. ?(?:[a-z]{2}|[a-z-]{3,20})(?![\w-])|[a-z]{2,6}\/)`,
  "gi",
);

/** "http://tms. example.com/x": a space behind a label, where a scheme or `www.` says that a host goes on. */
function findGaps(text: string, edits: Edit[]): void {
  forEachMatch(everyGap, text, ({ 0: all, index }) => {
    edits.push({ from: index, to: index + all.length, text: ".", trick: "spaced" });
  });
}

/** "www . example . com", "me . blogspot . com", "name @ example . com": what belongs to a host. */
function findSpacedLeft(text: string, start: number, host: string, edits: Edit[]): void {
  const before = text.slice(Math.max(0, start - leftLengthMax), start);
  const [, label = "", separator = ""] = /([0-9A-Za-z_-]{1,63})( ?\. ?| ?@ ?)$/.exec(before) ?? [];
  if (label === "" || !separator.includes(" ")) return;
  const lead = before.slice(0, before.length - label.length - separator.length);
  const belongs = separator.includes("@") || /^www$/i.test(label) || /(?:\/\/|www ?\. ?)$/i.test(lead);
  if (!belongs && readHost(`x.${host}`)?.shared !== true) return;
  const from = start - separator.length;
  edits.push({ from, to: start, text: separator.trim(), trick: "spaced" });
}

/** How much before a host is looked at for what belongs to it: a label and a scheme. */
const leftLengthMax = 76;

/** Whether single letters with spaces between them end at a place: "e x a m p l e". */
function isSpelled(text: string, at: number): boolean {
  return /(?:^|[^0-9A-Za-z])[0-9A-Za-z](?: [0-9A-Za-z]){2}$/.test(text.slice(Math.max(0, at - 6), at));
}

/** "e x a m p l e . c o m": letter by letter on one side of the dot at least. */
function findSpelled(text: string, index: number, edits: Edit[]): void {
  const dot = text.indexOf(".", index);
  const right = /^\.? ?((?:[a-z] ){1,10}[a-z]|[a-z]{2,6})(?![\w-])/i.exec(text.slice(dot, dot + spelledMax));
  const suffix = right?.[1]?.replaceAll(" ", "").toLowerCase();
  if (right === null || suffix === undefined || !isPlainSuffix(suffix)) return;
  const left = /(?<![0-9a-z-])(?:(?:[0-9a-z-] ){2,40}[0-9a-z-]|[0-9a-z-]{3,63}) ?$/i.exec(
    text.slice(Math.max(0, dot - spelledMax), dot),
  );
  // "enjoy . R u there": two letters are no suffix unless the name is spelled too.
  if (left === null) return;
  if (!left[0].trim().includes(" ") && (suffix.length < 3 || !/[a-z] [a-z]/i.test(right[0]))) return;
  const from = dot - left[0].length;
  const to = dot + right[0].length;
  edits.push({ from, to, text: text.slice(from, to).replaceAll(" ", ""), trick: "spaced" });
}

/** Longest side of a name that is spelled letter by letter, in UTF-16 code units. */
const spelledMax = 82;
