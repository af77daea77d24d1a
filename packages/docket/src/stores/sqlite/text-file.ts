// SPDX-License-Identifier: Apache-2.0
// Sealed terms of texts in SQLite, a file of its own: whoever reads it needs the actors' keys, and it can be
// deleted and made again. Synchronous; one thread has it.
import { chmodSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { SealedText, TextStore } from "../../search/text-store.ts";
import { removeDatabase } from "./views-builder.ts";
import { transaction } from "./views-writer.ts";

/** Records of a bundle. */
const bundleRecords = 256;
/** How long another program that holds the file is waited for, in ms. */
const busyMs = 5000;

/**
 * Opens the file, or makes it; one that is damaged, or whose terms are others, is made anew.
 *
 * @param version says what the terms depend on
 */
export function openTextFile(path: string, version: string): TextStore {
  try {
    return new TextFile(path, version);
  } catch (error) {
    // Nothing is lost: all of it comes from the log.
    if (!existsSync(path) || (error as { errcode?: number }).errcode === sqliteBusy) throw error;
    removeDatabase(path);
    return new TextFile(path, version);
  }
}

/** SQLITE_BUSY: somebody else has it, which is no damage. */
const sqliteBusy = 5;

class TextFile implements TextStore {
  readonly #database: DatabaseSync;
  readonly #statements: Record<
    "widthOf" | "read" | "addText" | "setWidth" | "dropTexts" | "dropWidth" | "forget",
    StatementSync
  >;

  constructor(path: string, version: string) {
    const database = new DatabaseSync(path);
    try {
      chmodSync(path, 0o600);
      prepare(database, version);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#statements = {
      widthOf: database.prepare("SELECT width FROM bundles WHERE bundle = ?"),
      read: database.prepare("SELECT * FROM texts WHERE record >= ? AND record < ? ORDER BY record"),
      addText: database.prepare("INSERT OR REPLACE INTO texts VALUES (?, ?, ?)"),
      setWidth: database.prepare("INSERT OR REPLACE INTO bundles VALUES (?, ?)"),
      dropTexts: database.prepare("DELETE FROM texts WHERE record >= ? AND record < ?"),
      dropWidth: database.prepare("DELETE FROM bundles WHERE bundle = ?"),
      forget: database.prepare("DELETE FROM texts WHERE actor = ?"),
    };
  }

  widthOf(bundle: number): number {
    return (this.#statements.widthOf.get(bundle) as { width: number } | undefined)?.width ?? 0;
  }

  read(bundle: number): SealedText[] {
    return this.#statements.read.all(bundle * bundleRecords, (bundle + 1) * bundleRecords) as SealedText[];
  }

  add(bundle: number, width: number, texts: readonly SealedText[]): void {
    transaction(this.#database, () => {
      for (const { record, actor, sealed } of texts) this.#statements.addText.run(record, actor, sealed);
      this.#statements.setWidth.run(bundle, width);
    });
  }

  drop(bundle: number): void {
    transaction(this.#database, () => {
      this.#statements.dropTexts.run(bundle * bundleRecords, (bundle + 1) * bundleRecords);
      this.#statements.dropWidth.run(bundle);
    });
    this.#settle();
  }

  forget(actor: string): void {
    this.#statements.forget.run(actor);
    this.#settle();
  }

  close(): void {
    this.#database.close();
  }

  // What was removed is not left behind in the write-ahead log either.
  #settle(): void {
    this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }
}

function prepare(database: DatabaseSync, version: string): void {
  database.exec(
    `PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
     PRAGMA secure_delete = ON;
     CREATE TABLE IF NOT EXISTS about (id INTEGER PRIMARY KEY CHECK (id = 0), version TEXT NOT NULL)`,
  );
  const about = database.prepare("SELECT version FROM about").get() as { version: string } | undefined;
  if (about !== undefined && about.version !== version) {
    database.exec("DROP TABLE IF EXISTS texts; DROP TABLE IF EXISTS bundles");
  }
  database.exec(
    `CREATE TABLE IF NOT EXISTS texts
       (record INTEGER PRIMARY KEY, actor TEXT NOT NULL, sealed BLOB NOT NULL);
     CREATE TABLE IF NOT EXISTS bundles (bundle INTEGER PRIMARY KEY, width INTEGER NOT NULL);
     CREATE INDEX IF NOT EXISTS texts_actor ON texts (actor)`,
  );
  database.prepare("INSERT OR REPLACE INTO about VALUES (0, ?)").run(version);
}
