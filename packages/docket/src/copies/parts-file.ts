// SPDX-License-Identifier: Apache-2.0
// A parts' file whose 256 records are all there, and what erasure and retention may make of it: parts go,
// nothing else changes.
import { tileWidth } from "@docket/tlog";
import { decodeRecordParts, recordOffsets } from "../log/parts-bundle.ts";
import type { RecordParts } from "../log/parts-bundle.ts";

/** Whether a parts' file holds all its records, and nothing behind them. */
export function isWholePartsFile(bytes: Buffer): boolean {
  return recordOffsets(bytes, tileWidth)?.at(-1) === bytes.length;
}

/** Whether a parts' file is another one of which only parts were dropped; both are whole. */
export function isWithoutSomeParts(after: Buffer, before: Buffer): boolean {
  if (!isWholePartsFile(after) || !isWholePartsFile(before)) return false;
  const old = recordsOf(before);
  return recordsOf(after).every((record, place) => lacksOnlyParts(record, old[place]));
}

function recordsOf(bytes: Buffer): (RecordParts | "malformed")[] {
  const offsets = recordOffsets(bytes, tileWidth) ?? [];
  return offsets.slice(0, -1).map((offset, place) => {
    return decodeRecordParts(bytes.subarray(offset, offsets[place + 1]));
  });
}

function lacksOnlyParts(after: RecordParts | "malformed", before: RecordParts | "malformed"): boolean {
  if (after === undefined || before === undefined) return after === before;
  if (after === "malformed" || before === "malformed") return false;
  if (!after.manifest.equals(before.manifest)) return false;
  return after.parts.every(({ name, bytes }) =>
    before.parts.some((part) => part.name === name && Buffer.from(part.bytes).equals(bytes)),
  );
}
