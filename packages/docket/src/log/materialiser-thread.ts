// SPDX-License-Identifier: Apache-2.0
// The materialiser's thread: takes in durable batches, publishes at most every 100 ms and only on growth, and
// syncs when asked, or by itself when much has gathered.
import { parentPort, workerData } from "node:worker_threads";
import type { LogDisk } from "./disk.ts";
import { failureOf } from "./failure.ts";
import { WritingEndedError } from "./journal.ts";
import { Materialiser } from "./materialiser.ts";
import type { DurableBatch, FromMaterialiser, MaterialiserStart, ToMaterialiser } from "./messages.ts";

/** Least time between two published checkpoints. */
const publishIntervalMs = 100;
/** After an error (a full disk) publication is tried again this much later. */
const retryIntervalMs = 1000;
/**
 * What is published is synced after so many records or so long: then journal segments and partial tiles can
 * go.
 */
const syncRecordsMax = 10_000;
const syncIntervalMs = 30_000;

const start = workerData as MaterialiserStart;
const main = parentPort as NonNullable<typeof parentPort>;
const { disk } = (await import(start.diskModule)) as { disk: LogDisk };
let timer: NodeJS.Timeout | undefined;
let lastPublishedMs = 0;
let syncTimer: NodeJS.Timeout | undefined;
let syncedSize = 0;
let ended = false;

const materialiser = open();

start.batches.on("message", ({ batch, checkpoint }: DurableBatch) => {
  attempt(() => materialiser?.ingest(batch, checkpoint));
  schedule(Math.max(0, lastPublishedMs + publishIntervalMs - Date.now()));
});

// The channel's other end closes after its last batch, so a close loses none.
let closing = false;
start.batches.on("close", () => {
  if (closing) finish();
  else closing = true;
});

main.on("message", (message: ToMaterialiser) => {
  if (message.kind === "sync") sync();
  else if (closing) finish();
  else closing = true;
});

function open(): Materialiser | undefined {
  let opened: Materialiser | undefined;
  attempt(() => {
    opened = new Materialiser(disk, start.paths);
    syncedSize = opened.publishedSize;
    tell({ kind: "ready", size: opened.publishedSize });
  });
  return opened;
}

function schedule(delayMs: number): void {
  timer ??= setTimeout(() => {
    timer = undefined;
    publish();
  }, delayMs);
}

function publish(): void {
  if (materialiser === undefined || ended) return;
  const done = attempt(() => {
    if (materialiser.publish(Date.now())) tell({ kind: "published", size: materialiser.publishedSize });
  });
  lastPublishedMs = Date.now();
  if (!done) schedule(retryIntervalMs);
  else if (materialiser.publishedSize - syncedSize >= syncRecordsMax) sync();
  else syncTimer ??= setTimeout(sync, syncIntervalMs);
}

function sync(): void {
  clearTimeout(syncTimer);
  syncTimer = undefined;
  if (materialiser === undefined || ended) return;
  attempt(() => {
    syncedSize = materialiser.sync(Date.now());
    tell({ kind: "published", size: syncedSize });
    tell({ kind: "synced", size: syncedSize });
  });
}

function finish(): void {
  clearTimeout(timer);
  sync();
  materialiser?.close();
  tell({ kind: "closed" });
  main.close();
}

function attempt(action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    // A failed write (a full disk) is tried again; anything else means that files and journal disagree.
    const code = (error as NodeJS.ErrnoException).code;
    const again = code === "ENOSPC" || code === "EDQUOT" || code === "EIO" || code === "EMFILE";
    ended ||= !again || error instanceof WritingEndedError;
    tell({ kind: "failed", failure: failureOf(error), ended });
    return false;
  }
}

function tell(message: FromMaterialiser): void {
  main.postMessage(message);
}
