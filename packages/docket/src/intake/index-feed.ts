// SPDX-License-Identifier: Apache-2.0
// Feeds sealed records to the site's index, in order and in batches, and remembers them until it has them: a repeat
// that comes at once is found here.
import type { IndexEntry, SiteIndex } from "../views/site-index.ts";

/** Most records that wait for the index; then sealing waits for it. */
export const waitingEntriesMax = 20_000;

/** A decision that the index does not have yet. */
export type RecentDecision = { index: number; body: Uint8Array };

/** The way from sealed records to the index. */
export class IndexFeed {
  readonly #index: SiteIndex;
  readonly #recent = new Map<string, RecentDecision>();
  readonly #onApplied: (entry: IndexEntry) => void;
  #pending: IndexEntry[] = [];
  #running: Promise<void> | undefined;
  #size: number;
  /** Why the index is not fed any more; the log goes on without it, and a restart brings it up to date. */
  fault: Error | undefined;

  constructor(index: SiteIndex, size: number, onApplied: (entry: IndexEntry) => void) {
    this.#index = index;
    this.#size = size;
    this.#onApplied = onApplied;
  }

  /** Records below this number are in the index. */
  get size(): number {
    return this.#size;
  }

  /** Number of records that wait. */
  get waiting(): number {
    return this.#pending.length;
  }

  /** The decision of an event that the index does not have yet. */
  recent(event: Uint8Array): RecentDecision | undefined {
    return this.#recent.get(keyOf(event));
  }

  /** Takes a sealed record. Call in order of index. */
  add(entry: IndexEntry): void {
    this.#pending.push(entry);
    if (entry.event !== undefined && entry.body !== undefined) {
      this.#recent.set(keyOf(entry.event), { index: entry.index, body: entry.body });
    }
    this.#running ??= this.#run();
  }

  /** Resolves when everything that was added is in the index. */
  async drained(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // What comes while the index works goes with its next turn.
    await Promise.resolve();
    while (this.#pending.length > 0 && this.fault === undefined) {
      const entries = this.#pending;
      this.#pending = [];
      try {
        await this.#index.apply(entries);
      } catch (error) {
        this.fault = error as Error;
        break;
      }
      for (const entry of entries) {
        if (entry.event !== undefined) this.#recent.delete(keyOf(entry.event));
        this.#onApplied(entry);
      }
      this.#size = (entries.at(-1) as IndexEntry).index + 1;
    }
    this.#running = undefined;
  }
}

function keyOf(event: Uint8Array): string {
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("latin1");
}
