// SPDX-License-Identifier: Apache-2.0
// Opening a log: reads the materialised state and the journal's tail, copies the tail into a new segment and
// syncs it, and only then lets anything be signed. A clean stop leaves an empty tail, so the usual start
// takes the same way.
import { join } from "node:path";
import { parseLeaf, parseTime } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import {
  appendLeafHash,
  cloneFrontier,
  emptyRoot,
  encodeBase64Url,
  formatCheckpoint,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseNote,
  parseVerifierKey,
  sha256,
  signCheckpoint,
  utf8,
} from "@docket/tlog";
import type { Frontier, Hash, Signer, Verifier } from "@docket/tlog";
import type { LogDisk } from "./disk.ts";
import type { ActorEntry, Batch, RecordFrames, SignedRoot } from "./frame.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalTail } from "./journal-reader.ts";
import { Journal } from "./journal.ts";
import { damaged, loadMaterialised } from "./materialised.ts";
import type { LogPaths } from "./paths.ts";
import { chainStart, signedRoot } from "./sequencer.ts";
import type { LogHead } from "./sequencer.ts";

/**
 * Most records in one batch when the tail is copied, and most bytes of leaves and parts unless one record has
 * more.
 */
const copiedBatchRecordsMax = 2000;
const copiedBatchBytesMax = 8_388_608;

/** A log that is open for writing. */
export type RecoveredLog = {
  journal: Journal;
  head: LogHead;
  /** What the materialiser has to take in, in order. */
  tail: { batch: Uint8Array; checkpoint: Uint8Array }[];
  /** Number of records in the tail. */
  recovered: number;
  /** Entries of the identity map that the journal holds; the map may have them already. */
  actors: ActorEntry[];
  /** Bytes of a torn tail that were left behind. */
  tornBytes: number;
};

/**
 * Opens a log for writing.
 *
 * @throws {DocketError} `directory_damaged` with the place, if anything but a torn tail is wrong
 */
export function recoverLog(disk: LogDisk, paths: LogPaths, origin: string, signer: Signer): RecoveredLog {
  const verifier = parseVerifierKey(signer.vkey);
  const originHash = sha256(utf8(origin));
  const materialised = loadMaterialised(disk, paths);
  const from = materialised.frontier.size;
  const tail = readJournal(disk, paths.journal, originHash, from);
  const head = replayTail(tail, materialised.frontier, materialised.lastLeaf, origin, verifier);
  checkStoredCheckpoints(disk, paths, origin, verifier, head, tail);

  const sequence = Math.max(0, ...tail.segments.map((segment) => segment.sequence)) + 1;
  const journal = new Journal(disk, paths.journal, originHash, sequence, from, tail.segments);
  const copied = copyTail(journal, tail.batches, materialised.frontier, origin, signer);
  // The tail is durable in one segment now. Only from here on is anything signed.
  return {
    journal,
    head: { ...head.head, signed: copied.at(-1)?.signed ?? head.head.signed },
    recovered: tail.size - from,
    tail: copied.map(({ batch, checkpoint }) => ({ batch, checkpoint })),
    actors: tail.segments.flatMap((segment) =>
      segment.batches.flatMap((batch) => batch.records.flatMap((record) => record.actors)),
    ),
    tornBytes: tail.segments.reduce((sum, segment) => sum + (segment.bad?.bytes ?? 0), 0),
  };
}

type Replayed = { head: LogHead; roots: Map<number, Hash> };

// Follows the chain through the tail and checks each signed root that a batch names.
function replayTail(
  tail: JournalTail,
  start: Frontier,
  lastLeaf: Uint8Array | undefined,
  origin: string,
  verifier: Verifier,
): Replayed {
  const frontier = cloneFrontier(start);
  const roots = new Map<number, Hash>([[frontier.size, frontierRoot(frontier)]]);
  let previous = lastLeaf === undefined ? chainStart(origin) : leafHash(lastLeaf);
  let timeMs = lastLeaf === undefined ? 0 : timeOf(readLeaf(lastLeaf, start.size - 1));
  for (const batch of tail.batches) {
    if (batch.signed.size > frontier.size) {
      throw damaged(`a batch after record ${frontier.size - 1} names a signed size of ${batch.signed.size}`);
    }
    checkSigned(batch.signed, roots.get(batch.signed.size), origin, verifier);
    for (const record of batch.records) {
      const index = frontier.size;
      const leaf = readLeaf(record.leaf, index);
      if (leaf.index !== index) throw damaged(`the journal's record ${index} says that it is ${leaf.index}`);
      if (leaf.prev !== encodeBase64Url(previous))
        throw damaged(`record ${index} does not follow the one before`);
      previous = leafHash(record.leaf);
      timeMs = timeOf(leaf);
      appendLeafHash(frontier, previous);
      // Checkpoints are signed at the ends of batches, but a copied batch may span several: keep every root.
      roots.set(frontier.size, frontierRoot(frontier));
    }
  }
  const signed = { size: 0, root: emptyRoot, signature: new Uint8Array(64) };
  return { head: { frontier, previous, timeMs, signed }, roots };
}

