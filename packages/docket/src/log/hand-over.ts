// SPDX-License-Identifier: Apache-2.0
// The way of durable batches from the sequencer to the materialiser.
import type { MessagePort } from "node:worker_threads";
import type { DurableBatch, HandedBatches } from "./messages.ts";

/**
 * Durable batches go to the materialiser together after this long, in ms: waking it for each would take time
 * from the answers. It publishes when it is handed something, so this is also the pace of publication.
 */
const handIntervalMs = 40;
/** What comes after a pause is gathered for this long only, in ms. */
const handDelayMinMs = 5;
/**
 * No longer than until this many bytes wait, though: under load the files of most of them are written before
 * it is time to publish.
 */
const handBytesMax = 262_144;
/** Batches that together have no more bytes than this go as one. */
const joinedBytesMax = 131_072;

/** Gathers durable batches and hands them on. */
export class HandOver {
  readonly #port: MessagePort;
  readonly #sign: () => Uint8Array;
  #batches: DurableBatch[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  /** By the clock that is never set. */
  #handedMs = -handIntervalMs;

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
    if (this.#batches.length === 0) this.#schedule();
    this.#batches.push(...batches);
    for (const { payload } of batches) this.#bytes += payload.length;
    if (this.#bytes >= handBytesMax) this.flush();
  }

  /** The checkpoint that covers all that was added. */
  checkpoint(): Uint8Array {
    return this.#sign();
  }

  /** Hands on what was gathered. */
  flush(): void {
    clearTimeout(this.#timer);
    if (this.#batches.length === 0) return;
    this.#handedMs = performance.now();
    const batches = joined(this.#batches);
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

  #schedule(): void {
    const delayMs = Math.max(handDelayMinMs, this.#handedMs + handIntervalMs - performance.now());
    this.#timer = setTimeout(() => this.flush(), delayMs);
  }
}

// Small batches are joined: one writer makes a hundred of them in the time, and each costs both threads more
// than its bytes do.
function joined(batches: readonly DurableBatch[]): DurableBatch[] {
  const result: DurableBatch[] = [];
  for (let from = 0; from < batches.length;) {
    let bytes = 0;
    let end = from;
    for (; end < batches.length; end++) {
      bytes += (batches[end] as DurableBatch).payload.length;
      if (end > from && bytes > joinedBytesMax) break;
    }
    result.push(join(batches.slice(from, end)));
    from = end;
  }
  return result;
}

// Bytes that share their memory with others cannot move to another thread, so they are copied.
function join(batches: readonly DurableBatch[]): DurableBatch {
  const [first] = batches as [DurableBatch];
  const count = batches.reduce((sum, batch) => sum + batch.count, 0);
  const payload =
    batches.length === 1 && first.payload.byteLength === first.payload.buffer.byteLength
      ? first.payload
      : concatenated(batches.map((batch) => batch.payload));
  const leafHashes = concatenated(batches.map((batch) => batch.leafHashes));
  return { firstIndex: first.firstIndex, count, payload, leafHashes };
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
