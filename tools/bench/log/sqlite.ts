// SPDX-License-Identifier: Apache-2.0
// SQLite: a table with a rowid, in WAL mode with synchronous=FULL, so that each commit syncs. Entries that
// wait together share a transaction. It runs in the thread of the writers: they have nothing else to do while
// it syncs, and a thread between would only add its way.
import { DatabaseSync } from "node:sqlite";
import type { Contender } from "./contender.ts";
import { groupCommit } from "./group-commit.ts";

/** Opens a database with a table of entries. */
export function openSqlite(path: string): Contender<Uint8Array> {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE entries (position INTEGER PRIMARY KEY, entry BLOB NOT NULL)");
  const insert = database.prepare("INSERT INTO entries (entry) VALUES (?)");
  const append = groupCommit<Uint8Array>([
    (group) => {
      database.exec("BEGIN IMMEDIATE");
      for (const entry of group) insert.run(entry);
      database.exec("COMMIT");
      return Promise.resolve();
    },
  ]);
  return {
    name: "SQLite",
    append,
    close: () => {
      database.close();
      return Promise.resolve();
    },
  };
}
