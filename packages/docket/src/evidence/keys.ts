// SPDX-License-Identifier: Apache-2.0
// The keys of a site. They lie in a directory of their own, outside the data directory: who takes the data
// alone reads no evidence and no identity.
//
//   KEYS/main/log.key             signs every root (C2SP signed-note signer key, Ed25519)
//   KEYS/main/log-ml-dsa-44.key   signs published checkpoints besides; logs made before there was one lack it
//   KEYS/main/evidence.key        three 32-byte keys, a line each: key-encryption, site, hashing
//   KEYS/main/next/…              the log's next keys, while a change of keys is under way (succession/)
//   KEYS/main/epoch, newest       what the log's newest state was (log/newest-state.ts)
import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateSignerKey, parseSignerKey, parseVerifierKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { SignerKeys } from "../log/signing-keys.ts";
import { decrypt, encrypt } from "./seal.ts";
import type { RandomBytes } from "./seal.ts";

export { keyedHash } from "./keyed-hash.ts";

/** Bytes of a symmetric key. */
export const keyBytes = 32;
const nonceLength = 12;
const fileFormat = "docket-keys/v1";
/** The Ed25519 key of a log, in the folder of its site's keys. */
export const rootKeyFile = "log.key";
/** The ML-DSA-44 key of a log, beside it. */
export const publishedKeyFile = "log-ml-dsa-44.key";

/** The keys of one site. */
export type SiteKeys = {
  /** C2SP signer key of Ed25519, as text. */
  signerKey: string;
  /** C2SP signer key of ML-DSA-44; logs made before there was one have none until their keys are changed. */
  mlDsaSignerKey: string | undefined;
  /** Wraps each actor's key. */
  keyEncryption: KeyObject;
  /** Seals what belongs to the site, and to no person; as bytes, because it crosses between threads. */
  site: Uint8Array;
  /** Keyed hashes: account ids, event ids, fingerprints, counters' keys. */
  hashing: KeyObject;
};

/**
 * Makes the keys of a site. Both files are new, readable by their owner only.
 *
 * @throws {DocketError} `usage` if keys are there already
 */
export function createSiteKeys(
  directory: string,
  site: string,
  origin: string,
  random: RandomBytes,
): SiteKeys {
  const folder = makeFolder(directory, site);
  const lines = [
    fileFormat,
    ...["key-encryption", "site", "hashing"].map((name) => `${name} ${random(keyBytes).toString("base64")}`),
  ];
  createLogKeys(folder, origin, random);
  writeSecret(join(folder, "evidence.key"), `${lines.join("\n")}\n`);
  syncNames(folder);
  return readSiteKeys(directory, site);
}

/**
 * Makes the keys of an opaque log, which has no evidence: those that it signs with. The files are new,
 * readable by their owner only.
 *
 * @throws {DocketError} `usage` if keys are there already
 */
export function createOpaqueKeys(
  directory: string,
  site: string,
  origin: string,
  random: RandomBytes,
): SignerKeys {
  const folder = makeFolder(directory, site);
  createLogKeys(folder, origin, random);
  syncNames(folder);
  return signerKeysOf(readLogKeys(folder));
}

function makeFolder(directory: string, site: string): string {
  const folder = join(directory, site);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, rootKeyFile))) {
    throw new DocketError("usage", `${folder} already holds keys; name another directory with --keys`);
  }
  return folder;
}

// A log whose key is lost with the power can never be written again.
function syncNames(folder: string): void {
  for (const path of [folder, dirname(folder), dirname(dirname(folder))]) syncDirectory(path);
}

/** Makes the keys that a log signs with, in files that do not exist yet. */
export function createLogKeys(folder: string, origin: string, random: RandomBytes): void {
  const files = [
    [rootKeyFile, "ed25519"],
    [publishedKeyFile, "ml-dsa-44"],
  ] as const;
  for (const [file, algorithm] of files) {
    const { signerKey } = generateSignerKey(origin, random(keyBytes), algorithm);
    writeSecret(join(folder, file), `${signerKey}\n`);
  }
}

/**
 * Reads the keys in a folder that a log signs with.
 *
 * @throws {DocketError} `usage` if the Ed25519 key is missing, or a file holds another kind of key
 */
