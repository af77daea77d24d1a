// SPDX-License-Identifier: Apache-2.0
// API keys in the SQLite file `DIR/access.sqlite`. All of it is synchronous; a server reaches it through
// `access-client.ts`.
import type { DatabaseSync } from "node:sqlite";
import type { AccessChange, ApiKeyRow, ApiKeyStore, NewApiKey } from "../../access/api-keys.ts";
import { openAccessFile } from "./access-file.ts";

type Row = {
  id: string;
  hash: string;
  role: string;
  label: string | null;
  created_ms: number;
  revoked_ms: number | null;
  creation_sealed: number;
  revocation_sealed: number;
  scopes: string | null;
  until_ms: number | null;
  rotated_from: string | null;
  replaced_ms: number | null;
  created_by: string;
  revoked_by: string;
  used_ms: number | null;
};

/**
 * Opens the keys of a site, and makes the file where there is none.
 *
 * @throws {DocketError} `directory_damaged` if the file is no database of ours, or of a later version
 */
export function openSqliteApiKeys(path: string, site: string): ApiKeyStore {
  return new SqliteApiKeys(openAccessFile(path), site);
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

  insert(key: NewApiKey): void {
    this.#write(
      `INSERT INTO api_keys (site, id, hash, role, label, created_ms, scopes, until_ms, rotated_from,
        created_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      this.#site,
      key.id,
      key.hash,
      key.role,
      key.label,
      key.createdMs,
      key.scopes === null ? null : JSON.stringify(key.scopes),
      key.untilMs,
      key.from,
      key.createdBy,
    );
  }

  rotate(key: NewApiKey & { from: string }, oldEndsMs: number): boolean {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const ended = this.#write(
        `UPDATE api_keys SET replaced_ms = ?, revoked_by = ?
          WHERE site = ? AND id = ? AND revoked_ms IS NULL AND replaced_ms IS NULL`,
        oldEndsMs,
        key.createdBy,
        this.#site,
        key.from,
      );
      if (ended > 0) this.insert(key);
      this.#database.exec("COMMIT");
      return ended > 0;
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
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
      scopes: row.scopes === null ? null : (JSON.parse(row.scopes) as string[]),
      untilMs: row.until_ms,
      from: row.rotated_from,
      replacedMs: row.replaced_ms,
      createdBy: row.created_by,
      revokedBy: row.revoked_by,
      usedMs: row.used_ms,
    }));
  }

  revoke(id: string, nowMs: number, by: string): boolean {
    const sql = `UPDATE api_keys SET revoked_ms = ?, revoked_by = ?
      WHERE site = ? AND id = ? AND revoked_ms IS NULL`;
    return this.#write(sql, nowMs, by, this.#site, id) > 0;
  }

  unsealed(nowMs: number): AccessChange[] {
    const changes: AccessChange[] = [];
    for (const row of this.list()) {
      const { id, role, scopes, untilMs, from, createdBy, revokedBy, revokedMs } = row;
      const limits = { ...(scopes === null ? {} : { scopes }), ...(untilMs === null ? {} : { untilMs }) };
      if (!row.creationSealed) {
        const how = from === null ? { change: "created" as const } : { change: "rotated" as const, from };
        changes.push({ ...how, id, role, by: createdBy, ...limits });
      }
      const { replacedMs } = row;
      const isRevoked = revokedMs !== null || (replacedMs !== null && replacedMs <= nowMs);
      if (isRevoked && !row.revocationSealed) {
        changes.push({ change: "revoked", id, role, by: revokedBy });
      }
    }
    return changes;
  }

  markSealed({ change, id }: AccessChange): void {
    // What was replaced is revoked from here on, whatever the clock does.
    const sql =
      change === "revoked"
        ? `UPDATE api_keys SET revocation_sealed = 1, revoked_ms = coalesce(revoked_ms, replaced_ms)
            WHERE site = ? AND id = ?`
        : "UPDATE api_keys SET creation_sealed = 1 WHERE site = ? AND id = ?";
    this.#write(sql, this.#site, id);
  }

  markUsed(id: string, usedMs: number): void {
    const sql = "UPDATE api_keys SET used_ms = max(coalesce(used_ms, 0), ?) WHERE site = ? AND id = ?";
    this.#write(sql, usedMs, this.#site, id);
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
