// SPDX-License-Identifier: Apache-2.0
// A row of the published checkpoints of the last day: what one needs beside the origin, in 112 bytes.
//
//     row = size (u64) || time of publication, ms since 1970 (u64) || root (32) || Ed25519 signature (64)
//
// Integers are big-endian. The signature is that of the log's key over the checkpoint's text, without key id.

import { parseCheckpoint, parseNote } from "@docket/tlog";

/** The length of a row, in bytes. */
export const rowBytes = 112;
const rootBytes = 32;
const signatureBytes = 64;
const rootOffset = 16;
const signatureOffset = rootOffset + rootBytes;

/** One published checkpoint. `size` is above 0, `timeMs` is ms since 1970, `signature` has no key id. */
export type CheckpointRow = {
  size: number;
  timeMs: number;
  root: Uint8Array;
  signature: Uint8Array;
};

/**
 * The row of a published checkpoint.
 *
 * @param note signed with an Ed25519 key of the log (type 0x01): of several, the first line counts
 * @param timeMs when it was published, in ms since 1970
 * @throws RangeError if no such line is in it
 */
export function rowOf(note: Uint8Array, timeMs: number): CheckpointRow {
  const { text, signatures } = parseNote(note);
  const { origin, size, root } = parseCheckpoint(text);
  const line = signatures.find((each) => each.name === origin && each.signature.length === signatureBytes);
  if (line === undefined) throw new RangeError(`no Ed25519 line of ${origin} in its own checkpoint`);
  return { size, timeMs, root, signature: line.signature };
}

/**
 * Encodes a row.
 *
 * @throws RangeError for a size or time that is no safe integer, a size of 0, or bytes of another length
 */
export function encodeRow({ size, timeMs, root, signature }: CheckpointRow): Buffer {
  if (!Number.isSafeInteger(size) || size <= 0) throw new RangeError(`${size} is not the size of a row`);
  if (!Number.isSafeInteger(timeMs) || timeMs < 0) throw new RangeError(`${timeMs} is not the time of a row`);
  if (root.length !== rootBytes || signature.length !== signatureBytes) {
    throw new RangeError(`a root of ${root.length} and a signature of ${signature.length} bytes in a row`);
  }
  const bytes = Buffer.alloc(rowBytes);
  bytes.writeBigUInt64BE(BigInt(size), 0);
  bytes.writeBigUInt64BE(BigInt(timeMs), 8);
  bytes.set(root, rootOffset);
  bytes.set(signature, signatureOffset);
  return bytes;
}

/** Reads a row; undefined for bytes that are none, such as the zeros that power loss may leave. */
export function decodeRow(bytes: Buffer): CheckpointRow | undefined {
  if (bytes.length !== rowBytes) return undefined;
  const size = sizeOfRow(bytes);
  const timeMs = Number(bytes.readBigUInt64BE(8));
  if (size === undefined || !Number.isSafeInteger(timeMs)) return undefined;
  // Copies: a view would keep the whole file in memory.
  const root = Uint8Array.from(bytes.subarray(rootOffset, signatureOffset));
  const signature = Uint8Array.from(bytes.subarray(signatureOffset));
  return { size, timeMs, root, signature };
}

/** The size that a row begins with; undefined if that is none. */
export function sizeOfRow(bytes: Buffer): number | undefined {
  const size = Number(bytes.readBigUInt64BE(0));
  return size > 0 && Number.isSafeInteger(size) ? size : undefined;
}
