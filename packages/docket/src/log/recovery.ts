// SPDX-License-Identifier: Apache-2.0
// Opening a log: reads the materialised state and the journal's tail, copies the tail into a new segment and
// syncs it, and only then lets anything be signed. A clean stop leaves an empty tail, so the usual start
// takes the same way.
import { join } from "node:path";
import { parseLeaf, parseTime } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import {
  cloneFrontier,
  encodeBase64Url,
  formatCheckpoint,
  frontierRoot,
  hashBytes,
  leafHash,
  openCheckpoint,
  parseNote,
  parseVerifierKey,
  sha256,
  signCheckpoint,
  utf8,
} from "@docket/tlog";
import type { Checkpoint, Frontier, Hash, Signer, Verifier } from "@docket/tlog";
import type { LogDisk } from "./disk.ts";
import { encodePayload, visitLeaves } from "./frame.ts";
import type { ActorEntry, Batch, RecordFrames, SignedRoot } from "./frame.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalTail } from "./journal-reader.ts";
import { Journal } from "./journal.ts";
import type { JournalLimits } from "./journal.ts";
import { damaged, loadMaterialised } from "./materialised.ts";
import type { DurableBatch } from "./messages.ts";
import type { LogPaths } from "./paths.ts";
import { hashLeaves, RightEdge } from "./right-edge.ts";
import { chainStart } from "./sequencer.ts";
import type { LogHead } from "./sequencer.ts";
import { nothingSigned, signedRoot } from "./signed-root.ts";

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
  tail: DurableBatch[];
  /** Number of records in the tail. */
  recovered: number;
  /** Entries of the identity map that the journal holds; the map may have them already. */
  actors: ActorEntry[];
  /** Bytes of a torn tail that were left behind. */
  tornBytes: number;
};

/** What recovery may be told besides. */
export type RecoveryOptions = {
  /** Whether the entries are opaque: there is no chain to follow. */
  opaque?: boolean;
  /** Keys whose signatures on roots and checkpoints count too: those before a change of keys. */
  formerKeys?: readonly Verifier[];
  limits?: JournalLimits;
  /** Salts of journal segments; without it they are 0, which is for tests. */
  newSalt?: () => number;
};

/**
 * Opens a log for writing.
 *
 * @param signers sign each root, in this order
 * @throws {DocketError} `directory_damaged` with the place, if anything but a torn tail is wrong
 */
export function recoverLog(
  disk: LogDisk,
  paths: LogPaths,
  origin: string,
  signers: readonly Signer[],
  { opaque = false, formerKeys = [], limits, newSalt }: RecoveryOptions = {},
): RecoveredLog {
  const verifiers = [...signers.map((signer) => parseVerifierKey(signer.vkey)), ...formerKeys];
  const originHash = sha256(utf8(origin));
  const materialised = loadMaterialised(disk, paths);
  const from = materialised.frontier.size;
  const tail = readJournal(disk, paths.journal, originHash, from);
  const stored = readStored(disk, paths, origin, verifiers);
  checkStoredSizes(stored, tail);
  const chain = opaque ? noChain(origin) : followChain(tail, materialised.lastLeaf, from, origin);
  const roots = rootsOf(tail, materialised.frontier, stored);
  for (const batch of tail.batches) checkSigned(batch.signed, roots, origin, verifiers);
  for (const { path, checkpoint } of stored) {
    const root = roots.get(checkpoint.size);
    if (root !== undefined && !Buffer.from(root).equals(checkpoint.root)) {
      throw damaged(`${path} has another root than the records give at size ${checkpoint.size}`);
    }
  }

  const sequence = Math.max(0, ...tail.segments.map((segment) => segment.sequence)) + 1;
  const journal = new Journal(
    disk,
    paths.journal,
    originHash,
    sequence,
    from,
    tail.segments,
    limits,
    newSalt,
  );
  // The newest signature that covers no more than the materialised records; the copied batches name it.
  const before = stored.find(({ checkpoint }) => checkpoint.size === from)?.signed ?? nothingSigned;
  const copied = copyTail(journal, tail.batches, materialised.frontier, before, origin, signers);
  // The tail is durable in one segment now. Only from here on is anything signed.
  return {
    journal,
    head: { ...chain, frontier: copied.edge.frontier(), signed: copied.signed },
    recovered: tail.size - from,
    tail: copied.batches,
    actors: tail.segments.flatMap((segment) =>
      segment.batches.flatMap((batch) => batch.records.flatMap((record) => record.actors)),
    ),
    tornBytes: tail.segments.reduce((sum, segment) => sum + (segment.bad?.bytes ?? 0), 0),
  };
}

type ChainEnd = Pick<LogHead, "previous" | "timeMs">;

function noChain(origin: string): ChainEnd {
  return { previous: chainStart(origin), timeMs: 0 };
}

function followChain(
  tail: JournalTail,
  lastLeaf: Uint8Array | undefined,
  from: number,
  origin: string,
): ChainEnd {
  let index = from;
  let previous = lastLeaf === undefined ? chainStart(origin) : leafHash(lastLeaf);
  let timeMs = lastLeaf === undefined ? 0 : leastTimeAfter(readLeaf(lastLeaf, from - 1));
  for (const record of tail.batches.flatMap((batch) => batch.records)) {
    const leaf = readLeaf(record.leaf, index);
    if (leaf.index !== index) throw damaged(`the journal's record ${index} says that it is ${leaf.index}`);
    if (leaf.prev !== encodeBase64Url(previous))
      throw damaged(`record ${index} does not follow the one before`);
    previous = leafHash(record.leaf);
    timeMs = leastTimeAfter(leaf);
    index++;
  }
  return { previous, timeMs };
}

