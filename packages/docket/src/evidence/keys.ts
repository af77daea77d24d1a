// SPDX-License-Identifier: Apache-2.0
// The keys of a site. They lie in a directory of their own, outside the data directory: who takes the data
// alone reads no evidence and no identity.
//
//   KEYS/main/log.key             signs every root (C2SP signed-note signer key, Ed25519)
//   KEYS/main/log-ml-dsa-44.key   signs published checkpoints besides; logs made before there was one lack it
//   KEYS/main/evidence.key        keys of 32 bytes: key-encryption, site, hashing (evidence-key-file.ts)
//   KEYS/main/key-store.key       seals the identity map's rows (key-store.ts)
//   KEYS/main/next/…              the log's next keys, while a change of keys is under way (succession/)
//   KEYS/main/epoch, newest       what the log's newest state was (log/newest-state.ts)
//
// What is secret of them is read and written through key-folder.ts, protected or not.
import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateSignerKey, parseSignerKey, parseVerifierKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { SignerKeys } from "../log/signing-keys.ts";
import { createEvidenceKeys, readEvidenceKeys } from "./evidence-key-file.ts";
import { hasSecret, readSecret, syncDirectory, writeSecret } from "./key-folder.ts";
import type { KeyFolder } from "./key-folder.ts";
import { firstOpened, keyBytes, keyRing, newestKey } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";
import { ensureKeyStoreKeys } from "./key-store.ts";
import { decrypt, encrypt } from "./seal.ts";
import type { RandomBytes } from "./seal.ts";

export { keyedHash } from "./keyed-hash.ts";

export { keyBytes } from "./key-ring.ts";
const nonceLength = 12;
/** The Ed25519 key of a log, in the folder of its site's keys. */
export const rootKeyFile = "log.key";
/** The ML-DSA-44 key of a log, beside it. */
export const publishedKeyFile = "log-ml-dsa-44.key";

/** The site that every installation has. */
export const mainSite = "main";
/** The keys of one site. */
export type SiteKeys = {
  /** C2SP signer key of Ed25519, as text. */
  signerKey: string;
  /** C2SP signer key of ML-DSA-44; logs made before there was one have none until their keys are changed. */
  mlDsaSignerKey: string | undefined;
  /** Wraps each actor's key. */
  keyEncryption: KeyRing;
  /** Seals what belongs to the site, and to no person. */
  site: KeyRing;
  /** Keyed hashes: account ids, event ids, fingerprints, counters' keys. */
  hashing: KeyObject;
  /** Where they lie. */
  folder: KeyFolder;
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
  createLogKeys({ path: folder }, origin, random);
  createEvidenceKeys({ path: folder }, random);
  ensureKeyStoreKeys({ path: folder }, random);
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
  createLogKeys({ path: folder }, origin, random);
  syncNames(folder);
  return signerKeysOf(readLogKeys({ path: folder }));
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
export function createLogKeys(folder: KeyFolder, origin: string, random: RandomBytes): void {
  const files = [
    [rootKeyFile, "ed25519"],
    [publishedKeyFile, "ml-dsa-44"],
  ] as const;
  for (const [file, algorithm] of files) {
    const { signerKey } = generateSignerKey(origin, random(keyBytes), algorithm);
    writeSecret(folder, file, `${signerKey}\n`, random);
  }
}

/**
 * Reads the keys in a folder that a log signs with.
 *
 * @throws {DocketError} `usage` if the Ed25519 key is missing, or a file holds another kind of key;
 *   `keys_locked` if one is protected and does not open
 */
export function readLogKeys(folder: KeyFolder): Pick<SiteKeys, "signerKey" | "mlDsaSignerKey"> {
  const published = hasSecret(folder, publishedKeyFile);
  return {
    signerKey: readSignerKeyFile(folder, rootKeyFile, "ed25519"),
    mlDsaSignerKey: published ? readSignerKeyFile(folder, publishedKeyFile, "ml-dsa-44") : undefined,
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
 * @param guard opens protected files (key-providers/)
 * @throws {DocketError} `usage` if a file is missing or malformed, `keys_locked` if one is protected and does
 *   not open; the message never holds a key
 */
export function readSiteKeys(directory: string, site: string, guard?: KeyRing): SiteKeys {
  const folder = { path: join(directory, site), guard };
  const logKeys = readLogKeys(folder);
  const { keyEncryption, site: siteKeys, hashing } = readEvidenceKeys(folder);
  return {
    ...logKeys,
    keyEncryption: keyRing(keyEncryption.map(({ key }) => key)),
    site: keyRing(siteKeys.map(({ key }) => key)),
    hashing: createSecretKey(hashing.key),
    folder,
  };
}

/** The verifier key that belongs to a signer key. */
export function verifierKeyOf(signerKey: string): string {
  return parseSignerKey(signerKey, () => 0).vkey;
}

/** Wraps an actor's key under the newest key of a ring: nonce, ciphertext, tag. */
export function wrapKey(
  keyEncryption: KeyRing,
  pseudonym: string,
  key: Uint8Array,
  random: RandomBytes,
): Buffer {
  const nonce = random(nonceLength);
  const wrapping = createSecretKey(newestKey(keyEncryption));
  return ownMemory(Buffer.concat([nonce, encrypt(wrapping, nonce, key, wrapContext(pseudonym))]));
}

/** Unwraps an actor's key; `undefined` if no key of the ring wrapped it, or for another actor. */
export function unwrapKey(
  keyEncryption: KeyRing,
  pseudonym: string,
  wrapped: Uint8Array,
): Buffer | undefined {
  const nonce = wrapped.subarray(0, nonceLength);
  const sealed = wrapped.subarray(nonceLength);
  const context = wrapContext(pseudonym);
  const key = firstOpened(keyEncryption, (each) => decrypt(createSecretKey(each), nonce, sealed, context));
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
function readSignerKeyFile(folder: KeyFolder, name: string, algorithm: string): string {
  const path = join(folder.path, name);
  const key = readSecret(folder, name).trim();
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
