// SPDX-License-Identifier: Apache-2.0
// Ed25519 cosignatures (C2SP tlog-cosignature, type 0x04): a witness says when it saw a checkpoint.
//
//     signed message = "cosignature/v1\n" "time " seconds "\n" note text
//     signature      = 64-bit seconds, big-endian || Ed25519 signature
//
// The message does not name the cosigner, so a key must not be used under two names.
import { ed25519Sign, ed25519Verify } from "#crypto";
import { utf8 } from "./base64.ts";
import { TlogError } from "./error.ts";

/** The length of a cosignature without its key id, in bytes. */
export const cosignatureBytes = 72;

/**
 * Cosigns a note's text.
 *
 * @param timeSeconds seconds since 1970, a safe positive integer: zero is not a time in a cosignature
 * @throws RangeError for another time
 */
export function cosign(seed: Uint8Array, text: Uint8Array, timeSeconds: number): Uint8Array {
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds <= 0) {
    throw new RangeError(`${timeSeconds} is not the time of a cosignature`);
  }
  const bytes = new Uint8Array(cosignatureBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(timeSeconds));
  bytes.set(ed25519Sign(seed, cosignedMessage(text, timeSeconds)), 8);
  return bytes;
}

/** Whether `signature` is the key's cosignature of a note's text. False for anything malformed. */
export function verifyCosignature(publicKey: Uint8Array, text: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== cosignatureBytes) return false;
  const seconds = readSeconds(signature);
  if (seconds > BigInt(Number.MAX_SAFE_INTEGER)) return false;
  return ed25519Verify(publicKey, cosignedMessage(text, Number(seconds)), signature.subarray(8));
}

/**
 * The time in a cosignature, in seconds since 1970. It says something only once the cosignature is verified.
 *
 * @throws TlogError `signature` for bytes of another length, or a time past 2^53
 */
export function cosignatureTime(signature: Uint8Array): number {
  const seconds = signature.length === cosignatureBytes ? readSeconds(signature) : undefined;
  if (seconds === undefined || seconds > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new TlogError("signature", "these bytes are not a cosignature");
  }
  return Number(seconds);
}

function readSeconds(signature: Uint8Array): bigint {
  return new DataView(signature.buffer, signature.byteOffset, 8).getBigUint64(0);
}

function cosignedMessage(text: Uint8Array, timeSeconds: number): Uint8Array {
  const head = utf8(`cosignature/v1\ntime ${timeSeconds}\n`);
  const message = new Uint8Array(head.length + text.length);
  message.set(head);
  message.set(text, head.length);
  return message;
}
