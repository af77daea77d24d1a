// SPDX-License-Identifier: Apache-2.0
// The keys under which people's secrets lie. They are derived from the site's key for keyed hashes, which
// lies in the keys directory and is never changed: whoever takes the data directory alone can neither try
// passwords nor make codes.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash, hkdfSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Random bytes of a token that lets its holder in: a session's, or a first password's. */
export const tokenBytes = 32;
/** Random bytes of a public id. */
const idBytes = 12;
const keyLength = 32;
const nonceLength = 12;
const tagLength = 16;

/** The keys of people's secrets. */
export type AccessSecrets = {
  /** Goes into every hash of a password. */
  readonly password: Uint8Array;
  /** Seals the secrets of second factors. */
  readonly factor: KeyObject;
  /** Hashes recovery codes. */
  readonly recovery: KeyObject;
};

/** Fills a buffer with unpredictable bytes. */
export type RandomBytes = (length: number) => Uint8Array;

/** Derives the keys (HKDF, RFC 5869, SHA-256). */
export function accessSecrets(hashing: KeyObject): AccessSecrets {
  const derived = (name: string): Uint8Array =>
    new Uint8Array(hkdfSync("sha256", hashing, new Uint8Array(0), `docket access/v1 ${name}`, keyLength));
  return {
    password: derived("password"),
    factor: createSecretKey(derived("factor")),
    recovery: createSecretKey(derived("recovery")),
  };
}

/** Seals the secret of a person's second factor (AES-256-GCM, bound to the person), base64url. */
export function sealSecret(
  { factor }: AccessSecrets,
  person: string,
  secret: Uint8Array,
  random: RandomBytes,
): string {
  const nonce = random(nonceLength);
  const cipher = createCipheriv("aes-256-gcm", factor, nonce);
  cipher.setAAD(Buffer.from(`docket factor ${person}`));
  const sealed = Buffer.concat([nonce, cipher.update(secret), cipher.final()]);
  return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64url");
}

/** Opens what {@link sealSecret} sealed; `undefined` if it is not this person's, or of other keys. */
export function openSecret({ factor }: AccessSecrets, person: string, sealed: string): Buffer | undefined {
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < nonceLength + tagLength) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", factor, bytes.subarray(0, nonceLength));
  decipher.setAAD(Buffer.from(`docket factor ${person}`));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(nonceLength, -tagLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** What is kept of a recovery code. */
export function hashOfRecoveryCode({ recovery }: AccessSecrets, person: string, code: string): string {
  const plain = code.toUpperCase().replaceAll(/[^A-Z2-7]/g, "");
  return createHmac("sha256", recovery).update(`${person} ${plain}`).digest("base64url");
}

/** What is kept of a token of {@link tokenBytes} random bytes, and what it is found by. */
export function hashOfToken(token: string): string {
  return hash("sha256", token, "base64url");
}

/** A new token with its prefix: `ds_` of a session, `dt_` of a first password. */
export function newToken(prefix: "ds_" | "dt_", random: RandomBytes): string {
  return `${prefix}${Buffer.from(random(tokenBytes)).toString("base64url")}`;
}

/** Whether a text has the form of a session's token. */
export function isSessionToken(text: string): boolean {
  return /^ds_[A-Za-z0-9_-]{43}$/.test(text);
}

/** A new public id: `p_` of a person, `s_` of a session. */
export function newId(prefix: "p_" | "s_", random: RandomBytes): string {
  return `${prefix}${Buffer.from(random(idBytes)).toString("base64url")}`;
}
