// SPDX-License-Identifier: Apache-2.0
// People and their sessions in the SQLite file `DIR/access.sqlite`. All of it is synchronous; a server
// reaches it through `access-client.ts`.
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import type {
  PeopleStore,
  PersonRow,
  PersonWish,
  SessionRow,
  WaitingWish,
} from "../../access/people-store.ts";
import { openAccessFile } from "./access-file.ts";

type Row = {
  id: string;
  name: string;
  roles: string;
  source: "local" | "oidc";
  subject: string | null;
  password: string | null;
  token_hash: string | null;
  token_until_ms: number | null;
  factor: string | null;
  pending_factor: string | null;
  used_step: number;
  created_ms: number;
};
type SessionRecord = {
  id: string;
  token_hash: string;
  person: string;
  method: string;
  factor: number;
  created_ms: number;
  seen_ms: number;
  ends_ms: number;
};

/**
 * Opens the people of a site, and makes the file where there is none.
 *
 * @throws {DocketError} `directory_damaged` if the file is no database of ours, or of a later version
 */
export function openSqlitePeople(path: string, site: string): PeopleStore {
  return new SqlitePeople(openAccessFile(path), site);
}

class SqlitePeople implements PeopleStore {
  readonly #database: DatabaseSync;
  readonly #site: string;

  constructor(database: DatabaseSync, site: string) {
    this.#database = database;
    this.#site = site;
  }

  list(): PersonRow[] {
    const rows = this.#database
      .prepare("SELECT * FROM people WHERE site = ? ORDER BY created_ms, rowid")
      .all(this.#site) as Row[];
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      roles: JSON.parse(row.roles) as string[],
      source: row.source,
      subject: row.subject,
      password: row.password,
      tokenHash: row.token_hash,
      tokenUntilMs: row.token_until_ms,
      factor: row.factor,
      pendingFactor: row.pending_factor,
      usedStep: row.used_step,
      createdMs: row.created_ms,
    }));
  }

  put(person: PersonRow, nameKey: string): void {
    const columns = {
      site: this.#site,
      id: person.id,
      name: person.name,
      name_key: nameKey,
      roles: JSON.stringify(person.roles),
      source: person.source,
      subject: person.subject,
      password: person.password,
      token_hash: person.tokenHash,
      token_until_ms: person.tokenUntilMs,
      factor: person.factor,
      pending_factor: person.pendingFactor,
      used_step: person.usedStep,
      created_ms: person.createdMs,
    };
    const names = Object.keys(columns);
    // What is used up stays used up, whatever the row says that was read before.
    const changed = names
      .filter((name) => name !== "site" && name !== "id")
      .map((name) =>
        name === "used_step" ? `${name} = max(${name}, excluded.${name})` : `${name} = excluded.${name}`,
      );
    this.#run(
      `INSERT INTO people (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})
        ON CONFLICT (site, id) DO UPDATE SET ${changed.join(", ")}`,
      ...Object.values(columns),
    );
  }

  remove(id: string): void {
    this.#atOnce(() => {
      this.#run("DELETE FROM sessions WHERE site = ? AND person = ?", this.#site, id);
      this.#run("DELETE FROM recovery_codes WHERE site = ? AND person = ?", this.#site, id);
      this.#run("DELETE FROM people WHERE site = ? AND id = ?", this.#site, id);
    });
  }

  useStep(id: string, step: number): boolean {
    const sql = "UPDATE people SET used_step = ? WHERE site = ? AND id = ? AND used_step < ?";
    return this.#run(sql, step, this.#site, id, step) > 0;
  }

  setRecoveryCodes(id: string, hashes: readonly string[]): void {
    this.#atOnce(() => {
      this.#run("DELETE FROM recovery_codes WHERE site = ? AND person = ?", this.#site, id);
      for (const hash of hashes) {
        this.#run("INSERT INTO recovery_codes (site, person, hash) VALUES (?, ?, ?)", this.#site, id, hash);
      }
    });
  }

  useRecoveryCode(id: string, hash: string): boolean {
    const sql = "DELETE FROM recovery_codes WHERE site = ? AND person = ? AND hash = ?";
    return this.#run(sql, this.#site, id, hash) > 0;
  }

  recoveryCodesLeft(id: string): number {
    const sql = "SELECT count(*) AS count FROM recovery_codes WHERE site = ? AND person = ?";
    return (this.#database.prepare(sql).get(this.#site, id) as { count: number }).count;
  }

  sessions(): SessionRow[] {
    const rows = this.#database
      .prepare("SELECT * FROM sessions WHERE site = ? ORDER BY created_ms, id")
      .all(this.#site) as SessionRecord[];
    return rows.map((row) => ({
      id: row.id,
      tokenHash: row.token_hash,
      person: row.person,
      method: row.method,
      factor: row.factor === 1,
      createdMs: row.created_ms,
      seenMs: row.seen_ms,
      endsMs: row.ends_ms,
    }));
  }

  addSession(session: SessionRow): void {
    this.#run(
      "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      this.#site,
      session.id,
      session.tokenHash,
      session.person,
      session.method,
      session.factor ? 1 : 0,
      session.createdMs,
      session.seenMs,
      session.endsMs,
    );
  }

  touchSession(id: string, seenMs: number): void {
    const sql = "UPDATE sessions SET seen_ms = max(seen_ms, ?) WHERE site = ? AND id = ?";
    this.#run(sql, seenMs, this.#site, id);
  }

  endSession(id: string): void {
    this.#run("DELETE FROM sessions WHERE site = ? AND id = ?", this.#site, id);
  }

  wish(wish: PersonWish): number {
    const sql = "INSERT INTO person_wishes (site, wish) VALUES (?, ?)";
    return Number(this.#database.prepare(sql).run(this.#site, JSON.stringify(wish)).lastInsertRowid);
  }

  wishes(): WaitingWish[] {
    const rows = this.#database
      .prepare("SELECT seq, wish FROM person_wishes WHERE site = ? ORDER BY seq")
      .all(this.#site) as { seq: number; wish: string }[];
    return rows.map(({ seq, wish }) => ({ seq, wish: JSON.parse(wish) as PersonWish }));
  }

  dropWish(seq: number): void {
    this.#run("DELETE FROM person_wishes WHERE site = ? AND seq = ?", this.#site, seq);
  }

  close(): void {
    this.#database.close();
  }

  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#database.prepare(sql).run(...values).changes);
  }

  #atOnce(work: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}
