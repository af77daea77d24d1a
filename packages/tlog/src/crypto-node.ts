// SPDX-License-Identifier: Apache-2.0
// The primitives over node:crypto. Its twin for browsers is crypto-noble.ts; `#crypto` in package.json picks
// one.
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  hash,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import { isSoundPoint } from "./ed25519-point.ts";

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  // Asking for a latin1 string and copying it is about three times as fast as asking for a Buffer, whose
  // creation costs more than the hashing of a tree node.
  const digest = hash("sha256", parts.length === 1 ? (parts[0] as Uint8Array) : concatenate(parts), "binary");
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = digest.charCodeAt(i);
  return bytes;
}

/** HMAC-SHA256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac("sha256", key).update(data).digest());
}

/**
 * Signs with Ed25519 (RFC 8032).
 *
 * The imported key is remembered for as long as the caller keeps the seed's array, which must not change
 * afterwards.
 *
 * @param seed 32 bytes
 * @returns 64 bytes
 * @throws RangeError for a seed of another length
 */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, message, privateKey(seed)));
}

/**
 * Verifies an Ed25519 signature (RFC 8032): key and R canonical and not of small order, S below the group
 * order, and the equation without the cofactor, as in OpenSSL and Go. False for anything malformed.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isSoundPoint(publicKey) || !isSoundPoint(signature.subarray(0, 32))) return false;
  try {
    return verify(null, message, importPublicKey(publicKey), signature);
  } catch {
    return false;
  }
}

/**
 * The public key of an Ed25519 seed.
 *
 * @param seed 32 bytes
 * @returns 32 bytes
 * @throws RangeError for a seed of another length
 */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(spki.length - 32));
}

/** How many imported public keys are remembered: a log and its witnesses, with room to spare. */
const publicKeysMax = 256;

const pkcs8Prefix = bytesOf("302e020100300506032b657004220420"); // RFC 8410 section 7, up to the seed
const spkiPrefix = bytesOf("302a300506032b6570032100"); // RFC 8410 section 4, up to the key

const privateKeys = new WeakMap<Uint8Array, KeyObject>();
const publicKeys = new Map<string, KeyObject>();

function privateKey(seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, got ${seed.length}`);
  let key = privateKeys.get(seed);
  if (key === undefined) {
    const der = Buffer.concat([pkcs8Prefix, seed]);
    key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    der.fill(0);
    privateKeys.set(seed, key);
  }
  return key;
}

function importPublicKey(bytes: Uint8Array): KeyObject {
  const name = String.fromCharCode(...bytes);
  let key = publicKeys.get(name);
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([spkiPrefix, bytes]), format: "der", type: "spki" });
    if (publicKeys.size >= publicKeysMax) publicKeys.clear();
    publicKeys.set(name, key);
  }
  return key;
}

function concatenate(parts: Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}
