// SPDX-License-Identifier: Apache-2.0
// The materialiser derives from the journal what readers use: hash tiles, entry bundles, parts' files and
// published checkpoints. Recovery feeds it the journal's tail through the same `ingest` as normal running.
//
// Three steps, each later than the one before: `ingest` (memory), `publish` (files, not synced: the journal
// can give them again; `writeCompleted` does most of it beforehand), `sync` (synced, and the state file says
// so: now journal segments may go).
import { dirname, join } from "node:path";
import { bundleName, entriesPath, hashBytes, parseCheckpoint, parseNote, tileHeight } from "@docket/tlog";
import { tilePath, tileWidth } from "@docket/tlog";
import type { Frontier, Hash } from "@docket/tlog";
import { rowOf } from "./checkpoint-row.ts";
import { RecentCheckpoints } from "./recent-checkpoints.ts";
import type { LogDisk, LogFile } from "./disk.ts";
import { EdgeBundle, EdgeTile } from "./edge.ts";
import { decodeRecords, visitLeaves } from "./frame.ts";
import { WritingEndedError } from "./journal.ts";
import { damaged, loadMaterialised, writeState } from "./materialised.ts";
import type { DurableBatch, HandedBatches } from "./messages.ts";
import { encodeRecordParts, recordOffsets } from "./parts-bundle.ts";
import type { LogPaths } from "./paths.ts";
import { RightEdge } from "./right-edge.ts";

/** Of the published checkpoints, one in this many milliseconds is kept for good. */
export const keptCheckpointIntervalMs = 60_000;

/** A sync under way: up to which tree, what is not synced yet, and what need not be there afterwards. */
type Syncing = { frontier: Frontier; files: string[]; directories: string[]; obsolete: string[] };
/**
 * Partial tiles whose full tile is there: their directory, by path in the site, the number of the publication
 * that covers the full one, and those of them that this process has seen.
 */
type Overtaken = { directory: string; publication: number; seen: ReadonlySet<string> };

/** Writes what readers use. Owned by one thread. */
export class Materialiser {
  readonly #disk: LogDisk;
  readonly #paths: LogPaths;
  readonly #opaque: boolean;
  readonly #edge: RightEdge;
  /** For each level of tiles, the tile that is not full yet. */
  readonly #tiles: EdgeTile[] = [];
  readonly #bundle: EdgeBundle;
  #checkpoint: Uint8Array | undefined;
  /** Full tiles and bundles that are not written yet, by path. */
  readonly #unwritten = new Map<string, Uint8Array>();
  /** Parts that are not written yet, and where in their file they go. */
  #unwrittenParts: { bundle: number; position: number; bytes: Buffer }[] = [];
  #partsFile: { bundle: number; file: LogFile } | undefined;
  #partsEnd = 0;
  readonly #unsynced = new Set<string>();
  /** Partial tiles that are written, by directory and path in the site, until their full tile comes. */
  readonly #partials = new Map<string, Set<string>>();
  /** Partial tiles, by path in the site, from which a start at the materialised state goes on. */
  #ofState: ReadonlySet<string>;
  #overtaken: Overtaken[] = [];
  /** Number of the next publication. */
  #publication = 0;
  /** Directories out of which others were removed since the last sync. */
  readonly #removedFrom = new Set<string>();
  #syncing: Syncing | undefined;
  readonly #recent: RecentCheckpoints;
  #publishedSize: number;
  #restored = false;
  #keptMinute = -1;
  #ended = false;

  /**
   * Starts from the materialised state; parts beyond it, which a crash may have left, are cut off, and so are
   * partial tiles that were to be removed.
   */
  constructor(disk: LogDisk, paths: LogPaths, opaque = false) {
    this.#disk = disk;
    this.#paths = paths;
    this.#opaque = opaque;
    const state = loadMaterialised(disk, paths);
    this.#edge = new RightEdge(state.frontier);
    for (const [level, hashes] of state.edge.entries()) this.#tile(level).append(Buffer.concat(hashes));
    this.#bundle = new EdgeBundle(state.entries);
    this.#publishedSize = state.frontier.size;
    this.#ofState = new Set(partialPaths(state.frontier.size));
    this.#recent = new RecentCheckpoints(disk, paths.recentCheckpoints, state.frontier.size);
    // The state may have been put in place by a process that was killed before it was durable; the one before
    // it still needs what this one does not.
    if (state.obsolete.length > 0) disk.syncDirectory(paths.site);
    for (const path of state.obsolete) disk.remove(join(paths.site, path));
    if (!opaque) this.#cutParts();
  }

  /** Number of records that the newest published checkpoint covers. */
  get publishedSize(): number {
    return this.#publishedSize;
  }

