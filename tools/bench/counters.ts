// SPDX-License-Identifier: Apache-2.0
// How fast counters are, and what they take, beside the Maps of strings before. Measured in turns,
// in CPU time, so that other work on the machine does as little as possible to the ratios.
//
//   node --expose-gc --conditions=@docket/source tools/bench/counters.ts [--rounds N] [--events N]
import { createHmac, createSecretKey } from "node:crypto";
import { parseArgs } from "node:util";
import { CellHash } from "../../packages/docket/src/counters/cell-hash.ts";
import { Counters } from "../../packages/docket/src/counters/counters.ts";
import type { CounterKey, CounterKind } from "../../packages/docket/src/counters/counters.ts";
import { Limits } from "../../packages/docket/src/counters/limits.ts";
import { readSnapshot, writeSnapshot } from "../../packages/docket/src/counters/snapshot.ts";
import { seededRandom } from "../../packages/docket/src/testing/seeded-random.ts";
import { MapCounters } from "./counters/map-counters.ts";
import { describeMachine } from "./machine.ts";
import { median } from "./numbers.ts";

/** What both can do. */
type Implementation = {
  read(id: string, keys: readonly CounterKey[], atMs: number): number | undefined;
  add(id: string, keys: readonly CounterKey[], atMs: number): () => void;
};
type Kind = CounterKind & { kind: "count" | "distinct" };
/** An event: for each counter its key, and the value that a distinct one counts. */
type Counted = { atMs: number; keys: readonly (readonly CounterKey[])[] };

const startMs = 1_700_000_000_000;
/** Events a second of the stream's own time. */
const perSecond = 200;
const windowsMs = [60_000, 600_000, 3_600_000, 86_400_000];
/** 20 counters: 12 of events and 8 of different values, over a minute to a day. */
const kinds: readonly Kind[] = Array.from({ length: 20 }, (_, place) => ({
  id: `counter ${place}`,
  kind: place % 5 < 3 ? "count" : "distinct",
  bucketMs: (windowsMs[place % 4] ?? 0) / 60,
}));
const name = { origin: "docket-0123456789abcdef/main", key: "bench" };

const { values: options } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, events: { type: "string", default: "50000" } },
});
const rounds = Number(options.rounds);
const events = streamOf(Number(options.events));
await main();

async function main(): Promise<void> {
  const { cpu, cores, node, system } = describeMachine();
  process.stdout.write(`${cpu}, ${cores} cores, Node ${node}, ${system}; medians of ${rounds} rounds\n\n`);
  counting();
  cells();
  keysInMemory();
  await snapshots();
}

function counting(): void {
  const [before, now]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    before.push(cpuUs(() => count(new MapCounters(kinds))));
    now.push(cpuUs(() => count(new Counters(kinds))));
  }
  row("read and add, 20 counters", median(before) / events.length, median(now) / events.length, "us/event");
}

function count(counters: Implementation): void {
  for (const { atMs, keys } of events) {
    for (const [place, { id }] of kinds.entries()) counters.read(id, keys[place] ?? [], atMs);
    for (const [place, { id }] of kinds.entries()) counters.add(id, keys[place] ?? [], atMs);
  }
}

function cells(): void {
  const key = createSecretKey(Buffer.alloc(32, 7));
  const hash = new CellHash(Buffer.alloc(16, 7));
  const values = Array.from({ length: 100_000 }, (_, place) => `10.${place >> 8}.${place & 255}.7`);
  const [before, now]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    before.push(
      cpuUs(() => {
        for (const value of values) {
          const digest = createHmac("sha256", key).update(`counter actor.ip\n${value}`).digest();
          digest.subarray(0, 12).toString("base64url");
        }
      }),
    );
    now.push(
      cpuUs(() => {
        for (const value of values) hash.of("actor.ip", value);
      }),
    );
  }
  row("hash of a value", median(before) / values.length, median(now) / values.length, "us");
}

function keysInMemory(): void {
  const kind: Kind = { id: "c", kind: "count", bucketMs: 60_000 };
  const fill = (counters: Implementation): void => {
    for (let i = 0; i < 500_000; i++) counters.add("c", [[cellOf(i)]], startMs + i);
  };
  const before = bytesOf(() => {
    const counters = new MapCounters([kind]);
    fill(counters);
    return counters;
  });
  const now = bytesOf(() => {
    const counters = new Counters([kind]);
    fill(counters);
    return counters;
  });
  row("memory, 500,000 keys of one event", before / 500_000, now / 500_000, "bytes/key");
}

async function snapshots(): Promise<void> {
  const memory = { counters: new Counters(kinds), limits: new Limits([]) };
  count(memory.counters);
  const chunks: Uint8Array[] = [];
  let [longestMs, turnMs] = [0, cpuMs()];
  const ports = {
    moment: () => 0,
    place: async () => ({ size: 1, leaf: "", cuts: [[0, 1] as const] }),
    pause: async () => {
      longestMs = Math.max(longestMs, cpuMs() - turnMs);
      turnMs = cpuMs();
    },
  };
  const writtenUs = await cpuUsLater(async () => {
    for await (const chunk of writeSnapshot(memory, name, new Set(), ports)) chunks.push(chunk);
  });
  const readUs = await cpuUsLater(async () => {
    const read = await readSnapshot(asyncOf(chunks), name);
    if (read.outcome !== "read") throw new Error(read.reason);
  });
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { keys } = memory.counters;
  process.stdout.write(
    `snapshot of ${keys} keys: ${(bytes / keys).toFixed(1)} bytes a key, ` +
      `written in ${(writtenUs / 1000).toFixed(0)} ms (longest slice ${longestMs.toFixed(1)} ms), ` +
      `read in ${(readUs / 1000).toFixed(0)} ms\n`,
  );
}

/** Events by actors and about things of whom few are met often and most once. */
function streamOf(length: number): Counted[] {
  const random = seededRandom(1);
  const pick = (many: number): number => Math.floor(many * random() ** 3);
  return Array.from({ length }, (_, number): Counted => {
    const fields = [pick(20_000), pick(200_000), pick(500), Math.floor(random() * 1e9)].map(cellOf);
    return {
      atMs: startMs + Math.floor((number * 1000) / perSecond) - Math.floor(random() * 20_000),
      keys: kinds.map(({ kind }, place): CounterKey[] => {
        const key = fields[place % fields.length] ?? "";
        return [kind === "count" ? [key] : [key, fields[(place + 1) % fields.length] ?? ""]];
      }),
    };
  });
}

/** A cell as the hash of a value gives it. */
function cellOf(number: number): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(Math.imul(number, 0x9e3779b1) >>> 0, 0);
  bytes.writeUInt32LE(number >>> 0, 4);
  bytes.writeUInt32LE(Math.imul(number, 0x85ebca6b) >>> 0, 8);
  return bytes.toString("base64url");
}

function bytesOf(make: () => object): number {
  const use = (): number => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = use();
  const made = make();
  const bytes = use() - before;
  if (Object.keys(made).length < 0) throw new Error("it must live until here");
  return bytes;
}

function cpuUs(run: () => void): number {
  globalThis.gc?.();
  const began = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function cpuUsLater(run: () => Promise<void>): Promise<number> {
  const began = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(began);
  return user + system;
}

async function* asyncOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function row(what: string, before: number, now: number, unit: string): void {
  const ratio = (before / now).toFixed(1);
  process.stdout.write(`${what}: ${before.toFixed(2)} -> ${now.toFixed(2)} ${unit}, ${ratio} times\n`);
}
