// SPDX-License-Identifier: Apache-2.0
// A shard of a counter or limit as bytes: docs/formats/counters-snapshot.md has the layout.
import type { PlainBucketShard, PlainKey } from "./bucket-shard.ts";
import { ByteReader, SnapshotError } from "./bytes.ts";
import type { ByteWriter } from "./bytes.ts";
import { readCampaigns, writeCampaigns } from "./campaign-bytes.ts";
import type { CounterKind, PlainShard } from "./counters.ts";
import type { PlainDistinctKey, PlainDistinctShard, PlainValue } from "./distinct-shard.ts";
import type { PlainLimitKey, PlainLimitShard } from "./limit-shard.ts";
import { plainNodeNumbers } from "./nodes.ts";
import type { PlainChain } from "./nodes.ts";
import { rankMax, sketchRegisters } from "./sketch.ts";
import type { PlainSketch } from "./sketch.ts";

type Columns = "none" | "value" | "high";

/** Keys that are written before others have their turn. */
const keysAtOnce = 256;
/** The same of different values: a key may have a thousand, or be a sketch. */
const distinctKeysAtOnce = 16;

/**
 * Writes a counter's shard; nothing for one that was never used.
 *
 * @param pause lets others have their turn
 */
export async function writeShard(
  writer: ByteWriter,
  { kind }: CounterKind,
  shard: PlainShard | undefined,
  pause: () => Promise<void>,
): Promise<void> {
  if (shard?.kind === "campaigns") return writeCampaigns(writer, shard.plain, pause);
  if (shard === undefined || shard.plain.top === -Infinity) return;
  const { top } = shard.plain;
  writer.integer(top);
  if (shard.kind === "distinct") {
    await writeAll(shard.plain.keys, distinctKeysAtOnce, pause, (key) => writeDistinctKey(writer, key, top));
    return;
  }
  const columns = kind === "sum" ? "high" : "value";
  await writeAll(shard.plain.keys, keysAtOnce, pause, ({ hash, chain }) => {
    writer.hash(hash);
    writeChain(writer, chain, top, columns);
  });
}

/**
 * Reads it again.
 *
 * @throws {SnapshotError}
 */
export function readShard(bytes: Uint8Array, { kind }: CounterKind): PlainShard | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new ByteReader(bytes);
  if (kind === "campaigns") return { kind, plain: readCampaigns(reader) };
  const top = reader.integer();
  if (kind === "distinct") {
    const keys = readAll(reader, () => readDistinctKey(reader, top));
    return { kind: "distinct", plain: { top, keys } satisfies PlainDistinctShard };
  }
  const columns = kind === "sum" ? "high" : "value";
  const keys = readAll(reader, (): PlainKey => ({
    hash: reader.hash(),
    chain: readChain(reader, top, columns),
  }));
  return { kind: "buckets", plain: { top, keys } satisfies PlainBucketShard };
}

/** Writes a limit's shard. */
export async function writeLimitShard(
  writer: ByteWriter,
  shard: PlainLimitShard | undefined,
  pause: () => Promise<void>,
): Promise<void> {
  if (shard === undefined || shard.top === -Infinity) return;
  writer.integer(shard.top);
  await writeAll(shard.keys, keysAtOnce, pause, ({ hash, tatUs, untilUs }) => {
    writer.hash(hash);
    writer.integer(tatUs);
    writer.integer(untilUs - tatUs);
  });
}

/**
 * Reads it again.
 *
 * @throws {SnapshotError}
 */
export function readLimitShard(bytes: Uint8Array): PlainLimitShard | undefined {
  if (bytes.length === 0) return undefined;
  const reader = new ByteReader(bytes);
  const top = reader.integer();
  const keys = readAll(reader, (): PlainLimitKey => {
    const hash = reader.hash();
    const tatUs = reader.integer();
    return { hash, tatUs, untilUs: tatUs + reader.integer() };
  });
  return { top, keys };
}

async function writeAll<T>(
  all: Iterable<T>,
  atOnce: number,
  pause: () => Promise<void>,
  one: (each: T) => void,
): Promise<void> {
  let written = 0;
  for (const each of all) {
    one(each);
    if (++written % atOnce === 0) await pause();
  }
}

// Keys go on to the end of the shard.
function readAll<T>(reader: ByteReader, one: () => T): T[] {
  const all: T[] = [];
  while (!reader.done) all.push(one());
  return all;
}

// Each bucket as its distance from the one before, the first from the shard's newest.
function writeChain(writer: ByteWriter, chain: PlainChain, top: number, columns: Columns): void {
  writer.count(chain.length / plainNodeNumbers);
  let before = top;
  for (let at = 0; at < chain.length; at += plainNodeNumbers) {
    const bucket = chain[at] as number;
    writer.count(before - bucket);
    before = bucket;
    if (columns !== "none") writer.integer(chain[at + 1] as number);
    if (columns === "high") writer.integer(chain[at + 2] as number);
  }
}

function readChain(reader: ByteReader, top: number, columns: Columns): PlainChain {
  const chain: PlainChain = [];
  let bucket = top;
  for (let left = reader.count(); left > 0; left--) {
    bucket -= reader.count();
    const value = columns === "none" ? 0 : reader.integer();
    chain.push(bucket, value, columns === "high" ? reader.integer() : 0);
  }
  return chain;
}

// The number of values, and 0 before a sketch: a key without either isn't kept.
function writeDistinctKey(writer: ByteWriter, { hash, values, sketch }: PlainDistinctKey, top: number): void {
  writer.hash(hash);
  writer.count(values.length);
  for (const value of values) {
    writer.hash(value.hash);
    writeChain(writer, value.chain, top, "none");
  }
  if (values.length === 0) writeSketch(writer, sketch ?? { top, registers: [] }, top);
}

function readDistinctKey(reader: ByteReader, top: number): PlainDistinctKey {
  const hash = reader.hash();
  const values: PlainValue[] = [];
  for (let left = reader.count(); left > 0; left--) {
    values.push({ hash: reader.hash(), chain: readChain(reader, top, "none") });
  }
  return { hash, values, sketch: values.length === 0 ? readSketch(reader, top) : undefined };
}

function writeSketch(writer: ByteWriter, sketch: PlainSketch, top: number): void {
  writer.count(top - sketch.top);
  writer.count(sketch.registers.length);
  let before = -1;
  for (const [register, chain] of sketch.registers) {
    writer.count(register - before);
    before = register;
    writeChain(writer, chain, sketch.top, "value");
  }
}

function readSketch(reader: ByteReader, shardTop: number): PlainSketch {
  const top = shardTop - reader.count();
  const registers: [number, PlainChain][] = [];
  let register = -1;
  for (let left = reader.count(); left > 0; left--) {
    register += reader.count();
    const chain = readChain(reader, top, "value");
    const ranks = chain.filter((_, place) => place % plainNodeNumbers === 1);
    if (register >= sketchRegisters || ranks.some((rank) => rank < 1 || rank > rankMax)) {
      throw new SnapshotError("a sketch has more registers or ranks than there are");
    }
    registers.push([register, chain]);
  }
  return { top, registers };
}