// The tree's roots at the sizes that something signed names.
function rootsOf(tail: JournalTail, start: Frontier, stored: readonly Stored[]): Map<number, Hash> {
  const edge = new RightEdge(start);
  const roots = new Map<number, Hash>([[start.size, frontierRoot(start)]]);
  const named = new Set(stored.map(({ checkpoint }) => checkpoint.size));
  for (const { firstIndex, signed } of tail.batches) {
    if (signed.size > firstIndex) {
      throw damaged(`a batch after record ${firstIndex - 1} names a signed size of ${signed.size}`);
    }
    named.add(signed.size);
  }
  const sizes = [...named].filter((size) => size > start.size && size <= tail.size).sort((a, b) => a - b);
  const leaves = tail.batches.flatMap((batch) => batch.records.map((record) => record.leaf));
  let done = 0;
  for (const size of sizes) {
    const count = size - start.size;
    const row = Buffer.alloc((count - done) * hashBytes);
    for (let place = done; place < count; place++) {
      row.set(leafHash(leaves[place] as Uint8Array), (place - done) * hashBytes);
    }
    edge.append(row);
    roots.set(size, edge.root());
    done = count;
  }
  return roots;
}

function checkSigned(
  signed: SignedRoot,
  roots: ReadonlyMap<number, Hash>,
  origin: string,
  verifiers: readonly Verifier[],
): void {
  const { size } = signed;
  if (size === 0) return;
  const text = utf8(formatCheckpoint({ origin, size, root: signed.root as Hash, extensions: [] }));
  if (!verifiers.some((verifier) => verifier.verify(text, signed.signature))) {
    throw damaged(`the journal names a root at size ${size} that this log's key did not sign`);
  }
  const root = roots.get(size);
  if (root !== undefined && !Buffer.from(root).equals(signed.root)) {
    throw damaged(`the journal's records do not give the root that was signed at size ${size}`);
  }
}

/** A checkpoint that lies beside the log. */
type Stored = { path: string; checkpoint: Checkpoint; signed: SignedRoot };

function readStored(
  disk: LogDisk,
  paths: LogPaths,
  origin: string,
  verifiers: readonly Verifier[],
): Stored[] {
  const newestKept = disk
    .list(paths.keptCheckpoints)
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .at(-1);
  const found: Stored[] = [];
  const candidates = [paths.checkpoint];
  if (newestKept !== undefined) candidates.push(join(paths.keptCheckpoints, newestKept));
  for (const path of candidates) {
    const bytes = disk.readFile(path);
    if (bytes === undefined) continue;
    // The newest one is put in place without a sync, so power loss may cut it short; the journal gives it
    // again.
    if (path === paths.checkpoint && !isNote(bytes)) continue;
    const { checkpoint, verified } = openStored(bytes, path, origin, verifiers);
    const ed25519 = verified.find(({ verifier }) => verifier.algorithm === "ed25519");
    if (ed25519 === undefined) throw damaged(`${path} bears no Ed25519 signature of this log`);
    const { size, root } = checkpoint;
    found.push({ path, checkpoint, signed: { size, root, signature: ed25519.signature } });
  }
  return found;
}

// A checkpoint beyond the journal's end means that records were lost.
function checkStoredSizes(stored: readonly Stored[], tail: JournalTail): void {
  for (const { path, checkpoint } of stored) {
    if (checkpoint.size <= tail.size) continue;
    const torn = tail.segments.findLast((segment) => segment.bad !== undefined);
    const where =
      torn === undefined ? "" : ` (${torn.path} at byte ${torn.bad?.offset}: ${torn.bad?.reason})`;
    throw damaged(
      `${path} covers ${checkpoint.size} records, but the journal ends after ${tail.size}${where}`,
    );
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
  verifiers: readonly Verifier[],
): ReturnType<typeof openCheckpoint> {
  try {
    return openCheckpoint(bytes, verifiers, origin);
  } catch (error) {
    throw damaged(`${path}: ${(error as Error).message}`);
  }
}

function copyTail(
  journal: Journal,
  batches: readonly Batch[],
  start: Frontier,
  before: SignedRoot,
  origin: string,
  signers: readonly Signer[],
): { batches: DurableBatch[]; edge: RightEdge; signed: SignedRoot } {
  const records: RecordFrames[] = batches.flatMap((batch) => batch.records);
  const edge = new RightEdge(cloneFrontier(start));
  const copied: DurableBatch[] = [];
  let signed = before;
  for (const chunk of chunks(records)) {
    const payload = encodePayload(chunk);
    const place = { firstIndex: edge.size, count: chunk.length };
    journal.append({ ...place, signed, payload });
    const bounds: number[] = [];
    visitLeaves(payload, (first, end) => bounds.push(first, end));
    const leafHashes = hashLeaves(payload, bounds);
    edge.append(leafHashes);
    const root = edge.root();
    const checkpoint = signCheckpoint({ origin, size: edge.size, root, extensions: [] }, signers);
    signed = signedRoot(edge.size, root, checkpoint);
    copied.push({ ...place, payload, leafHashes });
  }
  return { batches: copied, edge, signed };
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
// A crash may have come between a correction of the clock and the record that it lets be earlier.
function leastTimeAfter(leaf: DocketRecord): number {
  const timeMs = parseTime(leaf.time) as number;
  return leaf.kind === "clock-correction" ? Math.max(0, timeMs - leaf.backMs) : timeMs;
}
