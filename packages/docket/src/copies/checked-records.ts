// SPDX-License-Identifier: Apache-2.0
// Checks records that come from elsewhere as a copy of a log stores them: each follows the one before, and
// each one's parts are those that it names. That the log signed them is for its checkpoint to show.
import { parseLeaf } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { encodeBase64Url, leafHash } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { RecordFrames } from "../log/frame.ts";
import { checkParts } from "../log/reader.ts";

/** Records that were checked. */
export type CheckedRecords = {
  /** Leaf hash of the last one. */
  previous: Hash;
  leafHashes: Buffer;
  /** A change of the log's keys among them; at most one. */
  keyChange: { index: number; keys: readonly string[] } | undefined;
};

/**
 * Checks records.
 *
 * @param firstIndex index of the first
 * @param previous leaf hash of the record before it
 * @throws {DocketError} `replica_forked` if they do not follow it; `replica_refused` for what is malformed
 */
export function checkRecords(
  records: readonly RecordFrames[],
  firstIndex: number,
  previous: Hash,
): CheckedRecords {
  const hashes: Hash[] = [];
  let keyChange: CheckedRecords["keyChange"];
  let before = previous;
  for (const [place, { leaf, manifest, parts }] of records.entries()) {
    const index = firstIndex + place;
    const text = Buffer.from(leaf.buffer, leaf.byteOffset, leaf.byteLength).toString("utf8");
    const record = readRecord(index, text);
    if (record.index !== index || record.prev !== encodeBase64Url(before)) {
      throw new DocketError("replica_forked", `record ${index} does not follow the one that is held`);
    }
    checkItsParts(index, text, manifest, parts);
    if (keyChange !== undefined) {
      throw new DocketError("replica_refused", `records stand behind the change of keys ${keyChange.index}`);
    }
    if (record.kind === "key-change") keyChange = { index, keys: record.new };
    before = leafHash(leaf);
    hashes.push(before);
  }
  return { previous: before, leafHashes: Buffer.concat(hashes), keyChange };
}

function readRecord(index: number, text: string): DocketRecord {
  try {
    return parseLeaf(text);
  } catch (error) {
    throw new DocketError("replica_refused", `record ${index} is not one: ${(error as Error).message}`);
  }
}

function checkItsParts(
  index: number,
  text: string,
  manifest: Uint8Array | undefined,
  parts: RecordFrames["parts"],
): void {
  const whole = manifest === undefined ? undefined : { manifest: asBuffer(manifest), parts: [...parts] };
  try {
    checkParts(index, text, whole);
  } catch {
    throw new DocketError("replica_refused", `the parts of record ${index} are not those that it names`);
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
