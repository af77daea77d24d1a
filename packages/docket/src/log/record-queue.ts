// SPDX-License-Identifier: Apache-2.0
// Records that wait in the sequencer's thread.
import { batchPayloadBytesMax } from "./frame.ts";
import type { HandOver } from "./hand-over.ts";
import type { BatchQueue, FromSequencer } from "./messages.ts";
import { ReplicaGate } from "./replica-gate.ts";
import type { AppendRequest, Sequencer } from "./sequencer.ts";

/** Most records in one batch. */
const batchRecordsMax = 4096;

/** About as many bytes as a record takes: those of its body and of its parts. */
export function recordBytes({ body, parts }: Pick<AppendRequest, "body" | "parts">): number {
  return parts.reduce((sum, part) => sum + part.plaintext.length, body.length);
}

/** Records that wait, and what becomes of them. */
export class RecordQueue implements BatchQueue {
  readonly #sequencer: Sequencer;
  readonly #handOver: HandOver;
  readonly #tell: (message: FromSequencer) => void;
  readonly #waiting: AppendRequest[] = [];

  /** Lets records be told of; with replicas that must hold them, when they do. */
  readonly #gate: ReplicaGate;
  /** Covers what was handed on last; without it nothing was since the opening. */
  #handed: Uint8Array | undefined;

  constructor(
    sequencer: Sequencer,
    handOver: (checkpoint: () => Uint8Array) => HandOver,
    tell: (message: FromSequencer) => void,
    gate: ReplicaGate = new ReplicaGate(),
  ) {
    this.#sequencer = sequencer;
    // Nothing is handed on while something waits before it, so this is the checkpoint of the recovered tail.
    this.#handOver = handOver(() => this.#handed ?? sequencer.checkpoint());
    this.#tell = tell;
    this.#gate = gate;
  }

  /** Takes what replicas hold on to the materialiser. */
  get handOver(): HandOver {
    return this.#handOver;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  add(requests: readonly AppendRequest[]): void {
    this.#waiting.push(...requests);
  }

  commitNext(generation: number): void {
    const requests = this.#take(generation);
    if (requests.length === 0) return;
    const startedMs = performance.now();
    const { sealed, batch, checkpoint } = this.#sequencer.commit(requests);
    const size = batch.firstIndex + batch.count;
    this.#gate.announce({ size, checkpoint });
    // With replicas that must hold it, a crash here leaves records that nobody was told of.
    this.#gate.pass(size, () => {
      this.#tell({ kind: "sealed", sealed, batchMs: performance.now() - startedMs });
      // Handing on may come later than this, with more batches: the newest of them is covered.
      this.#handed = checkpoint;
      this.#handOver.add(batch);
    });
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  release(size: number): number {
    return this.#sequencer.release(size);
  }

  close(): void {
    this.#sequencer.close();
  }

  #take(generation: number): AppendRequest[] {
    const batch: AppendRequest[] = [];
    let bytes = 0;
    let taken = 0;
    for (const request of this.#waiting) {
      if (batch.length >= batchRecordsMax || bytes >= batchPayloadBytesMax / 4) break;
      taken++;
      // Sent before the other side knew that its generation was void.
      if (request.generation !== generation) continue;
      bytes += recordBytes(request);
      batch.push(request);
    }
    this.#waiting.splice(0, taken);
    return batch;
  }
}
