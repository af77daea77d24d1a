// SPDX-License-Identifier: Apache-2.0
// The sequencer of an opaque log: entries are bytes that nobody here looks into. There is no chain and no
// receipt to wait for, so an entry is answered when it is durable; the tree follows in the same thread before
// the next batch, and is signed when it is handed on for publication.
import type { Signer } from "@docket/tlog";
import { visitLeaves } from "./frame.ts";
import type { Journal } from "./journal.ts";
import type { DurableBatch } from "./messages.ts";
import { LogProgress } from "./progress.ts";
import { hashLeaves } from "./right-edge.ts";
import type { LogHead } from "./sequencer.ts";
import { LogTip } from "./tip.ts";

/** The one writer of an opaque log. */
export class OpaqueSequencer {
  readonly #tip: LogTip;

  constructor(
    journal: Journal,
    head: LogHead,
    origin: string,
    signers: readonly Signer[],
    progress: LogProgress = new LogProgress(),
  ) {
    this.#tip = new LogTip(journal, head, origin, signers, progress);
  }

  /** Number of entries that are durable. */
  get size(): number {
    return this.#tip.size;
  }

  /**
   * Makes a batch durable: when it returns, its entries have their indices for good.
   *
   * @param payload the frames of `count` entries
   * @returns the index of the first
   * @throws {BatchVoidError} nothing of the batch is in the log, and the log is as it was before
   * @throws {WritingEndedError} the log writes no more until it is opened again
   */
  write(payload: Uint8Array, count: number): number {
    return this.#tip.write(payload, count);
  }

  /** Takes the batch that was written last into the tree. */
  integrate(firstIndex: number, count: number, payload: Buffer): DurableBatch {
    const bounds: number[] = [];
    visitLeaves(payload, (start, end) => bounds.push(start, end));
    return this.#tip.integrate({ firstIndex, count, payload }, hashLeaves(payload, bounds));
  }

  /** The signed checkpoint of all that is integrated. */
  checkpoint(): Uint8Array {
    return this.#tip.checkpoint();
  }

  /** Lets go of journal segments that are materialised up to `size`. */
  release(size: number): number {
    return this.#tip.release(size);
  }

  close(): void {
    this.#tip.close();
  }
}
