// SPDX-License-Identifier: Apache-2.0
// The bytes of the journal. A segment is a header and then batches, one after the other, and may end in
// zeros: room that was made ahead. Numbers are big-endian.
//
//   segment header  "DKTJRNL2" (8) | index of its first record (u64) | SHA-256 of the origin (32)
//                   | salt (u32) | crc32 (u32)
//   batch header    "DKTB" (4) | payload length (u32) | index of its first record (u64) | records (u32)
//                   | signed size (u64) | signed root (32) | its Ed25519 signature (64)
//                   | crc32 of the header, begun with the segment's salt (u32)
//   payload         frames: length (u32) | kind (u8) | bytes | crc32 of length, kind and bytes (u32)
//   batch trailer   crc32 of the payload (u32)
//
// "Signed" is the newest root that had been signed when the batch was written. A record's frames are its
// actor entries, its manifest, its parts and at last its leaf, which closes the record; in an opaque log the
// leaf is all there is. A leaf's kind is 0x00, so that kind and bytes together are what RFC 6962 hashes for a
// leaf, and no copy is made for it.
//
// The salt is random. An opaque entry may be any bytes, those of a batch too: without the salt, one inside a
// torn tail would pass for an intact batch after a bad one, which is damage.
import { crc32 } from "node:zlib";
import type { PartName } from "@docket/protocol";
import { partNames } from "@docket/protocol";

/** Bytes of a segment's header. */
export const segmentHeaderBytes = 56;
/** Bytes of a batch's header. */
export const batchHeaderBytes = 128;
/** Longest payload of one batch, in bytes: what the sequencer gathers before it writes. */
export const batchPayloadBytesMax = 33_554_432;
const batchTrailerBytes = 4;
const segmentMagic = Buffer.from("DKTJRNL2", "latin1");
const batchMagic = Buffer.from("DKTB", "latin1");
const frameOverheadBytes = 9;

/** The newest signed state that a batch names. Size 0 with zero bytes where nothing was signed yet. */
export type SignedRoot = { size: number; root: Uint8Array; signature: Uint8Array };

/** One entry of the identity map: who an actor is, and the actor's key, wrapped. */
export type ActorEntry = { lookup: Uint8Array; pseudonym: string; wrappedKey: Uint8Array };

/** A sealed part with its name. */
export type SealedPart = { name: PartName; bytes: Uint8Array };

/** All that the journal holds of one record. */
export type RecordFrames = {
  leaf: Uint8Array;
  manifest: Uint8Array | undefined;
  parts: readonly SealedPart[];
  actors: readonly ActorEntry[];
};

/** One batch of records, as the journal holds it. */
export type Batch = { firstIndex: number; signed: SignedRoot; records: readonly RecordFrames[] };

/** A batch whose records are encoded: `payload` are the frames of `count` records. */
export type EncodedBatch = { firstIndex: number; count: number; signed: SignedRoot; payload: Uint8Array };

/** What reading a batch gives: the batch and its length, the end of the segment, or what is wrong. */
export type BatchRead =
  | { kind: "batch"; batch: Batch; bytes: number }
  | { kind: "end" }
  | { kind: "bad"; reason: string };

const kindLeaf = 0;
const kindActor = 1;
const kindManifest = 2;
const kindPart = 3;

/** Encodes a segment's header. */
export function encodeSegmentHeader(firstIndex: number, originHash: Uint8Array, salt = 0): Buffer {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  segmentMagic.copy(bytes, 0);
  bytes.writeBigUInt64BE(BigInt(firstIndex), 8);
  bytes.set(originHash, 16);
  bytes.writeUInt32BE(salt, 48);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 52)), 52);
  return bytes;
}

/** Reads a segment's header; `undefined` if it is not one of this log. */
export function decodeSegmentHeader(
  bytes: Buffer,
  originHash: Uint8Array,
): { firstIndex: number; salt: number } | undefined {
  if (bytes.length < segmentHeaderBytes) return undefined;
  if (!bytes.subarray(0, 8).equals(segmentMagic)) return undefined;
  if (bytes.readUInt32BE(52) !== crc32(bytes.subarray(0, 52))) return undefined;
  if (!bytes.subarray(16, 48).equals(originHash)) return undefined;
  return { firstIndex: Number(bytes.readBigUInt64BE(8)), salt: bytes.readUInt32BE(48) };
}

