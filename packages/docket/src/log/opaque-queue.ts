// SPDX-License-Identifier: Apache-2.0
// Opaque entries that wait in the sequencer's thread, as the thread that answers packed them.
import { batchPayloadBytesMax } from "./frame.ts";
import type { HandOver } from "./hand-over.ts";
import type { BatchQueue, FromSequencer } from "./messages.ts";
import type { OpaqueSequencer } from "./opaque-sequencer.ts";

/** Entries that go together: their frames. */
type Packed = { generation: number; payload: Uint8Array; count: number };

/** Entries that wait, and what becomes of them. */
export class OpaqueQueue implements BatchQueue {
  readonly #sequencer: OpaqueSequencer;
  readonly #handOver: HandOver;
  readonly #tell: (message: FromSequencer) => void;
  readonly #waiting: Packed[] = [];

  constructor(sequencer: OpaqueSequencer, handOver: HandOver, tell: (message: FromSequencer) => void) {
    this.#sequencer = sequencer;
    this.#handOver = handOver;
    this.#tell = tell;
  }

  get empty(): boolean {
    return this.#waiting.length === 0;
  }

  add(packed: Packed): void {
    this.#waiting.push(packed);
  }

  commitNext(generation: number): void {
    const { payload, count } = this.#take(generation);
    if (count === 0) return;
    const startedMs = performance.now();
    const firstIndex = this.#sequencer.write(payload, count);
    // Durable is all that an entry is answered for; the tree follows while the answer is on its way.
    this.#tell({ kind: "added", firstIndex, count, batchMs: performance.now() - startedMs });
    this.#handOver.add(this.#sequencer.integrate(firstIndex, count, payload));
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

  #take(generation: number): { payload: Buffer; count: number } {
    const payloads: Uint8Array[] = [];
    let bytes = 0;
    let count = 0;
    let taken = 0;
    for (const packed of this.#waiting) {
      if (bytes > 0 && bytes + packed.payload.length > batchPayloadBytesMax) break;
      taken++;
      // Sent before the other side knew that its generation was void.
      if (packed.generation !== generation) continue;
      payloads.push(packed.payload);
      bytes += packed.payload.length;
      count += packed.count;
    }
    this.#waiting.splice(0, taken);
    const [only] = payloads;
    const payload =
      payloads.length === 1 && only !== undefined
        ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
        : Buffer.concat(payloads);
    return { payload, count };
  }
}
