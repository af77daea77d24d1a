// SPDX-License-Identifier: Apache-2.0
// Who read what: records that are sealed before what was read is handed out. What is read often is counted:
// the first reading of a while is a record at once, so that nobody begins to read unseen; those that follow
// are gathered and sealed when the while is over, when too many have gathered, or when the site is closed. A
// crash can lose the number of those that were gathered, at most `gatheredMax` of each reader, never that
// there were any.
import { parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, ReadBody, RecordHeader } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { Author } from "../releases/duties.ts";
import {
  gatherAppsMs,
  gatheredMax,
  gatherMs,
  pendingEveryMs,
  readings,
  readReasonLengthMax,
  searchesMax,
  searchWhileMs,
} from "./contract.ts";
import type {
  PendingReadings,
  Reading,
  ReadingCode,
  ReadingPage,
  ReadingQuery,
  ReadingView,
  SiteReadings,
} from "./contract.ts";

/** What the desk leans on. */
export type ReadingPorts = {
  /** Seals a record; durable when it resolves. */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<unknown>;
  readonly siteKey: Uint8Array;
  /** Runs something later; the result cancels it. */
  readonly timer: (ms: number, run: () => void) => () => void;
  /** Leaves of records of kind `read` before an index, the newest first. */
  readonly page: (before: number, limit: number) => Promise<string[]>;
  /** The plaintext of the part `change` of a record. */
  readonly partOf: (index: number) => Promise<string | undefined>;
  /** Readings that commands made beside this process. */
  readonly pending?: PendingReadings | undefined;
  /** Told when gathered readings could not be sealed: the next reading waits until they are. */
  readonly onFault?: ((error: unknown) => void) | undefined;
};

type ReadRecord = RecordHeader & ReadBody;
/** Leaves that are looked at in one go, and in all for one answer. */
const pageLeaves = 500;
const lookedMax = 20_000;

/** Whoever has the data directory. */
const operator: Author = { by: "operator", role: "operator" };

/** What one reader reads of one kind, from the first reading on until the while is over. */
type Gathering = {
  readonly reader: Author;
  readonly what: ReadingCode;
  /** The record with which it began. */
  readonly begun: Promise<void>;
  gathered: number;
  sealing: Promise<void> | undefined;
  cancelTimer: () => void;
};

