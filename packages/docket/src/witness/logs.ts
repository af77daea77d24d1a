// SPDX-License-Identifier: Apache-2.0
// The logs that a witness knows: DIR/logs, a text with a key on each line.
//
//     log VKEY [URL]       a key of the log whose origin is the key's name; several lines of one origin are
//                          keys of one log. URL is where the log can be read; a witness never goes there
//     origin ORIGIN        the key above belongs to the log of this origin instead
//     # …                  a comment
//
// So that a file that somebody else wrote can be taken as it is, what C2SP tlog-list and tlog-policy write
// beside is read too: `vkey` is `log`, a key may stand alone on its line, and `logs/v0`, `qpd`, `contact`,
// `witness`, `group` and `quorum` say nothing to a witness.
import { parseVerifierKey, TlogError } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { DocketError } from "../error.ts";

/** Longest list of logs, in bytes: a hundred thousand logs with a key each fit. */
export const logsBytesMax: number = 256 * 1024 * 1024;

/** One key of a log, as a line of the list says it. */
export type LogKey = { origin: string; verifier: Verifier; url?: string };
/** A line whose key is of a type that no witness of ours checks. */
export type SkippedKey = { line: number; reason: string };
/** A list of logs as it was read. */
export type LogList = { keys: LogKey[]; skipped: SkippedKey[] };
/** A log that a witness cosigns. */
export type KnownLog = { origin: string; verifiers: Verifier[]; url?: string };

/**
 * Reads a list of logs.
 *
 * @param name what the list is called in errors
 * @throws {DocketError} `usage`, with the line, for anything that is not of the form above
 */
export function parseLogs(text: string, name: string): LogList {
  const keys: LogKey[] = [];
  const skipped: SkippedKey[] = [];
  // The key that an `origin` line below it belongs to; null after one that was skipped.
  let last: LogKey | null | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replaceAll(/^[ \t\r]+|[ \t\r]+$/g, "");
    const place = `${name}, line ${index + 1}`;
    if (line === "" || line.startsWith("#")) continue;
    const [, word = "", rest = ""] = /^(\S+)[ \t]*(.*)$/u.exec(line) ?? [];
    if (ignoredWords.has(word)) continue;
    if (word === "origin") {
      if (last === undefined || rest === "") throw usage(`${place}: an origin belongs below a key`);
      if (last !== null) last.origin = rest;
      last = undefined;
      continue;
    }
    const read = readKeyLine(word, rest, place);
    if ("reason" in read) skipped.push({ line: index + 1, reason: read.reason });
    else keys.push(read);
    last = "reason" in read ? null : read;
  }
  return { keys, skipped };
}

/**
 * The logs of a list, by origin.
 *
 * @param own the witness's own keys, which must not be a log's: it would vouch for itself
 * @throws {DocketError} `usage` for such a key, and for two keys of a log that a note cannot tell apart
 */
export function knownLogs(keys: readonly LogKey[], own: readonly Verifier[]): Map<string, KnownLog> {
  const logs = new Map<string, KnownLog>();
  for (const { origin, verifier, url } of keys) {
    checkForeign(verifier, own);
    const log = logs.get(origin) ?? { origin, verifiers: [] };
    logs.set(origin, log);
    if (url !== undefined) log.url = url;
    if (log.verifiers.some(({ vkey }) => vkey === verifier.vkey)) continue;
    if (log.verifiers.some(({ name, keyId }) => name === verifier.name && keyId === verifier.keyId)) {
      throw usage(`two keys of the log ${JSON.stringify(origin)} share the name and key id ${verifier.vkey}`);
    }
    log.verifiers.push(verifier);
  }
  return logs;
}

/** Writes a key as lines of the list. */
export function formatLogKey({ origin, verifier, url }: LogKey): string {
  const line = `log ${verifier.vkey}${url === undefined ? "" : ` ${url}`}\n`;
  return origin === verifier.name ? line : `${line}origin ${origin}\n`;
}

const ignoredWords: ReadonlySet<string> = new Set([
  "logs/v0",
  "qpd",
  "contact",
  "witness",
  "group",
  "quorum",
]);

function readKeyLine(word: string, rest: string, place: string): LogKey | { reason: string } {
  const named = word === "log" || word === "vkey";
  const [vkey = "", url, ...more] = named ? rest.split(/[ \t]+/) : [word];
  if (more.length > 0 || (!named && rest !== "")) {
    throw usage(`${place}: ${JSON.stringify(word.slice(0, 40))} is not a line of a list of logs`);
  }
  if (url !== undefined && !/^https?:\/\/[!-~]+$/.test(url)) {
    throw usage(`${place}: ${JSON.stringify(url.slice(0, 100))} is no URL`);
  }
  let verifier: Verifier;
  try {
    verifier = parseVerifierKey(vkey);
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    if (error.code === "key-type") return { reason: error.message };
    throw usage(`${place}: ${error.message}`, error);
  }
  if (verifier.algorithm === "ed25519-cosignature") {
    throw usage(`${place}: the key of ${verifier.name} is a witness's, not a log's`);
  }
  return { origin: verifier.name, verifier, ...(url === undefined ? {} : { url }) };
}

function checkForeign(verifier: Verifier, own: readonly Verifier[]): void {
  for (const { publicKey } of own) {
    if (Buffer.compare(publicKey, verifier.publicKey) !== 0) continue;
    throw usage(`the key of ${verifier.name} is this witness's own, which must not be a log's`);
  }
}

function usage(message: string, cause?: unknown): DocketError {
  return new DocketError("usage", message, { cause });
}
