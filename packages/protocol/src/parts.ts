// SPDX-License-Identifier: Apache-2.0
// Parts: what a record does not show to anyone, sealed beside the log. The leaf carries the hash of a
// manifest; the manifest lists each part's name, subject, size, ciphertext hash and commitment.
//
// A sealed part is these bytes, in this order (docs/formats/parts.md):
//   part id (16) | nonce (12) | AES-256-GCM of: opening secret (32) | codec (1) | plaintext in that codec |
//   tag (16)
// Codec 0 is the plaintext as it is, 1 is raw deflate (RFC 1951) with the preset dictionary of version 1. The
// additional data is `partContext(...)`. Hash and size in the manifest are of the sealed bytes; the
// commitment is HMAC-SHA256(r, u8 length of name + name + exact plaintext), with r the opening secret.
import { isDigest } from "./digest.ts";
import { ProtocolError } from "./error.ts";

/** The names of parts, and so what may be retained or dropped on its own. */
export type PartName = "facts" | "content" | "personalFacts" | "disclosed" | "change";
/** All names of parts, in the order in which a manifest lists them. */
export const partNames: readonly PartName[] = ["facts", "content", "personalFacts", "disclosed", "change"];

/** Bytes of a part's random id. */
export const partIdBytes = 16;
/** Bytes of a part's opening secret. */
export const openingSecretBytes = 32;
/** Bytes of an AES-GCM nonce and tag. */
export const nonceBytes = 12;
export const tagBytes = 16;
/** How many bytes a sealed part is longer than its plaintext in its codec. */
export const partOverheadBytes: number = partIdBytes + nonceBytes + openingSecretBytes + 1 + tagBytes;

/**
 * One line of a manifest. `subject` is `site` or the pseudonym whose key seals the part; digests are
 * base64url.
 */
export type ManifestPart = {
  name: PartName;
  subject: string;
  size: number;
  hash: string;
  commitment: string;
};
/** What a record's `parts` is the SHA-256 of. */
export type Manifest = { v: 1; parts: ManifestPart[] };

/** The one encoding of a manifest: JSON on one line. */
export function encodeManifest(parts: readonly ManifestPart[]): string {
  const ordered = parts.map(({ name, subject, size, hash, commitment }) => ({
    name,
    subject,
    size,
    hash,
    commitment,
  }));
  return JSON.stringify({ v: 1, parts: ordered });
}

/**
 * Reads a manifest.
 *
 * @throws {@link ProtocolError} `manifest_invalid` if it is not canonical
 */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("it is not JSON");
  }
  if (JSON.stringify(value) !== text) throw invalid("it is not canonical JSON on one line");
  const manifest = value as { v?: unknown; parts?: unknown };
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== "v,parts") {
    throw invalid("its keys are not v, parts");
  }
  if (manifest.v !== 1 || !Array.isArray(manifest.parts)) throw invalid("it is not of version 1");
  let last = -1;
  for (const part of manifest.parts as unknown[]) {
    if (!isManifestPart(part)) throw invalid("a part's line has a value that is not allowed");
    const place = partNames.indexOf(part.name);
    if (place <= last) throw invalid("its parts are not in order, each once");
    last = place;
  }
  return value as Manifest;
}

/** What AES-GCM binds a part's ciphertext to: schema, origin, name and part id. */
export function partContext(origin: string, partId: Uint8Array, name: PartName): Uint8Array {
  const text = new TextEncoder().encode(`docket-part/v1\n${origin}\n${name}\n`);
  const context = new Uint8Array(text.length + partId.length);
  context.set(text);
  context.set(partId, text.length);
  return context;
}

/** The message that a part's commitment authenticates: u8 length of name, name, exact plaintext. */
export function commitmentMessage(name: PartName, plaintext: Uint8Array): Uint8Array {
  const message = new Uint8Array(1 + name.length + plaintext.length);
  message[0] = name.length;
  for (let i = 0; i < name.length; i++) message[1 + i] = name.charCodeAt(i);
  message.set(plaintext, 1 + name.length);
  return message;
}

function isManifestPart(value: unknown): value is ManifestPart {
  if (typeof value !== "object" || value === null) return false;
  if (Object.keys(value).join() !== "name,subject,size,hash,commitment") return false;
  const part = value as Record<string, unknown>;
  return (
    (partNames as readonly unknown[]).includes(part["name"]) &&
    /^(site|a_[A-Za-z0-9_-]{22})$/.test(String(part["subject"])) &&
    Number.isSafeInteger(part["size"]) &&
    (part["size"] as number) >= partOverheadBytes &&
    isDigest(part["hash"]) &&
    isDigest(part["commitment"])
  );
}

function invalid(why: string): ProtocolError {
  return new ProtocolError("manifest_invalid", `this is not a manifest of parts: ${why}`);
}
