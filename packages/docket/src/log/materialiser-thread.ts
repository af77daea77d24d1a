// SPDX-License-Identifier: Apache-2.0
// The materialiser's thread: takes in durable batches, publishes a few times a second and only on growth, and
// syncs when asked, or by itself when much has gathered.
//
// Its steps go one after the other, also across the wait for a signature from afar: what is published is
// exactly what was signed.
import { setImmediate as immediate } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import type { LogDisk } from "./disk.ts";
import { failureOf } from "./failure.ts";
import { WritingEndedError } from "./journal.ts";
import { Materialiser } from "./materialiser.ts";
import type { FromMaterialiser, HandedBatches, MaterialiserStart, ToMaterialiser } from "./messages.ts";
import { openPrimacy } from "./newest-state.ts";
import { publishedSigners, signPublished } from "./signing-keys.ts";

/**
 * Least time between two published checkpoints, in ms. It is less than what the sequencer gathers for, so
 * that what it hands over is published as it comes: waiting for each other would add up.
 */
const publishIntervalMs = 32;
/** After an error (a full disk) publication, or a sync, is tried again this much later. */
const retryIntervalMs = 1000;
/**
 * What is published is synced after so many bytes or entries, or so long: then journal segments and partial
 * tiles can go. A sync of many files competes with the journal's, so it must be rare; what is not synced is
 * read from the journal at the next start.
 */
const syncBytesMax = 67_108_864;
/** What recovery reads takes some 600 bytes of memory for each entry, however short. */
const syncEntriesMax = 262_144;
const syncIntervalMs = 30_000;
/** A sync stops after this long, in ms, to let a publication pass. */
const syncStepMs = 10;
/**
 * A partial tile is removed when its full one was there for so many publications, which under load is a few
 * seconds, and at a sync. A file that the system has not written yet is gone without a trace on the disk.
 */
const partialsKept = 64;
/** Removing stops after this long, in ms. */
const removeStepMs = 2;

const start = workerData as MaterialiserStart;
const main = parentPort as NonNullable<typeof parentPort>;
const { disk } = (await import(start.diskModule)) as { disk: LogDisk };
const nowSeconds = (): number => Math.floor(Date.now() / 1000);
const signers = publishedSigners({ roots: [], published: start.publicationKeys }, nowSeconds);
const primacy = start.primacy && openPrimacy(start.primacy);
let steps: Promise<unknown> = Promise.resolve();
let timer: NodeJS.Timeout | undefined;
/** From when on the next checkpoint may be published, by the clock that is never set. */
let dueMs = 0;
/** Messages of the sequencer that wait to be taken in. */
let unread = 0;
let syncTimer: NodeJS.Timeout | undefined;
let unsynced = { bytes: 0, entries: 0 };
let syncs: Promise<void> = Promise.resolve();
let ended = false;

const materialiser = open();

start.batches.on("message", (handed: HandedBatches) => {
  unread++;
  for (const { payload, count } of handed.batches) {
    unsynced.bytes += payload.length;
    unsynced.entries += count;
  }
  void takeIn(handed);
});

// The channel's other end closes after its last batch, so a close loses none.
let closing = false;
let finishing = false;
start.batches.on("close", close);

main.on("message", (message: ToMaterialiser) => {
  if (message.kind === "sync") void sync();
  else close();
});

function open(): Materialiser | undefined {
  try {
    const opened = new Materialiser(disk, start.paths, start.opaque);
    tell({ kind: "ready", size: opened.publishedSize });
    return opened;
  } catch (error) {
    fail(error);
    return undefined;
  }
}

// Publishes in the same step if it is time: where batches come as fast as they are taken in, a publication
// that queued behind them would come late.
async function takeIn(handed: HandedBatches): Promise<void> {
  const done = await then(async () => {
    unread--;
    materialiser?.ingest(handed);
    if (performance.now() >= dueMs) await publishNow();
    // Behind others it would keep a publication waiting, which writes it too.
    else if (unread === 0) materialiser?.writeCompleted();
  });
  afterwards(done);
  // Messages go before all else in a thread that has them: between two, syncs and timers have their turn.
  void then(() => immediate());
}

async function publish(): Promise<void> {
  afterwards(await then(publishNow));
}

async function publishNow(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const unsigned = materialiser?.unpublished;
  if (materialiser === undefined || unsigned === undefined) return;
  const startedMs = performance.now();
  if (materialiser.publish(Date.now(), await signNewest(unsigned))) {
    tell({ kind: "published", size: materialiser.publishedSize });
  }
  materialiser.removeOvertaken(partialsKept, within(removeStepMs));
  // Where a publication takes long (partial bundles of large entries, a slow disk), the next one waits a
  // little.
  const endedMs = performance.now();
  dueMs = Math.max(
    startedMs + publishIntervalMs,
    endedMs + Math.min(endedMs - startedMs, publishIntervalMs) / 2,
  );
}