/** Encodes a batch of a segment with this salt. */
export function encodeBatch(batch: Batch, salt = 0): Buffer {
  const payload = encodePayload(batch.records);
  const bytes = Buffer.allocUnsafe(batchHeaderBytes + payload.length + batchTrailerBytes);
  writeBatch(bytes, { ...batch, count: batch.records.length, payload }, salt);
  return bytes;
}

/** Bytes that a batch takes whose payload has this many. */
export function batchBytes(payloadBytes: number): number {
  return batchHeaderBytes + payloadBytes + batchTrailerBytes;
}

/**
 * Writes a batch of a segment with this salt at the beginning of `into`, which has room for
 * {@link batchBytes}.
 */
export function writeBatch(into: Buffer, batch: EncodedBatch, salt: number): void {
  const { payload } = batch;
  batchMagic.copy(into, 0);
  into.writeUInt32BE(payload.length, 4);
  into.writeBigUInt64BE(BigInt(batch.firstIndex), 8);
  into.writeUInt32BE(batch.count, 16);
  into.writeBigUInt64BE(BigInt(batch.signed.size), 20);
  into.set(batch.signed.root, 28);
  into.set(batch.signed.signature, 60);
  into.writeUInt32BE(crc32(into.subarray(0, 124), salt), 124);
  into.set(payload, batchHeaderBytes);
  into.writeUInt32BE(crc32(payload), batchHeaderBytes + payload.length);
}

/** The frames of records. */
export function encodePayload(records: readonly RecordFrames[]): Buffer {
  return Buffer.concat(records.flatMap(recordFrames));
}

/** Bytes that the frame of an opaque entry takes. */
export function entryFrameBytes(entryBytes: number): number {
  return frameOverheadBytes + entryBytes;
}

/** Writes the frame of an opaque entry; returns where it ends. */
export function writeEntryFrame(into: Buffer, at: number, entry: Uint8Array): number {
  return writeFrame(into, at, kindLeaf, entry);
}

/**
 * Walks over the leaves of a payload that was checked already.
 *
 * @param visit called with where each leaf begins and ends. The byte before the beginning is 0x00, the prefix
 *   that RFC 6962 hashes before an entry.
 */
export function visitLeaves(payload: Buffer, visit: (start: number, end: number) => void): void {
  for (let offset = 0; offset < payload.length;) {
    const end = offset + 5 + payload.readUInt32BE(offset);
    if (payload[offset + 4] === kindLeaf) visit(offset + 5, end);
    offset = end + 4;
  }
}

/**
 * Reads the batch that starts at `offset` of a segment's bytes. Zeros up to the end are room made ahead.
 *
 * @param salt the one in the segment's header
 */
export function decodeBatch(segment: Buffer, offset: number, salt = 0): BatchRead {
  if (isZeroFrom(segment, offset)) return { kind: "end" };
  const header = segment.subarray(offset, offset + batchHeaderBytes);
  if (header.length < batchHeaderBytes) return { kind: "bad", reason: "the batch header is cut short" };
  if (!header.subarray(0, 4).equals(batchMagic))
    return { kind: "bad", reason: "no batch header stands here" };
  if (header.readUInt32BE(124) !== crc32(header.subarray(0, 124), salt)) {
    return { kind: "bad", reason: "the batch header's checksum differs" };
  }
  const length = header.readUInt32BE(4);
  const start = offset + batchHeaderBytes;
  const payload = segment.subarray(start, start + length);
  const trailer = segment.subarray(start + length, start + length + batchTrailerBytes);
  if (trailer.length < batchTrailerBytes) return { kind: "bad", reason: "the batch is cut short" };
  if (trailer.readUInt32BE(0) !== crc32(payload)) {
    return { kind: "bad", reason: "the batch's checksum differs" };
  }
  const records = decodeRecords(payload);
  if (typeof records === "string") return { kind: "bad", reason: records };
  if (records.length !== header.readUInt32BE(16)) {
    return { kind: "bad", reason: "the batch's count of records differs" };
  }
  const signed = {
    size: Number(header.readBigUInt64BE(20)),
    root: Buffer.from(header.subarray(28, 60)),
    signature: Buffer.from(header.subarray(60, 124)),
  };
  const firstIndex = Number(header.readBigUInt64BE(8));
  return {
    kind: "batch",
    batch: { firstIndex, signed, records },
    bytes: batchHeaderBytes + length + batchTrailerBytes,
  };
}

