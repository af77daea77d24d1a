// SPDX-License-Identifier: Apache-2.0
// All counters and limits as bytes, and back: docs/formats/counters-snapshot.md has the layout.
//
// A snapshot is taken while events go on being counted, a shard at a time. Each shard is whole at the moment
// at which it is copied, and the snapshot says which records that moment had seen; a start then counts the
// others from the log, for each shard those that it lacks.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { shardBounds, shardsPerCounter } from "./bounds.ts";
import type { ShardBounds } from "./bounds.ts";
import { ByteReader, ByteWriter, SnapshotError } from "./bytes.ts";
import { Counters } from "./counters.ts";
import type { CounterKind } from "./counters.ts";
import { Limits } from "./limits.ts";
import type { LimitKind } from "./limits.ts";
import { readLimitShard, readShard, writeLimitShard, writeShard } from "./shard-bytes.ts";

export { SnapshotError } from "./bytes.ts";

/** What is counted, in memory. */
export type CounterMemory = { readonly counters: Counters; readonly limits: Limits };

/** What a snapshot is of. */
export type SnapshotHeader = {
  readonly v: 1;
  /** Of the log. */
  readonly origin: string;
  /** A keyed hash that tells one hashing key from another: with another, all keys of counters are others. */
  readonly key: string;
  readonly bounds: ShardBounds;
  readonly counters: readonly CounterKind[];
  readonly limits: readonly LimitKind[];
};

/** Where a snapshot belongs in the log: it has counted nothing from record `size` on. */
export type SnapshotPlace = {
  readonly size: number;
  /** Leaf hash of record `size - 1`, base64url. */
  readonly leaf: string;
  /** By the moments that shards were copied at: how many records of the log each had seen. */
  readonly cuts: readonly (readonly [moment: number, size: number])[];
};

/** What taking a snapshot needs from around it. */
export type SnapshotPorts = {
  /** A number that stands for this moment in the order of events. */
  moment: () => number;
  /** Resolves when all events up to the last moment are in the log. Rejects if some never will be. */
  place: (moments: ReadonlySet<number>) => Promise<SnapshotPlace>;
  /** Lets others have their turn. */
  pause: () => Promise<void>;
};

/** A snapshot that was read, or why there is none to use. */
export type SnapshotRead =
  | {
      readonly outcome: "read";
      readonly memory: CounterMemory;
      readonly place: SnapshotPlace;
      /** The least that any shard has seen: where counting goes on. */
      readonly from: number;
    }
  | { readonly outcome: "unusable"; readonly reason: string };

/** Holds one snapshot. */
export interface SnapshotStore {
  /** The bytes of the newest snapshot, in order; `undefined` if there is none. */
  read(): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Puts a snapshot in the place of the one before. When it resolves, the new one is read from then on and
   * survives power loss. When it rejects, or the process dies, the old one is read or the new one, whole.
   * If `chunks` throws, the old one stands.
   */
  replace(chunks: AsyncIterable<Uint8Array>): Promise<void>;
}

/** What a snapshot's file begins with. */
export const snapshotMagic = "DKTCNT1\n";
const shaBytes = 32;
/** Longest section, in bytes: several times what a full shard takes. */
const sectionBytesMax = 33_554_432;
/** Bytes that are handed on at once, and hashed in one go. */
const chunkBytes = 262_144;
const headerSection = 0;
const counterSection = 1;
const limitSection = 2;
const placeSection = 3;

/** A snapshot of counters and limits, but for those whose ids are in `without`. */
export async function* writeSnapshot(
  memory: CounterMemory,
  name: Pick<SnapshotHeader, "origin" | "key">,
  without: ReadonlySet<string>,
  ports: SnapshotPorts,
): AsyncGenerator<Uint8Array> {
  const counters = memory.counters.kinds.filter(({ id }) => !without.has(id));
  const limits = memory.limits.kinds.filter(({ id }) => !without.has(id));
  const header: SnapshotHeader = { v: 1, ...name, bounds: memory.counters.bounds, counters, limits };
  const sha = createHash("sha256");
  let waiting: Uint8Array[] = [Buffer.from(snapshotMagic, "latin1"), jsonSection(headerSection, header)];
  let waitingBytes = 0;
  const moments = new Set<number>();
  for await (const { moment, section } of shardSections(memory, header, ports)) {
    moments.add(moment);
    waiting.push(section);
    waitingBytes += section.length;
    if (waitingBytes < chunkBytes) continue;
    const chunk = Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
    sha.update(chunk);
    yield chunk;
  }
  const last = Buffer.concat([...waiting, jsonSection(placeSection, await ports.place(moments))]);
  sha.update(last);
  yield last;
  yield sha.digest();
}

