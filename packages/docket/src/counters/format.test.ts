// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ByteWriter } from "./bytes.ts";
import { CellHash } from "./cell-hash.ts";
import { Counters } from "./counters.ts";
import type { CounterKind } from "./counters.ts";
import { hashKey } from "./key-hash.ts";
import { writeShard } from "./shard-bytes.ts";

const page = new URL("../../../../docs/formats/counters-snapshot.md", import.meta.url);

test("the examples of docs/formats/counters-snapshot.md are what the code makes", async () => {
  const examples = [...readFileSync(page, "utf8").matchAll(/```text\n([^\n]+)\n```/g)].map(
    ([, text]) => text,
  );
  const cell = new CellHash(Uint8Array.from({ length: 16 }, (_, place) => place)).of("actor.ip", "192.0.2.7");
  const kind: CounterKind = { id: "c", kind: "count", bucketMs: 60_000 };
  const counters = new Counters([kind]);
  for (const atMs of [1_700_000_000_000, 1_700_000_000_000, 1_700_000_300_000]) {
    counters.add("c", [[cell]], atMs);
  }
  const writer = new ByteWriter();
  await writeShard(writer, kind, counters.plainShard("c", 4), async () => undefined);
  assert.deepEqual(examples, [cell, Buffer.from(writer.take()).toString("hex")]);
});

test("values of any length and script have cells of their own", () => {
  const hash = new CellHash(new Uint8Array(16));
  const values = ["", "a", "ä", "a".repeat(5000), "ä".repeat(5000), "𝄞"];
  const cells = values.map((value) => hash.of("content.text", value));
  assert.equal(new Set(cells).size, values.length);
  assert.ok(cells.every((cell) => /^[A-Za-z0-9_-]{16}$/.test(cell)));
  assert.notEqual(hash.of("actor.ip", "a"), hash.of("actor.name", "a"));
  assert.equal(hash.of("content.text", "a"), cells[1]);
});

test("keys are hashed as MurmurHash3_x86_128 has it", () => {
  const hashes = {
    "": "000000000000000000000000",
    a: "033bb196ccef4fe1ccef4fe1",
    abcdefg: "851fde5ef81a9aab2a351f32",
    A8ugY8U7GWiL0GYm: "b32963dbffd1f82d862e5bef",
    "a_oKGio6SlpqeoqaqrrK2urw|A8ugY8U7GWiL0GYm": "7340a6fa783c1e87b93c3b40",
  };
  for (const [key, expected] of Object.entries(hashes)) {
    const hash = { a: 0, b: 0, c: 0 };
    hashKey(key, hash);
    const words = [hash.a, hash.b, hash.c].map((word) => (word >>> 0).toString(16).padStart(8, "0"));
    assert.equal(words.join(""), expected);
  }
});
