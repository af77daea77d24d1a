// SPDX-License-Identifier: Apache-2.0
// Full bundles side by side, checked on their own: what a thread of a pool does for the walk. A bundle is
// either in order in itself, and then all that the walk must know of it is said in a few bytes, or it is not;
// then nothing is said, and the walk looks at it closely, with all that it knows. So threads only ever
// acquit: what is wrong, and in which order it is named, does not depend on them.
import {
  asHash,
  bundleName,
  entriesPath,
  entryBytesMax,
  formatCheckpoint,
  hashBytes,
  leafHashInto,
  parseVerifierKey,
  rootOfRow,
  tilePath,
  tileWidth,
  utf8,
} from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import type { DocketRecord } from "@docket/protocol";
import { noteAbsent, plainDrops } from "./dropped.ts";
import type { AbsentPart, Drops } from "./dropped.ts";
import type { AnchorRecord } from "./anchors/walk-anchors.ts";
import { VerifyError } from "./error.ts";
import { checkSealedParts, partsFileBytesMax, readRecordParts } from "./parts.ts";
import type { RecordParts } from "./parts.ts";
import { followChain, newChain } from "./records.ts";
import type { Chain } from "./records.ts";
import type { SeriesStep } from "./silences.ts";
import type { LogSource } from "./source.ts";

/** Longest entry bundle, in bytes. */
export const bundleBytesMax: number = tileWidth * (2 + entryBytesMax);

/** How many bundles are asked for at once. */
export const rangeBundles = 32;

/**
 * What is read of bundles: `records` are Docket's and are parsed and chained, `opaque` entries are bytes, and
 * of `tiles` only the hashes are read.
 */
export type RangeMode = "records" | "opaque" | "tiles";

/** Bundles to check, all of them full. */
export type RangeRequest = {
  first: number;
  count: number;
  mode: RangeMode;
  /** Whether there are sealed parts to check. */
  parts: boolean;
  /** Sizes within the bundles, borders left out, at which roots are wanted; ascending. */
  wanted: readonly number[];
  /** Narrower files of these bundles, which must be the beginnings of the full ones. */
  narrow: readonly NarrowFile[];
};

/** A partial tile of level 0, or a partial bundle of entries. */
export type NarrowFile = { kind: "tile" | "entries"; bundle: number; width: number };

/** A bundle that is in order in itself. */
export type CheckedBundle = {
  /** Hash of its subtree, 32 bytes. */
  root: Uint8Array;
  /** For each size wanted within it the root over the bundle's entries up to there, 32 bytes each. */
  prefixes: Uint8Array;
  /** Of records: how they hang together, so that the walk can chain bundles. */
  chain: CheckedChain | null;
};

/** A bundle's records, chained among themselves. */
export type CheckedChain = {
  /** Index of the first, and its `prev`. */
  first: number;
  prev: string;
  /** Leaf hash of the last. */
  last: Uint8Array;
  firstTime: string;
  lastTime: string;
  lastUncertaintyMs: number | null;
  /** The record after it may not be earlier. */
  floor: string;
  byKind: Record<string, number>;
  releases: [release: string, index: number][];
  /** What matters of its pauses and heartbeats. */
  steps: SeriesStep[];
  /** Outside time-stamps, which the walk judges: they are of its tree. */
  anchors: AnchorRecord[];
  /** Parts that are gone, and records that say why, where there are any. */
  drops?: Drops | undefined;
};

/** What was found of each bundle asked for; null where it is to be looked at closely. */
export type RangeResult = (CheckedBundle | null)[];

/** Roots with Ed25519 signatures over their checkpoints' texts, and the keys that may have made them. */
export type RootsRequest = {
  origin: string;
  /** Verifier keys of type 0x01. */
  vkeys: readonly string[];
  roots: readonly { size: number; root: Uint8Array; signature: Uint8Array }[];
};

/** For each root the place of the key that signed it, or -1. */
export type RootsResult = number[];

