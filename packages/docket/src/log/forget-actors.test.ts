// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeBatch, encodeBatch, encodeSegmentHeader, segmentHeaderBytes } from "./frame.ts";
import type { Batch } from "./frame.ts";
import { withoutActors } from "./forget-actors.ts";

const originHash = Buffer.alloc(32, 7);
const salt = 99;
const [kept, gone] = [`a_${"K".repeat(22)}`, `a_${"G".repeat(22)}`];

test("entries of erased actors leave a segment, and all else stays as it was", () => {
  const batches = [batchOf(0, [kept, gone]), batchOf(2, [kept]), batchOf(3, [gone])];
  const torn = Buffer.from("torn");
  const segment = Buffer.concat([
    encodeSegmentHeader(0, originHash, salt),
    ...batches.map((batch) => encodeBatch(batch, salt)),
    torn,
  ]);
  const without = withoutActors(segment, originHash, new Set([gone])) as Buffer;
  assert.equal(without.includes(gone), false);
  assert.deepEqual(without.subarray(-4), torn);
  let offset = segmentHeaderBytes;
  for (const batch of batches) {
    const read = decodeBatch(without, offset, salt);
    assert.ok(read.kind === "batch");
    const names = (each: Batch): string[][] =>
      each.records.map(({ actors }) =>
        actors.map(({ pseudonym }) => pseudonym).filter((name) => name !== gone),
      );
    assert.deepEqual(names(read.batch), names(batch));
    const rest = (each: Batch): unknown => [
      each.firstIndex,
      each.signed.size,
      each.records.map(({ leaf, parts }) => [Buffer.from(leaf).toString(), parts.length]),
    ];
    assert.deepEqual(rest(read.batch), rest(batch));
    offset += read.bytes;
  }
  assert.equal(withoutActors(without, originHash, new Set([gone])), undefined, "nothing is left to do");
  assert.equal(withoutActors(Buffer.from("no segment"), originHash, new Set([gone])), undefined);
});

function batchOf(firstIndex: number, pseudonyms: readonly string[]): Batch {
  const records = pseudonyms.map((pseudonym, place) => ({
    leaf: Buffer.from(`leaf ${firstIndex + place}`),
    manifest: Buffer.from("manifest"),
    parts: [{ name: "facts" as const, bytes: Buffer.from("sealed") }],
    actors: [{ lookup: Buffer.alloc(32, 1), pseudonym, wrappedKey: Buffer.alloc(60, 2) }],
  }));
  return {
    firstIndex,
    signed: { size: 0, root: new Uint8Array(32), signature: new Uint8Array(64) },
    records,
  };
}
