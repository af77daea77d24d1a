// SPDX-License-Identifier: Apache-2.0
// The keys of a site. They lie in a directory of their own, outside the data directory: who takes the data
// alone reads no evidence and no identity.
//
//   KEYS/main/log.key        signs checkpoints (C2SP signed-note signer key)
//   KEYS/main/evidence.key   three 32-byte keys, a line each: key-encryption, site, hashing
import { createHmac, createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateSignerKey, parseSignerKey } from "@docket/tlog";
import { DocketError } from "../error.ts";
import { decrypt, encrypt } from "./seal.ts";
import type { RandomBytes } from "./seal.ts";

/** Bytes of a symmetric key. */
export const keyBytes = 32;
const nonceLength = 12;
const fileFormat = "docket-keys/v1";

/** The keys of one site. */
export type SiteKeys = {
  /** C2SP signer key, as text. */
  signerKey: string;
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
  const folder = join(directory, site);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, "log.key"))) {
    throw new DocketError("usage", `${folder} already holds keys; name another directory with --keys`);
  }
  const { signerKey } = generateSignerKey(origin, random(keyBytes));
  const lines = [
    fileFormat,
    ...["key-encryption", "site", "hashing"].map((name) => `${name} ${random(keyBytes).toString("base64")}`),
  ];
  writeSecret(join(folder, "log.key"), `${signerKey}\n`);
  writeSecret(join(folder, "evidence.key"), `${lines.join("\n")}\n`);
  // Their names too: a log whose key is lost with the power can never be written again.
  for (const path of [folder, directory, dirname(directory)]) syncDirectory(path);
  return readSiteKeys(directory, site);
}

/**
 * Reads the keys of a site.
 *
 * @throws {DocketError} `usage` if a file is missing or malformed; the message never holds a key
 */
export function readSiteKeys(directory: string, site: string): SiteKeys {
  const folder = join(directory, site);
  const signerKey = readSecret(join(folder, "log.key")).trim();
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
    signerKey,
    keyEncryption: createSecretKey(key("key-encryption")),
    site: key("site"),
    hashing: createSecretKey(key("hashing")),
  };
}

/** The verifier key that belongs to a signer key. */
export function verifierKeyOf(signerKey: string): string {
  return parseSignerKey(signerKey).vkey;
}

/**
 * A keyed hash: what stands wherever a personal value must be recognised and not read. 32 bytes.
 *
 * @param purpose keeps hashes of the same value for different uses apart
 */
export function keyedHash(hashing: KeyObject, purpose: string, value: string): Buffer {
  return createHmac("sha256", hashing).update(`${purpose}\n${value}`).digest();
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
