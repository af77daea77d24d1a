// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeManifest } from "@docket/protocol";
import type { ManifestPart } from "@docket/protocol";
import { countGoing, dropParts } from "./drop-parts.ts";
import { decodeRecordParts, encodeRecordParts, recordOffsets } from "./parts-bundle.ts";

const actor = `a_${"A".repeat(22)}`;

test("parts that go leave their manifests and their neighbours as they were", async () => {
  const { files, writes } = bundleOf(256);
  const goes = ({ index, name }: { index: number; name: string }): boolean =>
    name === "content" && index < 10;
  assert.equal(await countGoing("/parts", 0, goes, files), 3);
  assert.equal(writes.length, 0);
  assert.equal(await dropParts("/parts", 0, goes, files), 3);
  const [bytes = Buffer.alloc(0)] = writes;
  const offsets = recordOffsets(bytes, 256) as number[];
  assert.equal(offsets.at(-1), bytes.length);
  for (let index = 0; index < 256; index++) {
    const record = decodeRecordParts(bytes.subarray(offsets[index], offsets[index + 1]));
    assert.notEqual(record, "malformed");
    const names = record === undefined || record === "malformed" ? [] : record.parts.map(({ name }) => name);
    const expected = index % 3 === 0 ? [] : index < 10 && index % 2 === 1 ? ["facts"] : namesAt(index);
    assert.deepEqual(names, expected, `record ${index}`);
  }
  assert.equal(await dropParts("/parts", 0, goes, files), 0, "the second time nothing goes");
  assert.equal(writes.length, 1);
});

test("parts go by whom they are about", async () => {
  const { files } = bundleOf(256);
  assert.equal(await dropParts("/parts", 0, ({ subject }) => subject === `a_${"B".repeat(22)}`, files), 0);
  const count = await dropParts("/parts", 0, ({ subject }) => subject === actor, files);
  assert.equal(count, 85);
});

test("a file that is missing, short or holds more is damage", async () => {
  const none = { read: async () => undefined, replace: async () => undefined };
  await assert.rejects(
    dropParts("/parts", 0, () => true, none),
    { code: "directory_damaged" },
  );
  const { files } = bundleOf(200);
  await assert.rejects(
    dropParts("/parts", 0, () => true, files),
    { code: "directory_damaged" },
  );
});

// Every third record has no parts, every second of the others a content besides its facts.
function namesAt(index: number): ("facts" | "content")[] {
  if (index % 3 === 0) return [];
  return index % 2 === 1 ? ["facts", "content"] : ["facts"];
}

function bundleOf(count: number): {
  files: { read: () => Promise<Buffer>; replace: (path: string, bytes: Uint8Array) => Promise<void> };
  writes: Buffer[];
} {
  const records = Array.from({ length: count }, (_, index) => {
    const names = namesAt(index);
    if (names.length === 0) return encodeRecordParts(undefined, []);
    const parts = names.map((name) => ({ name, bytes: Buffer.alloc(100, index) }));
    const lines = parts.map(({ name, bytes }): ManifestPart => {
      const subject = name === "facts" ? "site" : actor;
      return { name, subject, size: bytes.length, hash: "A".repeat(43), commitment: "A".repeat(43) };
    });
    return encodeRecordParts(Buffer.from(encodeManifest(lines)), parts);
  });
  let bytes = Buffer.concat(records);
  const writes: Buffer[] = [];
  const replace = async (_: string, next: Uint8Array): Promise<void> => {
    bytes = Buffer.from(next);
    writes.push(bytes);
  };
  return { files: { read: async () => bytes, replace }, writes };
}
