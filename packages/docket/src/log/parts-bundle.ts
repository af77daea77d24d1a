// SPDX-License-Identifier: Apache-2.0
// The files under parts/: one for 256 records, in step with entry bundles, appended to as records come.
//
//   per record   length of what follows (u32) | manifest length (u32) | manifest
//                | per part: name (u8, its place in partNames) | length (u32) | sealed part
//   a record without parts is a length of 0
import { partNames } from "@docket/protocol";
import type { SealedPart } from "./frame.ts";

/** What a parts file holds of one record; `undefined` for a record without parts. */
export type RecordParts = { manifest: Buffer; parts: SealedPart[] } | undefined;

/** Encodes what the parts file holds of one record. */
export function encodeRecordParts(manifest: Uint8Array | undefined, parts: readonly SealedPart[]): Buffer {
  if (manifest === undefined) return Buffer.alloc(4);
  const pieces: Uint8Array[] = [Buffer.alloc(4), u32(manifest.length), manifest];
  for (const part of parts) {
    pieces.push(Buffer.from([partNames.indexOf(part.name)]), u32(part.bytes.length), part.bytes);
  }
  const bytes = Buffer.concat(pieces);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  return bytes;
}

/**
 * Where each record of a parts file begins, and at last where the file ends.
 *
 * @returns as many offsets as whole records plus one; `undefined` if the bytes run out inside a record
 */
export function recordOffsets(bytes: Buffer, count: number): number[] | undefined {
  const offsets = [0];
  let offset = 0;
  for (let i = 0; i < count; i++) {
    if (offset + 4 > bytes.length) return undefined;
    offset += 4 + bytes.readUInt32BE(offset);
    if (offset > bytes.length) return undefined;
    offsets.push(offset);
  }
  return offsets;
}

/**
 * Decodes what a parts file holds of one record.
 *
 * @param bytes from the record's offset to the next record's
 * @returns `malformed` where the lengths do not fit
 */
export function decodeRecordParts(bytes: Buffer): RecordParts | "malformed" {
  if (bytes.length < 4 || bytes.readUInt32BE(0) !== bytes.length - 4) return "malformed";
  if (bytes.length === 4) return undefined;
  if (bytes.length < 8) return "malformed";
  let offset = 8 + bytes.readUInt32BE(4);
  if (offset > bytes.length) return "malformed";
  const manifest = bytes.subarray(8, offset);
  const parts: SealedPart[] = [];
  while (offset < bytes.length) {
    if (offset + 5 > bytes.length) return "malformed";
    const name = partNames[bytes[offset] as number];
    const end = offset + 5 + bytes.readUInt32BE(offset + 1);
    if (name === undefined || end > bytes.length) return "malformed";
    parts.push({ name, bytes: bytes.subarray(offset + 5, end) });
    offset = end;
  }
  return { manifest, parts };
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}
