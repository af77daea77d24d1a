// SPDX-License-Identifier: Apache-2.0
// What the caller trusts, from the command line: keys, a policy of witnesses, and checkpoints kept elsewhere.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parsePolicy, parseVerifierKey, policyBytesMax, TlogError } from "@docket/tlog";
import type { TlogPolicy, Verifier } from "@docket/tlog";
import { asTrust, readSeenFile, seenFileBytesMax } from "@docket/verify";
import type { AnchorTrust, SeenNote, Trust, TrustedRoot } from "@docket/verify";
import { readRoughtimeKey } from "../../anchors/config.ts";
import { nodeTimestampCrypto } from "../../anchors/node-crypto.ts";
import { certificatesOf } from "../../anchors/pem.ts";
import { readBounded, readText } from "./directory.ts";

/** What is named on the command line. */
export type TrustOptions = {
  /** Verifier keys, or files that hold them, one a line. */
  key?: string | readonly string[] | undefined;
  /** A C2SP tlog-policy's file; the keys of its logs are trusted too. */
  policy?: string | undefined;
  /** Files with kept checkpoints, receipts or proofs, or directories of such. */
  seen?: readonly string[] | undefined;
  /** PEM files with root certificates of time-stamping authorities; `NAME=FILE` for those of one alone. */
  tsaRoots?: readonly string[] | undefined;
  /** Keys of Roughtime servers, base64. */
  roughtime?: readonly string[] | undefined;
};

/** The command was used wrongly. */
export class UsageError extends Error {}

/** Longest file with verifier keys, in bytes. */
const keyFileBytesMax = 65_536;

/** Longest file of root certificates, in bytes. */
const rootsFileBytesMax = 1_048_576;

/** The most files of checkpoints that a directory may hold. */
const seenFilesMax = 100_000;

/**
 * Reads what is trusted.
 *
 * @throws {UsageError} for what is no key, policy or checkpoint
 * @throws {VerifyError} where a file cannot be read
 */
export async function readTrust(options: TrustOptions): Promise<Trust> {
  const { key = [], policy, seen = [] } = options;
  const keys: Verifier[] = [];
  for (const each of typeof key === "string" ? [key] : key) keys.push(...(await readKeys(each)));
  const notes: SeenNote[] = [];
  for (const each of seen) notes.push(...(await readSeen(each)));
  return asTrust({
    keys,
    policy: policy === undefined ? undefined : await readPolicy(policy),
    seen: notes,
    anchors: await readClocks(options),
  });
}

async function readClocks({ tsaRoots = [], roughtime = [] }: TrustOptions): Promise<AnchorTrust | undefined> {
  if (tsaRoots.length === 0 && roughtime.length === 0) return undefined;
  const roots: TrustedRoot[] = [];
  for (const each of tsaRoots) roots.push(...(await readRoots(each)));
  const roughtimeKeys = roughtime.map((text) => {
    const key = readRoughtimeKey(text);
    if (key !== undefined) return key;
    throw new UsageError(`${text} is no key of a Roughtime server: 32 bytes in base64`);
  });
  return { roots, roughtimeKeys, crypto: nodeTimestampCrypto };
}

async function readRoots(given: string): Promise<TrustedRoot[]> {
  const [, name, path] = /^([a-z0-9][a-z0-9.-]{0,39})=(.+)$/.exec(given) ?? [undefined, undefined, given];
  const text = await readText(path, rootsFileBytesMax);
  if (text === undefined) throw new UsageError(`there is no file ${path}; name root certificates (PEM)`);
  const certificates = certificatesOf(text);
  if (certificates.length > 0) return certificates.map((certificate) => ({ certificate, name }));
  throw new UsageError(`the file ${path} holds no certificate (PEM)`);
}

async function readKeys(key: string): Promise<Verifier[]> {
  const direct = parseKey(key);
  if (direct !== undefined) return [direct];
  const text = await readText(key, keyFileBytesMax);
  if (text === undefined) throw new UsageError(`${key} is neither a verifier key nor a file that holds one`);
  const lines = text.split("\n").map((line) => line.trim());
  const held = lines.filter((line) => line !== "").map(parseKey);
  const keys = held.filter((each) => each !== undefined);
  if (keys.length === 0 || keys.length < held.length) {
    const what = keys.length === 0 ? "no verifier key" : "a line that is no verifier key";
    throw new UsageError(`the file ${key} holds ${what} (name+keyid+base64)`);
  }
  return keys;
}

function parseKey(text: string): Verifier | undefined {
  try {
    return parseVerifierKey(text);
  } catch (error) {
    if (error instanceof TlogError) return undefined;
    throw error;
  }
}

async function readPolicy(path: string): Promise<TlogPolicy> {
  const bytes = await readBounded(path, policyBytesMax);
  if (bytes === undefined) throw new UsageError(`there is no file ${path}; name a policy of witnesses`);
  return refusing(path, () => parsePolicy(bytes));
}

async function readSeen(path: string): Promise<SeenNote[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined)
    throw new UsageError(`there is no file or directory ${path} with kept checkpoints`);
  if (!found.isDirectory()) return readSeenAt(path);
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
  if (names.length > seenFilesMax) throw new UsageError(`${path} holds over ${seenFilesMax} files`);
  const notes: SeenNote[] = [];
  for (const { name } of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    notes.push(...(await readSeenAt(join(path, name))));
  }
  return notes;
}

async function readSeenAt(path: string): Promise<SeenNote[]> {
  const bytes = (await readBounded(path, seenFileBytesMax)) ?? new Uint8Array();
  return refusing(path, () => readSeenFile(path, bytes));
}

function refusing<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TlogError)) throw error;
    throw new UsageError(`${path}: ${error.message}`);
  }
}
