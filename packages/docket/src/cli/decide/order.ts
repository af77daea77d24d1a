// SPDX-License-Identifier: Apache-2.0
// The order in which a file's events are decided, and the time at which each is. By time: all are sorted
// first, in a database file of the system's temporary directory, so that memory does not limit the file. As
// they come: time goes on with the latest that was seen, and never back.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { encodeEvent } from "@docket/protocol/events";
import type { Event } from "@docket/protocol";
import type { FileItem, LineError } from "./input.ts";

/** A line in the order of deciding. */
export type OrderedItem =
  | { line: number; event: Event; decidedAtMs: number }
  | { line: number; error: LineError };

/** Stands for the time of rows before the first one that has a time. */
const beforeAll = -1;

/**
 * Takes items as they come. Time begins with the first event's own.
 *
 * @param startMs where time begins if that event has none
 */
export async function* fileOrder(
  items: AsyncIterable<FileItem>,
  startMs: number,
): AsyncGenerator<OrderedItem> {
  let latest: number | undefined;
  for await (const item of items) {
    if ("error" in item) {
      yield item;
      continue;
    }
    const { line, event, timeMs } = item;
    latest = Math.max(latest ?? timeMs ?? startMs, timeMs ?? 0);
    yield { line, event, decidedAtMs: latest };
  }
}

/**
 * Sorts items by time; those of equal time stay in the order of the file, and one without a time, or with an
 * error, takes the latest time of those before it. {@link close} removes the file.
 */
export class TimeSorter {
  readonly #database: DatabaseSync;
  readonly #directory: string;
  readonly #insert: ReturnType<DatabaseSync["prepare"]>;
  #count = 0;
  #latest = beforeAll;
  #earliest = Number.POSITIVE_INFINITY;

  /** @param temporaryDirectory holds the file, readable by its owner only */
  constructor(temporaryDirectory: string) {
    this.#directory = mkdtempSync(join(temporaryDirectory, "docket-sort-"));
    this.#database = new DatabaseSync(join(this.#directory, "events.sqlite"));
    this.#database.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      CREATE TABLE items (line INTEGER PRIMARY KEY, time INTEGER NOT NULL, event TEXT, error TEXT) STRICT;
      BEGIN`);
    this.#insert = this.#database.prepare("INSERT INTO items VALUES (?, ?, ?, ?)");
    // The open file goes on without a name: whatever happens to this process, nothing is left behind.
    if (process.platform !== "win32") rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Number of items. */
  get count(): number {
    return this.#count;
  }

  /** Takes an item. Lines must come in the order of the file. */
  add(item: FileItem): void {
    this.#count++;
    if ("error" in item) {
      this.#insert.run(item.line, this.#latest, null, JSON.stringify(item.error));
      return;
    }
    const { line, event, timeMs = this.#latest } = item;
    this.#latest = Math.max(this.#latest, timeMs);
    if (timeMs !== beforeAll) this.#earliest = Math.min(this.#earliest, timeMs);
    this.#insert.run(line, timeMs, encodeEvent(event), null);
  }

  /**
   * All items, sorted.
   *
   * @param startMs decides the events of a file in which none has a time
   */
  *sorted(startMs: number): Generator<OrderedItem> {
    // Only times and line numbers are sorted; the rows are fetched one by one.
    this.#database.exec("COMMIT; CREATE INDEX items_by_time ON items (time)");
    const start = Number.isFinite(this.#earliest) ? this.#earliest : startMs;
    const rows = this.#database.prepare("SELECT * FROM items INDEXED BY items_by_time ORDER BY time, line");
    for (const row of rows.iterate() as Iterable<Row>) {
      const { line, time, event, error } = row;
      if (event === null) yield { line, error: JSON.parse(error ?? "") as LineError };
      else yield { line, event: JSON.parse(event) as Event, decidedAtMs: time === beforeAll ? start : time };
    }
  }

  /** Removes everything. */
  close(): void {
    this.#database.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

type Row = { line: number; time: number; event: string | null; error: string | null };
