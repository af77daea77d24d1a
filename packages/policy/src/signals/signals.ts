// SPDX-License-Identifier: Apache-2.0
// Signals: the facts that are computed from the text of one event alone.
import { codePointAt, isSurrogate, normaliseText, normaliseUnicode } from "../text/normalise.ts";
import {
  isDigit,
  isLetter,
  isLowercase,
  isMark,
  isUppercase,
  unicode,
  unicodeVersion,
} from "../text/unicode.ts";
import { computeLinkSignals } from "./link-signals.ts";
import { mailSignals } from "./mail.ts";
import { shortenersVersion } from "./shorteners.ts";

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
export type SignalInput = {
  text: string | undefined;
  title?: string | undefined;
  /** The same content as HTML. */
  html?: string | undefined;
  /** The header block of a mail, lines ending in `\n`. */
  headers?: string | undefined;
  /** A line for each part of a mail, see `mailSignals`. */
  parts?: readonly string[] | undefined;
};

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
  define("linkTricks", "list<string>", false, "How links are hidden or made to look like others."),
  define("shorteners", "list<string>", false, "The distinct shorteners of URLs among the hosts of `links`."),
  define("lookalikes", "list<string>", true, "The domains in ASCII that domains in other letters look like."),
  define("emailHosts", "list<string>", true, "The distinct hosts of e-mail addresses."),
  define("phones", "list<string>", true, "The distinct telephone numbers, digits alone."),
  define("handles", "list<string>", true, "The distinct names after an at sign, in lower case."),
  define(
    "invites",
    "list<string>",
    true,
    "The distinct invitations to messengers: `telegram:name`, `whatsapp:+447911123456`.",
  ),
  define("messengers", "list<string>", false, "The distinct messengers of `invites`."),
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
  define("mailTraits", "list<string>", false, "What the headers and parts of a mail show of how it was made."),
  define("mailHops", "int", false, "How many servers a mail names in Received."),
  define("attachmentKinds", "list<string>", false, "Of what kinds the files in a mail are."),
];

/**
 * Names everything that the values depend on. A decision is replayed with the signals it was made with only
 * if this is the same; the first number counts our own changes of a value.
 */
export const signalsVersion: string = [
  "signals-2",
  `unicode-${unicodeVersion}`,
  "tldts-7.5.4",
  // The Public Suffix List that tldts 7.5.4 holds is that of the day of its release.
  "psl-2026-11-15",
  `shorteners-${shortenersVersion}`,
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
  const mail = input.headers === undefined ? {} : mailSignals(input.headers, input.parts);
  if (input.text === undefined && input.title === undefined) return mail;
  const joined = input.text !== undefined && input.title !== undefined;
  const content = joined ? `${input.title}\n${input.text}` : (input.text ?? input.title ?? "");
  const counts = countCharacters(content);
  const { values: linkValues, rest } = computeLinkSignals(content, input.html);
  const normalised = counts.ascii ? normaliseText(content) : normaliseUnicode(content);
  const { longestRun, letters } = readNormalised(normalised);
  const common = rest === content ? letters : readNormalised(normaliseText(rest)).letters;
  const signals: Record<string, SignalValue> = {
    ...linkValues,
    length: counts.length - (joined ? 1 : 0),
    letters: counts.letters,
    words: counts.words,
    capitals: counts.cased === 0 ? 0 : Math.floor((counts.upper * 1000) / counts.cased),
    repeated: longestRun,
    normalised,
  };
  if (common !== "") signals["fingerprint"] = options.fingerprint(common);
  return Object.assign(signals, mail);
}

function define(name: string, type: SignalType, personal: boolean, doc: string): SignalDefinition {
  return { name, type, personal, doc };
}

type Counts = {
  length: number;
  letters: number;
  words: number;
  upper: number;
  cased: number;
  ascii: boolean;
};

function countCharacters(content: string): Counts {
  const { properties } = unicode();
  let pairs = 0;
  let letters = 0;
  let words = 0;
  let upper = 0;
  let cased = 0;
  let wordyBefore = 0;
  let bits = 0;
  for (let index = 0; index < content.length; index++) {
    const unit = content.charCodeAt(index);
    bits |= unit;
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
  return { length: content.length - pairs, letters, words, upper, cased, ascii: bits < 0x80 };
}

/**
 * Reads off normalised text, where case is folded and a space is all there is of white space, the longest run
 * of a character, and the letters: what copies of a text have in common. These are the letters and marks,
 * anything else one space, and no letter more than twice in a row; empty where there is no letter.
 */
function readNormalised(normalised: string): { longestRun: number; letters: string } {
  const { properties } = unicode();
  let longestRun = 0;
  let run = 0;
  let before = -1;
  let kinds = 0;
  let letters = "";
  // What is kept as it stands is copied a stretch at a time; the one not copied yet starts here.
  let from = 0;
  let gap = true;
  for (let index = 0; index < normalised.length;) {
    let point = normalised.charCodeAt(index);
    let next = index + 1;
    if (isSurrogate(point)) {
      point = codePointAt(normalised, index);
      next += 1;
    }
    run = point === before ? run + 1 : 1;
    before = point;
    if (run > longestRun && point !== space) longestRun = run;
    const kind = (properties[point] ?? 0) & (isLetter | isMark);
    kinds |= kind;
    if (kind === 0 ? point !== space || gap : run > 2) {
      if (from < index) letters += normalised.slice(from, index);
      if (kind === 0 && !gap) letters += " ";
      from = next;
    }
    gap = kind === 0;
    index = next;
  }
  if ((kinds & isLetter) === 0) return { longestRun, letters: "" };
  letters += normalised.slice(from);
  return { longestRun, letters: gap ? letters.slice(0, -1) : letters };
}

const space = 0x20;
