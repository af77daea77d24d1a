// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { partNames } from "@docket/protocol";
import {
  batchHeaderBytes,
  decodeBatch,
  decodeSegmentHeader,
  encodeBatch,
  encodeSegmentHeader,
  findBatch,
  segmentHeaderBytes,
} from "./frame.ts";
import type { Batch } from "./frame.ts";

const bytes = (size: { minLength?: number; maxLength: number }): fc.Arbitrary<Buffer> =>
  fc.uint8Array(size).map((each) => Buffer.from(each));
const exactly = (length: number): fc.Arbitrary<Buffer> => bytes({ minLength: length, maxLength: length });
const plain = { noNullPrototype: true };
const actor = fc.record(
  {
    lookup: exactly(32),
    pseudonym: fc.stringMatching(/^a_[A-Za-z0-9_-]{22}$/),
    wrappedKey: exactly(60),
  },
  plain,
);
const part = fc.record({ name: fc.constantFrom(...partNames), bytes: bytes({ maxLength: 40 }) }, plain);
const record = fc.record(
  {
    leaf: bytes({ minLength: 1, maxLength: 60 }),
    manifest: fc.option(bytes({ maxLength: 40 }), { nil: undefined }),
    parts: fc.array(part, { maxLength: 3 }),
    actors: fc.array(actor, { maxLength: 2 }),
  },
  plain,
);
const signed = fc.record({ size: fc.maxSafeNat(), root: exactly(32), signature: exactly(64) }, plain);
const batch: fc.Arbitrary<Batch> = fc.record(
  { firstIndex: fc.maxSafeNat(), signed, records: fc.array(record, { maxLength: 4 }) },
  plain,
);

test("a batch comes out as it went in, wherever it stands", () => {
  fc.assert(
    fc.property(batch, bytes({ maxLength: 30 }), (each, before) => {
      const encoded = encodeBatch(each);
      const read = decodeBatch(Buffer.concat([before, encoded, Buffer.from("rest")]), before.length);
      assert.deepEqual(read, { kind: "batch", batch: each, bytes: encoded.length });
    }),
  );
});

test("a batch with any bit flipped is bad", () => {
  fc.assert(
    fc.property(batch, fc.nat(), (each, place) => {
      const encoded = encodeBatch(each);
      const bit = place % (encoded.length * 8);
      encoded.writeUInt8(encoded.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      assert.equal(decodeBatch(encoded, 0).kind, "bad");
    }),
    { numRuns: 500 },
  );
});

test("a batch that is cut anywhere is bad, and nothing is thrown", () => {
  const [each] = fc.sample(
    batch.filter(({ records }) => records.length > 2),
    { numRuns: 1, seed: 1 },
  );
  assert.ok(each !== undefined);
  const encoded = encodeBatch(each);
  for (let length = 1; length < encoded.length; length++) {
    assert.equal(decodeBatch(encoded.subarray(0, length), 0).kind, "bad", `cut to ${length}`);
  }
  assert.equal(decodeBatch(encoded.subarray(0, 0), 0).kind, "end");
  assert.equal(decodeBatch(Buffer.alloc(70_000), 0).kind, "end", "room that was made ahead");
  const late = Buffer.alloc(70_000);
  late[69_999] = 1;
  assert.equal(decodeBatch(late, 0).kind, "bad");
});

test("bytes of chance are never a batch, and nothing is thrown", () => {
  fc.assert(
    fc.property(bytes({ minLength: 1, maxLength: 400 }), (each) => decodeBatch(each, 0).kind !== "batch"),
  );
});

test("findBatch finds an intact batch after a bad one, and no other", () => {
  const signed = { size: 0, root: Buffer.alloc(32), signature: Buffer.alloc(64) };
  const first = encodeBatch({ firstIndex: 0, signed, records: [recordOf("it says DKTB and DKTB")] });
  const second = encodeBatch({ firstIndex: 1, signed, records: [recordOf("second")] });
  const both = Buffer.concat([first, second]);
  both.writeUInt8(both.readUInt8(batchHeaderBytes + 7) ^ 1, batchHeaderBytes + 7);
  assert.equal(decodeBatch(both, 0).kind, "bad");
  assert.equal(findBatch(both, 1), first.length);
  assert.equal(findBatch(both.subarray(0, both.length - 1), 1), undefined);
});

test("a batch is one of its own segment only", () => {
  const signed = { size: 0, root: Buffer.alloc(32), signature: Buffer.alloc(64) };
  const encoded = encodeBatch({ firstIndex: 0, signed, records: [recordOf("leaf")] }, 5);
  assert.equal(decodeBatch(encoded, 0, 5).kind, "batch");
  assert.equal(decodeBatch(encoded, 0).kind, "bad");
  const holder = encodeBatch({ firstIndex: 0, signed, records: [recordOf("x")] }, 5);
  const stored = encodeBatch(
    {
      firstIndex: 0,
      signed,
      records: [{ ...recordOf(""), leaf: encodeBatch({ firstIndex: 1, signed, records: [] }) }],
    },
    5,
  );
  assert.equal(
    findBatch(Buffer.concat([Buffer.from("bad"), stored.subarray(128), holder]), 1, 5),
    stored.length - 125,
  );
});

test("a segment's header is of one origin, and any flipped bit shows", () => {
  const origin = Buffer.alloc(32, 3);
  const header = encodeSegmentHeader(77, origin, 0xfedcba98);
  assert.equal(header.length, segmentHeaderBytes);
  assert.deepEqual(decodeSegmentHeader(header, origin), { firstIndex: 77, salt: 0xfedcba98 });
  assert.equal(decodeSegmentHeader(header, Buffer.alloc(32, 4)), undefined);
  assert.equal(decodeSegmentHeader(header.subarray(0, segmentHeaderBytes - 1), origin), undefined);
  for (let bit = 0; bit < header.length * 8; bit++) {
    const flipped = Buffer.from(header);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    assert.equal(decodeSegmentHeader(flipped, origin), undefined, `bit ${bit}`);
  }
});

function recordOf(text: string): Batch["records"][number] {
  return { leaf: Buffer.from(text), manifest: undefined, parts: [], actors: [] };
}
