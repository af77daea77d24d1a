// SPDX-License-Identifier: Apache-2.0
// Feeds sealed records to the site's index, in order and in batches, and remembers them until it has them: a
// repeat that comes at once is found here.
import { DocketError } from "../error.ts";
import type { IndexEntry, SiteIndex } from "../views/site-index.ts";

/** Most records that wait for the index; then sealing waits for it. */
export const waitingEntriesMax = 20_000;
/** Most events that are being decided: where the index hangs they wait for it, before the log's own limit. */
export const inFlightMax = 16_384;

/** Records are gathered for the index this long, in ms: a transaction costs far more than what it writes. */
const gatherMs = 25;
/** No longer than until this many wait, though. */
const gatheredEntries = 256;

/** After an error the index is tried again this much later. */
const retryIntervalMs = 1000;

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
  #stopped = false;
  #gathered: (() => void) | undefined;
  /** Last of the records that the index is taking in now. */
  #applying: number | undefined;
  /** They wait until the index has the record `last`. */
  #readers: { readonly last: number; readonly resolve: () => void }[] = [];
  /** Why the index stands still, if it does (a full disk); the log goes on, and the index is tried again. */
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
    if (this.#pending.length >= gatheredEntries) this.#gathered?.();
    this.#running ??= this.#run();
  }

  /**
   * Resolves when the index has all that was added before, for whoever reads there what was just sealed. It
   * does not wait for an index that stands still.
   */
  async caughtUp(): Promise<void> {
    const last = this.#pending.at(-1)?.index ?? this.#applying;
    if (last === undefined || this.fault !== undefined) return;
    this.#gathered?.();
    await new Promise<void>((resolve) => {
      this.#readers.push({ last, resolve });
    });
  }

  /**
   * Resolves when everything that was added is in the index, or when the index does not take it: a restart
   * brings it up to date from the log.
   */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#gathered?.();
    await this.#running?.catch(() => undefined);
  }

  async #run(): Promise<void> {
    while (this.#pending.length > 0) {
      // What comes meanwhile, or while the index works, goes along; until then repeats are found in
      // `#recent`.
      await this.#gather();
      const entries = this.#pending;
      this.#pending = [];
      this.#applying = (entries.at(-1) as IndexEntry).index;
      await this.#apply(entries);
      for (const entry of entries) {
        if (entry.event !== undefined) this.#recent.delete(keyOf(entry.event));
        this.#onApplied(entry);
      }
      this.#size = (entries.at(-1) as IndexEntry).index + 1;
      this.#applying = undefined;
      this.#answer((last) => last < this.#size);
    }
    this.#running = undefined;
  }

  #answer(isReady: (last: number) => boolean): void {
    const readers = this.#readers;
    if (readers.length === 0) return;
    this.#readers = readers.filter(({ last }) => !isReady(last));
    for (const { last, resolve } of readers) if (isReady(last)) resolve();
  }

  async #gather(): Promise<void> {
    if (this.#stopped || this.#readers.length > 0 || this.#pending.length >= gatheredEntries) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, gatherMs);
      this.#gathered = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#gathered = undefined;
  }

  // What the index did not take may not be passed over: a later record would hide the gap.
  async #apply(entries: readonly IndexEntry[]): Promise<void> {
    for (;;) {
      try {
        await this.#index.apply(entries);
        this.fault = undefined;
        return;
      } catch (error) {
        this.fault = error as Error;
        this.#answer(() => true);
        if (this.#stopped) throw error;
        await wait(retryIntervalMs);
      }
    }
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function keyOf(event: Uint8Array): string {
  return Buffer.from(event.buffer, event.byteOffset, event.byteLength).toString("latin1");
}

/** What is answered while the index is behind. */
export function indexBehind(): DocketError {
  return new DocketError("overloaded", "the site's index is behind; ask again shortly", {
    retryAfterSeconds: 1,
  });
}