/** Checks ranges of bundles, in this thread or in others. */
export interface RangeChecker {
  /** How many ranges are worth asking for at once. */
  readonly concurrency: number;
  /** It rejects only if it cannot go on at all; a file that cannot be read is null in the result. */
  check(request: RangeRequest): Promise<RangeResult>;
  /** Checks signatures. Absent where that would go no faster than in the walk. */
  checkRoots?(request: RootsRequest): Promise<RootsResult>;
}

/** What a range is read from: a source that promises nothing but to read. */
export type RangeSource = Pick<LogSource, "read">;

/** Checks one range. */
export async function checkRange(source: RangeSource, request: RangeRequest): Promise<RangeResult> {
  const result: RangeResult = [];
  for (let bundle = request.first; bundle < request.first + request.count; bundle++) {
    result.push(await checkedBundle(source, request, bundle));
  }
  return result;
}

/** Finds which key signed which root. */
export function checkRoots({ origin, vkeys, roots }: RootsRequest): RootsResult {
  const keys = vkeys.map(parseVerifierKey);
  return roots.map(({ size, root, signature }) => {
    const text = utf8(formatCheckpoint({ origin, size, root: asHash(root), extensions: [] }));
    return keys.findIndex((key) => key.verify(text, signature));
  });
}

async function checkedBundle(
  source: RangeSource,
  request: RangeRequest,
  bundle: number,
): Promise<CheckedBundle | null> {
  try {
    const tile = await source.read(
      tilePath({ level: 0, index: bundle, width: tileWidth }),
      tileWidth * hashBytes,
    );
    if (tile?.length !== tileWidth * hashBytes) return null;
    const prefixes = prefixesOf(tile, request.wanted, bundle);
    if (request.mode === "tiles") {
      return (await narrowFilesAgree(source, request, bundle, tile, undefined))
        ? { root: rootOfRow(tile), prefixes, chain: null }
        : null;
    }
    const entries = await source.read(entriesPath(bundle, tileWidth), bundleBytesMax);
    const ends = entries === undefined ? undefined : entryEnds(entries);
    if (entries === undefined || ends === undefined) return null;
    if (!hashesAreOf(tile, entries, ends)) return null;
    if (!(await narrowFilesAgree(source, request, bundle, tile, entries))) return null;
    if (request.mode === "opaque") return { root: rootOfRow(tile), prefixes, chain: null };
    const parts = request.parts
      ? await source.read(`parts/${bundleName(bundle)}`, partsFileBytesMax)
      : undefined;
    if (request.parts && parts === undefined) return null;
    const chain = chainOf(bundle, tile, entries, ends, parts);
    return chain === null ? null : { root: rootOfRow(tile), prefixes, chain };
  } catch (error) {
    // Whether this is the disk, the server or the size of a file is said by the walk, which will meet it too.
    if (error instanceof VerifyError) return null;
    throw error;
  }
}

/** Where each of the 256 entries ends; undefined unless they fill the bundle exactly. */
function entryEnds(bytes: Uint8Array): Uint32Array | undefined {
  const ends = new Uint32Array(tileWidth);
  let offset = 0;
  for (let place = 0; place < tileWidth; place++) {
    if (offset + 2 > bytes.length) return undefined;
    offset += 2 + (bytes[offset] as number) * 256 + (bytes[offset + 1] as number);
    ends[place] = offset;
  }
  return offset === bytes.length ? ends : undefined;
}

function entryAt(bytes: Uint8Array, ends: Uint32Array, place: number): Uint8Array {
  const start = place === 0 ? 0 : (ends[place - 1] as number);
  return bytes.subarray(start + 2, ends[place]);
}

function hashesAreOf(tile: Uint8Array, entries: Uint8Array, ends: Uint32Array): boolean {
  const hash = new Uint8Array(hashBytes);
  for (let place = 0; place < tileWidth; place++) {
    leafHashInto(entryAt(entries, ends, place), hash, 0);
    const offset = place * hashBytes;
    for (let i = 0; i < hashBytes; i++) if (hash[i] !== tile[offset + i]) return false;
  }
  return true;
}

