// SPDX-License-Identifier: Apache-2.0
// Sealed parts against their records: the leaf names the manifest's hash, the manifest names each part's.
// What the parts say stays sealed. docs/formats/parts.md has the layout of the files under parts/.
import { partNames, ProtocolError } from "@docket/protocol";
import type { DocketRecord, Manifest, PartName } from "@docket/protocol";
import { fromUtf8, sha256, TlogError } from "@docket/tlog";
import { isBase64UrlOf } from "./digest-text.ts";
import type { AbsentPart } from "./dropped.ts";
import { readManifest } from "./ordinary.ts";

/** A sealed part with its name. */
export type NamedPart = { name: PartName; bytes: Uint8Array };

/** What a parts file holds of one record, and where the next one begins. */
export type RecordParts = { manifest: Uint8Array | undefined; parts: NamedPart[]; end: number };

/** Longest parts file that is read, in bytes: 256 records. */
export const partsFileBytesMax = 536_870_912;

/**
 * Compares a record with its sealed parts.
 *
 * @param absent takes what the manifest lists and is not there; without it every part must be there
 * @returns what is wrong, or `undefined`
 */
export function checkSealedParts(
  record: DocketRecord,
  manifest: Uint8Array | undefined,
  parts: readonly NamedPart[],
  absent?: AbsentPart[],
): string | undefined {
  const named = "parts" in record ? record.parts : undefined;
  if (named === undefined) {
    return manifest === undefined && parts.length === 0
      ? undefined
      : "it has parts, but its record names none";
  }
  if (manifest === undefined) return "its record names parts, but there are none";
  if (!isBase64UrlOf(named, sha256(manifest))) return "its manifest has another hash than the record names";
  const lines = readLines(manifest);
  if (typeof lines === "string") return lines;
  if (absent === undefined ? lines.length !== parts.length : lines.length < parts.length)
    return `its manifest lists ${lines.length} parts, but there are ${parts.length}`;
  const gone: AbsentPart[] = [];
  for (const [place, line] of lines.entries()) {
    const part = parts[place - gone.length];
    if (absent !== undefined && part?.name !== line.name) {
      gone.push({ name: line.name, subject: line.subject });
      continue;
    }
    if (part?.name !== line.name) return `part ${place} is named ${part?.name}, in the manifest ${line.name}`;
    if (part.bytes.length !== line.size) {
      return `part ${line.name} has ${part.bytes.length} bytes, in the manifest ${line.size}`;
    }
    if (!isBase64UrlOf(line.hash, sha256(part.bytes))) {
      return `part ${line.name} has another hash than the manifest names`;
    }
  }
  const next = parts[lines.length - gone.length];
  if (next !== undefined) return `part ${next.name} stands where the manifest lists none`;
  absent?.push(...gone);
  return undefined;
}

/**
 * Reads what a parts file holds of one record.
 *
 * @param offset where the record begins
 * @returns `short` where the file ends before the record does, `malformed` where the lengths in it do not fit
 */
export function readRecordParts(bytes: Uint8Array, offset: number): RecordParts | "short" | "malformed" {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (offset + 4 > bytes.length) return "short";
  const end = offset + 4 + view.getUint32(offset);
  if (end > bytes.length) return "short";
  if (end === offset + 4) return { manifest: undefined, parts: [], end };
  let at = offset + 4;
  if (at + 4 > end) return "malformed";
  const manifestEnd = at + 4 + view.getUint32(at);
  if (manifestEnd > end) return "malformed";
  const manifest = bytes.subarray(at + 4, manifestEnd);
  const parts: NamedPart[] = [];
  at = manifestEnd;
  while (at < end) {
    const name = partNames[bytes[at] as number];
    if (name === undefined || at + 5 > end) return "malformed";
    const partEnd = at + 5 + view.getUint32(at + 1);
    if (partEnd > end) return "malformed";
    parts.push({ name, bytes: bytes.subarray(at + 5, partEnd) });
    at = partEnd;
  }
  return { manifest, parts, end };
}

/** What a parts file holds of one record, as bytes. */
export function encodeRecordParts(manifest: Uint8Array | undefined, parts: readonly NamedPart[]): Uint8Array {
  if (manifest === undefined) return new Uint8Array(4);
  let length = 8 + manifest.length;
  for (const part of parts) length += 5 + part.bytes.length;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length - 4);
  view.setUint32(4, manifest.length);
  bytes.set(manifest, 8);
  let at = 8 + manifest.length;
  for (const part of parts) {
    bytes[at] = partNames.indexOf(part.name);
    view.setUint32(at + 1, part.bytes.length);
    bytes.set(part.bytes, at + 5);
    at += 5 + part.bytes.length;
  }
  return bytes;
}

type Lines = Manifest["parts"];

function readLines(manifest: Uint8Array): Lines | string {
  try {
    return readManifest(fromUtf8(manifest)).parts;
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof TlogError) return error.message;
    throw error;
  }
}