export function readLogKeys(folder: string): Pick<SiteKeys, "signerKey" | "mlDsaSignerKey"> {
  const published = join(folder, publishedKeyFile);
  return {
    signerKey: readSignerKeyFile(join(folder, rootKeyFile), "ed25519"),
    mlDsaSignerKey: existsSync(published) ? readSignerKeyFile(published, "ml-dsa-44") : undefined,
  };
}

/** The keys that a log signs with, for its threads. */
export function signerKeysOf(keys: Pick<SiteKeys, "signerKey" | "mlDsaSignerKey">): SignerKeys {
  const { signerKey, mlDsaSignerKey } = keys;
  return { roots: [signerKey], published: mlDsaSignerKey === undefined ? [] : [mlDsaSignerKey] };
}

/**
 * Reads the keys of a site.
 *
 * @throws {DocketError} `usage` if a file is missing or malformed; the message never holds a key
 */
export function readSiteKeys(directory: string, site: string): SiteKeys {
  const folder = join(directory, site);
  const logKeys = readLogKeys(folder);
  const path = join(folder, "evidence.key");
  const [format, ...lines] = readSecret(path).trim().split("\n");
  const values = new Map(lines.map((line) => line.split(" ") as [string, string]));
  const key = (name: string): Buffer => {
    const bytes = Buffer.from(values.get(name) ?? "", "base64");
    if (format !== fileFormat || bytes.length !== keyBytes) {
      throw new DocketError(
        "usage",
        `${path} is not a file of ${fileFormat}: its line "${name}" is missing or wrong`,
      );
    }
    return ownMemory(bytes);
  };
  return {
    ...logKeys,
    keyEncryption: createSecretKey(key("key-encryption")),
    site: key("site"),
    hashing: createSecretKey(key("hashing")),
  };
}

/** The verifier key that belongs to a signer key. */
export function verifierKeyOf(signerKey: string): string {
  return parseSignerKey(signerKey, () => 0).vkey;
}

/** Wraps an actor's key: nonce, ciphertext, tag. */
export function wrapKey(
  keyEncryption: KeyObject,
  pseudonym: string,
  key: Uint8Array,
  random: RandomBytes,
): Buffer {
  const nonce = random(nonceLength);
  return ownMemory(Buffer.concat([nonce, encrypt(keyEncryption, nonce, key, wrapContext(pseudonym))]));
}

/** Unwraps an actor's key; `undefined` if it was wrapped by another key or for another actor. */
export function unwrapKey(
  keyEncryption: KeyObject,
  pseudonym: string,
  wrapped: Uint8Array,
): Buffer | undefined {
  const nonce = wrapped.subarray(0, nonceLength);
  const key = decrypt(keyEncryption, nonce, wrapped.subarray(nonceLength), wrapContext(pseudonym));
  return key && ownMemory(key);
}

// Small buffers are views of a pool of 8 KiB, and between threads a view takes all of its memory along: with
// the time that costs, and with whatever else lies there.
function ownMemory(bytes: Uint8Array): Buffer {
  return Buffer.from(new Uint8Array(bytes).buffer);
}

function wrapContext(pseudonym: string): Buffer {
  return Buffer.from(`docket-actor-key/v1\n${pseudonym}\n`, "utf8");
}

// Errors of malformed keys name the file and never hold the key.
function readSignerKeyFile(path: string, algorithm: string): string {
  const key = readSecret(path).trim();
  let found: string;
  try {
    found = parseVerifierKey(verifierKeyOf(key)).algorithm;
  } catch (error) {
    throw new DocketError("usage", `${path} holds no signer key: ${(error as Error).message}`);
  }
  if (found !== algorithm) {
    throw new DocketError("usage", `${path} holds a key of ${found}, not of ${algorithm}`);
  }
  return key;
}

function syncDirectory(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function writeSecret(path: string, text: string): void {
  writeFileSync(path, text, { flag: "wx", mode: 0o600, flush: true });
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new DocketError(
      "usage",
      `cannot read the key file ${path}: ${(error as NodeJS.ErrnoException).code}`,
      {
        cause: error,
      },
    );
  }
}
