// SPDX-License-Identifier: Apache-2.0
// The site's look-ups in SQLite, two files: the identity map, which cannot be rebuilt, and the views, which
// can. Synchronous; runs in a thread of its own.
import { chmodSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { StatementSync } from "node:sqlite";
import type { KeyStoreKeys } from "../../evidence/key-store.ts";
import type { ActorEntry } from "../../log/frame.ts";
import type {
  ActorsRewrite,
  ActorsRewritten,
  FindQuery,
  Found,
  IndexEntry,
  IndexState,
  KnownActor,
  LabelQuery,
} from "../../views/site-index.ts";
import { IdentityMap } from "./identity-map.ts";
import { createViews } from "./views-schema.ts";
import { ViewsReader } from "./views-reader.ts";
import { ViewsWriter } from "./views-writer.ts";

/** What the databases of a site are opened with. */
export type SiteIndexOptions = {
  /** How long another program that holds a file is waited for, in milliseconds (default: 5,000). */
  busyMs?: number;
  /** What seals the identity map's rows; without it they are written as they are wrapped. */
  keyStore?: KeyStoreKeys | undefined;
};

/** How long another program is waited for, in milliseconds. */
const busyMsDefault = 5000;

/** The two databases of a site. */
export class SqliteSiteIndex {
  readonly #identity: IdentityMap;
  readonly #views: DatabaseSync;
  readonly #statements: Record<string, StatementSync>;
  readonly #writer: ViewsWriter;
  /** What is asked beside the way of an event, of the same connection. */
  readonly reader: ViewsReader;

  /**
   * Opens both files, or makes them.
   */
  constructor(
    identityPath: string,
    viewsPath: string,
    repeatWindowMs: number,
    { busyMs = busyMsDefault, keyStore }: SiteIndexOptions = {},
  ) {
    this.#identity = new IdentityMap(identityPath, { busyMs, keyStore });
    this.#views = openDatabase(viewsPath, busyMs);
    createViews(this.#views);
    this.#writer = new ViewsWriter(this.#views, repeatWindowMs);
    this.reader = new ViewsReader(this.#views);
    this.#statements = {
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
      actor: this.#identity.byLookup(query.account),
    };
  }

  actor(pseudonym: string): KnownActor | undefined {
    return this.#identity.byPseudonym(pseudonym);
  }

  apply(entries: readonly IndexEntry[]): void {
    const fresh = this.#writer.fresh(entries);
    this.restoreActors(fresh.flatMap((entry) => entry.actors));
    this.#writer.apply(fresh);
  }

  restoreActors(actors: readonly ActorEntry[]): void {
    this.#identity.add(actors);
  }

  removeActor(pseudonym: string): boolean {
    return this.#identity.remove(pseudonym);
  }

  lookupOf(pseudonym: string): Uint8Array | undefined {
    return this.#identity.lookupOf(pseudonym);
  }

  compactIdentity(): boolean {
    return this.#identity.compact();
  }

  setKeyStore(keys: KeyStoreKeys): void {
    this.#identity.setKeyStore(keys);
  }

  rewriteActors(wish: ActorsRewrite): ActorsRewritten {
    return this.#identity.rewrite(wish);
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
    this.#identity.makeDurable();
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
}

function openDatabase(path: string, busyMs: number): DatabaseSync {
  const database = new DatabaseSync(path);
  chmodSync(path, 0o600);
  database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`);
  return database;
}