/**
 * Reads a snapshot.
 *
 * @param name what it must be of
 */
export async function readSnapshot(
  chunks: AsyncIterable<Uint8Array>,
  name: Pick<SnapshotHeader, "origin" | "key">,
  bounds: ShardBounds = shardBounds,
): Promise<SnapshotRead> {
  const restoring = new Restoring(name, bounds);
  try {
    let rest: Buffer = Buffer.alloc(0);
    let begun = false;
    for await (const chunk of chunks) {
      rest = Buffer.concat([rest, chunk]);
      if (!begun && rest.length >= snapshotMagic.length) {
        const magic = rest.subarray(0, snapshotMagic.length);
        if (magic.toString("latin1") !== snapshotMagic)
          throw new SnapshotError("it begins as no snapshot does");
        restoring.hashed(magic);
        rest = rest.subarray(snapshotMagic.length);
        begun = true;
      }
      if (begun) rest = takeSections(rest, restoring);
    }
    return restoring.end(rest);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { outcome: "unusable", reason: error.message };
  }
}

/** Takes whole sections off the bytes that have come; what is left. */
function takeSections(bytes: Buffer, restoring: Restoring): Buffer {
  let rest = bytes;
  while (!restoring.whole && rest.length >= 4) {
    const length = rest.readUInt32BE(0);
    if (length === 0 || length > sectionBytesMax) throw new SnapshotError("a section is too long");
    if (rest.length < 8 + length) break;
    const body = rest.subarray(4, 4 + length);
    if (crc32(body) !== rest.readUInt32BE(4 + length))
      throw new SnapshotError("a section's checksum is wrong");
    restoring.hashed(rest.subarray(0, 8 + length));
    restoring.section(body);
    rest = rest.subarray(8 + length);
  }
  return rest;
}

/** Counters and limits as they are read again, section by section. */
class Restoring {
  /** Whether the last section was read. */
  whole = false;
  readonly #name: Pick<SnapshotHeader, "origin" | "key">;
  readonly #bounds: ShardBounds;
  readonly #sha = createHash("sha256");
  readonly #cuts = new Map<string, Float64Array>();
  #header: SnapshotHeader | undefined;
  #memory: CounterMemory | undefined;
  #place: SnapshotPlace | undefined;

  constructor(name: Pick<SnapshotHeader, "origin" | "key">, bounds: ShardBounds) {
    this.#name = name;
    this.#bounds = bounds;
  }

  hashed(bytes: Uint8Array): void {
    this.#sha.update(bytes);
  }

