// SPDX-License-Identifier: Apache-2.0
// The sequencer's thread. A batch starts when the last sync has returned, with all that came in meanwhile:
// one writer gets the latency of one sync, many writers get large batches, and there is no timer to tune.
import { randomPool } from "../evidence/random.ts";
import { parentPort, workerData } from "node:worker_threads";
import { parseSignerKey } from "@docket/tlog";
import type { LogDisk } from "./disk.ts";
import { failureOf } from "./failure.ts";
import { batchPayloadBytesMax } from "./frame.ts";
import { BatchVoidError } from "./journal.ts";
import type { DurableBatch, FromSequencer, SequencerStart, ToSequencer } from "./messages.ts";
import { recoverLog } from "./recovery.ts";
import { Sequencer } from "./sequencer.ts";
import type { AppendRequest } from "./sequencer.ts";

/** Most records in one batch. */
const batchRecordsMax = 4096;
/**
 * Durable batches go to the materialiser together after this long, in ms: it publishes every 100 ms at most,
 * and waking it for each would take time from the answers.
 */
const handIntervalMs = 20;
/** No longer than until this many bytes wait, though. */
const handBytesMax = 1_048_576;

const start = workerData as SequencerStart;
const main = parentPort as NonNullable<typeof parentPort>;
const { disk } = (await import(start.diskModule)) as { disk: LogDisk };
const queue: AppendRequest[] = [];
let generation = 0;
let scheduled = false;
let ended = false;
let unhanded: DurableBatch[] = [];
let unhandedBytes = 0;

const sequencer = open();

main.on("message", (message: ToSequencer) => {
  switch (message.kind) {
    case "append":
      queue.push(...message.requests);
      schedule();
      break;
    case "release":
      release(message.size);
      break;
    case "close":
      while (queue.length > 0 && !ended) commitNext();
      sequencer?.close();
      handAll();
      tell({ kind: "closed" });
      start.batches.close();
      main.close();
      break;
  }
});

function open(): Sequencer | undefined {
  try {
    const signer = parseSignerKey(start.signerKey);
    const log = recoverLog(disk, start.paths, start.origin, signer);
    for (const { batch, checkpoint } of log.tail) hand({ batch, checkpoint });
    tell({
      kind: "ready",
      size: log.head.frontier.size,
      timeMs: log.head.timeMs,
      recovered: log.recovered,
      tornBytes: log.tornBytes,
      actors: log.actors,
    });
    const ports = { now: Date.now, random: randomPool(), signer, origin: start.origin };
    return new Sequencer(log.journal, log.head, ports);
  } catch (error) {
    ended = true;
    tell({ kind: "ended", failure: failureOf(error) });
    return undefined;
  }
}

// setImmediate comes after all messages that are waiting: they all go into the batch.
function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    commitNext();
    if (queue.length > 0) schedule();
  });
}

function commitNext(): void {
  if (ended || sequencer === undefined) {
    queue.length = 0;
    return;
  }
  const requests = takeBatch();
  if (requests.length === 0) return;
  const startedMs = performance.now();
  try {
    const { sealed, batch, checkpoint } = sequencer.commit(requests);
    tell({ kind: "sealed", sealed, batchMs: performance.now() - startedMs });
    hand({ batch, checkpoint });
  } catch (error) {
    // Decisions that wait behind this batch were made on top of it, so they are void with it.
    queue.length = 0;
    if (error instanceof BatchVoidError) {
      tell({ kind: "void", generation, failure: failureOf(error) });
      generation++;
    } else {
      ended = true;
      tell({ kind: "ended", failure: failureOf(error) });
    }
  }
}

function takeBatch(): AppendRequest[] {
  const batch: AppendRequest[] = [];
  let bytes = 0;
  while (queue.length > 0 && batch.length < batchRecordsMax && bytes < batchPayloadBytesMax / 4) {
    const request = queue.shift() as AppendRequest;
    // Sent before the other side knew that its generation was void.
    if (request.generation !== generation) continue;
    bytes += request.parts.reduce((sum, part) => sum + part.plaintext.length, request.body.length);
    batch.push(request);
  }
  return batch;
}

function release(size: number): void {
  try {
    sequencer?.release(size);
  } catch {
    // A segment that could not be removed is removed after the next start; it costs space, nothing else.
  }
}

function hand(durable: DurableBatch): void {
  if (unhanded.length === 0) setTimeout(handAll, handIntervalMs);
  unhanded.push(durable);
  unhandedBytes += durable.batch.byteLength;
  if (unhandedBytes >= handBytesMax) handAll();
}

function handAll(): void {
  for (const { batch, checkpoint } of unhanded) {
    // The bytes move to the other thread. Small ones may share their memory with others, so they are copied
    // first.
    const own = batch.byteLength === batch.buffer.byteLength ? batch : new Uint8Array(batch);
    start.batches.postMessage({ batch: own, checkpoint } satisfies DurableBatch, [own.buffer as ArrayBuffer]);
  }
  unhanded = [];
  unhandedBytes = 0;
}

function tell(message: FromSequencer): void {
  main.postMessage(message);
}
