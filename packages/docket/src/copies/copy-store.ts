// SPDX-License-Identifier: Apache-2.0
// A copy of a log in a directory: a data directory that `docket promote` can bring up. It is written by the
// log's own journal and materialiser, fed with batches from elsewhere, and signs nothing. Each batch is
// proven before a byte of it is written: that it goes on from what is held, that parts are those that the
// leaves name, and that a checkpoint of the log covers it.
//
//   DIR/copy.json          {"v":1,"origin":"…"}; last of what is made
//   DIR/sites/main/…       as in a data directory; keys.json made from the records here, no epoch.json
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, renameSync, statSync } from "node:fs";
import { copyFile, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as immediate } from "node:timers/promises";
import {
  emptyFrontier,
  encodeBase64,
  leafHash,
  sha256,
  TlogError,
  utf8,
  verifyConsistency,
} from "@docket/tlog";
import type { Checkpoint, Hash } from "@docket/tlog";
import { DocketError } from "../error.ts";
import type { LogDisk } from "../log/disk.ts";
import { decodeRecords, encodePayload } from "../log/frame.ts";
import type { RecordFrames, SignedRoot } from "../log/frame.ts";
import { Journal } from "../log/journal.ts";
import { readJournal } from "../log/journal-reader.ts";
import { loadMaterialised, writeState } from "../log/materialised.ts";
import { Materialiser } from "../log/materialiser.ts";
import { logPaths } from "../log/paths.ts";
import type { LogPaths } from "../log/paths.ts";
import { RightEdge } from "../log/right-edge.ts";
import { chainStart } from "../log/sequencer.ts";
import { nothingSigned, signedRoot } from "../log/signed-root.ts";
import { TreeFiles } from "../publication/tree-files.ts";
import { changeKeys, firstPeriod, readKeyHistory, writeKeyHistory } from "../succession/key-history.ts";
import type { KeyHistory } from "../succession/key-history.ts";
import { openCounted, trustedKeys } from "../succession/outside.ts";
import type { CountedKey } from "../succession/outside.ts";
import { checkRecords } from "./checked-records.ts";
import { copiedSite, identityFile, isCopiedFile } from "./contract.ts";
import type { CopyBeginning, CopyState, CopyTarget, FileHashes, Push } from "./contract.ts";
import { isWithoutSomeParts } from "./parts-file.ts";
import { hashFile, listFiles, listPartsFiles } from "./side-files.ts";

/** Least time between two publications of a copy, in ms. */
const publishIntervalMs = 1000;
/** What is published is synced, and segments of the journal can go, after so many bytes or so long. */
const syncBytesMax = 67_108_864;
const syncIntervalMs = 30_000;
/** A sync stops after this long, in ms, to let records be taken. */
const syncStepMs = 10;

/** The file that says that a directory is a copy, and of which log. */
export const copyMark = "copy.json";

/** What a copy's directory needs from outside. */
export type CopyStorePorts = {
  disk: LogDisk;
  /** Ms since 1970: which checkpoints are kept. */
  clock: () => number;
  /** Verifier keys that the log must have; without them those count that it is begun with. */
  keys?: readonly string[] | undefined;
};

/** What is open of a copy. */
type Opened = {
  origin: string;
  journal: Journal;
  materialiser: Materialiser;
  edge: RightEdge;
  previous: Hash;
  signed: SignedRoot;
  history: KeyHistory;
  keys: CountedKey[];
};

