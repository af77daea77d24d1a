// SPDX-License-Identifier: Apache-2.0
// Signals: the facts that are computed from the text of one event alone.
import { domainsPerEventMax } from "../campaigns/campaign-index.ts";
import { commonDomainsVersion, isCommonDomain } from "../campaigns/common-domains.ts";
import { shinglesOf } from "../campaigns/shingles.ts";
import type { ShingleKey } from "../campaigns/shingles.ts";
import { isSurrogate, pointAt } from "../text/normalise.ts";
import { confusablesVersion } from "../text/looks.ts";
import {
  isDigit,
  isLetter,
  isLowercase,
  isMark,
  isUppercase,
  unicode,
  unicodeVersion,
} from "../text/unicode.ts";
import { readUnits, unitBuffer } from "../text/units.ts";
import { computeLinkSignals } from "./link-signals.ts";
import { mailSignals } from "./mail.ts";
import { shortenersVersion } from "./shorteners.ts";
import { computeTextSignals } from "./text-signals.ts";

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
  /**
   * The language of the text without its links, `undefined` where it can't be told; absent where nobody reads
   * it. What it said is recorded: a replay hands in the recorded one.
   */
  language?: ((text: string) => string | undefined) | undefined;
  /**
   * Wanted where a policy reads campaigns: then there are two signals more, which conditions can't read.
   * `shingles` is the signature of near-duplicates, `domainKeys` has keyed hashes of the domains that aren't
   * common everywhere.
   */
  campaigns?: { shingleKey: ShingleKey; domainKey: (domain: string) => string } | undefined;
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
    "skeleton",
    "string",
    true,
    "The same with look-alikes, styles, marks, leetspeak and spaced-out words undone.",
  ),
  define("hidden", "int", false, "Invisible characters where no writing needs them."),
  define("bidi", "int", false, "Characters that override the direction of reading."),
  define("mixedWords", "int", false, "Words with letters of another script that look alike."),
  define("leet", "int", false, "Words with digits or signs in the place of letters."),
  define("spaced", "int", false, "Words whose letters are set apart."),
  define("zalgo", "int", false, "Letters under stacks of marks, or of words that are marked all over."),
  define("styled", "int", false, "Letters in styles: mathematical, circled, small capitals, upside down."),
  define("emoji", "int", false, "Emoji; a sequence that is shown as one counts once."),
  define("scripts", "list<string>", false, "The scripts of the letters, most letters first."),
  define("language", "string", false, "The language as it was identified; only where a policy reads it."),
  define(
    "fingerprint",
    "string",
    false,
    "A keyed hash of the letters of the skeleton, the same for copies with other links.",
  ),
  define(
    "mailTraits",
    "list<string>",
    false,
    "What the headers and parts of a mail show of how it was made.",
  ),
  define("mailHops", "int", false, "How many servers a mail names in Received."),
  define("attachmentKinds", "list<string>", false, "Of what kinds the files in a mail are."),
];

/**
 * Names everything that the values depend on. A decision is replayed with the signals it was made with only
 * if this is the same; the first number counts our own changes of a value.
 */
export const signalsVersion: string = [
  "signals-4",
  `unicode-${unicodeVersion}`,
  `confusables-${confusablesVersion}`,
  "tldts-7.5.4",
  // The Public Suffix List that tldts 7.5.4 holds is that of the day of its release.
  "psl-2026-11-15",
  `shorteners-${shortenersVersion}`,
  `common-domains-${commonDomainsVersion}`,
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
  const { values: textValues, common } = computeTextSignals(content, rest);
  const signals: Record<string, SignalValue> = {
    ...linkValues,
    length: counts.length - (joined ? 1 : 0),
    letters: counts.letters,
    words: counts.words,
    capitals: counts.cased === 0 ? 0 : Math.floor((counts.upper * 1000) / counts.cased),
    ...textValues,
  };
  if (common !== "") signals["fingerprint"] = options.fingerprint(common);
  const language = options.language?.(rest);
  if (language !== undefined) signals["language"] = language;
  if (options.campaigns !== undefined) addCampaignSignals(signals, common, options.campaigns);
  return Object.assign(signals, mail);
}

function addCampaignSignals(
  signals: Record<string, SignalValue>,
  letters: string,
  { shingleKey, domainKey }: NonNullable<SignalOptions["campaigns"]>,
): void {
  const shingles = shinglesOf(letters, shingleKey);
  if (shingles !== undefined) signals["shingles"] = shingles;
  const domains = (signals["domains"] as readonly string[]).filter((domain) => !isCommonDomain(domain));
  if (domains.length > 0) signals["domainKeys"] = domains.slice(0, domainsPerEventMax).map(domainKey);
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
};

const read = unitBuffer();

function countCharacters(content: string): Counts {
  const { properties } = unicode();
  const { length } = content;
  const units = readUnits(content, read);
  let pairs = 0;
  let letters = 0;
  let words = 0;
  let upper = 0;
  let cased = 0;
  let wordyBefore = 0;
  for (let index = 0; index < length; index++) {
    const unit = units[index] as number;
    let kind = properties[unit] as number;
    if (isSurrogate(unit)) {
      const point = pointAt(units, index);
      kind = properties[point] as number;
      if (point > 0xffff) {
        pairs += 1;
        index += 1;
      }
    }
    const wordy = (kind & (isLetter | isMark | isDigit)) === 0 ? 0 : 1;
    words += wordy & ~wordyBefore;
    wordyBefore = wordy;
    letters += kind & isLetter;
    if ((kind & isLetter) === 0) continue;
    if (kind & isUppercase) upper += 1;
    if (kind & (isUppercase | isLowercase)) cased += 1;
  }
  return { length: length - pairs, letters, words, upper, cased };
}
