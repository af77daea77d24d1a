// SPDX-License-Identifier: Apache-2.0
// The identity map: which pseudonym an account has, and the actor's key, sealed (evidence/key-store.ts). It
// can't be rebuilt. Synchronous; while a site is open, only the thread of its look-ups has it.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { isSealedNow, openRow, otherKeyStoreKey, sealRow } from "../../evidence/key-store.ts";
import type { KeyStoreKeys } from "../../evidence/key-store.ts";
import type { KeyRing } from "../../evidence/key-ring.ts";
import { unwrapKey, wrapKey } from "../../evidence/keys.ts";
import { randomPool } from "../../evidence/random.ts";
import type { RandomBytes } from "../../evidence/seal.ts";
import type { ActorEntry } from "../../log/frame.ts";
import type { ActorsRewrite, ActorsRewritten, KnownActor } from "../../views/site-index.ts";
import { transaction } from "./views-writer.ts";

/** What an identity map is opened with. */
export type IdentityMapOptions = {
  /** How long another program that holds the file is waited for, in milliseconds. */
  busyMs: number;
  /** Without it rows are written as they are wrapped, and sealed ones can't be read. */
  keyStore?: KeyStoreKeys | undefined;
  random?: RandomBytes | undefined;
  /** Whether it is only read, beside whoever writes it. */
  readOnly?: boolean | undefined;
};

/** `user_version` of a file whose rows are all sealed. */
const sealedVersion = 1;

/** Longest file that is written anew while others wait, in bytes: it takes a few tenths of a second. */
export const compactedBytesMax = 33_554_432;

type Row = { lookup: Uint8Array; pseudonym: string; wrapped: Uint8Array };

/** The identity map of a site. */
export class IdentityMap {
  readonly #database: DatabaseSync;
  readonly #statements: Record<
    "byLookup" | "lookupOf" | "byPseudonym" | "add" | "remove" | "after" | "update",
    StatementSync
  >;
  readonly #random: RandomBytes;
  #keyStore: KeyStoreKeys | undefined;
  /** Removed by this process: an entry that is late must not bring them back. */
  readonly #removed = new Set<string>();

