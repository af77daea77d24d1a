// SPDX-License-Identifier: Apache-2.0
// The log's checkpoints by size: those kept for good (`checkpoints/<size>`), those of the last day, of
// which rows are kept (log/recent-checkpoints.ts), and the two newest: published (`checkpoint`), and cosigned
// by a quorum of the witnesses (`checkpoint.cosigned`).
//
// Reads and writes are asynchronous: this runs in the thread that answers.
import { opendir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { formatCheckpoint, formatSignature, parseCheckpoint, parseNote, utf8 } from "@docket/tlog";
import type { Hash, Verifier } from "@docket/tlog";
import type { LogPaths } from "../log/paths.ts";
import { findRecent } from "../log/recent-checkpoints.ts";

/**
 * How many kept checkpoints are looked at for the earliest cosigned one: those of a day without cosignatures.
 */
const lookedAtMax = 1440;
/** A listing of the kept ones is not made again before this many times the time that it took. */
const listingPause = 20;

/** What a store is made of. */
export type CheckpointStoreOptions = {
  paths: Pick<LogPaths, "site" | "checkpoint" | "keptCheckpoints" | "recentCheckpoints">;
  origin: string;
  /** The log's keys; those of type 0x01 open the rows of the last day. */
  verifiers: readonly Verifier[];
  /** Whether a note bears the cosignatures that count. */
  isCosigned: (note: Uint8Array) => boolean;
  /**
   * Puts a file in place; when it resolves, it survives power loss. Readers see the old one or the new one.
   */
  put: (path: string, bytes: Uint8Array) => Promise<void>;
  /** Ms since 1970. */
  clock: () => number;
};

/** A checkpoint to which a record can be proved for good. */
export type ChosenCheckpoint = { note: Uint8Array; size: number; cosigned: boolean };

/** The checkpoints of one log. */
export class CheckpointStore {
  readonly #options: CheckpointStoreOptions;
  readonly #verifiers: readonly Verifier[];
  readonly #cosignedPath: string;
  #listing: { sizes: number[]; changed: bigint; notBeforeMs: number } | undefined;
  #listingUnderWay: Promise<number[]> | undefined;

  constructor(options: CheckpointStoreOptions) {
    this.#options = options;
    this.#verifiers = options.verifiers.filter(({ algorithm }) => algorithm === "ed25519");
    this.#cosignedPath = join(options.paths.site, "checkpoint.cosigned");
  }

  /** The newest published checkpoint, a signed note; undefined before the first. */
  newest(): Promise<Uint8Array | undefined> {
    return readIfThere(this.#options.paths.checkpoint);
  }

  /** The newest checkpoint that a quorum of the witnesses cosigned; undefined before the first. */
  newestCosigned(): Promise<Uint8Array | undefined> {
    return readIfThere(this.#cosignedPath);
  }

  /**
   * The checkpoint of a size: kept, newest, or of the last day; undefined if there is none. One of the last
   * day bears the log's Ed25519 signature alone.
   */
  async read(size: number): Promise<Uint8Array | undefined> {
    const kept = await this.readKept(size);
    if (kept !== undefined) return kept;
    const newest = await this.newest();
    if (newest !== undefined && sizeOf(newest) === size) return newest;
    return this.#recent(size);
  }

  /** A checkpoint that is kept for good; undefined if there is none of that size. */
  readKept(size: number): Promise<Uint8Array | undefined> {
    return readIfThere(this.#keptPath(size));
  }

  /** Sizes of kept checkpoints above `after`, in order, at most `limit` of them. */
  async keptSizes(after: number, limit: number): Promise<number[]> {
    const sizes = await this.#sizes();
    const from = firstAbove(sizes, after);
    return sizes.slice(from, from + limit);
  }

  /**
   * The checkpoint to which a record is best proved: the earliest kept one over it that is cosigned, because
   * its cosignatures say that the record was there by then; else the newest kept one over it.
   */
  async bestFor(index: number): Promise<ChosenCheckpoint | undefined> {
    return (await this.cosignedFor(index)) ?? this.#newestKeptFor(index);
  }

  /** The earliest kept checkpoint over a record that is cosigned, or a later one if that lies far ahead. */
  async cosignedFor(index: number): Promise<ChosenCheckpoint | undefined> {
    const newest = await this.newestCosigned();
    if (newest === undefined) return undefined;
    const newestSize = sizeOf(newest);
    if (newestSize <= index) return undefined;
    for (const size of await this.keptSizes(index, lookedAtMax)) {
      if (size >= newestSize) break;
      const note = await this.readKept(size);
      if (note !== undefined && this.#options.isCosigned(note)) return { note, size, cosigned: true };
    }
    return { note: newest, size: newestSize, cosigned: true };
  }

  /**
   * Keeps a checkpoint with its cosignatures for good.
   *
   * @param quorum whether they are all that the policy asks for: then it becomes the newest cosigned one,
   *   unless a later one is
   * @throws what `put` throws
   */
  async keep(note: Uint8Array, quorum: boolean): Promise<void> {
    const size = sizeOf(note);
    await this.#options.put(this.#keptPath(size), note);
    if (!quorum) return;
    // A crash between the two leaves the pointer behind; the next cosigned one moves it.
    const before = await this.newestCosigned();
    if (before === undefined || sizeOf(before) <= size) await this.#options.put(this.#cosignedPath, note);
  }

  async #newestKeptFor(index: number): Promise<ChosenCheckpoint | undefined> {
    const size = (await this.#sizes()).at(-1);
    if (size === undefined || size <= index) return undefined;
    const note = await this.readKept(size);
    return note && { note, size, cosigned: this.#options.isCosigned(note) };
  }

  async #recent(size: number): Promise<Uint8Array | undefined> {
    const { paths, origin } = this.#options;
    const row = await findRecent(paths.recentCheckpoints, size);
    if (row === undefined) return undefined;
    const text = formatCheckpoint({ origin, size, root: row.root as Hash, extensions: [] });
    // Power loss may have left other bytes than were written, and the key may have changed within the day.
    const verifier = this.#verifiers.find(({ verify }) => verify(utf8(text), row.signature));
    if (verifier === undefined) return undefined;
    const { name, keyId } = verifier;
    return utf8(`${text}\n${formatSignature({ name, keyId, signature: row.signature })}`);
  }

  #keptPath(size: number): string {
    return join(this.#options.paths.keptCheckpoints, String(size));
  }

  #sizes(): Promise<number[]> {
    this.#listingUnderWay ??= this.#list().finally(() => {
      this.#listingUnderWay = undefined;
    });
    return this.#listingUnderWay;
  }

  // A log that is years old keeps millions: a listing takes seconds, and is not made for each who asks.
  async #list(): Promise<number[]> {
    const { paths, clock } = this.#options;
    const before = this.#listing;
    const startMs = clock();
    if (before !== undefined && startMs < before.notBeforeMs) return before.sizes;
    const changed = await stat(paths.keptCheckpoints, { bigint: true }).then(
      ({ mtimeNs }) => mtimeNs,
      absent,
    );
    if (changed === undefined) return [];
    if (changed === before?.changed) return before.sizes;
    const found: number[] = [];
    for await (const { name } of await opendir(paths.keptCheckpoints, { bufferSize: 1024 })) {
      if (/^[1-9]\d{0,15}$/.test(name)) found.push(Number(name));
    }
    const sizes = Array.from(Float64Array.from(found).sort());
    this.#listing = { sizes, changed, notBeforeMs: clock() + (clock() - startMs) * listingPause };
    return sizes;
  }
}

/** The size that a checkpoint's note names. */
export function sizeOf(note: Uint8Array): number {
  return parseCheckpoint(parseNote(note).text).size;
}

/** Whether a note bears a line of anyone but the log: all that can be said without a policy. */
export function bearsOthersLines(note: Uint8Array, origin: string): boolean {
  return parseNote(note).signatures.some(({ name }) => name !== origin);
}

function firstAbove(sizes: readonly number[], after: number): number {
  let [low, high] = [0, sizes.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((sizes[middle] as number) <= after) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  return readFile(path).catch(absent);
}

function absent(error: unknown): undefined {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT" || code === "ENOTDIR") return undefined;
  throw error;
}
