// SPDX-License-Identifier: Apache-2.0
// The site's look-ups in SQLite, two files: the identity map, which cannot be rebuilt, and the views, which
// can. Synchronous; runs in a thread of its own.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import { parseLeaf } from "@docket/protocol";
import type { ActorEntry } from "../../log/frame.ts";
import type {
  FindQuery,
  Found,
  IndexEntry,
  IndexState,
  KeptRecord,
  KnownActor,
  LabelQuery,
} from "../../views/site-index.ts";
import { CaseWriter } from "./case-records.ts";
import { DecisionWriter } from "./decision-table.ts";
import { createViews, spanRecords } from "./views-schema.ts";
import { ViewsReader } from "./views-reader.ts";

/** Expired repeats are removed after this many applied entries. */
const purgeInterval = 50_000;

/** The two databases of a site. */
export class SqliteSiteIndex {
  readonly #identity: DatabaseSync;
  readonly #views: DatabaseSync;
  readonly #statements: Record<string, StatementSync>;
  readonly #repeatWindowMs: number;
  readonly #decisions: DecisionWriter;
  readonly #cases: CaseWriter;
  /** What is asked beside the way of an event, of the same connection. */
  readonly reader: ViewsReader;
  #size: number;
  #applied = 0;

  /**
   * Opens both files, or makes them.
   *
   * @param busyMs how long another program that holds a file is waited for, in milliseconds
   */
  constructor(identityPath: string, viewsPath: string, repeatWindowMs: number, busyMs = 5000) {
    this.#repeatWindowMs = repeatWindowMs;
    this.#identity = openDatabase(identityPath, busyMs);
    this.#identity.exec(`CREATE TABLE IF NOT EXISTS actors
      (lookup BLOB PRIMARY KEY, pseudonym TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL) WITHOUT ROWID`);
    this.#views = openDatabase(viewsPath, busyMs);
    createViews(this.#views);
    this.#decisions = new DecisionWriter(this.#views);
    this.#cases = new CaseWriter(this.#views);
    this.reader = new ViewsReader(this.#views);
    this.#statements = {
      actor: this.#identity.prepare("SELECT pseudonym, wrapped FROM actors WHERE lookup = ?"),
      pseudonym: this.#identity.prepare("SELECT pseudonym, wrapped FROM actors WHERE pseudonym = ?"),
      addActor: this.#identity.prepare("INSERT OR IGNORE INTO actors VALUES (?, ?, ?)"),
      checkpoint: this.#identity.prepare("PRAGMA wal_checkpoint(TRUNCATE)"),
      repeat: this.#views.prepare("SELECT body, record, sealed FROM repeats WHERE event = ?"),
      addRepeat: this.#views.prepare("INSERT OR REPLACE INTO repeats VALUES (?, ?, ?, ?)"),
      purge: this.#views.prepare("DELETE FROM repeats WHERE sealed < ?"),
      setStanding: this.#views.prepare("INSERT OR REPLACE INTO standings VALUES (?, ?)"),
      dropStanding: this.#views.prepare("DELETE FROM standings WHERE actor = ?"),
      standings: this.#views.prepare("SELECT actor, state FROM standings ORDER BY actor"),
      setSize: this.#views.prepare("UPDATE position SET size = ?"),
      setRelease: this.#views.prepare("UPDATE position SET release = ?"),
      position: this.#views.prepare("SELECT size, release FROM position"),
      addKept: this.#views.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)"),
      kept: this.#views.prepare(
        "SELECT leaf FROM kept WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY record",
      ),
      setLabel: this.#views.prepare("INSERT OR REPLACE INTO labels VALUES (?, ?)"),
      labels: this.#views.prepare("SELECT leaf FROM labels WHERE decision >= ? ORDER BY decision LIMIT ?"),
      addSpan: this.#views.prepare(
        `INSERT INTO spans VALUES (?, ?, ?) ON CONFLICT (first) DO UPDATE
         SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
      ),
      since: this.#views.prepare("SELECT min(first) AS first FROM spans WHERE latest > ?"),
      latest: this.#views.prepare("SELECT max(latest) AS latest FROM spans"),
    };
    this.#size = (this.#get("position") as { size: number }).size;
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
    const fresh = entries.filter((entry) => entry.index >= this.#size);
    const first = fresh[0];
    const last = fresh.at(-1);
    if (first === undefined || last === undefined) return;
    this.restoreActors(fresh.flatMap((entry) => entry.actors));
    this.#transaction(() => {
      for (const {
        index,
        sealedMs,
        event,
        body,
        standing,
        release,
        kept,
        decision,
        subjects = [],
      } of fresh) {
        if (kept?.kind === "label") this.#run("setLabel", labelledDecision(kept.leaf), kept.leaf);
        else if (kept !== undefined) this.#keep(index, kept);
        if (decision !== undefined) this.#decisions.write(decision);
        if (release !== undefined) this.#run("setRelease", release);
        if (event !== undefined && body !== undefined) this.#run("addRepeat", event, body, index, sealedMs);
        if (standing !== undefined) this.#setStanding(standing);
        for (const subject of subjects) this.#setStanding(subject);
      }
      for (const { first, earliest, latest } of spansOf(fresh)) this.#run("addSpan", first, earliest, latest);
      this.#run("setSize", last.index + 1);
      this.#applied += fresh.length;
      if (this.#applied >= purgeInterval) {
        this.#applied = 0;
        this.#run("purge", last.sealedMs - this.#repeatWindowMs);
      }
    });
    this.#size = last.index + 1;
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
    return { size: this.#size, release, standings: standings.map(({ actor, state }) => ({ actor, state })) };
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
    return row.first ?? this.#size;
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

  #keep(index: number, kept: KeptRecord): void {
    this.#run("addKept", index, kept.kind, kept.leaf);
    this.#cases.write(kept);
  }

  #setStanding({ actor, state }: { actor: string; state: string }): void {
    if (state === "") this.#run("dropStanding", actor);
    else this.#run("setStanding", actor, state);
  }

  #transaction(action: () => void): void {
    try {
      transaction(this.#views, action);
    } catch (error) {
      this.#decisions.forget();
      throw error;
    }
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

function transaction(database: DatabaseSync, action: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    action();
    database.exec("COMMIT");
  } catch (error) {
    // A full disk has rolled it back already, and a second time would be an error of its own.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Between which times the decisions of each block of records lie. */
function spansOf(entries: readonly IndexEntry[]): { first: number; earliest: number; latest: number }[] {
  const spans = new Map<number, { first: number; earliest: number; latest: number }>();
  for (const { index, decidedMs } of entries) {
    if (decidedMs === 0) continue;
    const first = index - (index % spanRecords);
    const span = spans.get(first);
    if (span === undefined) spans.set(first, { first, earliest: decidedMs, latest: decidedMs });
    else {
      span.earliest = Math.min(span.earliest, decidedMs);
      span.latest = Math.max(span.latest, decidedMs);
    }
  }
  return [...spans.values()];
}

// A later label of a decision takes the place of an earlier one: records are taken in by the log's order.
function labelledDecision(leaf: string): number {
  const record = parseLeaf(leaf);
  if (record.kind !== "label") throw new Error("a record that is kept as a label is one");
  return record.of;
}

function knownActor(row: unknown): KnownActor | undefined {
  if (row === undefined) return undefined;
  const { pseudonym, wrapped } = row as { pseudonym: string; wrapped: Uint8Array };
  return { pseudonym, wrappedKey: wrapped };
}