function checkSigned(signed: SignedRoot, root: Hash | undefined, origin: string, verifier: Verifier): void {
  if (signed.size === 0) return;
  const { size } = signed;
  const text = formatCheckpoint({ origin, size, root: signed.root as Hash, extensions: [] });
  if (!verifier.verify(utf8(text), signed.signature)) {
    throw damaged(`the journal names a root at size ${size} that this log's key did not sign`);
  }
  if (root !== undefined && !Buffer.from(root).equals(signed.root)) {
    throw damaged(`the journal's records do not give the root that was signed at size ${size}`);
  }
}

// A published checkpoint beyond the journal's end, or with another root, means that records were lost or
// changed.
function checkStoredCheckpoints(
  disk: LogDisk,
  paths: LogPaths,
  origin: string,
  verifier: Verifier,
  { head, roots }: Replayed,
  tail: JournalTail,
): void {
  const newestKept = disk
    .list(paths.keptCheckpoints)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .at(-1);
  const stored = [paths.checkpoint];
  if (newestKept !== undefined) stored.push(join(paths.keptCheckpoints, newestKept));
  for (const path of stored) {
    const bytes = disk.readFile(path);
    if (bytes === undefined) continue;
    // The newest one is put in place without a sync, so power loss may cut it short; the journal gives it
    // again.
    if (path === paths.checkpoint && !isNote(bytes)) continue;
    const { checkpoint } = openStored(bytes, path, origin, verifier);
    if (checkpoint.size > head.frontier.size) {
      const torn = tail.segments.findLast((segment) => segment.bad !== undefined);
      const where =
        torn === undefined ? "" : ` (${torn.path} at byte ${torn.bad?.offset}: ${torn.bad?.reason})`;
      throw damaged(
        `${path} covers ${checkpoint.size} records, but the journal ends after ${head.frontier.size}${where}`,
      );
    }
    const root = roots.get(checkpoint.size);
    if (root !== undefined && !Buffer.from(root).equals(checkpoint.root)) {
      throw damaged(`${path} has another root than the records give at size ${checkpoint.size}`);
    }
  }
}

function isNote(bytes: Buffer): boolean {
  try {
    parseNote(bytes);
    return true;
  } catch {
    return false;
  }
}

function openStored(
  bytes: Buffer,
  path: string,
  origin: string,
  verifier: Verifier,
): ReturnType<typeof openCheckpoint> {
  try {
    return openCheckpoint(bytes, [verifier], origin);
  } catch (error) {
    throw damaged(`${path}: ${(error as Error).message}`);
  }
}

function copyTail(
  journal: Journal,
  batches: readonly Batch[],
  start: Frontier,
  origin: string,
  signer: Signer,
): { batch: Uint8Array; checkpoint: Uint8Array; signed: SignedRoot }[] {
  const records: RecordFrames[] = batches.flatMap((batch) => batch.records);
  const frontier = cloneFrontier(start);
  const copied: ReturnType<typeof copyTail> = [];
  let signed: SignedRoot = { size: 0, root: emptyRoot, signature: new Uint8Array(64) };
  for (const chunk of chunks(records)) {
    const batch = journal.append({ firstIndex: frontier.size, signed, records: chunk });
    for (const record of chunk) appendLeafHash(frontier, leafHash(record.leaf));
    const root = frontierRoot(frontier);
    const checkpoint = signCheckpoint({ origin, size: frontier.size, root, extensions: [] }, [signer]);
    signed = signedRoot(frontier.size, root, checkpoint);
    copied.push({ batch, checkpoint, signed });
  }
  return copied;
}

function* chunks(records: readonly RecordFrames[]): Generator<RecordFrames[]> {
  let chunk: RecordFrames[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = record.parts.reduce((sum, part) => sum + part.bytes.length, record.leaf.length);
    if (chunk.length > 0 && (chunk.length >= copiedBatchRecordsMax || bytes + size > copiedBatchBytesMax)) {
      yield chunk;
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) yield chunk;
}

function readLeaf(leaf: Uint8Array, index: number): DocketRecord {
  try {
    return parseLeaf(Buffer.from(leaf).toString("utf8"));
  } catch (error) {
    throw damaged(`record ${index}: ${(error as Error).message}`);
  }
}

/** A leaf that was read has a canonical time. */
function timeOf(leaf: DocketRecord): number {
  return parseTime(leaf.time) as number;
}
