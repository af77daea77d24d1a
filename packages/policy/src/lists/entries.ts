// SPDX-License-Identifier: Apache-2.0
// Entries of a list as people write them, and the one form in which they are kept, compared and hashed.
import { readTimestamp } from "../condition/time.ts";
import { hostLengthMax, isAddress, readHostName } from "../signals/host.ts";
import type { ListKind } from "../types.ts";
import { formatNetwork, parseNetwork } from "./addresses.ts";
import { canonicalHash, isRegistrySuffix } from "./keyed.ts";
import { checkListPattern } from "./patterns.ts";
import { canonicalTerm, termLengthMax } from "./terms.ts";

/** An entry: what it is, in its canonical form, and until when it is in force. */
export type ListEntry = {
  readonly value: string;
  /** In force before this time, in milliseconds since the epoch; absent: for ever. */
  readonly untilMs?: number;
};

/** Why a text is no entry. `column` counts UTF-16 code units from 1; the message says what was expected. */
export type EntryProblem = { readonly column: number; readonly message: string };

/** A mistake in a list file, with its line, from 1. */
export type ListFileProblem = EntryProblem & { readonly file: string; readonly line: number };

/** How entries are read. */
export type ReadEntryOptions = {
  /** The keyed hash of an account id: what a list of actors holds in its place. Absent: the id itself. */
  readonly hashActor?: ((accountId: string) => string) | undefined;
};

/** Longest hash, and longest account id, in UTF-16 code units. */
export const hashLengthMax = 128;
export const accountIdLengthMax = 256;
/** Longest line of a list file, in UTF-16 code units. */
export const listLineLengthMax = 4_096;

/** Whether what was read is a mistake. */
export function isEntryProblem(read: ListEntry | EntryProblem): read is EntryProblem {
  return "message" in read;
}

/**
 * Reads the value of an entry into its canonical form.
 *
 * - `term` normalised as `signals.normalised` is, with `*` at an end where it may go on there
 * - `pattern` as written; RE2's syntax, checked; a `#` at its start becomes `\#`
 * - `domain` a host in lower-case ASCII (punycode), or `*.SUFFIX` for all names under a registry's suffix
 * - `network` `192.0.2.0/24`, `2001:db8::/32`, or an address alone
 * - `emailHost` a host in lower-case ASCII; with `*.` before it, the hosts below it too
 * - `hash` as written, hexadecimal digits in lower case
 * - `actor` what `hashActor` gives for the account id
 */
export function readListValue(
  kind: ListKind,
  written: string,
  options: ReadEntryOptions = {},
): ListEntry | EntryProblem {
  const text = written.trim();
  const column = written.length - written.trimStart().length + 1;
  if (text === "") return { column, message: "expected an entry, not an empty text" };
  const read = readers[kind](text, options);
  return "value" in read ? read : { column, message: `${read.expected} (${quote(text)})` };
}

/**
 * Reads a line of a list file: an entry, then perhaps ` until ` and a time (RFC 3339). `undefined` for an
 * empty line and a comment, which starts with `#`; after entries other than terms and patterns a comment may
 * follow. An entry that starts with `#`, or with backslashes and then `#`, has one backslash more there.
 */