/** Notes what is read of a site. */
export class ReadingDesk implements SiteReadings {
  readonly #ports: ReadingPorts;
  /** Searches of the last while: those that are asked again are on record. */
  readonly #searches = new Map<string, Promise<void>>();
  readonly #gatherings = new Map<string, Gathering>();
  #cancelLook: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(ports: ReadingPorts) {
    this.#ports = ports;
  }

  /** Seals what commands have read, now and from time to time. */
  async start(): Promise<void> {
    await this.#look();
    const again = (): void => {
      if (this.#closed) return;
      this.#cancelLook = this.#ports.timer(pendingEveryMs, () => {
        this.#looking = this.#look();
        again();
      });
    };
    again();
  }

  /** @throws {DocketError} `usage` for a reason that is empty or too long; what sealing throws */
  async note(reader: Author, reading: Reading): Promise<void> {
    const { what, count = 1, reason, query } = reading;
    if (reason !== undefined && (reason.trim() === "" || reason.length > readReasonLengthMax)) {
      throw new DocketError("usage", `a reason has 1 to ${readReasonLengthMax} characters`);
    }
    if (count === 0) return;
    if (query !== undefined) return this.#noteSearch(reader, { ...reading, query });
    // What somebody gave a reason for is a record of its own, with that reason.
    const isEach = reason !== undefined || (readings[what].each && reader.role !== "ingest");
    await (isEach ? this.#seal(reader, reading) : this.#gather(reader, what, count));
  }

  async list({ before = Number.MAX_SAFE_INTEGER, limit, ...wanted }: ReadingQuery): Promise<ReadingPage> {
    const reads: ReadingView[] = [];
    let from = before;
    for (let looked = 0; looked < lookedMax;) {
      const leaves = await this.#ports.page(from, pageLeaves);
      for (const leaf of leaves) {
        const record = parseLeaf(leaf);
        if (record.kind !== "read" || !isWanted(record, wanted)) continue;
        if (reads.length === limit) return { reads, next: reads.at(-1)?.index ?? null };
        reads.push(await this.#view(record));
      }
      if (leaves.length < pageLeaves) return { reads, next: null };
      looked += leaves.length;
      from = parseLeaf(leaves.at(-1) ?? "").index;
    }
    return { reads, next: from };
  }

  async #view(record: ReadRecord): Promise<ReadingView> {
    const { index, time, by, role, what, of, subject, count, parts } = record;
    const part = parts === undefined ? undefined : await this.#ports.partOf(index);
    const said = part === undefined ? {} : (JSON.parse(part) as { why?: string; query?: string });
    const { why: reason = null, query = null } = said;
    return {
      index,
      at: time,
      by,
      role,
      what,
      of: of ?? null,
      subject: subject ?? null,
      count: count ?? 1,
      reason,
      query,
    };
  }

  /** Seals what was gathered. What can't be is told, and the site is closed all the same. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelLook?.();
    await this.#looking;
    await this.#look();
    const all = [...this.#gatherings.values()];
    this.#gatherings.clear();
    for (const gathering of all) gathering.cancelTimer();
    for (const each of await Promise.allSettled(all.map((each) => this.#sealGathered(each)))) {
      if (each.status === "rejected") this.#ports.onFault?.(each.reason);
    }
  }

  // What was read of one kind is one record, which names the record that was read if it was a single one.
  async #look(): Promise<void> {
    const { pending, onFault } = this.#ports;
    try {
      const all = (await pending?.take()) ?? [];
      // What is no code of this version is said all the same.
      const kinds = Map.groupBy(all, ({ what }) => (isReadingCode(what) ? what : "facts"));
      for (const [what, some] of kinds) {
        const count = some.reduce((sum, each) => sum + each.count, 0);
        const of = some.length === 1 ? some[0]?.of : undefined;
        await this.#seal(operator, { what, of, count });
        await pending?.drop(some.map(({ name }) => name));
      }
    } catch (error) {
      onFault?.(error);
    }
  }

  // Whoever turns pages searches once.
  async #noteSearch(reader: Author, reading: Reading & { query: string }): Promise<void> {
    const key = JSON.stringify([reader.by, reading.what, reading.query, reading.reason ?? null]);
    const known = this.#searches.get(key);
    if (known !== undefined) return known;
    const sealed = this.#seal(reader, reading);
    this.#searches.set(key, sealed);
    const forget = (): void => {
      this.#searches.delete(key);
    };
    this.#ports.timer(searchWhileMs, forget);
    sealed.catch(forget);
    const [oldest] = this.#searches.keys();
    if (this.#searches.size > searchesMax && oldest !== undefined) this.#searches.delete(oldest);
    return sealed;
  }

  async #gather(reader: Author, what: ReadingCode, count: number): Promise<void> {
    const key = `${reader.by} ${reader.role} ${what}`;
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) return this.#begin(key, reader, what, count);
    await gathering.begun;
    // The first took longer than the while: this one begins the next.
    if (this.#gatherings.get(key) !== gathering) return this.#gather(reader, what, count);
    gathering.gathered += count;
    if (gathering.gathered <= gatheredMax) return;
    await this.#sealGathered(gathering);
  }

  async #begin(key: string, reader: Author, what: ReadingCode, count: number): Promise<void> {
    const begun = this.#seal(reader, { what, count });
    const afterMs = reader.role === "ingest" ? gatherAppsMs : gatherMs;
    const cancelTimer = this.#ports.timer(afterMs, () => void this.#end(key));
    const gathering = { reader, what, begun, gathered: 0, sealing: undefined, cancelTimer };
    this.#gatherings.set(key, gathering);
    try {
      await begun;
    } catch (error) {
      // Nobody has read anything: the next reading begins anew. Whoever waits with this one fails with it.
      cancelTimer();
      if (this.#gatherings.get(key) === gathering) this.#gatherings.delete(key);
      throw error;
    }
  }

  // The while is over.
  async #end(key: string): Promise<void> {
    const gathering = this.#gatherings.get(key);
    if (gathering === undefined) return;
    this.#gatherings.delete(key);
    try {
      await this.#sealGathered(gathering);
    } catch (error) {
      this.#ports.onFault?.(error);
      // What was read stays to be said: with the next reading, which waits for it, or the next time.
      const later = this.#gatherings.get(key);
      if (later !== undefined) later.gathered += gathering.gathered;
      else {
        this.#gatherings.set(key, gathering);
        gathering.cancelTimer = this.#ports.timer(gatherMs, () => void this.#end(key));
      }
    }
  }

  /** Seals what has gathered until now; those that ask meanwhile wait for that record, and look again. */
  async #sealGathered(gathering: Gathering): Promise<void> {
    await gathering.sealing;
    if (gathering.gathered === 0) return;
    const { reader, what, gathered } = gathering;
    gathering.gathered = 0;
    gathering.sealing = this.#seal(reader, { what, count: gathered }).catch((error: unknown) => {
      gathering.gathered += gathered;
      throw error;
    });
    try {
      await gathering.sealing;
    } finally {
      gathering.sealing = undefined;
    }
  }

  async #seal({ by, role }: Author, { what, of, subject, count, reason, query }: Reading): Promise<void> {
    const about = { ...(of === undefined ? {} : { of }), ...(subject === undefined ? {} : { subject }) };
    const many = count === undefined || count === 1 ? {} : { count };
    const parts: PlainPart[] =
      reason === undefined && query === undefined
        ? []
        : [
            {
              name: "change",
              subject: "site",
              key: this.#ports.siteKey,
              plaintext: JSON.stringify({ v: 1, why: reason, query }),
            },
          ];
    await this.#ports.seal({ kind: "read", by, role, what, ...about, ...many }, parts);
  }
}

function isReadingCode(text: string): text is ReadingCode {
  return Object.hasOwn(readings, text);
}

function isWanted(
  record: ReadRecord,
  { by, subject, of }: Pick<ReadingQuery, "by" | "subject" | "of">,
): boolean {
  return (
    (by === undefined || record.by === by) &&
    (subject === undefined || record.subject === subject) &&
    (of === undefined || record.of === of)
  );
}
