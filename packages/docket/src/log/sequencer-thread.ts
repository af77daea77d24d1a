// SPDX-License-Identifier: Apache-2.0
// The sequencer's thread. A batch starts when the last sync has returned, with all that came in meanwhile:
// one writer gets the latency of one sync, many writers get large batches, and there is no timer to tune.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { parseVerifierKey } from "@docket/tlog";
import type { Signer } from "@docket/tlog";
import { machineClocks, SharedClock } from "../clock/shared-clock.ts";
import type { ClockReading } from "../clock/shared-clock.ts";
import { randomPool } from "../evidence/random.ts";
import type { LogDisk } from "./disk.ts";
import { failureOf } from "./failure.ts";
import { HandOver } from "./hand-over.ts";
import { BatchVoidError } from "./journal.ts";
import type { Journal } from "./journal.ts";
import type { BatchQueue, FromSequencer, SequencerStart, ToSequencer } from "./messages.ts";
import { openPrimacy } from "./newest-state.ts";
import { OpaqueQueue } from "./opaque-queue.ts";
import { OpaqueSequencer } from "./opaque-sequencer.ts";
import { LogProgress } from "./progress.ts";
import { RecordQueue } from "./record-queue.ts";
import { ReplicaGate } from "./replica-gate.ts";
import { recoverLog } from "./recovery.ts";
import type { RecoveredLog } from "./recovery.ts";
import { Sequencer } from "./sequencer.ts";
import { rootSigners } from "./signing-keys.ts";

/** A close waits this long, in ms, for replicas that must hold what was committed last. */
const closingWaitMs = 2000;
/** How often it is asked whether this process may still sign, in ms. */
const primacyIntervalMs = 100;

const start = workerData as SequencerStart;
const main = parentPort as NonNullable<typeof parentPort>;
const { disk } = (await import(start.diskModule)) as { disk: LogDisk };
const progress = new LogProgress(start.progress);
const primacy = start.primacy && openPrimacy(start.primacy);
const random = randomPool();
const gate = new ReplicaGate(start.replicas);
const sharedClock = start.clock && new SharedClock(start.clock);
let generation = 0;
let checkedMs = -Infinity;
let scheduled = false;
let ended = false;

const opened = open();

main.on("message", (message: ToSequencer) => {
  take(message);
  // All messages that are there go into the batch; the next batch waits its turn behind timers.
  for (let more = receiveMessageOnPort(main); more !== undefined; more = receiveMessageOnPort(main)) {
    take(more.message as ToSequencer);
  }
  if (scheduled || opened?.queue.empty !== false) return;
  commitNext();
  if (!opened.queue.empty) schedule();
});

function take(message: ToSequencer): void {
  switch (message.kind) {
    case "append":
      if (!ended) opened?.records?.add(message.requests);
      break;
    case "add":
      if (!ended) opened?.entries?.add(message);
      break;
    case "release":
      release(message.size);
      break;
    case "rotate":
      rotate();
      break;
    case "close":
      while (opened?.queue.empty === false && !ended) commitNext();
      opened?.queue.close();
      void gate.drained(closingWaitMs).then(close);
      break;
  }
}

// What no replica took in time stays in the journal: the next opening waits for one before it tells of it.
function close(): void {
  opened?.handOver.close();
  gate.close();
  tell({ kind: "closed" });
  main.close();
}

type Opened = {
  journal: Journal;
  queue: BatchQueue;
  records?: RecordQueue;
  entries?: OpaqueQueue;
  handOver: HandOver;
};