export function readListLine(
  kind: ListKind,
  line: string,
  options: ReadEntryOptions = {},
): ListEntry | EntryProblem | undefined {
  if (line.length > listLineLengthMax) {
    return {
      column: listLineLengthMax + 1,
      message: `expected a line of at most ${listLineLengthMax} characters`,
    };
  }
  const searched = kind === "term" || kind === "pattern";
  const bare = searched ? line : line.replace(/\s#.*$/, "");
  if (/^\s*(?:#|$)/.test(bare)) return undefined;
  const ending = /\s+until\s+(\d{4}-\S*)\s*$/.exec(bare);
  const value = ending === null ? bare : bare.slice(0, ending.index);
  const entry = readListValue(
    kind,
    kind === "pattern" ? value : value.replace(/^\s*\\(?=\\*#)/, ""),
    options,
  );
  if (ending === null || isEntryProblem(entry)) return entry;
  const time = ending[1] ?? "";
  const untilMs = readTimestamp(time);
  if (typeof untilMs === "number" && untilMs >= 0) return { ...entry, untilMs };
  const column = bare.indexOf(time, ending.index) + 1;
  return { column, message: `expected a time such as 2026-12-31T00:00:00Z after until (${quote(time)})` };
}

/** An entry as a line that {@link readListLine} reads back. */
export function formatListLine(kind: ListKind, entry: ListEntry): string {
  const escaped = kind === "pattern" ? entry.value : entry.value.replace(/^(?=\\*#)/, "\\");
  return entry.untilMs === undefined ? escaped : `${escaped} until ${new Date(entry.untilMs).toISOString()}`;
}

/**
 * Reads a whole list file. An entry that stands there several times counts once, with the latest end.
 *
 * @param file its name, for messages
 * @returns all entries, in the order of the file, and every mistake
 */
export function readListFile(
  kind: ListKind,
  text: string,
  file: string,
  options: ReadEntryOptions = {},
): { readonly entries: readonly ListEntry[]; readonly problems: readonly ListFileProblem[] } {
  const entries: ListEntry[] = [];
  const problems: ListFileProblem[] = [];
  let start = text.startsWith("\ufeff") ? 1 : 0;
  for (let line = 1; start < text.length; line++) {
    const end = text.indexOf("\n", start);
    const written = text.slice(start, end < 0 ? text.length : end).replace(/\r$/, "");
    start = end < 0 ? text.length : end + 1;
    const read = readListLine(kind, written, options);
    if (read === undefined) continue;
    if (isEntryProblem(read)) problems.push({ file, line, ...read });
    else entries.push(read);
  }
  return { entries, problems };
}

/** A mistake in a list file as one line: `file:line:column: what was expected`. */
export function formatListProblem({ file, line, column, message }: ListFileProblem): string {
  return `${file}:${line}:${column}: ${message}`;
}

// Kinds -----------------------------------------------------------------------------------------------------

type Read = { readonly value: string } | { readonly expected: string };

const readers: Readonly<Record<ListKind, (text: string, options: ReadEntryOptions) => Read>> = {
  term: readTermText,
  pattern: (text) => {
    const wrong = checkListPattern(text);
    // So that it is no comment in a file.
    return wrong === undefined ? { value: text.replace(/^#/, "\\#") } : { expected: wrong };
  },
  domain: readDomain,
  network: (text) => {
    const network = parseNetwork(text);
    return typeof network === "string" ? { expected: network } : { value: formatNetwork(network) };
  },
  emailHost: readEmailHost,
  hash: (text) =>
    text.length <= hashLengthMax && /^[!-~]+$/.test(text)
      ? { value: canonicalHash(text) }
      : { expected: `expected a hash: at most ${hashLengthMax} printable ASCII characters without spaces` },
  actor: (text, { hashActor }) =>
    text.length <= accountIdLengthMax
      ? { value: hashActor === undefined ? text : hashActor(text) }
      : { expected: `expected an account id of at most ${accountIdLengthMax} characters` },
};

function readTermText(text: string): Read {
  const value = canonicalTerm(text);
  if (value === "") return { expected: "expected a word or phrase with a visible character" };
  if (value.length <= termLengthMax) return { value };
  return { expected: `expected at most ${termLengthMax} characters once normalised, not ${value.length}` };
}

function readDomain(text: string): Read {
  const all = text.startsWith("*.");
  const host = readEntryHost(all ? text.slice(2) : text);
  if (typeof host !== "string") return host;
  const suffix = isRegistrySuffix(host);
  if (all && !suffix) return { expected: `expected no "*." here: a domain's subdomains are included` };
  if (!all && suffix) {
    return {
      expected: `expected a domain: ${host} is a suffix of many people's; write *.${host} if you mean all`,
    };
  }
  return { value: all ? `*.${host}` : host };
}

function readEmailHost(text: string): Read {
  const below = text.startsWith("*.");
  const named = below ? text.slice(2) : text;
  if (named.includes("@")) {
    return { expected: "expected the host of an e-mail address, what stands after the @" };
  }
  const host = readEntryHost(named);
  if (typeof host !== "string") return host;
  if (below && isAddress(host)) return { expected: 'expected a name after "*.", not an address' };
  return { value: below ? `*.${host}` : host };
}

function readEntryHost(text: string): string | { readonly expected: string } {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || /[/?#]/.test(text)) {
    return { expected: "expected a host name alone, without scheme and path" };
  }
  const host = text.length <= hostLengthMax ? readHostName(text) : undefined;
  return host ?? { expected: "expected a host name such as example.com" };
}

/** The longest part of an entry that a message shows, in UTF-16 code units. */
const quotedMax = 60;

function quote(text: string): string {
  return JSON.stringify(text.length > quotedMax ? `${text.slice(0, quotedMax)}…` : text);
}
