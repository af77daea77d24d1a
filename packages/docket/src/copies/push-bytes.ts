// SPDX-License-Identifier: Apache-2.0
// A push as bytes: length of the head (u32, big-endian) | head, JSON | the payload.
//   head  {"firstIndex":…,"count":…,"checkpoint":"<the note>","proof":["<base64>",…]}
import { decodeBase64, encodeBase64, fromUtf8, utf8 } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { Push } from "./contract.ts";

/** Longest push, in bytes: a batch of the longest records is longer than what usually goes together. */
export const pushBytesMax = 67_108_864;
const headBytesMax = 1_048_576;
const proofHashesMax = 64;

/** Encodes a push. */
export function encodePush({ firstIndex, count, payload, checkpoint, proof }: Push): Buffer {
  const head = { firstIndex, count, checkpoint: fromUtf8(checkpoint), proof: proof.map(encodeBase64) };
  const bytes = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length, 0);
  return Buffer.concat([length, bytes, payload]);
}

/** Decodes a push. @throws {DocketError} `replica_refused` */
export function decodePush(bytes: Buffer): Push {
  const length = bytes.length < 4 ? Infinity : bytes.readUInt32BE(0);
  if (length > headBytesMax || 4 + length > bytes.length) throw malformed();
  try {
    const head = JSON.parse(bytes.toString("utf8", 4, 4 + length)) as Record<string, unknown>;
    const { firstIndex, count, checkpoint, proof } = head;
    if (!isCount(firstIndex) || !isCount(count) || typeof checkpoint !== "string") throw malformed();
    if (!Array.isArray(proof) || proof.length > proofHashesMax) throw malformed();
    const hashes = proof.map((hash) => decodeBase64(String(hash)));
    const payload = bytes.subarray(4 + length);
    return { firstIndex, count, payload, checkpoint: utf8(checkpoint), proof: hashes };
  } catch (error) {
    throw error instanceof DocketError ? error : malformed();
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function malformed(): DocketError {
  return new DocketError("replica_refused", "the body is no lot of records");
}