  /** Opens the file, or makes it. */
  constructor(path: string, options: IdentityMapOptions) {
    const { busyMs, readOnly = false } = options;
    const database = new DatabaseSync(path, { readOnly });
    database.exec(`PRAGMA busy_timeout = ${busyMs}`);
    if (!readOnly) prepareForWriting(database, path);
    this.#database = database;
    this.#keyStore = options.keyStore;
    this.#random = options.random ?? randomPool();
    this.#statements = {
      lookupOf: database.prepare("SELECT lookup FROM actors WHERE pseudonym = ?"),
      byLookup: database.prepare("SELECT pseudonym, wrapped FROM actors WHERE lookup = ?"),
      byPseudonym: database.prepare("SELECT pseudonym, wrapped FROM actors WHERE pseudonym = ?"),
      add: database.prepare("INSERT OR IGNORE INTO actors VALUES (?, ?, ?)"),
      remove: database.prepare("DELETE FROM actors WHERE pseudonym = ?"),
      after: database.prepare("SELECT * FROM actors WHERE lookup > ? ORDER BY lookup LIMIT ?"),
      update: database.prepare("UPDATE actors SET wrapped = ? WHERE lookup = ?"),
    };
  }

  /** Who an account is. @throws {DocketError} `keys_locked` if another key-store key sealed the row */
  byLookup(lookup: Uint8Array): KnownActor | undefined {
    return this.#known(this.#statements.byLookup.get(lookup));
  }

  /** The actor of a pseudonym. @throws {DocketError} as {@link byLookup} */
  byPseudonym(pseudonym: string): KnownActor | undefined {
    return this.#known(this.#statements.byPseudonym.get(pseudonym));
  }

  /** Adds actors; of those that are there already the first entry stays. */
  add(actors: readonly ActorEntry[]): void {
    if (actors.length === 0) return;
    transaction(this.#database, () => {
      for (const { lookup, pseudonym, wrappedKey } of actors) {
        if (this.#removed.has(pseudonym)) continue;
        this.#statements.add.run(lookup, pseudonym, this.#sealed(pseudonym, wrappedKey));
      }
    });
  }

  /** Takes an actor's row away; whether there was one. Durable with {@link makeDurable}. */
  remove(pseudonym: string): boolean {
    this.#removed.add(pseudonym);
    return this.#statements.remove.run(pseudonym).changes > 0;
  }

  /** The key under which an actor's account is looked up. */
  lookupOf(pseudonym: string): Uint8Array | undefined {
    return (this.#statements.lookupOf.get(pseudonym) as Pick<Row, "lookup"> | undefined)?.lookup;
  }

  /**
   * Writes the file anew, page by page, unless it is longer than {@link compactedBytesMax}: nobody is
   * answered meanwhile. What was removed is overwritten where it lay in any case; this reaches what pages
   * that were split may still hold of it.
   *
   * @returns whether it did
   */
  compact(): boolean {
    const size = "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()";
    const { bytes } = this.#database.prepare(size).get() as { bytes: number };
    if (bytes > compactedBytesMax) return false;
    this.#database.exec("VACUUM");
    return true;
  }

  /** From here on rows are read under these keys, and written under the one that follows. */
  setKeyStore(keys: KeyStoreKeys): void {
    this.#keyStore = keys;
  }

  /**
   * Seals some rows anew, in the order of their look-up keys, and wraps their keys anew where it is asked.
   * Those that are as they should be are passed over.
   */
  rewrite({ after, limit, keyEncryption }: ActorsRewrite): ActorsRewritten {
    const keys = this.#keyStore;
    if (keys === undefined) throw new Error("rows can't be sealed without a key-store key");
    let rewritten = 0;
    const rows = this.#statements.after.all(after ?? new Uint8Array(), limit) as Row[];
    transaction(this.#database, () => {
      for (const { lookup, pseudonym, wrapped } of rows) {
        if (keyEncryption === undefined && isSealedNow(keys, wrapped)) continue;
        const bare = this.#opened(pseudonym, wrapped);
        const anew = keyEncryption === undefined ? bare : this.#wrapped(pseudonym, bare, keyEncryption);
        this.#statements.update.run(sealRow(keys, pseudonym, anew, this.#random), lookup);
        rewritten += 1;
      }
    });
    return { rewritten, last: rows.length < limit ? undefined : rows.at(-1)?.lookup };
  }

  /** Whether there are any. */
  get hasRows(): boolean {
    return this.#database.prepare("SELECT 1 FROM actors LIMIT 1").get() !== undefined;
  }

  /** Whether all rows are known to be sealed: those of an older docket, and of copies, are not. */
  get isSealed(): boolean {
    const row = this.#database.prepare("PRAGMA user_version").get() as { user_version: number };
    return row.user_version >= sealedVersion;
  }

  /** Says that all rows are sealed. */
  setSealed(): void {
    this.#database.exec(`PRAGMA user_version = ${sealedVersion}`);
  }

  /** Rows, a page at a time, with the keys as they are wrapped. */
  entries(after: Uint8Array | undefined, limit: number): ActorEntry[] {
    const rows = this.#statements.after.all(after ?? new Uint8Array(), limit) as Row[];
    return rows.map(({ lookup, pseudonym, wrapped }) => ({
      lookup,
      pseudonym,
      wrappedKey: this.#opened(pseudonym, wrapped),
    }));
  }

  /** What was written survives power loss, and the write-ahead log is empty. */
  makeDurable(): void {
    // In WAL mode with synchronous=NORMAL a commit is not synced; a checkpoint syncs the WAL and then the
    // database.
    const checkpoint = this.#database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    // Somebody reads the file, a backup for example: then it says so in a row, not by an error.
    if (checkpoint.busy !== 0) throw new Error("the identity map is in use by another program");
  }

  close(): void {
    this.#database.close();
  }

  // A key that no key of the ring opens belongs to somebody erased by its loss: it stays as it is.
  #wrapped(pseudonym: string, wrapped: Uint8Array, keyEncryption: KeyRing): Uint8Array {
    const key = unwrapKey(keyEncryption, pseudonym, wrapped);
    return key === undefined ? wrapped : wrapKey(keyEncryption, pseudonym, key, this.#random);
  }

  #sealed(pseudonym: string, wrapped: Uint8Array): Uint8Array {
    return this.#keyStore === undefined ? wrapped : sealRow(this.#keyStore, pseudonym, wrapped, this.#random);
  }

  #opened(pseudonym: string, row: Uint8Array): Uint8Array {
    const opened = openRow(this.#keyStore, pseudonym, row);
    if (opened === "otherKey") throw otherKeyStoreKey();
    return opened;
  }

  #known(row: unknown): KnownActor | undefined {
    if (row === undefined) return undefined;
    const { pseudonym, wrapped } = row as Pick<Row, "pseudonym" | "wrapped">;
    return { pseudonym, wrappedKey: this.#opened(pseudonym, wrapped) };
  }
}

function prepareForWriting(database: DatabaseSync, path: string): void {
  chmodSync(path, 0o600);
  // secure_delete: what is removed or replaced is overwritten where it lay.
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON;
     CREATE TABLE IF NOT EXISTS actors
       (lookup BLOB PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) WITHOUT ROWID`,
  );
}
