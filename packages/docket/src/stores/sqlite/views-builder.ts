// SPDX-License-Identifier: Apache-2.0
// Makes views in a new file, as fast as it goes: without a journal, without waiting for the disk, indexes
// last. If the process dies, the file is worth nothing; nobody uses it before it is finished and synced.
import { chmodSync, closeSync, existsSync, fsyncSync, openSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { digestDatabase } from "./views-digest.ts";
import type { ViewsDigest } from "./views-digest.ts";
import { createViewIndexes, createViews } from "./views-schema.ts";
import { transaction, ViewsWriter } from "./views-writer.ts";
import type { WrittenEntry } from "./views-writer.ts";

/** Memory for pages, in KiB. */
const cacheKiB = 262_144;

/** Views that are being made. */
export class ViewsBuilder {
  readonly #path: string;
  readonly #views: DatabaseSync;
  readonly #writer: ViewsWriter;

  /** Begins a new file; what is there goes. */
  constructor(path: string, repeatWindowMs: number) {
    this.#path = path;
    removeDatabase(path);
    this.#views = new DatabaseSync(path);
    chmodSync(path, 0o600);
    this.#views.exec(
      `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
       PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`,
    );
    createViews(this.#views, false);
    this.#writer = new ViewsWriter(this.#views, repeatWindowMs);
  }

  /** Takes in entries, in order. Standings are written by {@link setStandings}. */
  apply(entries: readonly WrittenEntry[]): void {
    this.#writer.apply(entries);
  }

  /** Writes all standings as they are now. */
  setStandings(standings: Iterable<readonly [actor: string, state: string]>): void {
    transaction(this.#views, () => {
      this.#views.exec("DELETE FROM standings");
      const insert = this.#views.prepare("INSERT INTO standings VALUES (?, ?)");
      for (const [actor, state] of standings) insert.run(actor, state);
    });
  }

  digest(repeatWindowMs: number): ViewsDigest {
    return digestDatabase(this.#views, repeatWindowMs);
  }

  /** Makes the indexes, and closes the file; it is durable then. */
  finish(): void {
    createViewIndexes(this.#views);
    this.#views.close();
    const file = openSync(this.#path, "r+");
    fsyncSync(file);
    closeSync(file);
  }

  /** Leaves the file, unfinished, and removes it. */
  abandon(): void {
    if (this.#views.isOpen) this.#views.close();
    removeDatabase(this.#path);
  }
}

/** Brings what a crash left in the write-ahead log into the file itself; nothing if there is no file. */
export function settleDatabase(path: string): void {
  if (!existsSync(path)) return;
  const database = new DatabaseSync(path);
  database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

/** Removes a database with what SQLite keeps beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${suffix}`, { force: true });
}