/**
 * Where, after `offset`, another intact batch stands: then a bad one before it is damage and no torn tail.
 */
export function findBatch(segment: Buffer, offset: number, salt = 0): number | undefined {
  let at = segment.indexOf(batchMagic, offset);
  while (at !== -1) {
    if (decodeBatch(segment, at, salt).kind === "batch") return at;
    at = segment.indexOf(batchMagic, at + 1);
  }
  return undefined;
}

function recordFrames(record: RecordFrames): Buffer[] {
  const frames = record.actors.map((actor) => frame(kindActor, encodeActor(actor)));
  if (record.manifest !== undefined) frames.push(frame(kindManifest, record.manifest));
  for (const part of record.parts) {
    const place = Buffer.from([partNames.indexOf(part.name)]);
    frames.push(frame(kindPart, Buffer.concat([place, part.bytes])));
  }
  frames.push(frame(kindLeaf, record.leaf));
  return frames;
}

function frame(kind: number, bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(frameOverheadBytes + bytes.length);
  writeFrame(framed, 0, kind, bytes);
  return framed;
}

function writeFrame(into: Buffer, at: number, kind: number, bytes: Uint8Array): number {
  const end = at + 5 + bytes.length;
  into.writeUInt32BE(bytes.length, at);
  into[at + 4] = kind;
  into.set(bytes, at + 5);
  into.writeUInt32BE(crc32(into.subarray(at, end)), end);
  return end + 4;
}

/**
 * The records of a payload.
 *
 * @param checked whether the checksums were looked at already
 * @returns what is wrong, if anything
 */
export function decodeRecords(payload: Buffer, checked = false): RecordFrames[] | string {
  const records: RecordFrames[] = [];
  let open = emptyRecord();
  let offset = 0;
  while (offset < payload.length) {
    if (offset + frameOverheadBytes > payload.length) return "a frame is cut short";
    const end = offset + 5 + payload.readUInt32BE(offset);
    if (end + 4 > payload.length) return "a frame is cut short";
    if (!checked && payload.readUInt32BE(end) !== crc32(payload.subarray(offset, end)))
      return "a frame's checksum differs";
    const bytes = payload.subarray(offset + 5, end);
    switch (payload.readUInt8(offset + 4)) {
      case kindActor:
        open.actors.push(decodeActor(bytes));
        break;
      case kindManifest:
        open.manifest = bytes;
        break;
      case kindPart: {
        const name = partNames[bytes[0] ?? partNames.length];
        if (name === undefined) return "a part has a name that is not known to this version";
        open.parts.push({ name, bytes: bytes.subarray(1) });
        break;
      }
      case kindLeaf:
        records.push({ ...open, leaf: bytes });
        open = emptyRecord();
        break;
      default:
        return "a frame is of a kind that is not known to this version";
    }
    offset = end + 4;
  }
  if (open.actors.length + open.parts.length > 0 || open.manifest !== undefined) {
    return "frames stand after the last leaf";
  }
  return records;
}

const zeros = Buffer.alloc(65_536);

/** Whether nothing but zeros stands from `offset` on. */
export function isZeroFrom(bytes: Buffer, offset: number): boolean {
  for (let at = offset; at < bytes.length; at += zeros.length) {
    const end = Math.min(bytes.length, at + zeros.length);
    if (bytes.compare(zeros, 0, end - at, at, end) !== 0) return false;
  }
  return true;
}

function emptyRecord(): { manifest: Uint8Array | undefined; parts: SealedPart[]; actors: ActorEntry[] } {
  return { manifest: undefined, parts: [], actors: [] };
}

/** lookup (32) | pseudonym (24, ASCII) | wrapped key. */
function encodeActor(actor: ActorEntry): Buffer {
  return Buffer.concat([actor.lookup, Buffer.from(actor.pseudonym, "latin1"), actor.wrappedKey]);
}

function decodeActor(bytes: Buffer): ActorEntry {
  return {
    lookup: Buffer.from(bytes.subarray(0, 32)),
    pseudonym: bytes.toString("latin1", 32, 56),
    wrappedKey: Buffer.from(bytes.subarray(56)),
  };
}
