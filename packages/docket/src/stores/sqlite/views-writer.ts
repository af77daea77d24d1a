// SPDX-License-Identifier: Apache-2.0
// Writes the views: what each sealed record adds. The same live, at a start and when all is made again.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parseLeaf } from "@docket/protocol";
import type { IndexEntry, KeptRecord } from "../../views/site-index.ts";
import { ActWriter } from "./act-table.ts";
import { DecisionWriter } from "./decision-table.ts";
import type { EncodedDecision } from "./decision-table.ts";
import { TallyWriter } from "./tally-table.ts";
import { spanRecords } from "./views-schema.ts";

/** Expired repeats are removed after this many applied entries. */
const purgeInterval = 50_000;

/** What a record adds; a decision may be encoded already. */
export type WrittenEntry = IndexEntry & { readonly encoded?: EncodedDecision | undefined };

/** Writes views through a connection that it is given. */
export class ViewsWriter {
  readonly #views: DatabaseSync;
  readonly #statements: Record<string, StatementSync>;
  readonly #repeatWindowMs: number;
  readonly #decisions: DecisionWriter;
  readonly #acts: ActWriter;
  readonly #tallies: TallyWriter;
  #size: number;
  #applied = 0;

  constructor(views: DatabaseSync, repeatWindowMs: number) {
    this.#views = views;
    this.#repeatWindowMs = repeatWindowMs;
    this.#decisions = new DecisionWriter(views);
    this.#acts = new ActWriter(views);
    this.#tallies = new TallyWriter(views);
    this.#statements = {
      addRepeat: views.prepare("INSERT OR REPLACE INTO repeats VALUES (?, ?, ?, ?)"),
      purge: views.prepare("DELETE FROM repeats WHERE sealed < ?"),
      setStanding: views.prepare("INSERT OR REPLACE INTO standings VALUES (?, ?)"),
      dropStanding: views.prepare("DELETE FROM standings WHERE actor = ?"),
      setSize: views.prepare("UPDATE position SET size = ?"),
      setRelease: views.prepare("UPDATE position SET release = ?"),
      addKept: views.prepare("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)"),
      setLabel: views.prepare("INSERT OR REPLACE INTO labels VALUES (?, ?)"),
      addSpan: views.prepare(
        `INSERT INTO spans VALUES (?, ?, ?) ON CONFLICT (first) DO UPDATE
         SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
      ),
    };
    this.#size = (views.prepare("SELECT size FROM position").get() as { size: number }).size;
  }

  /** Records that the views have taken in. */
  get size(): number {
    return this.#size;
  }

  /** Those of these entries that the views do not have. */
  fresh<Entry extends IndexEntry>(entries: readonly Entry[]): readonly Entry[] {
    const [first] = entries;
    return first === undefined || first.index >= this.#size
      ? entries
      : entries.filter((entry) => entry.index >= this.#size);
  }

  /** Takes in entries, all or none, in order. Those that were taken in before change nothing. */
  apply(entries: readonly WrittenEntry[]): void {
    const fresh = this.fresh(entries);
    const last = fresh.at(-1);
    if (last === undefined) return;
    try {
      transaction(this.#views, () => this.#write(fresh, last));
    } catch (error) {
      this.#decisions.forget();
      throw error;
    }
    this.#size = last.index + 1;
  }

  #write(entries: readonly WrittenEntry[], last: WrittenEntry): void {
    for (const entry of entries) this.#writeEntry(entry);
    for (const { first, earliest, latest } of spansOf(entries)) this.#run("addSpan", first, earliest, latest);
    this.#tallies.count(entries[0]?.index ?? last.index, last.index);
    this.#run("setSize", last.index + 1);
    this.#applied += entries.length;
    if (this.#applied < purgeInterval) return;
    this.#applied = 0;
    this.#run("purge", last.sealedMs - this.#repeatWindowMs);
  }

  #writeEntry(entry: WrittenEntry): void {
    const { index, sealedMs, event, body, standing, release, kept, act, decision, encoded, subjects } = entry;
    if (kept !== undefined) this.#keep(index, kept);
    if (act !== undefined) this.#acts.write(index, act);
    if (encoded !== undefined) this.#decisions.writeEncoded(encoded);
    else if (decision !== undefined) this.#decisions.write(decision);
    if (release !== undefined) this.#run("setRelease", release);
    if (event !== undefined && body !== undefined) this.#run("addRepeat", event, body, index, sealedMs);
    if (standing !== undefined) this.#setStanding(standing);
    if (subjects !== undefined) for (const subject of subjects) this.#setStanding(subject);
  }

  #keep(index: number, kept: KeptRecord): void {
    if (kept.kind === "label") {
      this.#run("setLabel", labelledDecision(kept.leaf), kept.leaf);
      return;
    }
    this.#run("addKept", index, kept.kind, kept.leaf);
  }

  #setStanding({ actor, state }: { actor: string; state: string }): void {
    if (state === "") this.#run("dropStanding", actor);
    else this.#run("setStanding", actor, state);
  }

  #run(name: string, ...values: (Uint8Array | string | number)[]): void {
    (this.#statements[name] as StatementSync).run(...values);
  }
}

/** All that an action writes, or nothing. */
export function transaction(database: DatabaseSync, action: () => void): void {
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
function spansOf(
  entries: readonly IndexEntry[],
): Iterable<{ first: number; earliest: number; latest: number }> {
  const spans = new Map<number, { first: number; earliest: number; latest: number }>();
  for (const { index, decidedMs } of entries) {
    if (decidedMs === 0) continue;
    const first = index - (index % spanRecords);
    const span = spans.get(first);
    if (span === undefined) {
      spans.set(first, { first, earliest: decidedMs, latest: decidedMs });
    } else {
      span.earliest = Math.min(span.earliest, decidedMs);
      span.latest = Math.max(span.latest, decidedMs);
    }
  }
  return spans.values();
}

// A later label of a decision takes the place of an earlier one: records are taken in by the log's order.
function labelledDecision(leaf: string): number {
  const record = parseLeaf(leaf);
  if (record.kind !== "label") throw new Error("a record that is kept as a label is one");
  return record.of;
}
