// SPDX-License-Identifier: Apache-2.0
// The primitives over @noble, for browsers. Its twin for Node is crypto-node.ts; `#crypto` in package.json
// picks one.
import { ed25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256, sha512 } from "@noble/hashes/sha2.js";
import { ml_dsa44 as mlDsa44 } from "@noble/post-quantum/ml-dsa.js";
import { isSoundPoint } from "./ed25519-point.ts";

/** SHA-256 of the parts, one after the other. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const state = nobleSha256.create();
  for (const part of parts) state.update(part);
  return state.digest();
}

/**
 * Writes the SHA-256 of `bytes` into `out`, from `at` on.
 *
 * @throws RangeError where `out` has less than 32 bytes there
 */
export function sha256Into(out: Uint8Array, at: number, bytes: Uint8Array): void {
  out.set(nobleSha256(bytes), at);
}

/** HMAC-SHA256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
  return hmac(nobleSha256, key, data);
}

/**
 * Signs with Ed25519 (RFC 8032).
 *
 * @param seed 32 bytes
 * @returns 64 bytes
 * @throws RangeError for a seed of another length
 */
export function ed25519Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return ed25519.sign(message, checkedSeed(seed));
}

/**
 * Verifies an Ed25519 signature (RFC 8032): key and R canonical and not of small order, S below the group
 * order, and the equation without the cofactor, as in OpenSSL and Go. False for anything malformed.
 *
 * `ed25519.verify` multiplies by the cofactor: for a key with a component of small order it would accept what
 * Node refuses, and a signer could show a browser and a server two different logs. Hence RFC 8032 section
 * 5.1.7 here.
 */
export function ed25519Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  if (!isSoundPoint(publicKey) || !isSoundPoint(signature.subarray(0, 32))) return false;
  const { Point } = ed25519;
  const encodedR = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  try {
    const negativeA = Point.fromBytes(publicKey).negate();
    const digest = sha512.create().update(encodedR).update(publicKey).update(message).digest();
    const k = littleEndian(digest) % Point.Fn.ORDER;
    const r = Point.BASE.multiplyUnsafe(s).add(negativeA.multiplyUnsafe(k)).toBytes();
    return r.every((byte, i) => byte === encodedR[i]);
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
  return ed25519.getPublicKey(checkedSeed(seed));
}

/**
 * Signs with ML-DSA-44 (FIPS 204, pure mode, empty context). The signature is hedged: two of one message
 * differ, since the library mixes fresh randomness in, which is what FIPS 204 section 3.4 recommends.
 *
 * The expanded key is remembered for as long as the caller keeps the seed's array, which must not change
 * afterwards.
 *
 * @param seed 32 bytes
 * @returns 2,420 bytes
 * @throws RangeError for a seed of another length
 */
export function mlDsa44Sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return mlDsa44.sign(message, mlDsa44Keys(seed).secretKey);
}

/**
 * Verifies an ML-DSA-44 signature (FIPS 204, pure mode, empty context). False for anything malformed; never
 * throws.
 */
export function mlDsa44Verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 1312 || signature.length !== 2420) return false;
  try {
    return mlDsa44.verify(signature, message, publicKey);
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
  return Uint8Array.from(mlDsa44Keys(seed).publicKey);
}

type KeyPair = { secretKey: Uint8Array; publicKey: Uint8Array };

const mlDsa44KeyPairs = new WeakMap<Uint8Array, KeyPair>();

function mlDsa44Keys(seed: Uint8Array): KeyPair {
  if (seed.length !== 32) throw new RangeError(`an ML-DSA-44 seed has 32 bytes, got ${seed.length}`);
  let pair = mlDsa44KeyPairs.get(seed);
  if (pair === undefined) {
    pair = mlDsa44.keygen(seed);
    mlDsa44KeyPairs.set(seed, pair);
  }
  return pair;
}

function checkedSeed(seed: Uint8Array): Uint8Array {
  if (seed.length !== 32) throw new RangeError(`an Ed25519 seed has 32 bytes, got ${seed.length}`);
  return seed;
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  return value;
}
