// SPDX-License-Identifier: Apache-2.0
// Keyed hashes: what stands wherever a personal value must be recognised and not read. HMAC-SHA256 (RFC 2104)
// as two hashes over pads that are made once for each key: several are wanted for each event, and an object
// of node:crypto for each takes twice as long to make and as long again to be cleared away.
import { createHmac, hash } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Bytes of a block of SHA-256, and of what it gives. */
const blockBytes = 64;
const digestBytes = 32;
/** Longest message that is hashed in the pads' own room; others are rare, and don't stay in memory. */
const messageBytesMax = 8_192;

/** A key's pads, each with room for what is hashed behind it. */
type Pads = { readonly inner: Buffer; readonly outer: Buffer };

// One for each process and key.
const padsByKey = new WeakMap<KeyObject, Pads>();
const digest = Buffer.alloc(digestBytes);

/**
 * A keyed hash, 32 bytes: the HMAC-SHA256 of the purpose, a line feed and the value.
 *
 * @param purpose keeps hashes of the same value for different uses apart
 */
export function keyedHash(hashing: KeyObject, purpose: string, value: string): Buffer {
  return Buffer.from(digestOf(hashing, purpose, value), "latin1");
}

/** The first bytes of a {@link keyedHash}, in base64url. */
export function keyedHashText(hashing: KeyObject, purpose: string, value: string, bytes: number): string {
  digest.write(digestOf(hashing, purpose, value), "latin1");
  return digest.toString("base64url", 0, bytes);
}

// As a text: a buffer of its own takes longer to make than the hash.
function digestOf(hashing: KeyObject, purpose: string, value: string): string {
  // Three bytes are the most that a code unit becomes.
  if (3 * (purpose.length + 1 + value.length) > messageBytesMax) {
    return createHmac("sha256", hashing).update(`${purpose}\n${value}`).digest("binary");
  }
  let pads = padsByKey.get(hashing);
  if (pads === undefined) padsByKey.set(hashing, (pads = padsOf(hashing)));
  const { inner, outer } = pads;
  let length = blockBytes + inner.write(purpose, blockBytes);
  inner[length++] = 0x0a;
  length += inner.write(value, length);
  outer.write(hash("sha256", inner.subarray(0, length), "binary"), blockBytes, "latin1");
  return hash("sha256", outer, "binary");
}

function padsOf(hashing: KeyObject): Pads {
  const key = hashing.export();
  const bytes = key.length > blockBytes ? hash("sha256", key, "buffer") : key;
  const inner = Buffer.alloc(blockBytes + messageBytesMax, 0x36);
  const outer = Buffer.alloc(blockBytes + digestBytes, 0x5c);
  for (const [at, byte] of bytes.entries()) {
    inner[at] = 0x36 ^ byte;
    outer[at] = 0x5c ^ byte;
  }
  return { inner, outer };
}
