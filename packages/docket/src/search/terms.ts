// SPDX-License-Identifier: Apache-2.0
// What a text is found by: its words as they are compared everywhere, the words that readers see behind
// look-alikes and leetspeak, and the domains that it leads to. The same for what was posted and for what is
// asked.
import { computeSignals, normaliseText, signalInputOf, signalsVersion } from "@docket/policy";
import type { ContentTexts } from "@docket/policy";
import { ProtocolError } from "@docket/protocol";

/** Longest word, in UTF-16 code units: of longer ones the beginning counts. */
export const wordLengthMax = 40;
/** Most terms of one text: those that come first. */
export const termsPerTextMax = 400;
/** Most words that are asked for at once. */
export const askedWordsMax = 8;
/** Longest text that is asked for, in characters. */
export const askedTextLengthMax = 200;
/** Longest domain. */
const domainLengthMax = 253;

/** Names what terms depend on: an index of others is made again. */
export const termsVersion: string = `terms-1 ${signalsVersion} icu-${process.versions["unicode"] ?? ""}`;

/** A term that must be in a text: itself, or one that begins with it. */
export type WantedTerm = { readonly term: string; readonly isPrefix: boolean };

// Scripts that set no spaces between words: of these, every two letters that follow each other are a term.
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const wordPattern = /[\p{L}\p{N}\p{M}]+/gu;
/** Before domains, which no word begins with. */
const domainMark = "@";

/** The terms of a content, each once. */
export function termsOf(content: ContentTexts | undefined): string[] {
  const signals = computeSignals(signalInputOf(content), { fingerprint: () => "" });
  const terms = new Set<string>();
  for (const name of ["normalised", "skeleton"]) {
    const text = signals[name];
    if (typeof text === "string") addWords(text, terms);
  }
  const { links = [], domains = [], emailHosts = [] } = signals as Record<string, readonly string[]>;
  for (const domain of [...domains, ...emailHosts]) terms.add(`${domainMark}${domain}`);
  for (const link of links) for (const host of hostsOf(link, domains)) terms.add(`${domainMark}${host}`);
  return [...terms].slice(0, termsPerTextMax);
}

/**
 * What a text must have.
 *
 * @param text words, all of which must be there; `spam*` stands for every word that begins so
 * @param domain that a link leads to, or one below it
 * @throws {ProtocolError} `schema_mismatch` for one without words, or with too many
 */
export function wantedTerms(text: string | undefined, domain: string | undefined): WantedTerm[] {
  const wanted = new Map<string, WantedTerm>();
  if (domain !== undefined) {
    const term = `${domainMark}${readDomain(domain)}`;
    wanted.set(term, { term, isPrefix: false });
  }
  if (text !== undefined) {
    for (const term of wordsAsked(text)) wanted.set(`${term.term}${term.isPrefix ? "*" : ""}`, term);
  }
  return [...wanted.values()];
}

function wordsAsked(text: string): WantedTerm[] {
  if (Array.from(text).length > askedTextLengthMax) {
    throw new ProtocolError("schema_mismatch", `text has at most ${askedTextLengthMax} characters`);
  }
  const asked: WantedTerm[] = [];
  for (const part of text.split(/\s+/u)) {
    const words = [...splitWords(normaliseText(part))];
    for (const [at, term] of words.entries()) {
      asked.push({ term, isPrefix: part.endsWith("*") && at === words.length - 1 });
    }
  }
  if (asked.length === 0) throw new ProtocolError("schema_mismatch", "text has no word to look for");
  if (asked.length > askedWordsMax) {
    throw new ProtocolError("schema_mismatch", `text has at most ${askedWordsMax} words to look for`);
  }
  return asked;
}

function readDomain(text: string): string {
  const bare = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//iu, "")
    .replace(/[/?#].*$/u, "");
  const host = URL.canParse(`http://${bare}`) ? new URL(`http://${bare}`).hostname : "";
  if (host !== "" && host.length <= domainLengthMax) return host.replace(/\.$/u, "");
  throw new ProtocolError("schema_mismatch", "domain is a domain, for example shop.example");
}

function addWords(text: string, into: Set<string>): void {
  for (const word of splitWords(text)) {
    into.add(word);
    if (into.size >= termsPerTextMax) return;
  }
}

function* splitWords(text: string): Iterable<string> {
  for (const [word] of text.matchAll(wordPattern)) {
    if (!unspaced.test(word)) {
      yield word.slice(0, wordLengthMax);
      continue;
    }
    const letters = Array.from(word);
    if (letters.length === 1) yield word;
    for (let at = 0; at + 1 < letters.length; at++) yield `${letters[at]}${letters[at + 1]}`;
  }
}

// The host, and each domain above it down to the registrable one.
function hostsOf(link: string, registrable: readonly string[]): string[] {
  const address = link.includes("://") ? link : `http://${link}`;
  if (!URL.canParse(address)) return [];
  const host = new URL(address).hostname;
  const base = registrable.find((domain) => host.endsWith(`.${domain}`));
  if (base === undefined) return [];
  const hosts: string[] = [];
  for (let at = 0; at < host.length - base.length; at = host.indexOf(".", at) + 1) hosts.push(host.slice(at));
  return hosts;
}
