// SPDX-License-Identifier: Apache-2.0
// The site's look-ups in SQLite, two files: the identity map, which cannot be rebuilt, and the views, which
// can. Synchronous; runs in a thread of its own.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { ActorEntry } from "../../log/frame.ts";
import type {
  FindQuery,
  Found,
  IndexEntry,
  IndexState,
  KnownActor,
  LabelQuery,
} from "../../views/site-index.ts";
import { createViews } from "./views-schema.ts";
import { ViewsReader } from "./views-reader.ts";
import { transaction, ViewsWriter } from "./views-writer.ts";

/** The two databases of a site. */
export class SqliteSiteIndex {
  readonly #identity: DatabaseSync;
  readonly #views: DatabaseSync;
  readonly #statements: Record<string, StatementSync>;
  readonly #writer: ViewsWriter;
  /** What is asked beside the way of an event, of the same connection. */
  readonly reader: ViewsReader;

  /**
   * Opens both files, or makes them.
   *
   * @param busyMs how long another program that holds a file is waited for, in milliseconds
   */
  constructor(identityPath: string, viewsPath: string, repeatWindowMs: number, busyMs = 5000) {
    this.#identity = openDatabase(identityPath, busyMs);
    this.#identity.exec(`CREATE TABLE IF NOT EXISTS actors
      (lookup BLOB PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) WITHOUT ROWID`);
    this.#views = openDatabase(viewsPath, busyMs);
    createViews(this.#views);
    this.#writer = new ViewsWriter(this.#views, repeatWindowMs);
    this.reader = new ViewsReader(this.#views);
    this.#statements = {
      actor: this.#identity.prepare("SELECT pseudonym, wrapped FROM actors WHERE lookup = ?"),
      pseudonym: this.#identity.prepare("SELECT pseudonym, wrapped FROM actors WHERE pseudonym = ?"),
      addActor: this.#identity.prepare("INSERT OR IGNORE INTO actors VALUES (?, ?, ?)"),
      checkpoint: this.#identity.prepare("PRAGMA wal_checkpoint(TRUNCATE)"),
      repeat: this.#views.prepare("SELECT body, record, sealed FROM repeats WHERE event = ?"),
      standings: this.#views.prepare("SELECT actor, state FROM standings ORDER BY actor"),
      position: this.#views.prepare("SELECT size, release FROM position"),
      kept: this.#views.prepare(
        "SELECT leaf FROM kept WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY record",
      ),
      labels: this.#views.prepare("SELECT leaf FROM labels WHERE decision >= ? ORDER BY decision LIMIT ?"),
      since: this.#views.prepare("SELECT min(first) AS first FROM spans WHERE latest > ?"),
      latest: this.#views.prepare("SELECT max(latest) AS latest FROM spans"),
    };
  }

  find(query: FindQuery): Found {
    const repeat = this.#get("repeat", query.event) as
      | { body: Uint8Array; record: number; sealed: number }
      | undefined;
    return {
      repeat: repeat && { index: repeat.record, body: repeat.body, sealedMs: repeat.sealed },
      actor: knownActor(this.#get("actor", query.account)),
    };
  }

  actor(pseudonym: string): KnownActor | undefined {
    return knownActor(this.#get("pseudonym", pseudonym));
  }

  apply(entries: readonly IndexEntry[]): void {
    const fresh = this.#writer.fresh(entries);
    this.restoreActors(fresh.flatMap((entry) => entry.actors));
    this.#writer.apply(fresh);
  }

  restoreActors(actors: readonly ActorEntry[]): void {
    if (actors.length === 0) return;
    transaction(this.#identity, () => {
      for (const { lookup, pseudonym, wrappedKey } of actors) {
        this.#run("addActor", lookup, pseudonym, wrappedKey);
      }
    });
  }

  state(): IndexState {
    const standings = this.#statement("standings").all() as IndexState["standings"];
    const { release } = this.#get("position") as { release: string | null };
    return {
      size: this.#writer.size,
      release,
      standings: standings.map(({ actor, state }) => ({ actor, state })),
    };
  }

  keptRecords(kinds: readonly string[]): string[] {
    const rows = this.#statement("kept").all(JSON.stringify(kinds)) as { leaf: string }[];
    return rows.map(({ leaf }) => leaf);
  }

  labels({ from, limit }: LabelQuery): string[] {
    const rows = this.#statement("labels").all(from, limit) as { leaf: string }[];
    return rows.map(({ leaf }) => leaf);
  }

  firstRecordSince(sinceMs: number): number {
    const row = this.#get("since", sinceMs) as { first: number | null };
    return row.first ?? this.#writer.size;
  }

  latestDecidedMs(): number {
    return (this.#get("latest") as { latest: number | null }).latest ?? 0;
  }

  makeDurable(): void {
    // In WAL mode with synchronous=NORMAL a commit is not synced; a checkpoint syncs the WAL and then the
    // database.
    const checkpoint = this.#statement("checkpoint").get() as { busy: number };
    // Somebody reads the file, a backup for example: then it says so in a row, not by an error.
    if (checkpoint.busy !== 0) throw new Error("the identity map is in use by another program");
  }

  close(): void {
    this.#identity.close();
    this.#views.close();
  }

  #statement(name: string): StatementSync {
    return this.#statements[name] as StatementSync;
  }

  #get(name: string, ...values: (Uint8Array | string | number)[]): unknown {
    return this.#statement(name).get(...values);
  }

  #run(name: string, ...values: (Uint8Array | string | number)[]): void {
    this.#statement(name).run(...values);
  }
}

function openDatabase(path: string, busyMs: number): DatabaseSync {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`);
  return database;
}

function knownActor(row: unknown): KnownActor | undefined {
  if (row === undefined) return undefined;
  const { pseudonym, wrapped } = row as { pseudonym: string; wrapped: Uint8Array };
  return { pseudonym, wrappedKey: wrapped };
}
