// SPDX-License-Identifier: Apache-2.0
// API keys in an SQLite file, `DIR/access.sqlite`: beside the log, since the command line writes it while a
// server runs. All of it is synchronous; a server reads it through `api-keys-feed.ts`.
import { chmodSync, closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AccessChange, ApiKeyRow, ApiKeyStore } from "../../access/api-keys.ts";
import { DocketError } from "../../error.ts";

/** How long a write waits for another process's write. */
const busyTimeoutMs = 5000;
/** The version of the tables below, kept as `user_version`. */
const schemaVersion = 1;

const schema = `
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
  PRAGMA user_version = ${schemaVersion};
`;

type Row = {
  id: string;
  hash: string;
  role: string;
  label: string | null;
  created_ms: number;
  revoked_ms: number | null;
  creation_sealed: number;
  revocation_sealed: number;
};

/** The path of the file in a data directory. */
export function apiKeysPath(data: string): string {
  return join(data, "access.sqlite");
}

/**
 * Opens the keys of a site, and makes the file, readable by its owner only, where there is none.
 *
 * @throws {DocketError} `directory_damaged` if the file is no database of ours, or of a later version
 */
export function openSqliteApiKeys(path: string, site: string): ApiKeyStore {
  // SQLite gives its two side files the mode of the main file, so that one is made first.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: busyTimeoutMs });
    prepareFile(database, path);
    return new SqliteApiKeys(database, site);
  } catch (error) {
    database?.close();
    if (error instanceof DocketError) throw error;
    throw new DocketError("directory_damaged", `${path} cannot be read as the file of API keys`, {
      cause: error,
    });
  }
}

function prepareFile(database: DatabaseSync, path: string): void {
  // FULL: a key that was shown must still be there after the power failed.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE");
  const { user_version: version } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (version === 0) database.exec(schema);
  database.exec("COMMIT");
  if (version !== 0 && version !== schemaVersion) {
    throw new DocketError(
      "directory_damaged",
      `${path} is of version ${version}; this program reads ${schemaVersion}`,
    );
  }
}

class SqliteApiKeys implements ApiKeyStore {
  readonly #database: DatabaseSync;
  readonly #site: string;
  /** `data_version` moves with others' changes only; this counts our own. */
  #ownChanges = 0;

  constructor(database: DatabaseSync, site: string) {
    this.#database = database;
    this.#site = site;
  }

  insert({ id, hash, role, label, createdMs }: Parameters<ApiKeyStore["insert"]>[0]): void {
    this.#write(
      "INSERT INTO api_keys (site, id, hash, role, label, created_ms) VALUES (?, ?, ?, ?, ?, ?)",
      this.#site,
      id,
      hash,
      role,
      label,
      createdMs,
    );
  }

  list(): ApiKeyRow[] {
    const rows = this.#database
      .prepare("SELECT * FROM api_keys WHERE site = ? ORDER BY created_ms, rowid")
      .all(this.#site) as Row[];
    return rows.map((row) => ({
      id: row.id,
      hash: row.hash,
      role: row.role,
      label: row.label,
      createdMs: row.created_ms,
      revokedMs: row.revoked_ms,
      creationSealed: row.creation_sealed === 1,
      revocationSealed: row.revocation_sealed === 1,
    }));
  }

  revoke(id: string, nowMs: number): boolean {
    const sql = "UPDATE api_keys SET revoked_ms = ? WHERE site = ? AND id = ? AND revoked_ms IS NULL";
    return this.#write(sql, nowMs, this.#site, id) > 0;
  }

  unsealed(): AccessChange[] {
    const changes: AccessChange[] = [];
    for (const { id, role, creationSealed, revokedMs, revocationSealed } of this.list()) {
      if (!creationSealed) changes.push({ change: "created", id, role });
      if (revokedMs !== null && !revocationSealed) changes.push({ change: "revoked", id, role });
    }
    return changes;
  }

  markSealed({ change, id }: AccessChange): void {
    const column = change === "created" ? "creation_sealed" : "revocation_sealed";
    this.#write(`UPDATE api_keys SET ${column} = 1 WHERE site = ? AND id = ?`, this.#site, id);
  }

  version(): number {
    const { data_version: others } = this.#database.prepare("PRAGMA data_version").get() as {
      data_version: number;
    };
    return others + this.#ownChanges;
  }

  close(): void {
    this.#database.close();
  }

  #write(sql: string, ...values: (string | number | null)[]): number {
    const { changes } = this.#database.prepare(sql).run(...values);
    this.#ownChanges += 1;
    return Number(changes);
  }
}