  /** The newest checkpoint that was taken in and covers more than is published, if any. */
  get unpublished(): Uint8Array | undefined {
    return this.#edge.size === this.#publishedSize ? undefined : this.#checkpoint;
  }

  /** Takes in batches, in memory. */
  ingest({ batches, checkpoint }: HandedBatches): void {
    this.add(batches);
    this.cover(checkpoint);
  }

  /** Number of records that were taken in. */
  get size(): number {
    return this.#edge.size;
  }

  /** The root of all that was taken in. */
  get root(): Hash {
    return this.#edge.root();
  }

  /** Takes in batches, in memory, whose checkpoint comes later ({@link cover}). */
  add(batches: readonly DurableBatch[]): void {
    for (const batch of batches) this.#add(batch);
  }

  /** Takes the checkpoint of all that was taken in; it can be published from here on. */
  cover(checkpoint: Uint8Array): void {
    const signed = parseCheckpoint(parseNote(checkpoint).text);
    if (signed.size !== this.#edge.size || !Buffer.from(signed.root).equals(this.#edge.root())) {
      throw damaged(`the materialised tree differs from the signed root at size ${signed.size}`);
    }
    this.#checkpoint = checkpoint;
  }

  /**
   * Writes the tiles and bundles that are full and the parts, so that publication has little left to do.
   * After an error (a full disk) it may be called again, and publication does it too.
   */
  writeCompleted(): void {
    if (this.#ended) return;
    for (const [path, bytes] of this.#unwritten) {
      this.#write(path, bytes);
      this.#unwritten.delete(path);
    }
    this.#writeParts();
  }

  /**
   * Writes tiles, bundles and parts, and then the checkpoint that covers them. After an error (a full disk)
   * it may be called again: nothing is forgotten before it is written.
   *
   * @param nowMs time of publication, in ms since 1970: decides which checkpoints are kept
   * @param published {@link unpublished} with the signature lines that a published one bears besides
   * @returns whether the published size grew
   */
  publish(nowMs: number, published: Uint8Array | undefined = this.unpublished): boolean {
    const size = this.#edge.size;
    if (this.#ended || published === undefined || size === this.#publishedSize) return false;
    this.writeCompleted();
    if (!this.#restored) this.#dropUnsyncedPartials();
    for (const [level, tile] of this.#tiles.entries()) {
      const index = Math.floor(size / tileWidth ** (level + 1));
      this.#writePartial(
        tile.width,
        (width) => tilePath({ level, index, width }),
        (width) => tile.prefix(width),
      );
    }
    this.#writePartial(
      this.#bundle.width,
      (width) => entriesPath(Math.floor(size / tileWidth), width),
      (width) => this.#bundle.prefix(width),
    );
    this.#restored = true;
    // A crash before this line leaves tiles that no checkpoint covers; recovery writes the same bytes again.
    this.#disk.replaceFile(this.#paths.checkpoint, published, false);
    this.#unsynced.add(this.#paths.checkpoint);
    this.#keep(nowMs, size, published);
    this.#recent.add(rowOf(published, nowMs));
    this.#publishedSize = size;
    this.#publication++;
    return true;
  }

  /**
   * Publishes, syncs all that was published, moves the materialised state up to it and removes all partial
   * tiles that nothing needs.
   *
   * @returns the size up to which journal segments are no longer needed
   */
  sync(nowMs: number): number {
    this.publish(nowMs);
    this.beginSync();
    const size = this.continueSync(() => true) as number;
    this.removeOvertaken(0, () => true);
    return size;
  }

  /**
   * Begins to sync all that is published now; {@link continueSync} does it. Publication may go on meanwhile.
   * Nothing may have been taken in since it was published.
   */
  beginSync(): void {
    if (this.#ended) throw syncEnded(undefined);
    if (this.unpublished !== undefined) throw new Error("what is synced must be published");
    if (this.#syncing !== undefined) throw new Error("a sync is under way");
    // What is about to be removed needs no sync: until the state has moved, the one before it is enough.
    const obsolete = this.#overtaken.map(({ directory }) => directory);
    const gone = new Set(obsolete.map((path) => join(this.#paths.site, path)));
    const files = [...this.#unsynced].filter((path) => !gone.has(dirname(path)));
    const directories = new Set<string>();
    for (const path of files) {
      // With its parents: a crash may have come between the making of a directory and its sync.
      for (let at = dirname(path); !directories.has(at); at = dirname(at)) {
        directories.add(at);
        if (at === this.#paths.site) break;
      }
    }
    // The state that is written next names no directory that was removed before it: those must stay removed.
    for (const path of this.#removedFrom) directories.add(path);
    this.#removedFrom.clear();
    const frontier = this.#edge.frontier();
    this.#syncing = { frontier, files, directories: [...directories], obsolete };
    this.#unsynced.clear();
  }

  /** The files of the sync under way; whoever takes them syncs them before it goes on. */
  takeUnsynced(): string[] {
    return this.#syncing?.files.splice(0) ?? [];
  }

  /** Told that files which were taken could not be synced. @throws {WritingEndedError} always */
  failSync(error: unknown): never {
    this.#ended = true;
    throw syncEnded(error);
  }

  /**
   * Goes on with a sync while there is time.
   *
   * @param hasTime asked after each file
   * @returns the size up to which journal segments are no longer needed, when it is done
   */
  continueSync(hasTime: () => boolean): number | undefined {
    const syncing = this.#syncing;
    if (this.#ended || syncing === undefined) throw syncEnded(undefined);
    try {
      while (syncing.files.length > 0) {
        this.#disk.syncFile(syncing.files.pop() as string);
        if (!hasTime()) return undefined;
      }
      while (syncing.directories.length > 0) {
        this.#disk.syncDirectory(syncing.directories.pop() as string);
        if (!hasTime()) return undefined;
      }
      this.#recent.sync();
    } catch (error) {
      // What failed to sync may be lost; the journal still has it, and keeps it, because the state stays
      // behind.
      this.#ended = true;
      throw syncEnded(error);
    }
    this.#syncing = undefined;
    this.#moveState(syncing);
    this.#ofState = new Set(partialPaths(syncing.frontier.size));
    return syncing.frontier.size;
  }

  /**
   * Removes partial tiles whose full tile is published: readers take that instead. What recovery goes on from
   * stays until the state has moved on.
   *
   * @param publications so many that came after its own a full tile has seen at least
   * @param hasTime asked after each directory
   * @returns whether it came to the end
   */
  removeOvertaken(publications: number, hasTime: () => boolean): boolean {
    if (this.#ended) return true;
    const needed = new Set([...this.#ofState, ...this.#ofSync()].map((path) => dirname(path)));
    const newest = this.#publication - 1 - publications;
    const left: Overtaken[] = [];
    let going = true;
    for (const overtaken of this.#overtaken) {
      const { directory, publication, seen } = overtaken;
      if (!going || publication > newest || needed.has(directory)) {
        left.push(overtaken);
        continue;
      }
      const path = join(this.#paths.site, directory);
      this.#removedFrom.add(dirname(path));
      this.#disk.remove(path);
      for (const partial of seen) this.#unsynced.delete(join(this.#paths.site, partial));
      going = hasTime();
    }
    this.#overtaken = left;
    return going;
  }

  /** Closes its files. */
  close(): void {
    this.#ended = true;
    this.#recent.close();
    this.#partsFile?.file.close();
    this.#partsFile = undefined;
  }

  /** Partial tiles of the state that a sync under way is about to write. */
  #ofSync(): string[] {
    return this.#syncing === undefined ? [] : partialPaths(this.#syncing.frontier.size);
  }

  #moveState({ frontier, obsolete }: Syncing): void {
    try {
      // A crash before the directories are removed leaves them; the state names them for the next opening.
      writeState(this.#disk, this.#paths, frontier, obsolete);
    } catch (error) {
      // A full disk: the old state stands, and the next sync writes a new one. After anything else nobody
      // knows which of the two a power loss would leave, so no journal segment may go any more.
      if (!isFull(error)) {
        this.#ended = true;
        throw syncEnded(error);
      }
      throw error;
    }
  }

  #add(batch: DurableBatch): void {
    const first = this.#edge.size;
    if (batch.firstIndex !== first) {
      throw damaged(`a batch begins at record ${batch.firstIndex}, but ${first} are materialised`);
    }
    const payload = Buffer.from(batch.payload.buffer, batch.payload.byteOffset, batch.payload.byteLength);
    if (!this.#opaque) this.#addParts(first, payload);
    let index = first;
    visitLeaves(payload, (start, end) => {
      this.#bundle.append(payload, start, end);
      index++;
      if (this.#bundle.width < tileWidth) return;
      this.#complete(entriesPath(index / tileWidth - 1, tileWidth), this.#bundle.take());
    });
    const hashes = Buffer.from(
      batch.leafHashes.buffer,
      batch.leafHashes.byteOffset,
      batch.leafHashes.byteLength,
    );
    this.#edge.append(hashes, (level, firstNode, row) => {
      if (level % tileHeight === 0) this.#addToTiles(level / tileHeight, firstNode, row);
    });
  }

  #addParts(firstIndex: number, payload: Buffer): void {
    const records = decodeRecords(payload, true);
    if (typeof records === "string") throw damaged(`a batch from the journal is not one: ${records}`);
    for (const [place, record] of records.entries()) {
      const index = firstIndex + place;
      const bytes = encodeRecordParts(record.manifest, record.parts);
      if (index % tileWidth === 0) this.#partsEnd = 0;
      const bundle = Math.floor(index / tileWidth);
      this.#unwrittenParts.push({ bundle, position: this.#partsEnd, bytes });
      this.#partsEnd += bytes.length;
    }
  }

  #addToTiles(level: number, firstNode: number, row: Buffer): void {
    const tile = this.#tile(level);
    for (let at = 0, node = firstNode; at < row.length;) {
      const count = Math.min(tileWidth - tile.width, (row.length - at) / hashBytes);
      tile.append(row.subarray(at, at + count * hashBytes));
      at += count * hashBytes;
      node += count;
      if (tile.width < tileWidth) continue;
      this.#complete(tilePath({ level, index: node / tileWidth - 1, width: tileWidth }), tile.take());
    }
  }

  #tile(level: number): EdgeTile {
    return (this.#tiles[level] ??= new EdgeTile());
  }

  #complete(path: string, bytes: Uint8Array): void {
    this.#unwritten.set(path, bytes);
    const directory = `${path}.p`;
    const seen = this.#partials.get(directory);
    this.#partials.delete(directory);
    // Before the first publication nobody has looked what a crash has left.
    if (seen === undefined && this.#restored) return;
    this.#overtaken.push({ directory, publication: this.#publication, seen: seen ?? new Set() });
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
    const directory = dirname(pathOf(widest));
    const seen = this.#partials.get(directory) ?? new Set();
    this.#partials.set(directory, seen);
    if (!this.#restored) {
      for (const name of this.#disk.list(join(this.#paths.site, directory))) {
        const width = Number(name);
        const path = join(this.#paths.site, directory, name);
        // What else lies there is a file that was on its way to its place.
        if (!Number.isInteger(width)) this.#disk.remove(path);
        else if (width <= widest && this.#disk.readFile(path)?.equals(bytesOf(width)) === true) {
          seen.add(pathOf(width));
          this.#unsynced.add(path);
        } else if (width < widest) {
          this.#write(pathOf(width), bytesOf(width));
          seen.add(pathOf(width));
        }
      }
    }
    const path = pathOf(widest);
    if (seen.has(path)) return;
    this.#write(path, bytesOf(widest));
    seen.add(path);
  }

  // Before the first publication: a crash may have left partial tiles without content whose full ones have
  // come by now, which readers take instead.
  #dropUnsyncedPartials(): void {
    for (const { directory } of this.#overtaken) {
      for (const name of this.#disk.list(join(this.#paths.site, directory))) {
        const path = `${directory}/${name}`;
        if (!this.#ofState.has(path)) this.#disk.remove(join(this.#paths.site, path));
      }
    }
  }

  #write(path: string, bytes: Uint8Array): void {
    const full = join(this.#paths.site, path);
    // A directory's name is synced with what lies in it.
    this.#disk.makeDirectory(dirname(full), false);
    // Also where no checkpoint covers it yet: what a kill leaves verifies, without recovery.
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
    this.#disk.makeDirectory(dirname(path), false);
    const exists = this.#disk.readFile(path) !== undefined;
    const file = this.#disk.open(path, !exists);
    this.#partsFile?.file.close();
    this.#partsFile = { bundle, file };
    return file;
  }

  /** Drops from the parts' files what lies beyond the materialised size; the journal has it. */
  #cutParts(): void {
    const count = this.#edge.size % tileWidth;
    const bundle = Math.floor(this.#edge.size / tileWidth);
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

  #keep(nowMs: number, size: number, published: Uint8Array): void {
    const minute = Math.floor(nowMs / keptCheckpointIntervalMs);
    if (minute === this.#keptMinute) return;
    const path = join(this.#paths.keptCheckpoints, String(size));
    this.#disk.makeDirectory(this.#paths.keptCheckpoints);
    // One that is there already, from before a crash, may bear cosignatures.
    if (this.#disk.readFile(path) === undefined) {
      // Durable at once, because nothing gives it again: the journal's batches are signed anew by recovery.
      this.#disk.replaceFile(path, published, true);
    }
    this.#keptMinute = minute;
  }
}

/** The partial tiles and the partial bundle of a tree of this size, by path in the site. */
function partialPaths(size: number): string[] {
  const paths = size % tileWidth === 0 ? [] : [entriesPath(Math.floor(size / tileWidth), size % tileWidth)];
  for (let level = 0, nodes = size; nodes > 0; level++, nodes = Math.floor(nodes / tileWidth)) {
    const tile = { level, index: Math.floor(nodes / tileWidth), width: nodes % tileWidth };
    if (tile.width > 0) paths.push(tilePath(tile));
  }
  return paths;
}

function isFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

function syncEnded(cause: unknown): WritingEndedError {
  const message = "a sync of the materialised files failed; check the disk and restart";
  return new WritingEndedError("log_closed", message, { cause });
}
