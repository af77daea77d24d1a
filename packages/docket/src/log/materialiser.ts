// SPDX-License-Identifier: Apache-2.0
// The materialiser derives from the journal what readers use: hash tiles, entry bundles, parts' files and
// published checkpoints. Recovery feeds it the journal's tail through the same `ingest` as normal running.
//
// Three steps, each later than the one before: `ingest` (memory), `publish` (files, not synced: the journal
// can give them again), `sync` (synced, and the state file says so: now journal segments may go).
import { dirname, join } from "node:path";
import {
  appendLeafHash,
  bundleName,
  encodeEntryBundle,
  entriesPath,
  frontierRoot,
  hashBytes,
  leafHash,
  parseCheckpoint,
  parseNote,
  tileHeight,
  tilePath,
  tileWidth,
} from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";
import type { LogDisk, LogFile } from "./disk.ts";
import { decodeBatch } from "./frame.ts";
import type { RecordFrames } from "./frame.ts";
import { damaged, loadMaterialised, writeState } from "./materialised.ts";
import { encodeRecordParts, recordOffsets } from "./parts-bundle.ts";
import { WritingEndedError } from "./journal.ts";
import type { LogPaths } from "./paths.ts";

/** Of the published checkpoints, one in this many milliseconds is kept for good. */
export const keptCheckpointIntervalMs = 60_000;

/** Writes what readers use. Owned by one thread. */
export class Materialiser {
  readonly #disk: LogDisk;
  readonly #paths: LogPaths;
  readonly #frontier: Frontier;
  readonly #edge: Hash[][];
  #entries: Uint8Array[];
  #checkpoint: Uint8Array | undefined;
  /** Full tiles and bundles that are not written yet, by path. */
  readonly #unwritten = new Map<string, Uint8Array>();
  /** Parts that are not written yet, and where in their file they go. */
  #unwrittenParts: { bundle: number; position: number; bytes: Buffer }[] = [];
  #partsFile: { bundle: number; file: LogFile } | undefined;
  #partsEnd = 0;
  readonly #unsynced = new Set<string>();
  /** Partial tiles that are written, until their full tile is synced. */
  readonly #partials = new Set<string>();
  /** Directories of partial tiles whose full tile is written: removed once that is synced. */
  #obsolete: string[] = [];
  #publishedSize: number;
  #restored = false;
  #keptMinute = -1;
  #ended = false;

  /** Starts from the materialised state; parts beyond it, which a crash may have left, are cut off. */
  constructor(disk: LogDisk, paths: LogPaths) {
    this.#disk = disk;
    this.#paths = paths;
    const state = loadMaterialised(disk, paths);
    this.#frontier = state.frontier;
    this.#edge = state.edge;
    this.#entries = state.entries;
    this.#publishedSize = state.frontier.size;
    this.#cutParts();
  }

  /** Number of records that the newest published checkpoint covers. */
  get publishedSize(): number {
    return this.#publishedSize;
  }

