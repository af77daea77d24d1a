// SPDX-License-Identifier: Apache-2.0
// Takes entries of the identity map out of a journal that nobody writes: of actors who were erased, where an
// older copy of it was put back. Records, parts and what was signed over them stay as they are: no hash
// covers an entry.
import {
  decodeBatch,
  decodeSegmentHeader,
  encodeBatch,
  encodeSegmentHeader,
  segmentHeaderBytes,
} from "./frame.ts";
import type { Batch } from "./frame.ts";

/**
 * A segment without the entries of some actors.
 *
 * @param originHash SHA-256 of the log's origin
 * @returns `undefined` where it has none of them, or is no segment of this log, which is for recovery to say
 */
export function withoutActors(
  segment: Buffer,
  originHash: Uint8Array,
  gone: ReadonlySet<string>,
): Buffer | undefined {
  const header = decodeSegmentHeader(segment, originHash);
  if (header === undefined) return undefined;
  const { firstIndex, salt } = header;
  const pieces = [encodeSegmentHeader(firstIndex, originHash, salt)];
  let forgotten = 0;
  let offset = segmentHeaderBytes;
  for (;;) {
    const read = decodeBatch(segment, offset, salt);
    if (read.kind !== "batch") break;
    const batch = withoutActorsOf(read.batch, gone);
    forgotten += batch.forgotten;
    pieces.push(encodeBatch(batch.batch, salt));
    offset += read.bytes;
  }
  // A torn tail goes along as it is: whether it is one is for recovery to judge.
  pieces.push(segment.subarray(offset));
  return forgotten === 0 ? undefined : Buffer.concat(pieces);
}

function withoutActorsOf(batch: Batch, gone: ReadonlySet<string>): { batch: Batch; forgotten: number } {
  let forgotten = 0;
  const records = batch.records.map((record) => {
    const actors = record.actors.filter(({ pseudonym }) => !gone.has(pseudonym));
    forgotten += record.actors.length - actors.length;
    return { ...record, actors };
  });
  return { batch: { ...batch, records }, forgotten };
}
