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
  const digest = hash("sha256", parts.length === 1 ? (parts[0] as Uint8Array) : concatenate(parts), "binary");
  // By hand: an array that is new and this short has no memory outside of the JavaScript heap yet, and
  // latin1Write would have to give it some, which costs more than the hash.
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i++) bytes[i] = digest.charCodeAt(i);
  return bytes;
}

/**
 * Writes the SHA-256 of `bytes` into `out`, from `at` on.
 *
 * @throws RangeError where `out` has less than 32 bytes there
 */
export function sha256Into(out: Uint8Array, at: number, bytes: Uint8Array): void {
  // Asking for a latin1 string and copying it is about three times as fast as asking for a Buffer, whose
  // creation costs more than the hashing of a tree node. ("binary" is Node's other name for latin1.)
  latin1Write.call(out, hash("sha256", bytes, "binary"), at, 32);
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
  return Uint8Array.from(sign(null, message, privateKey(ed25519, seed)));
}

/**
 * Verifies an Ed25519 signature (RFC 8032): key and R canonical and not of small order, S below the group
 * order, and the equation without the cofactor, as in OpenSSL and Go. False for anything malformed.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isSoundPoint(publicKey) || !isSoundPoint(signature.subarray(0, 32))) return false;
  try {
    return verify(null, message, importPublicKey(ed25519, publicKey), signature);
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
  return publicKeyOf(ed25519, seed);
}

/**
 * Signs with ML-DSA-44 (FIPS 204, pure mode, empty context). The signature is hedged: two of one message
 * differ, since the library mixes fresh randomness in, which is what FIPS 204 section 3.4 recommends.
 *
 * The imported key is remembered for as long as the caller keeps the seed's array, which must not change
 * afterwards.
 *
 * @param seed 32 bytes
 * @returns 2,420 bytes
 * @throws RangeError for a seed of another length
 */
export function mlDsa44Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return Uint8Array.from(sign(null, message, privateKey(mlDsa44, seed)));
}

/**
 * Verifies an ML-DSA-44 signature (FIPS 204, pure mode, empty context). False for anything malformed; never
 * throws.
 */
export function mlDsa44Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== mlDsa44.publicKeyBytes || signature.length !== 2420) return false;
  try {
    return verify(null, message, importPublicKey(mlDsa44, publicKey), signature);
  } catch {
    return false;
  }
}

/**
 * The public key of an ML-DSA-44 seed (the xi of FIPS 204, ML-DSA.KeyGen).
 *
 * @param seed 32 bytes
 * @returns 1,312 bytes
 * @throws RangeError for a seed of another length
 */
export function mlDsa44PublicKey(seed: Uint8Array): Uint8Array {
  return publicKeyOf(mlDsa44, seed);
}

/** Works on any Uint8Array, and is the quickest way of a latin1 string into one. */
const latin1Write = Buffer.prototype.latin1Write as (
  this: Uint8Array,
  text: string,
  offset: number,
  length: number,
) => number;

/** How many imported public keys of one kind are remembered: a log and its witnesses, with room to spare. */
const publicKeysMax = 256;

/** How one kind of key is put into and taken out of DER, and the keys of it that were imported. */
type KeyKind = {
  name: string;
  publicKeyBytes: number;
  /** PKCS #8, up to the seed. */
  privatePrefix: Uint8Array;
  /** SubjectPublicKeyInfo, up to the key. */
  publicPrefix: Uint8Array;
  privateKeys: WeakMap<Uint8Array, KeyObject>;
  publicKeys: Map<string, KeyObject>;
};

// RFC 8410 sections 7 and 4.
const ed25519 = keyKind("Ed25519", 32, "302e020100300506032b657004220420", "302a300506032b6570032100");

// RFC 9881 sections 6 (the private key as a seed alone) and 4.
const mlDsa44 = keyKind(
  "ML-DSA-44",
  1312,
  "3034020100300b060960864801650304031104228020",
  "30820532300b06096086480165030403110382052100",
);

function keyKind(name: string, publicKeyBytes: number, privateHex: string, publicHex: string): KeyKind {
  const [privatePrefix, publicPrefix] = [bytesOf(privateHex), bytesOf(publicHex)];
  return {
    name,
    publicKeyBytes,
    privatePrefix,
    publicPrefix,
    privateKeys: new WeakMap(),
    publicKeys: new Map(),
  };
}

function privateKey(kind: KeyKind, seed: Uint8Array): KeyObject {
  if (seed.length !== 32) throw new RangeError(`an ${kind.name} seed has 32 bytes, got ${seed.length}`);
  let key = kind.privateKeys.get(seed);
  if (key === undefined) {
    const der = Buffer.concat([kind.privatePrefix, seed]);
    key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    der.fill(0);
    kind.privateKeys.set(seed, key);
  }
  return key;
}

function publicKeyOf(kind: KeyKind, seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(kind, seed)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(spki.length - kind.publicKeyBytes));
}

function importPublicKey(kind: KeyKind, bytes: Uint8Array): KeyObject {
  const name = String.fromCharCode(...bytes);
  let key = kind.publicKeys.get(name);
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([kind.publicPrefix, bytes]), format: "der", type: "spki" });
    if (kind.publicKeys.size >= publicKeysMax) kind.publicKeys.clear();
    kind.publicKeys.set(name, key);
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