function open(): Opened | undefined {
  try {
    const signers = rootSigners({ roots: start.signerKeys, published: [] });
    const formerKeys = start.formerKeys.map(parseVerifierKey);
    const newSalt = (): number => random(4).readUInt32BE(0);
    const { paths, origin, opaque } = start;
    const log = recoverLog(disk, paths, origin, signers, { opaque, formerKeys, newSalt });
    const writer = opaque ? openOpaque(log, signers) : openRecords(log, signers);
    const { size } = log.head.frontier;
    if (size > 0 && !opaque) gate.announce({ size, checkpoint: writer.handOver.checkpoint() });
    // What nobody was told of before a crash is published, and found by repeats, from here on.
    gate.pass(size, () => writer.handOver.add(...log.tail));
    tell({
      kind: "ready",
      size: log.head.frontier.size,
      timeMs: log.head.timeMs,
      recovered: log.recovered,
      tornBytes: log.tornBytes,
      actors: log.actors,
    });
    return writer;
  } catch (error) {
    ended = true;
    tell({ kind: "ended", failure: failureOf(error) });
    return undefined;
  }
}

function openRecords(log: RecoveredLog, signers: readonly Signer[]): Opened {
  const ports = { clock: sealingTime, random, signers, origin: start.origin, progress };
  const sequencer = new Sequencer(log.journal, log.head, ports);
  const records = new RecordQueue(
    sequencer,
    (checkpoint) => new HandOver(start.batches, checkpoint),
    tell,
    gate,
  );
  return { journal: log.journal, queue: records, records, handOver: records.handOver };
}

// Asked for each batch, before any of it is written: what was sealed before a step was seen is not in doubt.
function sealingTime(): ClockReading {
  if (sharedClock === undefined) return { nowMs: Date.now(), uncertaintyMs: null };
  const reading = sharedClock.reading(machineClocks);
  if (!reading.stopped) return reading;
  throw new BatchVoidError(
    "sealing_failed",
    `nothing was sealed: the clock jumped by ${Math.round(reading.jumpMs)} ms, and no source says that it ` +
      "is right now: docket clock",
    { retryAfterSeconds: 5 },
  );
}

function openOpaque(log: RecoveredLog, signers: readonly Signer[]): Opened {
  const sequencer = new OpaqueSequencer(log.journal, log.head, start.origin, signers, progress);
  const handOver = new HandOver(start.batches, () => sequencer.checkpoint());
  const entries = new OpaqueQueue(sequencer, handOver, tell);
  return { journal: log.journal, queue: entries, entries, handOver };
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    commitNext();
    if (opened?.queue.empty === false) schedule();
  });
}

function commitNext(): void {
  if (ended || opened === undefined) return;
  try {
    checkPrimacy();
    opened.queue.commitNext(generation);
  } catch (error) {
    // Decisions that wait behind this batch were made on top of it, so they are void with it.
    opened.queue.clear();
    if (error instanceof BatchVoidError) {
      const message: FromSequencer = { kind: "void", generation, failure: failureOf(error) };
      // After what was committed before it and waits for a replica.
      gate.pass(0, () => tell(message));
      generation++;
    } else {
      ended = true;
      gate.pass(0, () => tell({ kind: "ended", failure: failureOf(error) }));
    }
  }
}

// Whoever was promoted in our place waits ten times as long before it counts on it that we sign nothing.
function checkPrimacy(): void {
  const now = performance.now();
  if (now - checkedMs < primacyIntervalMs) return;
  primacy?.check();
  checkedMs = now;
}

function release(size: number): void {
  // Whoever asked is answered in any case: one that could not be removed is left.
  let left = 1;
  try {
    left = opened?.queue.release(size) ?? 0;
  } catch {
    // It is removed after the next start; it costs space, nothing else.
  }
  tell({ kind: "released", left });
}

// What is waiting to be written goes into the new segment.
function rotate(): void {
  if (ended || opened === undefined) return;
  try {
    tell({ kind: "rotated", end: opened.journal.rotate() });
  } catch (error) {
    // A full disk: the journal is as it was. Anything else ends writing, which the next batch finds, too.
    tell({ kind: "rotationFailed", failure: failureOf(error) });
  }
}

function tell(message: FromSequencer): void {
  main.postMessage(message);
}
