// SPDX-License-Identifier: Apache-2.0
// The newest end of a log: its journal, the right edge of its tree, and the newest root that was signed. What
// a log of records and a log of opaque entries have in common when they write.
//
// The steps of one batch, in this order: `write` (durable), `integrate` (a root covers it), `checkpoint`
// (that root is signed).
import { signCheckpoint } from "@docket/tlog";
import type { Frontier, Signer } from "@docket/tlog";
import type { SignedRoot } from "./frame.ts";
import type { Journal } from "./journal.ts";
import type { DurableBatch } from "./messages.ts";
import type { LogProgress } from "./progress.ts";
import { RightEdge } from "./right-edge.ts";
import type { RowVisitor } from "./right-edge.ts";
import { signedRoot } from "./signed-root.ts";

/** The end of a log that one writer owns. */
export class LogTip {
  readonly #journal: Journal;
  readonly #origin: string;
  readonly #signers: readonly Signer[];
  readonly #edge: RightEdge;
  #signed: SignedRoot;
  #size: number;
  readonly #progress: LogProgress;
  #checkpoint: { size: number; bytes: Uint8Array } | undefined;

  /** @param progress told of each step */
  constructor(
    journal: Journal,
    { frontier, signed }: { frontier: Frontier; signed: SignedRoot },
    origin: string,
    signers: readonly Signer[],
    progress: LogProgress,
  ) {
    this.#progress = progress;
    progress.durable = frontier.size;
    progress.integrated = frontier.size;
    this.#journal = journal;
    this.#edge = new RightEdge(frontier);
    this.#size = frontier.size;
    this.#signed = signed;
    this.#origin = origin;
    this.#signers = signers;
  }

  /** Number of entries that are durable. */
  get size(): number {
    return this.#size;
  }

  /**
   * Appends a batch to the journal. When it returns, the batch survives power loss.
   *
   * @param payload the frames of `count` entries
   * @returns the index of the first
   * @throws {BatchVoidError} nothing of the batch is in the log, and the log is as it was before
   * @throws {WritingEndedError} the log writes no more until it is opened again
   */
  write(payload: Uint8Array, count: number): number {
    const firstIndex = this.#size;
    this.#journal.append({ firstIndex, count, signed: this.#signed, payload });
    this.#size += count;
    this.#progress.durable = this.#size;
    return firstIndex;
  }

  /** Takes the batch that was written last into the tree. */
  integrate(batch: Omit<DurableBatch, "leafHashes">, leafHashes: Buffer, onRow?: RowVisitor): DurableBatch {
    this.#edge.append(leafHashes, onRow);
    this.#progress.integrated = this.#edge.size;
    return { ...batch, leafHashes };
  }

  /** The signed checkpoint of all that is integrated; each size is signed once. */
  checkpoint(): Uint8Array {
    const size = this.#edge.size;
    if (this.#checkpoint?.size === size) return this.#checkpoint.bytes;
    const root = this.#edge.root();
    const body = { origin: this.#origin, size, root, extensions: [] };
    const bytes = signCheckpoint(body, this.#signers);
    this.#signed = signedRoot(size, root, bytes);
    this.#checkpoint = { size, bytes };
    return bytes;
  }

  /** Lets go of journal segments that are materialised up to `size`; how many closed ones are left. */
  release(size: number): number {
    return this.#journal.release(size);
  }

  close(): void {
    this.#journal.close();
  }
}
