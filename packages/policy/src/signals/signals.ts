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
  const counts: Counts = { length: 0, letters: 0, words: 0, upper: 0, cased: 0 };
  let inWord = false;
  for (let index = 0; index < content.length; counts.length++) {
    const point = codePointAt(content, index);
    index += point > 0xffff ? 2 : 1;
    const kind = properties[point] ?? 0;
    const wordy = (kind & (isLetter | isMark | isDigit)) !== 0;
    if (wordy && !inWord) counts.words += 1;
    inWord = wordy;
    if ((kind & isLetter) === 0) continue;
    counts.letters += 1;
    if (kind & isUppercase) counts.upper += 1;
    if (kind & (isUppercase | isLowercase)) counts.cased += 1;
  }
  return counts;
}

/** Works on normalised text, where case is folded already and a space is all there is of white space. */
function longestRun(normalised: string): number {
  let longest = 0;
  let run = 0;
  let before = -1;
  for (let index = 0; index < normalised.length;) {
    const point = codePointAt(normalised, index);
    index += point > 0xffff ? 2 : 1;
    run = point === before ? run + 1 : 1;
    before = point;
    if (point !== 0x20 && run > longest) longest = run;
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
  let run = 0;
  let before = -1;
  let letters = false;
  for (let index = 0; index < normalised.length;) {
    const point = codePointAt(normalised, index);
    const units = point > 0xffff ? 2 : 1;
    const kind = (properties[point] ?? 0) & (isLetter | isMark);
    const kept = kind === 0 ? 0x20 : point;
    run = kept === before ? run + 1 : 1;
    before = kept;
    const runMax = kept === 0x20 ? 1 : 2;
    if (run <= runMax && (kept !== 0x20 || out !== "")) {
      out += kept === 0x20 ? " " : normalised.slice(index, index + units);
    }
    if (kind & isLetter) letters = true;
    index += units;
  }
  if (!letters) return "";
  return out.endsWith(" ") ? out.slice(0, -1) : out;
}
