// SPDX-License-Identifier: Apache-2.0
// One process holds a data directory. The lock is SQLite's file lock (fcntl), which the kernel drops when the
// process dies, however it dies: there is no lock file to clean up, and no process number to trust.
import { DatabaseSync } from "node:sqlite";
import { DocketError } from "../../error.ts";

/** SQLITE_BUSY: another connection holds the lock. */
const sqliteBusy = 5;

/** A lock that is held; `release` gives it back, and may be called again. */
export type DirectoryLock = { release(): void };

/**
 * Takes the lock of a data directory.
 *
 * @param path the lock's file, which is made if it does not exist
 * @throws {DocketError} `directory_locked` if another process holds it; `usage` if the file cannot be opened
 */
export function lockDirectory(path: string, directory: string): DirectoryLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path);
    database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode !== sqliteBusy) {
      const why = (error as Error).message;
      throw new DocketError("usage", `the lock ${path} cannot be opened: ${why}`, { cause: error });
    }
    throw new DocketError(
      "directory_locked",
      `${directory} is in use by another docket process; send the events to its server, or stop it first`,
      { cause: error },
    );
  }
  const held = database;
  return {
    release() {
      if (held.isOpen) held.close();
    },
  };
}
