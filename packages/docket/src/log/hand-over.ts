// SPDX-License-Identifier: Apache-2.0
// The way of durable batches from the sequencer to the materialiser.
import type { MessagePort } from "node:worker_threads";
import type { DurableBatch, HandedBatches } from "./messages.ts";

/**
 * Durable batches go to the materialiser together after this long, in ms: it publishes a few times a second,
 * and waking it for each would take time from the answers.
 */
const handIntervalMs = 20;
/** No longer than until this many bytes wait, though. */
const handBytesMax = 1_048_576;

/** Gathers durable batches and hands them on. */
export class HandOver {
  readonly #port: MessagePort;
  readonly #sign: () => Uint8Array;
  #batches: DurableBatch[] = [];
  #bytes = 0;

  /** @param sign gives the checkpoint that covers all batches that were added */
  constructor(port: MessagePort, sign: () => Uint8Array) {
    this.#port = port;
    this.#sign = sign;
  }

  /**
   * Adds batches, all that the next checkpoint covers: a recovered tail comes at once, or its first batch
   * would go alone with a checkpoint over all of it. Their payloads belong to the other thread from now on.
   */
  add(...batches: readonly DurableBatch[]): void {
    if (batches.length === 0) return;
    if (this.#batches.length === 0) setTimeout(() => this.flush(), handIntervalMs);
    this.#batches.push(...batches);
    for (const { payload } of batches) this.#bytes += payload.length;
    if (this.#bytes >= handBytesMax) this.flush();
  }

  /** Hands on what was gathered. */
  flush(): void {
    if (this.#batches.length === 0) return;
    const batches = this.#batches.map((batch) => ({
      ...batch,
      payload: owned(batch.payload),
      leafHashes: new Uint8Array(batch.leafHashes),
    }));
    const checkpoint = this.#sign();
    const handed: HandedBatches = { batches, checkpoint };
    const moved = batches.flatMap(({ payload, leafHashes }) => [payload.buffer, leafHashes.buffer]);
    this.#port.postMessage(handed, moved as ArrayBuffer[]);
    this.#batches = [];
    this.#bytes = 0;
  }

  /** Hands on what was gathered, and says that nothing comes after it. */
  close(): void {
    this.flush();
    this.#port.close();
  }
}

// Bytes that share their memory with others cannot move; small ones do.
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