/** A copy of a log in a directory. The caller holds the directory's lock. */
export class CopyStore implements CopyTarget {
  readonly #directory: string;
  readonly #paths: LogPaths;
  readonly #ports: CopyStorePorts;
  #opened: Opened | undefined;
  /** Covers all that was taken, and is not published. */
  #covering: Uint8Array | undefined;
  #publishedMs = -Infinity;
  #syncedMs: number = performance.now();
  #unsyncedBytes = 0;
  /** All actors of so many first records are in identity.sqlite. */
  #identitySize = 0;
  #syncing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * Opens a copy, or an empty directory that one is to be begun in.
   *
   * @throws {DocketError} `usage` for a directory that holds something else, or a copy that was promoted;
   *   `directory_damaged`
   */
  constructor(directory: string, ports: CopyStorePorts) {
    this.#directory = directory;
    this.#paths = logPaths(directory, copiedSite);
    this.#ports = ports;
    const mark = ports.disk.readFile(join(directory, copyMark));
    if (mark === undefined) {
      refuseForeign(directory);
      return;
    }
    if (existsSync(join(this.#paths.site, "epoch.json"))) {
      throw new DocketError("usage", `${directory} was promoted: it is a log of its own now, and no copy`);
    }
    const { origin } = JSON.parse(mark.toString("utf8")) as { origin: string };
    this.#opened = this.#open(origin);
  }

  /** Records that are held. */
  get size(): number {
    return this.#opened?.edge.size ?? 0;
  }

  async state(): Promise<CopyState | undefined> {
    const opened = this.#opened;
    if (opened === undefined) return undefined;
    const { origin, edge, materialiser } = opened;
    const published = materialiser.publishedSize;
    const identity = existsSync(join(this.#directory, identityFile));
    return { origin, size: edge.size, root: encodeBase64(edge.root()), published, identity };
  }

  async begin({ origin, keys }: CopyBeginning): Promise<void> {
    const { disk } = this.#ports;
    if (this.#opened !== undefined) throw refused("a copy was begun here already");
    const first = keysAtFirst(origin, keys);
    const wanted = this.#ports.keys;
    if (wanted !== undefined && wanted.join() !== first.join()) {
      throw refused(`the log ${origin} has other keys than those that were given for it`);
    }
    for (const path of [this.#paths.journal, this.#paths.keptCheckpoints, this.#paths.parts]) {
      disk.makeDirectory(path);
    }
    disk.makeDirectory(this.#paths.releases);
    writeState(disk, this.#paths, emptyFrontier());
    writeKeyHistory(disk, this.#paths, firstPeriod(origin, first));
    // Last: a directory without it was never finished, and is begun again.
    disk.replaceFile(
      join(this.#directory, copyMark),
      Buffer.from(`${JSON.stringify({ v: 1, origin })}\n`),
      true,
    );
    this.#opened = this.#open(origin);
  }

  async push(push: Push): Promise<number> {
    const opened = this.#begun();
    const { edge, journal, materialiser } = opened;
    const { firstIndex, count } = push;
    if (firstIndex !== edge.size)
      throw refused(`it holds ${edge.size} records, and got those from ${firstIndex} on`);
    const payload = Buffer.from(push.payload.buffer, push.payload.byteOffset, push.payload.byteLength);
    const records = recordsOf(payload, count);
    const checked = checkRecords(records, firstIndex, opened.previous);
    const next = new RightEdge(edge.frontier());
    next.append(checked.leafHashes);
    const covering = this.#prove(opened, next, push);
    // A crash from here on leaves all of it or a torn tail. The sender asks what is held, and goes on there.
    journal.append({ firstIndex, count, signed: opened.signed, payload });
    opened.edge = next;
    opened.previous = checked.previous;
    materialiser.add([{ firstIndex, count, payload: Buffer.from(payload), leafHashes: checked.leafHashes }]);
    this.#unsyncedBytes += payload.length;
    const whole = covering.size === next.size;
    this.#covering = whole ? push.checkpoint : undefined;
    if (whole) opened.signed = signedRootOf(covering, push.checkpoint, opened);
    if (checked.keyChange !== undefined) this.#adopt(opened, checked.keyChange);
    this.#afterwards();
    return next.size;
  }

  async files(): Promise<FileHashes> {
    const hashes: Record<string, string> = {};
    for (const path of await listFiles(this.#directory)) {
      hashes[path] = await hashFile(join(this.#directory, path));
    }
    return hashes;
  }

  async putFile(path: string, from: string, hash: string, size?: number): Promise<void> {
    const target = this.#placeOf(path);
    this.#ports.disk.makeDirectory(dirname(target));
    const temporary = `${target}.tmp`;
    await copyFile(from, temporary);
    await this.takeFile(path, temporary, hash, size);
  }

  /**
   * Puts a file in place that was written beside it.
   *
   * @throws {DocketError} `replica_refused` if it has another hash, or is a checkpoint of another tree
   */
  async takeFile(path: string, temporary: string, hash: string, size?: number): Promise<void> {
    const { disk } = this.#ports;
    const target = this.#placeOf(path);
    if ((await hashFile(temporary)) !== hash) {
      disk.remove(temporary);
      throw refused(`${path} did not arrive whole`);
    }
    const kept = /\/checkpoints\/(\d+)$/.exec(path);
    if (kept !== null) await this.#checkKept(Number(kept[1]), temporary);
    if (path.includes("/parts/")) this.#checkParts(target, temporary);
    const file = await open(temporary, "r+", 0o600);
    try {
      await file.chmod(0o600);
      await file.sync();
    } finally {
      await file.close();
    }
    renameSync(temporary, target);
    disk.syncDirectory(dirname(target));
    if (path !== identityFile || size === undefined) return;
    for (const suffix of ["-wal", "-shm"]) disk.remove(`${target}${suffix}`);
    this.#identitySize = size;
  }

  /** Where a file that is on its way is written first. @throws {DocketError} `replica_refused` */
  temporaryFor(path: string): string {
    const target = this.#placeOf(path);
    this.#ports.disk.makeDirectory(dirname(target));
    return `${target}.tmp`;
  }

  async removeFiles(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      // What the log names stays, whatever is said.
      if (!/^policy\/|\/webhooks\//.test(path)) throw refused(`${path} is never removed`);
      const target = this.#placeOf(path);
      this.#ports.disk.remove(target);
      if (existsSync(dirname(target))) this.#ports.disk.syncDirectory(dirname(target));
    }
  }

  async partsFiles(): Promise<Readonly<Record<string, number>>> {
    const sizes: Record<string, number> = {};
    for (const path of await listPartsFiles(this.#directory, this.#begun().materialiser.publishedSize)) {
      sizes[path] = statSync(join(this.#directory, path)).size;
    }
    return sizes;
  }

  async vacate(): Promise<boolean> {
    await this.settle();
    const { journal, materialiser } = this.#begun();
    const end = journal.rotate();
    const covered = Math.min(materialiser.publishedSize, this.#identitySize);
    journal.release(covered);
    return end <= covered;
  }

  async settle(): Promise<void> {
    this.#publish();
    await this.#sync();
    const { materialiser } = this.#begun();
    materialiser.removeOvertaken(0, () => true);
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const opened = this.#opened;
    if (opened === undefined) return;
    await this.settle().catch(() => undefined);
    clearTimeout(this.#timer);
    opened.journal.close();
    opened.materialiser.close();
    this.#opened = undefined;
  }

  #begun(): Opened {
    if (this.#opened === undefined) throw refused("no copy was begun here");
    return this.#opened;
  }

  // What the journal holds beyond the files goes into a new segment, as at the opening of any log; only it is
  // not signed anew, since these are not the keys' hands.
  #open(origin: string): Opened {
    const { disk } = this.#ports;
    const originHash = sha256(utf8(origin));
    const history = readKeyHistory(disk, this.#paths, origin);
    if (history === undefined) throw refused("the copy's keys.json is missing; begin it anew");
    const { frontier, lastLeaf } = loadMaterialised(disk, this.#paths);
    const tail = readJournal(disk, this.#paths.journal, originHash, frontier.size);
    const sequence = Math.max(0, ...tail.segments.map((segment) => segment.sequence)) + 1;
    const salt = (): number => randomBytes(4).readUInt32BE(0);
    const from = frontier.size;
    const journal = new Journal(
      disk,
      this.#paths.journal,
      originHash,
      sequence,
      from,
      tail.segments,
      undefined,
      salt,
    );
    const opened: Opened = {
      origin,
      journal,
      materialiser: new Materialiser(disk, this.#paths),
      edge: new RightEdge(frontier),
      previous: lastLeaf === undefined ? chainStart(origin) : leafHash(lastLeaf),
      signed: nothingSigned,
      history,
      keys: trustedKeys(history, []),
    };
    for (const { records, firstIndex, signed } of tail.batches) {
      const checked = checkRecords(records, firstIndex, opened.previous);
      const payload = encodePayload(records);
      const place = { firstIndex, count: records.length };
      journal.append({ ...place, signed, payload });
      opened.edge.append(checked.leafHashes);
      opened.previous = checked.previous;
      opened.signed = signed;
      opened.materialiser.add([{ ...place, payload, leafHashes: checked.leafHashes }]);
      if (checked.keyChange !== undefined && !knows(opened.history, checked.keyChange.keys)) {
        this.#adopt(opened, checked.keyChange);
      }
    }
    // What the published checkpoint covers and a crash left in the journal alone is in files again.
    opened.materialiser.writeCompleted();
    return opened;
  }

  // Nothing is stored that the log's keys did not sign.
  #prove({ origin, keys }: Opened, next: RightEdge, { checkpoint, proof }: Push): Checkpoint {
    let covering: Checkpoint;
    try {
      covering = openCounted(checkpoint, origin, keys);
    } catch (error) {
      if (!(error instanceof TlogError)) throw error;
      throw new DocketError("replica_forked", `no key of ${origin} signed the records: ${error.message}`);
    }
    const root = next.root();
    const proven =
      covering.size === next.size
        ? Buffer.from(root).equals(covering.root)
        : verifyConsistency(proof, next.size, covering.size, root, covering.root);
    if (proven) return covering;
    throw new DocketError(
      "replica_forked",
      `the records up to ${next.size} are not the beginning of the tree that was signed at ${covering.size}`,
    );
  }

  #adopt(opened: Opened, { index, keys }: { index: number; keys: readonly string[] }): void {
    opened.history = changeKeys(opened.history, index, keys);
    opened.keys = trustedKeys(opened.history, []);
    // A crash before this: the next opening finds the change in the journal.
    writeKeyHistory(this.#ports.disk, this.#paths, opened.history);
  }

  #afterwards(): void {
    const now = performance.now();
    this.#begun().materialiser.writeCompleted();
    if (now - this.#publishedMs >= publishIntervalMs) this.#publish();
    const due = this.#unsyncedBytes >= syncBytesMax || now - this.#syncedMs >= syncIntervalMs;
    if (due && this.#covering === undefined) void this.#sync().catch(() => undefined);
    this.#timer ??= setTimeout(() => this.#inTime(), publishIntervalMs);
  }

  #inTime(): void {
    this.#timer = undefined;
    try {
      this.#publish();
    } catch {
      // A full disk: the next batch, which is refused by it too, tells the sender.
    }
    if (performance.now() - this.#syncedMs >= syncIntervalMs) void this.#sync().catch(() => undefined);
    else if (this.#unsyncedBytes > 0) this.#timer = setTimeout(() => this.#inTime(), publishIntervalMs);
  }

  #publish(): void {
    const { materialiser } = this.#begun();
    const checkpoint = this.#covering;
    if (checkpoint === undefined) return;
    materialiser.cover(checkpoint);
    materialiser.publish(this.#ports.clock(), checkpoint);
    this.#covering = undefined;
    this.#publishedMs = performance.now();
  }

  #sync(): Promise<void> {
    this.#syncing ??= this.#syncOnce().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  async #syncOnce(): Promise<void> {
    const { materialiser, journal } = this.#begun();
    if (materialiser.size !== materialiser.publishedSize) return;
    this.#syncedMs = performance.now();
    this.#unsyncedBytes = 0;
    materialiser.beginSync();
    await this.#ports.disk.syncFiles?.(materialiser.takeUnsynced());
    for (;;) {
      const untilMs = performance.now() + syncStepMs;
      const size = materialiser.continueSync(() => performance.now() < untilMs);
      if (size !== undefined) {
        journal.release(Math.min(size, this.#identitySize));
        break;
      }
      await immediate();
    }
  }

  #placeOf(path: string): string {
    if (!isCopiedFile(path)) throw refused(`${path} is no file of a copy`);
    return join(this.#directory, path);
  }

  // Evidence may be dropped, and nothing else be changed of what was proven.
  #checkParts(target: string, temporary: string): void {
    const { disk } = this.#ports;
    const [before, after] = [disk.readFile(target), disk.readFile(temporary)];
    if (before !== undefined && after !== undefined && isWithoutSomeParts(after, before)) return;
    disk.remove(temporary);
    throw refused("a parts file is not the one that is held with some parts dropped");
  }

  async #checkKept(size: number, path: string): Promise<void> {
    const { origin, keys, materialiser } = this.#begun();
    const note = this.#ports.disk.readFile(path) ?? Buffer.alloc(0);
    try {
      const checkpoint = openCounted(note, origin, keys);
      if (checkpoint.size !== size) throw refused(`the checkpoint of size ${size} has another size`);
      if (size > materialiser.publishedSize)
        throw refused(`the checkpoint of size ${size} is ahead of the copy`);
      const root = await new TreeFiles(this.#paths.site).root(size);
      if (Buffer.from(root).equals(checkpoint.root)) return;
    } catch (error) {
      this.#ports.disk.remove(path);
      if (!(error instanceof TlogError)) throw error;
      throw refused(`what was to be the checkpoint of size ${size} is none: ${error.message}`);
    }
    this.#ports.disk.remove(path);
    throw new DocketError("replica_forked", `the checkpoint of size ${size} is of another tree`);
  }
}

/**
 * Writes what the journal of a data directory holds into its files, as its opening would, and signs nothing:
 * for a restored copy that is to be read and never opened.
 */
export async function writeOutJournal(
  directory: string,
  origin: string,
  ports: CopyStorePorts,
): Promise<void> {
  const mark = join(directory, copyMark);
  ports.disk.replaceFile(mark, Buffer.from(`${JSON.stringify({ v: 1, origin })}\n`), false);
  await new CopyStore(directory, ports).close();
  ports.disk.remove(mark);
}

function refuseForeign(directory: string): void {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  // What a beginning left that was interrupted is written over.
  const foreign = names.filter(
    (each) => each !== "sites" && each !== "replica-key.json" && !each.startsWith("lock.sqlite"),
  );
  const epoch = existsSync(join(logPaths(directory, copiedSite).site, "epoch.json"));
  if (foreign.length === 0 && !epoch) return;
  throw new DocketError("usage", `${directory} holds something that is no copy; name an empty directory`);
}

function keysAtFirst(origin: string, text: string): readonly string[] {
  try {
    const history = JSON.parse(text) as KeyHistory;
    const [first] = history.periods;
    if (history.origin !== origin || first === undefined || first.keys.length === 0) throw new Error();
    trustedKeys({ origin, periods: [first] }, []);
    return first.keys;
  } catch {
    throw refused("what was given as the log's keys is no key history of it");
  }
}

function knows({ periods }: KeyHistory, keys: readonly string[]): boolean {
  return periods.some((period) => period.keys.join() === keys.join());
}

function recordsOf(payload: Buffer, count: number): RecordFrames[] {
  const records = decodeRecords(payload);
  if (typeof records === "string") throw refused(records);
  if (records.length !== count || count === 0) throw refused(`${records.length} records came, not ${count}`);
  return records;
}

// The line of the key that signs roots: recovery checks it again.
function signedRootOf({ size, root }: Checkpoint, note: Uint8Array, { signed }: Opened): SignedRoot {
  const made = signedRoot(size, root, note);
  return made.signature.length === 64 ? made : signed;
}

/** The error for what a copy does not take. */
export function refused(why: string): DocketError {
  return new DocketError("replica_refused", why);
}