/** Sees to it that what is not published yet will be, and what is not synced yet. */
function afterwards(done: boolean): void {
  if (!done) dueMs = performance.now() + retryIntervalMs;
  if (materialiser?.unpublished !== undefined) schedule();
  if (!done) return;
  if (unsynced.bytes >= syncBytesMax || unsynced.entries >= syncEntriesMax) void sync();
  else scheduleSync(syncIntervalMs);
}

function schedule(): void {
  if (finishing || ended) return;
  timer ??= setTimeout(
    () => {
      timer = undefined;
      void publish();
    },
    Math.max(0, dueMs - performance.now()),
  );
}

function scheduleSync(delayMs: number): void {
  if (finishing || ended) return;
  syncTimer ??= setTimeout(() => void sync(), delayMs);
}

/** Syncs what is sealed now, after a sync that is under way. */
function sync(): Promise<void> {
  clearTimeout(syncTimer);
  syncTimer = undefined;
  unsynced = { bytes: 0, entries: 0 };
  syncs = syncs.then(syncOnce);
  return syncs;
}

// Many files may be to be synced: between them, batches are taken in and published.
async function syncOnce(): Promise<void> {
  // Before it, so that nothing is synced in vain.
  await removeOvertaken();
  const begun = await then(async () => {
    if (materialiser === undefined) throw new Error("nothing is open");
    const unsigned = materialiser.unpublished;
    if (unsigned !== undefined) materialiser.publish(Date.now(), await signNewest(unsigned));
    tell({ kind: "published", size: materialiser.publishedSize });
    materialiser.beginSync();
  });
  let done = false;
  for (let going = begun && (await syncAside()); going;) {
    const more = await then(() => {
      const size = materialiser?.continueSync(within(syncStepMs));
      if (size === undefined) return;
      primacy?.sync();
      done = true;
      tell({ kind: "synced", size });
    });
    going = more && !done;
    await immediate();
  }
  await removeOvertaken();
  // A full disk: journal segments stay until a sync has come to its end.
  if (!done) scheduleSync(retryIntervalMs);
}

async function removeOvertaken(): Promise<void> {
  for (let going = true; going;) {
    const more = await then(() => {
      going = materialiser?.removeOvertaken(0, within(syncStepMs)) === false;
    });
    going &&= more;
    await immediate();
  }
}

/** Says whether this long has not passed yet. */
function within(ms: number): () => boolean {
  const untilMs = performance.now() + ms;
  return () => performance.now() < untilMs;
}

// A disk that can syncs the files aside, so that none of them holds up a publication.
async function syncAside(): Promise<boolean> {
  if (disk.syncFiles === undefined || materialiser === undefined) return true;
  try {
    await disk.syncFiles(materialiser.takeUnsynced());
    return true;
  } catch (error) {
    return then(() => materialiser.failSync(error));
  }
}

// Called twice: when the other thread has handed on all, and when this one is told to end.
function close(): void {
  if (!closing) {
    closing = true;
    return;
  }
  finishing = true;
  clearTimeout(timer);
  void finish();
}

async function finish(): Promise<void> {
  await sync();
  materialiser?.close();
  primacy?.close();
  tell({ kind: "closed" });
  main.close();
}

// The keys directory knows of a checkpoint before anyone else can.
async function signNewest(checkpoint: Uint8Array): Promise<Uint8Array> {
  primacy?.check();
  const published = await signPublished(checkpoint, signers);
  primacy?.published(published);
  return published;
}

/** Takes a step when those before are done; gives whether it went well. After a fatal error none is taken. */
function then(step: () => unknown): Promise<boolean> {
  const taken = steps.then(async () => {
    if (ended) return false;
    try {
      await step();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  });
  steps = taken;
  return taken;
}

function fail(error: unknown): void {
  // What passes (a full disk) is tried again. Anything else means that the disk fails, or that files and
  // journal disagree: an error of a sync must never be retried as if it could still succeed.
  const { code } = error as NodeJS.ErrnoException;
  const again = code === "ENOSPC" || code === "EDQUOT" || code === "EMFILE" || code === "ENFILE";
  ended ||= !again || error instanceof WritingEndedError;
  tell({ kind: "failed", failure: failureOf(error), ended });
}

function tell(message: FromMaterialiser): void {
  main.postMessage(message);
}
