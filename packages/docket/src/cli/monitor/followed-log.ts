// SPDX-License-Identifier: Apache-2.0
// The log that a command follows, as its words name it: whose keys are trusted, and which server is asked.
import { readFileSync, statSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parsePolicy, parseVerifierKey, TlogError } from "@docket/tlog";
import type { TlogPolicy, Verifier } from "@docket/tlog";
import { DocketError } from "../../error.ts";
import { logServer } from "../../follow/server.ts";
import type { Fetch, LogServer } from "../../follow/server.ts";
import type { FollowTrust } from "../../follow/signed-head.ts";
import { version } from "../../version.ts";

/** Longest file of keys or with a policy, in bytes. */
const trustFileBytesMax = 1_048_576;

/** A log as the command line names it. */
export type FollowedOptions = {
  url: string;
  /** A verifier key, or a file of them, one a line. */
  key?: string | undefined;
  /** A file with a C2SP tlog-policy. */
  policy?: string | undefined;
  apiKey?: string | undefined;
};

/**
 * Reads whom the command trusts: the keys of `--key`, or those of the log that the policy names.
 *
 * @throws {DocketError} `usage`
 */
export function readTrust({ url, key, policy }: FollowedOptions): FollowTrust {
  const parsed = policy === undefined ? undefined : readPolicy(policy);
  const keys = key === undefined ? keysOfPolicy(parsed, url) : readKeys(key);
  const [first] = keys;
  if (first === undefined) {
    throw new DocketError(
      "usage",
      "name the key that you trust: --key VKEY or FILE, or a log line in --policy",
    );
  }
  const other = keys.find(({ name }) => name !== first.name);
  if (other !== undefined) {
    throw new DocketError(
      "usage",
      `keys of two logs, ${first.name} and ${other.name}: name one log's with --key`,
    );
  }
  return { origin: first.name, keys, policy: parsed };
}

/**
 * The server that the command asks.
 *
 * @throws {DocketError} `usage` for what is no URL of a log
 */
export function followedServer(
  { url, apiKey }: FollowedOptions,
  fetch: Fetch,
  signal: AbortSignal,
): LogServer {
  const base = URL.canParse(url) ? new URL(url) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw new DocketError("usage", `${url} is no URL; write http://HOST:PORT or https://HOST/PATH`);
  }
  if (base.username !== "" || base.password !== "" || base.search !== "" || base.hash !== "") {
    throw new DocketError("usage", `${url}: a log's URL has neither a password nor a query`);
  }
  return logServer({ base, fetch, wait, signal, apiKey, userAgent: `docket/${version}` });
}

/** Waits, unless the signal ends it. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}

function readKeys(given: string): Verifier[] {
  const direct = parseKeys(given);
  if (direct !== undefined) return direct;
  const keys = parseKeys(readText(given, "a verifier key nor a file that holds one"));
  if (keys !== undefined) return keys;
  throw new DocketError("usage", `the file ${given} holds no verifier keys (name+keyid+base64, one a line)`);
}

function parseKeys(text: string): Verifier[] | undefined {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  try {
    const keys = lines.map((line) => parseVerifierKey(line.trim()));
    return keys.length === 0 ? undefined : keys;
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

function readPolicy(path: string): TlogPolicy {
  try {
    return parsePolicy(readText(path, "a policy"));
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new DocketError("usage", `${path} is no tlog-policy: ${error.message}`, { cause: error });
  }
}

// A policy may name many logs: the one at this URL is meant, or the only one.
function keysOfPolicy(policy: TlogPolicy | undefined, url: string): Verifier[] {
  const logs = policy?.logs ?? [];
  const here = logs.filter((log) => log.url !== undefined && addressOf(log.url) === addressOf(url));
  return (here.length > 0 ? here : logs).map(({ vkey }) => parseVerifierKey(vkey));
}

/** A log's address; a log of Docket serves its cosigned checkpoint below it. */
function addressOf(url: string): string {
  return url.replace(/\/$/, "").replace(/\/cosigned$/, "");
}

function readText(path: string, what: string): string {
  try {
    if (statSync(path).size > trustFileBytesMax)
      throw new DocketError("usage", `${path} is too long to be ${what}`);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof DocketError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "ENOENT" || code === "ENAMETOOLONG" ? `is neither ${what}` : `cannot be read: ${code}`;
    throw new DocketError("usage", `${path} ${why}`, { cause: error });
  }
}