  /**
   * Takes in a batch, in memory.
   *
   * @param bytes the batch as the journal holds it
   * @param checkpoint the signed checkpoint of the tree with this batch
   */
  ingest(bytes: Uint8Array, checkpoint: Uint8Array): void {
    const read = decodeBatch(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0);
    if (read.kind !== "batch") throw damaged("a batch from the journal is not one");
    const { batch } = read;
    if (batch.firstIndex !== this.#frontier.size) {
      throw damaged(
        `a batch begins at record ${batch.firstIndex}, but ${this.#frontier.size} are materialised`,
      );
    }
    for (const record of batch.records) this.#add(record);
    const signed = parseCheckpoint(parseNote(checkpoint).text);
    if (
      signed.size !== this.#frontier.size ||
      !Buffer.from(signed.root).equals(frontierRoot(this.#frontier))
    ) {
      throw damaged(`the materialised tree differs from the signed root at size ${signed.size}`);
    }
    this.#checkpoint = checkpoint;
  }

  /**
   * Writes tiles, bundles and parts, and then the checkpoint that covers them. After an error (a full disk)
   * it may be called again: nothing is forgotten before it is written.
   *
   * @param nowMs time of publication, in ms since 1970: decides which checkpoints are kept
   * @returns whether the published size grew
   */
  publish(nowMs: number): boolean {
    const size = this.#frontier.size;
    if (this.#ended || this.#checkpoint === undefined || size === this.#publishedSize) return false;
    for (const [path, bytes] of this.#unwritten) this.#write(path, bytes);
    for (const [level, hashes] of this.#edge.entries()) {
      const index = Math.floor(size / tileWidth ** (level + 1));
      this.#writePartial(
        hashes.length,
        (width) => tilePath({ level, index, width }),
        (width) => Buffer.concat(hashes.slice(0, width)),
      );
    }
    this.#writePartial(
      this.#entries.length,
      (width) => entriesPath(Math.floor(size / tileWidth), width),
      (width) => encodeEntryBundle(this.#entries.slice(0, width)),
    );
    this.#restored = true;
    this.#writeParts();
    this.#unwritten.clear();
    // A crash before this line leaves tiles that no checkpoint covers; recovery writes the same bytes again.
    this.#disk.replaceFile(this.#paths.checkpoint, this.#checkpoint, false);
    this.#unsynced.add(this.#paths.checkpoint);
    this.#keep(nowMs, size);
    this.#publishedSize = size;
    return true;
  }

  /**
   * Publishes, syncs all that was published and moves the materialised state up to it.
   *
   * @returns the size up to which journal segments are no longer needed
   */
  sync(nowMs: number): number {
    if (this.#ended) throw syncEnded(undefined);
    this.publish(nowMs);
    const directories = new Set<string>();
    try {
      for (const path of this.#unsynced) {
        this.#disk.syncFile(path);
        // With its parents: a crash may have come between the making of a directory and its sync.
        for (let at = dirname(path); !directories.has(at); at = dirname(at)) {
          directories.add(at);
          if (at === this.#paths.site) break;
        }
      }
      for (const directory of directories) this.#disk.syncDirectory(directory);
    } catch (error) {
      // What failed to sync may be lost; the journal still has it, and keeps it, because the state stays
      // behind.
      this.#ended = true;
      throw syncEnded(error);
    }
    this.#unsynced.clear();
    this.#moveState();
    // Only now: until the state has moved, recovery starts from the partial tiles.
    for (const path of this.#obsolete) this.#disk.remove(path);
    for (const path of this.#partials) {
      if (this.#obsolete.includes(dirname(join(this.#paths.site, path)))) this.#partials.delete(path);
    }
    this.#obsolete = [];
    return this.#publishedSize;
  }

  /** Closes its files. */
  close(): void {
    this.#ended = true;
    this.#partsFile?.file.close();
    this.#partsFile = undefined;
  }

  #moveState(): void {
    try {
      writeState(this.#disk, this.#paths, this.#frontier);
    } catch (error) {
      // A full disk: the old state stands, and the next sync writes the new one again. After anything else
      // nobody knows which of the two a power loss would leave, so no journal segment may go any more.
      if (!isFull(error)) {
        this.#ended = true;
        throw syncEnded(error);
      }
      throw error;
    }
  }

  #add(record: RecordFrames): void {
    const index = this.#frontier.size;
    this.#entries.push(record.leaf);
    appendLeafHash(this.#frontier, leafHash(record.leaf), (node, hash) => {
      if (node.level % tileHeight !== 0) return;
      this.#addToTile(node.level / tileHeight, node.index, hash);
    });
    const bytes = encodeRecordParts(record.manifest, record.parts);
    const bundle = Math.floor(index / tileWidth);
    if (index % tileWidth === 0) this.#partsEnd = 0;
    this.#unwrittenParts.push({ bundle, position: this.#partsEnd, bytes });
    this.#partsEnd += bytes.length;
    if (this.#entries.length === tileWidth) {
      this.#complete(entriesPath(bundle, tileWidth), encodeEntryBundle(this.#entries));
      this.#entries = [];
    }
  }

  #addToTile(level: number, node: number, hash: Hash): void {
    const hashes = (this.#edge[level] ??= []);
    hashes.push(hash);
    if (hashes.length < tileWidth) return;
    const index = Math.floor(node / tileWidth);
    this.#complete(
      tilePath({ level, index, width: tileWidth }),
      Buffer.concat(hashes, tileWidth * hashBytes),
    );
    this.#edge[level] = [];
  }

  #complete(path: string, bytes: Uint8Array): void {
    this.#unwritten.set(path, bytes);
    this.#obsolete.push(join(this.#paths.site, `${path}.p`));
  }

  // What a partial tile holds never changes, so it is written once: replacing one that recovery needs by the
  // same bytes, not synced, could leave it empty. The first time, those of earlier sizes are looked at too: a
  // crash may have left them without content, and whoever holds the checkpoint of their size asks for them.
  #writePartial(
    widest: number,
    pathOf: (width: number) => string,
    bytesOf: (width: number) => Uint8Array,
  ): void {
    if (widest === 0) return;
    if (!this.#restored) {
      const directory = dirname(join(this.#paths.site, pathOf(widest)));
      for (const name of this.#disk.list(directory)) {
        const width = Number(name);
        const path = join(directory, name);
        // What else lies there is a file that was on its way to its place.
        if (!Number.isInteger(width)) this.#disk.remove(path);
        else if (width <= widest && this.#disk.readFile(path)?.equals(bytesOf(width)) === true) {
          this.#partials.add(pathOf(width));
          this.#unsynced.add(path);
        } else if (width < widest) this.#write(pathOf(width), bytesOf(width));
      }
    }
    const path = pathOf(widest);
    if (this.#partials.has(path)) return;
    this.#write(path, bytesOf(widest));
    this.#partials.add(path);
  }

  #write(path: string, bytes: Uint8Array): void {
    const full = join(this.#paths.site, path);
    this.#disk.makeDirectory(dirname(full));
    this.#disk.replaceFile(full, bytes, false);
    this.#unsynced.add(full);
  }

  #writeParts(): void {
    const parts = this.#unwrittenParts;
    for (let first = 0; first < parts.length;) {
      const { bundle, position } = parts[first] as (typeof parts)[number];
      let end = first + 1;
      while (parts[end]?.bundle === bundle) end++;
      const bytes = Buffer.concat(parts.slice(first, end).map((part) => part.bytes));
      this.#openParts(bundle).write(position, bytes);
      this.#unsynced.add(join(this.#paths.parts, bundleName(bundle)));
      first = end;
    }
    this.#unwrittenParts = [];
  }

  #openParts(bundle: number): LogFile {
    if (this.#partsFile?.bundle === bundle) return this.#partsFile.file;
    const path = join(this.#paths.parts, bundleName(bundle));
    this.#disk.makeDirectory(dirname(path));
    const exists = this.#disk.readFile(path) !== undefined;
    const file = this.#disk.open(path, !exists);
    this.#partsFile?.file.close();
    this.#partsFile = { bundle, file };
    return file;
  }

  /** Drops from the parts' files what lies beyond the materialised size; the journal has it. */
  #cutParts(): void {
    const count = this.#frontier.size % tileWidth;
    const bundle = Math.floor(this.#frontier.size / tileWidth);
    const path = join(this.#paths.parts, bundleName(bundle));
    const bytes = this.#disk.readFile(path);
    if (bytes === undefined) {
      if (count > 0) throw damaged(`${path} is missing`);
      return;
    }
    const end = recordOffsets(bytes, count)?.at(-1);
    if (end === undefined) throw damaged(`${path} holds fewer than ${count} records`);
    const file = this.#openParts(bundle);
    file.truncate(end);
    this.#partsEnd = end;
  }

  #keep(nowMs: number, size: number): void {
    const minute = Math.floor(nowMs / keptCheckpointIntervalMs);
    if (minute === this.#keptMinute) return;
    const path = join(this.#paths.keptCheckpoints, String(size));
    this.#disk.makeDirectory(this.#paths.keptCheckpoints);
    // Durable at once, because nothing gives it again: the journal's batches are signed anew by recovery.
    this.#disk.replaceFile(path, this.#checkpoint as Uint8Array, true);
    this.#keptMinute = minute;
  }
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function syncEnded(cause: unknown): WritingEndedError {
  const message = "a sync of the materialised files failed; check the disk and restart";
  return new WritingEndedError("log_closed", message, { cause });
}