function prefixesOf(tile: Uint8Array, wanted: readonly number[], bundle: number): Uint8Array {
  const start = bundle * tileWidth;
  const within = wanted.filter((size) => size > start && size < start + tileWidth);
  const prefixes = new Uint8Array(within.length * hashBytes);
  for (const [i, size] of within.entries()) {
    prefixes.set(rootOfRow(tile.subarray(0, (size - start) * hashBytes)), i * hashBytes);
  }
  return prefixes;
}

async function narrowFilesAgree(
  source: RangeSource,
  request: RangeRequest,
  bundle: number,
  tile: Uint8Array,
  entries: Uint8Array | undefined,
): Promise<boolean> {
  for (const { kind, bundle: of, width } of request.narrow) {
    if (of !== bundle) continue;
    if (kind === "tile") {
      const bytes = await source.read(tilePath({ level: 0, index: bundle, width }), tileWidth * hashBytes);
      if (bytes?.length !== width * hashBytes || !isPrefix(bytes, tile)) return false;
      continue;
    }
    if (entries === undefined) return false;
    const bytes = await source.read(entriesPath(bundle, width), bundleBytesMax);
    if (bytes === undefined || bytes.length !== entryEnds(entries)?.[width - 1]) return false;
    if (!isPrefix(bytes, entries)) return false;
  }
  return true;
}

function isPrefix(bytes: Uint8Array, whole: Uint8Array): boolean {
  if (bytes.length > whole.length) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== whole[i]) return false;
  return true;
}

function chainOf(
  bundle: number,
  tile: Uint8Array,
  entries: Uint8Array,
  ends: Uint32Array,
  parts: Uint8Array | undefined,
): CheckedChain | null {
  const steps: SeriesStep[] = [];
  const chain: Chain = { ...newChain(undefined), steps };
  let prev: string | undefined;
  let offset = 0;
  let lastUncertaintyMs: number | null = null;
  const anchors: AnchorRecord[] = [];
  for (let place = 0; place < tileWidth; place++) {
    const index = bundle * tileWidth + place;
    const hash: Hash = asHash(tile.subarray(place * hashBytes, (place + 1) * hashBytes));
    const { record, reason } = followChain(chain, index, entryAt(entries, ends, place), hash);
    if (record === undefined || reason !== undefined || !isOrdinary(record.kind)) return null;
    prev ??= record.prev;
    ({ uncertaintyMs: lastUncertaintyMs } = record);
    if (record.kind === "anchor") anchors.push(record);
    if (parts === undefined) continue;
    const read = readRecordParts(parts, offset);
    const absent: AbsentPart[] = [];
    if (typeof read === "string" || !areSealed(record, read, absent)) return null;
    noteAbsent(chain.drops, index, absent);
    offset = read.end;
  }
  if (parts !== undefined && offset !== parts.length) return null;
  const { firstTime, time: lastTime, floor, byKind, releases } = chain;
  // A copy by hand: the slice of a Buffer is a view, and a message to another thread would take all of it.
  const last = new Uint8Array(tile.subarray((tileWidth - 1) * hashBytes));
  return {
    first: bundle * tileWidth,
    prev: prev ?? "",
    last,
    firstTime: firstTime ?? "",
    lastTime,
    lastUncertaintyMs,
    floor,
    byKind,
    releases: [...releases],
    steps,
    anchors,
    drops: plainDrops(chain.drops),
  };
}

function areSealed(record: DocketRecord, { manifest, parts }: RecordParts, absent: AbsentPart[]): boolean {
  return checkSealedParts(record, manifest, parts, absent) === undefined;
}

// Records that say what the log itself is are judged by the walk, which knows its origin and keys.
function isOrdinary(kind: string): boolean {
  return kind !== "created" && kind !== "key-change";
}
