// SPDX-License-Identifier: Apache-2.0
// The file `DIR/access.sqlite`: API keys, people and their sessions. It lies beside the log, since the
// command line writes it while a server runs. Nothing in it lets anybody in: keys and tokens are hashes,
// passwords argon2id under a key of the keys directory, secrets of second factors sealed under another.
import { chmodSync, closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DocketError } from "../../error.ts";

/** How long a write waits for another process's write. */
const busyTimeoutMs = 5000;
/** The version of the tables below, kept as `user_version`. */
const schemaVersion = 2;

const keysFirst = `
  CREATE TABLE api_keys (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    hash TEXT NOT NULL,
    role TEXT NOT NULL,
    label TEXT,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER,
    creation_sealed INTEGER NOT NULL DEFAULT 0,
    revocation_sealed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (site, id),
    UNIQUE (site, hash)
  ) STRICT;
`;
// Files of version 1 have API keys alone, without what was added since.
const second = `
  ALTER TABLE api_keys ADD COLUMN scopes TEXT;
  ALTER TABLE api_keys ADD COLUMN until_ms INTEGER;
  ALTER TABLE api_keys ADD COLUMN rotated_from TEXT;
  ALTER TABLE api_keys ADD COLUMN replaced_ms INTEGER;
  ALTER TABLE api_keys ADD COLUMN created_by TEXT NOT NULL DEFAULT 'operator';
  ALTER TABLE api_keys ADD COLUMN revoked_by TEXT NOT NULL DEFAULT 'operator';
  ALTER TABLE api_keys ADD COLUMN used_ms INTEGER;
  CREATE TABLE people (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    roles TEXT NOT NULL,
    source TEXT NOT NULL,
    subject TEXT,
    password TEXT,
    token_hash TEXT,
    token_until_ms INTEGER,
    factor TEXT,
    pending_factor TEXT,
    used_step INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (site, id),
    UNIQUE (site, name_key),
    UNIQUE (site, subject)
  ) STRICT;
  CREATE TABLE recovery_codes (
    site TEXT NOT NULL,
    person TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (site, person, hash)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sessions (
    site TEXT NOT NULL,
    id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    person TEXT NOT NULL,
    method TEXT NOT NULL,
    factor INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    seen_ms INTEGER NOT NULL,
    ends_ms INTEGER NOT NULL,
    PRIMARY KEY (site, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE person_wishes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    site TEXT NOT NULL,
    wish TEXT NOT NULL
  ) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

/** The path of the file in a data directory. */
export function accessPath(data: string): string {
  return join(data, "access.sqlite");
}

/**
 * Opens the file, and makes it, readable by its owner only, where there is none; one of an earlier version is
 * brought up to date.
 *
 * @throws {DocketError} `directory_damaged` if it is no database of ours, or of a later version
 */
export function openAccessFile(path: string): DatabaseSync {
  // SQLite gives its two side files the mode of the main file, so that one is made first.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    prepareFile(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof DocketError) throw error;
    throw new DocketError("directory_damaged", `${path} cannot be read as the file of API keys and people`, {
      cause: error,
    });
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  // FULL: a key that was shown must still be there after the power failed. What was deleted is overwritten.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON");
  database.exec("BEGIN IMMEDIATE");
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === 0) database.exec(keysFirst);
  if (version < schemaVersion) database.exec(second);
  database.exec("COMMIT");
  if (version > schemaVersion) {
    throw new DocketError(
      "directory_damaged",
      `${path} is of version ${version}; this program reads ${schemaVersion}`,
    );
  }
}