  section(body: Buffer): void {
    const kind = body[0];
    const content = body.subarray(1);
    if (kind === headerSection && this.#header === undefined) this.#begin(jsonOf(content) as SnapshotHeader);
    else if (this.#header === undefined) throw new SnapshotError("its header is missing");
    else if (kind === counterSection) this.#counter(new ByteReader(content), this.#header);
    else if (kind === limitSection) this.#limit(new ByteReader(content), this.#header);
    else if (kind === placeSection) {
      this.#place = jsonOf(content) as SnapshotPlace;
      this.whole = true;
    } else throw new SnapshotError("a section is of no known kind");
  }

  end(rest: Buffer): SnapshotRead {
    const place = this.#place;
    const memory = this.#memory;
    if (place === undefined || memory === undefined) throw new SnapshotError("its end is missing");
    if (rest.length !== shaBytes || !this.#sha.digest().equals(rest)) {
      throw new SnapshotError("its checksum is wrong");
    }
    // Of each shard the moment of its copy is known; now which records that moment had seen.
    const sizes = new Map(place.cuts);
    let from = place.size;
    for (const cuts of this.#cuts.values()) {
      for (const [shard, moment] of cuts.entries()) {
        const size = sizes.get(moment);
        if (size === undefined || size > place.size) throw new SnapshotError("a shard is of no known moment");
        cuts[shard] = size;
        from = Math.min(from, size);
      }
    }
    for (const { id } of memory.counters.kinds) memory.counters.countFrom(id, this.#cuts.get(id));
    for (const { id } of memory.limits.kinds) memory.limits.measureFrom(id, this.#cuts.get(id));
    return { outcome: "read", memory, place, from };
  }

  #begin(header: SnapshotHeader): void {
    const { v, origin, key, bounds, counters, limits } = header;
    if (v !== 1) throw new SnapshotError("it was written by another version");
    if (origin !== this.#name.origin) throw new SnapshotError("it is of another log");
    if (key !== this.#name.key) throw new SnapshotError("it was written with another hashing key");
    if (JSON.stringify(bounds) !== JSON.stringify(this.#bounds)) {
      throw new SnapshotError("it was written with other bounds of memory");
    }
    this.#header = header;
    this.#memory = {
      counters: new Counters(counters, this.#bounds),
      limits: new Limits(limits, this.#bounds),
    };
    for (const { id } of [...counters, ...limits]) {
      this.#cuts.set(id, new Float64Array(shardsPerCounter).fill(-1));
    }
  }

  #counter(reader: ByteReader, header: SnapshotHeader): void {
    const kind = header.counters[reader.count()];
    const shard = this.#shardOf(kind?.id, reader);
    this.#memory?.counters.restoreShard(kind?.id ?? "", shard, readShard(reader.rest(), kind as CounterKind));
  }

  #limit(reader: ByteReader, header: SnapshotHeader): void {
    const kind = header.limits[reader.count()];
    const shard = this.#shardOf(kind?.id, reader);
    const rule = reader.text();
    const plain = readLimitShard(reader.rest());
    this.#memory?.limits.restoreShard(kind?.id ?? "", shard, plain, rule === "" ? undefined : rule);
  }

  #shardOf(id: string | undefined, reader: ByteReader): number {
    const shard = reader.count();
    const cuts = this.#cuts.get(id ?? "");
    if (cuts === undefined || shard >= cuts.length) throw new SnapshotError("a shard is of nothing declared");
    cuts[shard] = reader.count();
    return shard;
  }
}

type Section = { readonly moment: number; readonly section: Uint8Array };

// Each shard is copied at once, which is quick, and written bit by bit.
async function* shardSections(
  { counters, limits }: CounterMemory,
  header: SnapshotHeader,
  { moment: now, pause }: SnapshotPorts,
): AsyncGenerator<Section> {
  const writer = new ByteWriter();
  const begin = (kind: number, declaration: number, shard: number, moment: number): void => {
    writer.count(kind);
    writer.count(declaration);
    writer.count(shard);
    writer.count(moment);
  };
  for (let shard = 0; shard < shardsPerCounter; shard++) {
    for (const [declaration, kind] of header.counters.entries()) {
      const moment = now();
      const plain = counters.plainShard(kind.id, shard);
      begin(counterSection, declaration, shard, moment);
      await writeShard(writer, kind, plain, pause);
      yield { moment, section: framed(writer.take()) };
      await pause();
    }
    for (const [declaration, { id }] of header.limits.entries()) {
      const moment = now();
      // A limit and its copies at the same moment.
      const rules = [undefined, ...limits.copies(id)];
      const plain = rules.map((rule) => [rule, limits.plainShard(id, shard, rule)] as const);
      for (const [rule, own] of plain) {
        if (rule !== undefined && own === undefined) continue;
        begin(limitSection, declaration, shard, moment);
        writer.text(rule ?? "");
        await writeLimitShard(writer, own, pause);
        yield { moment, section: framed(writer.take()) };
      }
      await pause();
    }
  }
}

function jsonSection(kind: number, value: object): Uint8Array {
  return framed(Buffer.concat([Buffer.from([kind]), Buffer.from(JSON.stringify(value), "utf8")]));
}

function framed(body: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(8 + body.length);
  bytes.writeUInt32BE(body.length, 0);
  bytes.set(body, 4);
  bytes.writeUInt32BE(crc32(body), 4 + body.length);
  return bytes;
}

// Its checksum was right, so this was written by us.
function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    throw new SnapshotError("a section is no JSON");
  }
}
