// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { shingleKey, shinglesOf } from "@docket/policy";
import { shardBounds } from "./bounds.ts";
import type { ShardBounds } from "./bounds.ts";
import { Counters } from "./counters.ts";
import type { CounterKind } from "./counters.ts";
import { Limits } from "./limits.ts";
import type { LimitKind } from "./limits.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import type { CounterMemory, SnapshotPlace, SnapshotRead } from "./snapshot.ts";
import { held, lateMsMax } from "./testing/twin.ts";

const startMs = 1_700_000_000_000;
const name = { origin: "docket-0123456789abcdef/main", key: "AAAA" };
const kinds = ["count", "sum", "distinct", "first", "campaigns"] as const;
const counters: CounterKind[] = kinds.map((kind) => ({
  id: kind,
  kind,
  bucketMs: 1000,
}));
const limits: LimitKind[] = [{ id: "limit", count: 3, perMs: 60_000, burst: 2 }];
const few: ShardBounds = {
  keys: 2,
  nodes: 2100,
  values: 40,
  exactValues: 3,
  sketches: 1,
  campaigns: { campaigns: 4, signatures: 6, domains: 3 },
};
const shingles = shingleKey(new Uint8Array(16));
const wordsOf = (key: string): string =>
  Array.from({ length: 9 }, (_, at) => `word${at}of${Number(key.slice(1)) >> (at % 5)}`).join(" ");

type Step = { stepMs: number; lateMs: number; key: string; value: number; refusedBy: string[] };
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    stepMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 900_000 })),
    lateMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: lateMsMax })),
    // Many of them share a shard: with little room some have to go.
    key: fc.integer({ min: 0, max: 150 }).map((number) => `k${number}`),
    value: fc.oneof(fc.integer({ min: -20, max: 20 }), fc.maxSafeInteger()),
    refusedBy: fc.subarray(["p/x", "p/y"]),
  }),
  { minLength: 20, maxLength: 120, size: "max" },
);

/** Counts the events of a log: record `n` is decided by step `n`. */
function count(
  memory: CounterMemory,
  log: readonly Step[],
  from: number,
  to: number,
  replayed: boolean,
): void {
  let nowMs = startMs;
  for (const [index, { stepMs, lateMs, key, value, refusedBy }] of log.entries()) {
    nowMs += stepMs;
    if (index < from || index >= to) continue;
    const atMs = nowMs - lateMs;
    const own = replayed ? index : undefined;
    memory.counters.add("count", [[key]], atMs, own);
    memory.counters.add("first", [[key]], atMs, own);
    memory.counters.add("sum", [[key, String(value)]], atMs, own);
    memory.counters.add("distinct", [[key, `v${value}`]], atMs, own);
    const signature = shinglesOf(wordsOf(key), shingles) as string;
    memory.counters.add(
      "campaigns",
      [
        [signature, `a${value}`],
        [`d${value}`, `a${value}`],
      ],
      atMs,
      own,
    );
    memory.limits.consume("limit", key, atMs, refusedBy, own);
  }
}

function memoryOf(bounds: ShardBounds): CounterMemory {
  return { counters: new Counters(counters, bounds), limits: new Limits(limits, bounds) };
}

/** A snapshot of a memory that has counted `size` events, and `onPause` may count more between shards. */
async function bytesOf(memory: CounterMemory, counted: () => number, onPause: () => void): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  const ports = {
    moment: counted,
    place: async (moments: ReadonlySet<number>): Promise<SnapshotPlace> => ({
      size: counted(),
      leaf: "leaf",
      cuts: [...moments].map((moment) => [moment, moment]),
    }),
    pause: async () => onPause(),
  };
  for await (const chunk of writeSnapshot(memory, name, new Set(), ports)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function read(bytes: Uint8Array, bounds: ShardBounds, chunk = 1000): Promise<SnapshotRead> {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  }
  return readSnapshot(chunks(), name, bounds);
}

for (const [title, bounds] of [
  ["as it is", shardBounds],
  ["with little room", few],
] as const) {
  test(`${title}: a snapshot taken while counting, then the tail, is as if there were none`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.double({ min: 0, max: 1, noNaN: true }), async (log, part) => {
        const live = memoryOf(bounds);
        let size = Math.floor(part * log.length);
        count(live, log, 0, size, false);
        let pauses = 0;
        const bytes = await bytesOf(
          live,
          () => size,
          () => {
            if (++pauses % 7 !== 0 || size >= log.length) return;
            count(live, log, size, size + 1, false);
            size++;
          },
        );
        const restored = await read(bytes, bounds);
        assert.equal(restored.outcome, "read");
        if (restored.outcome !== "read") return;
        count(restored.memory, log, restored.from, log.length, true);
        count(live, log, size, log.length, false);
        assert.deepEqual(
          held(restored.memory.counters, restored.memory.limits),
          held(live.counters, live.limits),
        );
      }),
      { numRuns: 20 },
    );
  });
}

test("a snapshot with any byte changed, or cut off anywhere, is not used, and says why", async () => {
  const memory = memoryOf(few);
  const [log] = fc.sample(steps, { numRuns: 1, seed: 7 }) as [Step[]];
  count(memory, log, 0, log.length, false);
  const bytes = await bytesOf(
    memory,
    () => log.length,
    () => undefined,
  );
  assert.equal((await read(bytes, few)).outcome, "read");
  const stride = Math.ceil(bytes.length / 400);
  for (let at = 0; at < bytes.length; at += stride) {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 0x40, at);
    assert.equal((await read(changed, few, 65_536)).outcome, "unusable", `byte ${at}`);
    assert.equal((await read(bytes.subarray(0, at), few, 65_536)).outcome, "unusable", `${at} bytes`);
  }
  assert.deepEqual(await read(Buffer.concat([bytes, Buffer.alloc(1)]), few), {
    outcome: "unusable",
    reason: "its checksum is wrong",
  });
});

test("a snapshot of another log, key or bounds is not used", async () => {
  const memory = memoryOf(few);
  const bytes = await bytesOf(
    memory,
    () => 0,
    () => undefined,
  );
  assert.deepEqual(await read(bytes, shardBounds), {
    outcome: "unusable",
    reason: "it was written with other bounds of memory",
  });
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield bytes;
  }
  assert.deepEqual(await readSnapshot(chunks(), { ...name, origin: "other" }, few), {
    outcome: "unusable",
    reason: "it is of another log",
  });
  assert.deepEqual(await readSnapshot(chunks(), { ...name, key: "BBBB" }, few), {
    outcome: "unusable",
    reason: "it was written with another hashing key",
  });
});

test("what is being warmed stays out", async () => {
  const memory = memoryOf(few);
  const ports = {
    moment: () => 0,
    place: async () => ({ size: 0, leaf: "", cuts: [[0, 0] as const] }),
    pause: async () => undefined,
  };
  const chunks = writeSnapshot(memory, name, new Set(["sum", "limit"]), ports);
  const restored = await readSnapshot(chunks, name, few);
  assert.ok(restored.outcome === "read");
  assert.deepEqual(
    restored.memory.counters.kinds.map(({ id }) => id),
    ["campaigns", "count", "distinct", "first"],
  );
  assert.deepEqual(restored.memory.limits.kinds, []);
});
