// SPDX-License-Identifier: Apache-2.0
// How far the log is, in memory that its threads share: a number that is only read when somebody asks is not
// worth a message for each batch.

/** Sizes that the sequencer's thread writes and others read. */
export class LogProgress {
  /** To hand to another thread. */
  readonly shared: SharedArrayBuffer;
  readonly #sizes: BigUint64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(2 * BigUint64Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#sizes = new BigUint64Array(shared);
  }

  /** Number of entries that survive power loss. */
  get durable(): number {
    return Number(Atomics.load(this.#sizes, 0));
  }

  set durable(size: number) {
    Atomics.store(this.#sizes, 0, BigInt(size));
  }

  /** Number of entries that the tree's root covers. */
  get integrated(): number {
    return Number(Atomics.load(this.#sizes, 1));
  }

  set integrated(size: number) {
    Atomics.store(this.#sizes, 1, BigInt(size));
  }
}
