// SPDX-License-Identifier: Apache-2.0
// Signals: the facts that are computed from the text of one event alone.
import { codePointAt, normaliseText } from "../text/normalise.ts";
import {
  isDigit,
  isLetter,
  isLowercase,
  isMark,
  isUppercase,
  unicode,
  unicodeVersion,
} from "../text/unicode.ts";
import { findLinks, type Link } from "./links.ts";

/** The type of a signal in the policy language. */
export type SignalType = "int" | "bool" | "string" | "list<string>";

/** A signal that a policy can name as `signals.NAME`. */
export type SignalDefinition = {
  name: string;
  type: SignalType;
  /** Whether the value holds what somebody wrote and is erased with it; counts and keyed hashes don't. */
  personal: boolean;
  /** One sentence for the reference and for editors. */
  doc: string;
};

/** What signals are computed from; an absent text is not the same as an empty one. */
export type SignalInput = { text: string | undefined; title?: string | undefined };

/** What the caller supplies. */
export type SignalOptions = {
  /** A keyed hash (an HMAC with the site's secret) of the fingerprint text; called at most once. */
  fingerprint: (normalised: string) => string;
};

/** The value of a signal. An `int` is a safe integer. */
export type SignalValue = boolean | number | string | readonly string[];

/** Values by name. A signal that can't be computed is absent, which the policy language calls missing. */
export type Signals = Readonly<Record<string, SignalValue>>;

/** Every signal, in the order of the reference. */
export const signalDefinitions: readonly SignalDefinition[] = [
  define(
    "links",
    "list<string>",
    true,
    "The links in title and text, in order, repeats included; at most 64.",
  ),
  define("domains", "list<string>", true, "The distinct registrable domains and IP addresses of `links`."),
  define("linkCount", "int", false, "The number of `links`."),
  define("length", "int", false, "The length of title and text in code points."),
  define("letters", "int", false, "The number of letters of any script in title and text."),
  define("words", "int", false, "The number of words: runs of letters, marks and digits."),
  define(
    "capitals",
    "int",
    false,
    "How many of a thousand cased letters are capitals; 0 without such letters.",
  ),
  define(
    "repeated",
    "int",
    false,
    "The longest run of one character, case ignored, white space not counted.",
  ),
  define(
    "normalised",
    "string",
    true,
    "Title and text with case, compatibility forms and white space folded.",
  ),
  define(
    "fingerprint",
    "string",
    false,
    "A keyed hash of the letters, the same for copies with other links.",
  ),
];

/**
 * Names everything that the values depend on. A decision is replayed with the signals it was made with only
 * if this is the same; the first number counts our own changes of a value.
 */
export const signalsVersion: string = [
  "signals-1",
  `unicode-${unicodeVersion}`,
  "tldts-7.5.4",
  "linkify-it-6.1.0",
  "uc.micro-3.0.0",
].join(" ");

/**
 * Computes the signals of one event. Pure, but for what the caller's `fingerprint` does; never throws for any
 * text; time is linear in the length of title and text.
 *
 * @returns an empty object where there is neither title nor text
 */
export function computeSignals(input: SignalInput, options: SignalOptions): Signals {
  if (input.text === undefined && input.title === undefined) return {};
  const content = [input.title, input.text].filter((part) => part !== undefined).join("\n");
  const counts = countCharacters(content);
  const { links, rest } = findLinks(content);
  const normalised = normaliseText(content);
  const letters = fingerprintText(rest === content ? normalised : normaliseText(rest));
  const joints = input.text !== undefined && input.title !== undefined ? 1 : 0;
  const signals: Record<string, SignalValue> = {
    links: links.map(({ url }) => url),
    domains: distinctDomains(links),
    linkCount: links.length,
    length: counts.length - joints,
    letters: counts.letters,
    words: counts.words,
    capitals: counts.cased === 0 ? 0 : Math.floor((counts.upper * 1000) / counts.cased),
    repeated: longestRun(normalised),
    normalised,
  };
  if (letters !== "") signals["fingerprint"] = options.fingerprint(letters);
  return signals;
}

function define(name: string, type: SignalType, personal: boolean, doc: string): SignalDefinition {
  return { name, type, personal, doc };
}

function distinctDomains(links: readonly Link[]): string[] {
  if (links.length === 0) return [];
  return [...new Set(links.map(({ domain }) => domain).filter((domain) => domain !== undefined))];
}

type Counts = { length: number; letters: number; words: number; upper: number; cased: number };

function countCharacters(content: string): Counts {
  const { properties } = unicode();
  let pairs = 0;
  let letters = 0;
  let words = 0;
  let upper = 0;
  let cased = 0;
  let wordyBefore = 0;
  for (let index = 0; index < content.length; index++) {
    const unit = content.charCodeAt(index);
    let kind = properties[unit] ?? 0;
    if (isSurrogate(unit)) {
      const point = codePointAt(content, index);
      kind = properties[point] ?? 0;
      if (point > 0xffff) {
        pairs += 1;
        index += 1;
      }
    }
    const wordy = (kind & (isLetter | isMark | isDigit)) === 0 ? 0 : 1;
    words += wordy & ~wordyBefore;
    wordyBefore = wordy;
    if ((kind & isLetter) === 0) continue;
    letters += 1;
    if (kind & isUppercase) upper += 1;
    if (kind & (isUppercase | isLowercase)) cased += 1;
  }
  return { length: content.length - pairs, letters, words, upper, cased };
}

/** Works on normalised text, where case is folded already and a space is all there is of white space. */
function longestRun(normalised: string): number {
  let longest = 0;
  let run = 0;
  let before = -1;
  for (let index = 0; index < normalised.length; index++) {
    let point = normalised.charCodeAt(index);
    if (isSurrogate(point)) {
      point = codePointAt(normalised, index);
      index += 1;
    }
    run = point === before ? run + 1 : 1;
    before = point;
    if (run > longest && point !== space) longest = run;
  }
  return longest;
}

/**
 * What copies of a text have in common: the letters and marks of normalised text, anything else one space,
 * and no letter more than twice in a row. Empty where there is no letter.
 */
function fingerprintText(normalised: string): string {
  const { properties } = unicode();
  let out = "";
  // What is kept as it stands is copied in runs: the one that is not copied yet starts here.
  let from = 0;
  let run = 0;
  let before = space;
  let letters = 0;
  for (let index = 0; index < normalised.length;) {
    let point = normalised.charCodeAt(index);
    let next = index + 1;
    if (isSurrogate(point)) {
      point = codePointAt(normalised, index);
      next += 1;
    }
    const kind = properties[point] ?? 0;
    letters |= kind;
    if (kind & (isLetter | isMark)) {
      run = point === before ? run + 1 : 1;
      before = point;
      if (run > 2) {
        if (from < index) out += normalised.slice(from, index);
        from = next;
      }
    } else {
      if (point !== space || before === space) {
        if (from < index) out += normalised.slice(from, index);
        if (before !== space) out += " ";
        from = next;
      }
      before = space;
    }
    index = next;
  }
  if ((letters & isLetter) === 0) return "";
  out += normalised.slice(from);
  return before === space ? out.slice(0, -1) : out;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

const space = 0x20;
