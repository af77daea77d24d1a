// SPDX-License-Identifier: Apache-2.0
// Ed25519 cosignatures (C2SP tlog-cosignature, type 0x04): a witness says when it saw a checkpoint.
//
//     signed message = "cosignature/v1\n" "time " seconds "\n" note text
//     signature      = 64-bit seconds, big-endian || Ed25519 signature
//
// The message does not name the cosigner, so a key must not be used under two names. Its successor, type
// 0x06, is in subtree-cosignature.ts; what both share, the time, is here.
import { ed25519Sign, ed25519Verify } from "#crypto";
import { utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";

/** The length of an Ed25519 cosignature (type 0x04) without its key id, in bytes. */
export const cosignatureBytes = 72;

/** The length of an ML-DSA-44 cosignature (type 0x06) without its key id, in bytes. */
export const subtreeCosignatureBytes = 2428;

/** The length of the time that a cosignature begins with, in bytes. */
export const cosignatureTimeBytes = 8;

/**
 * Cosigns a note's text.
 *
 * @param timeSeconds seconds since 1970, a safe positive integer: zero is not a time in a cosignature
 * @throws RangeError for another time
 */
export function cosign(seed: Uint8Array, text: Uint8Array, timeSeconds: number): Uint8Array {
  checkTime(timeSeconds);
  return timedSignature(timeSeconds, ed25519Sign(seed, cosignedMessage(text, timeSeconds)));
}

/** Whether `signature` is the key's cosignature of a note's text. False for anything malformed. */
export function verifyCosignature(publicKey: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== cosignatureBytes) return false;
  const timeSeconds = readTime(signature);
  if (timeSeconds === undefined || timeSeconds === 0) return false;
  const message = cosignedMessage(text, timeSeconds);
  return ed25519Verify(publicKey, message, signature.subarray(cosignatureTimeBytes));
}

/**
 * The time in a cosignature of either type, in seconds since 1970; 0 is that of a subtree's, which has none.
 * It says something only once the cosignature is verified.
 *
 * @throws TlogError `signature` for bytes of another length, or a time past 2^53
 */
export function cosignatureTime(signature: Uint8Array): number {
  const isCosignature = signature.length === cosignatureBytes || signature.length === subtreeCosignatureBytes;
  const timeSeconds = isCosignature ? readTime(signature) : undefined;
  if (timeSeconds === undefined) throw new TlogError("signature", "these bytes are not a cosignature");
  return timeSeconds;
}

/** Puts a signature behind its time. */
export function timedSignature(timeSeconds: number, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(cosignatureTimeBytes + signature.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  bytes.set(signature, cosignatureTimeBytes);
  return bytes;
}

/**
 * The time that a cosignature begins with, or undefined for one that is no safe integer. The specification's
 * limit is 2^63 - 1 seconds and lets verifiers refuse the future: 2^53 seconds is 285 million years away.
 */
export function readTime(signature: Uint8Array): number | undefined {
  const view = new DataView(signature.buffer, signature.byteOffset, cosignatureTimeBytes);
  const seconds = view.getBigUint64(0);
  return seconds > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Number(seconds);
}

/** @throws RangeError for what is not the time of a checkpoint's cosignature */
export function checkTime(timeSeconds: number): void {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds <= 0) {
    throw new RangeError(`${timeSeconds} is not the time of a cosignature`);
  }
}

function cosignedMessage(text: Uint8Array, timeSeconds: number): Uint8Array {
  const head = utf8(`cosignature/v1\ntime ${timeSeconds}\n`);
  const message = new Uint8Array(head.length + text.length);
  message.set(head);
  message.set(text, head.length);
  return message;
}
