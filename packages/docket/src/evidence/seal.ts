// SPDX-License-Identifier: Apache-2.0
// Seals parts and opens them again. The layout of a sealed part is in packages/protocol/src/parts.ts.
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hash } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import {
  commitmentMessage,
  encodeManifest,
  nonceBytes,
  openingSecretBytes,
  partContext,
  partIdBytes,
  tagBytes,
} from "@docket/protocol";
import type { ManifestPart, PartName } from "@docket/protocol";
import { firstOpened, newestKey } from "./key-ring.ts";
import type { KeyRing } from "./key-ring.ts";
import { partDictionary } from "./part-dictionary.ts";

/** A part before it is sealed: whose key seals it, the newest of a ring, and its exact plaintext. */
export type PlainPart = { name: PartName; subject: string; key: KeyRing; plaintext: string };
/** Parts ready for the journal, and the manifest that the leaf commits to. */
export type SealedParts = {
  manifest: Buffer;
  manifestHash: string;
  sealed: { name: PartName; bytes: Buffer }[];
};
/** Fills a buffer with unpredictable bytes. */
export type RandomBytes = (length: number) => Buffer;

/** Longest plaintext of a part, in bytes: what it may unfold to. */
export const plaintextBytesMax = 16_777_216;
/** Small windows cost less memory for each part, and a part is hardly longer than the dictionary. */
const deflateOptions = {
  level: 1,
  windowBits: 12,
  memLevel: 4,
  chunkSize: 4096,
  dictionary: partDictionary,
} as const;
const codecPlain = 0;
const codecDeflated = 1;

/** Seals the parts of one record under their subjects' keys. */
export function sealParts(parts: readonly PlainPart[], origin: string, random: RandomBytes): SealedParts {
  const lines: ManifestPart[] = [];
  const sealed: SealedParts["sealed"] = [];
  for (const part of parts) {
    const plaintext = Buffer.from(part.plaintext, "utf8");
    const secret = random(openingSecretBytes);
    const bytes = sealPart(part, plaintext, secret, origin, random);
    sealed.push({ name: part.name, bytes });
    lines.push({
      name: part.name,
      subject: part.subject,
      size: bytes.length,
      hash: hash("sha256", bytes, "base64url"),
      commitment: commit(secret, part.name, plaintext).toString("base64url"),
    });
  }
  const manifest = Buffer.from(encodeManifest(lines), "utf8");
  return { manifest, manifestHash: hash("sha256", manifest, "base64url"), sealed };
}

/**
 * Opens a sealed part.
 *
 * @param ring the keys that it may have been sealed with
 * @returns the plaintext and the opening secret, or `undefined` if the key is not the one it was sealed with
 * or any
 *   byte was changed
 */
export function openPart(
  bytes: Uint8Array,
  name: PartName,
  ring: KeyRing,
  origin: string,
): { plaintext: Buffer; secret: Buffer } | undefined {
  const partId = bytes.subarray(0, partIdBytes);
  const nonce = bytes.subarray(partIdBytes, partIdBytes + nonceBytes);
  const sealed = bytes.subarray(partIdBytes + nonceBytes);
  const context = partContext(origin, partId, name);
  const envelope = firstOpened(ring, (key) => decrypt(createSecretKey(key), nonce, sealed, context));
  if (envelope === undefined || envelope.length <= openingSecretBytes) return undefined;
  const plaintext = decode(envelope.subarray(openingSecretBytes));
  return plaintext && { plaintext, secret: envelope.subarray(0, openingSecretBytes) };
}

/** The commitment of a part: HMAC-SHA256(secret, u8 length + name + exact plaintext). */
export function commit(secret: Uint8Array, name: PartName, plaintext: Uint8Array): Buffer {
  return createHmac("sha256", createSecretKey(secret)).update(commitmentMessage(name, plaintext)).digest();
}

function sealPart(
  part: PlainPart,
  plaintext: Buffer,
  secret: Buffer,
  origin: string,
  random: RandomBytes,
): Buffer {
  const noise = random(partIdBytes + nonceBytes);
  const partId = noise.subarray(0, partIdBytes);
  const nonce = noise.subarray(partIdBytes);
  const envelope = Buffer.concat([secret, encode(plaintext)]);
  const context = partContext(origin, partId, part.name);
  return Buffer.concat([noise, encrypt(createSecretKey(newestKey(part.key)), nonce, envelope, context)]);
}

// The dictionary makes a part of one kilobyte a few times smaller, although each is compressed by itself.
function encode(plaintext: Buffer): Buffer {
  const deflated = deflateRawSync(plaintext, deflateOptions);
  return deflated.length < plaintext.length
    ? Buffer.concat([Buffer.from([codecDeflated]), deflated])
    : Buffer.concat([Buffer.from([codecPlain]), plaintext]);
}

function decode(coded: Buffer): Buffer | undefined {
  if (coded[0] === codecPlain) return coded.subarray(1);
  if (coded[0] !== codecDeflated) return undefined;
  // Room for a part of usual length: Node would take four times as much for each.
  const options = { dictionary: partDictionary, maxOutputLength: plaintextBytesMax, chunkSize: 4096 };
  try {
    return inflateRawSync(coded.subarray(1), options);
  } catch {
    return undefined;
  }
}

/**
 * AES-256-GCM: ciphertext, then the tag. Takes a KeyObject, which is several times faster than the key's
 * bytes.
 */
export function encrypt(
  key: KeyObject,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  context: Uint8Array,
): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(context);
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Reverses {@link encrypt}; `undefined` if key, nonce, context or any byte differs. */
export function decrypt(
  key: KeyObject,
  nonce: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
): Buffer | undefined {
  if (sealed.length < tagBytes || nonce.length !== nonceBytes) return undefined;
  const end = sealed.length - tagBytes;
  const cipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes });
  cipher.setAAD(context).setAuthTag(sealed.subarray(end));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, end)), cipher.final()]);
  } catch {
    return undefined;
  }
}
