// SPDX-License-Identifier: Apache-2.0
// The way of a change of a list: kept, sealed as a record, and in force from the release record that follows.
// A change counts once its record is sealed. If the process dies
//
//   before the file is kept        nothing happened
//   before the record is sealed    a file is left that no record names; it counts for nothing
//   before the release is sealed   the next start finds the record and puts its version in force
import { compareText, formatListLine } from "@docket/policy";
import type { ListEntry, ListKind } from "@docket/policy";
import { formatTime, parseLeaf, ProtocolError } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, ListBody } from "@docket/protocol";
import type { PlainPart } from "../evidence/seal.ts";
import type { ReleaseLists } from "../releases/release.ts";
import { changeEntriesShown } from "./contract.ts";
import type {
  CheckHit,
  EntriesPage,
  EntriesQuery,
  ListChanged,
  ListChangeView,
  ListDesk,
  ListSummary,
} from "./contract.ts";
import { decodeDelta } from "./format.ts";
import type { Delta } from "./format.ts";
import type { Loaded } from "./history.ts";
import type { ProposedChange, SiteLists, WishedChange } from "./site-lists.ts";
import type { ListStore } from "./store.ts";

/** Longest reason for a change, in code points. */
export const whyLengthMax = 1_000;
/** Entries that are gone through for one page, at most: a rare text is looked for in several. */
const scannedMax = 50_000;

/** What changes of lists are made with. */
export type ListChangePorts = {
  readonly lists: SiteLists;
  readonly store: Pick<ListStore, "keep">;
  /** Seals a record; resolves with its leaf when it is durable. */
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<string>;
  /** Puts versions in force as a release that follows from record `of`: `PolicyChanges.publishLists`. */
  readonly publish: (by: string, lists: ReleaseLists, of: number) => Promise<{ release: string }>;
  /** Told of a change that was sealed, before the release that puts it in force. */
  readonly onChange?: ((record: ListRecord, delta: Delta) => void) | undefined;
  /** The id of the release in force. */
  readonly release: () => string;
  /** The leaves of the log's records of these kinds, oldest first. */
  readonly records: (kinds: readonly string[]) => Promise<readonly string[]>;
  /** The plaintext of the part `change` of a record; `undefined` if it is gone. */
  readonly partOf: (index: number) => Promise<string | undefined>;
  /** Seals parts that belong to the site. */
  readonly siteKey: Uint8Array;
  /** Ms since 1970. */
  readonly clock: () => number;
};

/** A record of a change of a list. */
export type ListRecord = DocketRecord & ListBody;

/** What the part `change` of such a record holds. */
export type ListPart = { readonly why: string; readonly delta: Delta; readonly bytes: Uint8Array };

/** Changes the lists of one open site, one change after the other. */
export class ListChanges implements ListDesk {
  readonly #ports: ListChangePorts;
  /** Sealed, and not in force yet: publishing failed. */
  #unpublished: ListRecord[] = [];
  #last: Promise<unknown> = Promise.resolve();

  constructor(ports: ListChangePorts) {
    this.#ports = ports;
  }

  /**
   * Puts in force what was sealed by a process that died before its release was. Call once the site is open.
   */
  async start(): Promise<void> {
    const records = (await this.#ports.records(["list", "release"])).map(parseLeaf);
    // A server that is started with an edited directory seals a release before this is called.
    const last = records.findLastIndex(
      (record) => record.kind === "release" && (record.via ?? "start") !== "start",
    );
    const left = records.slice(last + 1).filter((record) => record.kind === "list");
    await this.#inTurn(async () => {
      this.#unpublished = left;
      await this.#publishLeft();
    });
  }

  all(): readonly ListSummary[] {
    const heads = [...this.#ports.lists.heads.values()];
    return heads.map(summaryOf).sort((one, other) => compareText(one.name, other.name));
  }

  summary(name: string): ListSummary {
    return summaryOf(this.#ports.lists.head(name));
  }

  entries(name: string, { after, q, limit }: EntriesQuery): EntriesPage {
    const { list } = this.#ports.lists.head(name);
    const entries: ListEntry[] = [];
    let scanned = 0;
    for (const entry of list.entries(after)) {
      if (q === undefined || entry.value.includes(q)) entries.push(entry);
      scanned += 1;
      if (entries.length >= limit || scanned >= scannedMax) {
        return { entries: entries.map(entryView), next: entry.value };
      }
    }
    return { entries: entries.map(entryView), next: null };
  }

  check(value: string, list?: string): readonly CheckHit[] {
    const { lists, clock } = this.#ports;
    const asked = list === undefined ? [...lists.heads.values()] : [lists.head(list)];
    return asked
      .map(({ name, kind, list: own }) => ({ list: name, kind, entries: own.view.hits(value, clock()) }))
      .filter(({ entries }) => entries.length > 0)
      .sort((one, other) => compareText(one.list, other.list));
  }

  async change(name: string, wished: WishedChange, act: { by: string; why: string }): Promise<ListChanged> {
    checkWhy(act.why);
    return this.#inTurn(async () => {
      await this.#publishLeft();
      const { lists, clock } = this.#ports;
      const proposed = lists.propose(name, wished, clock());
      if (proposed === undefined) return this.#unchanged(name);
      return this.#make(proposed, act);
    });
  }

  /**
   * Takes an account out of every list of actors. Resolves with the changes that this took.
   *
   * @throws {DocketError} as sealing does; what was done by then stays done
   */
  eraseActor(accountId: string, act: { by: string; why: string }): Promise<readonly ListChanged[]> {
    return this.#inTurn(async () => {
      await this.#publishLeft();
      const changed: ListChanged[] = [];
      for (const name of [...this.#ports.lists.heads.keys()].sort()) {
        const proposed = this.#ports.lists.proposeErasure(name, accountId);
        if (proposed !== undefined) changed.push(await this.#make(proposed, act));
      }
      return changed;
    });
  }

  async log(
    name: string,
    limit: number,
    before: number = Number.POSITIVE_INFINITY,
  ): Promise<readonly ListChangeView[]> {
    this.#ports.lists.head(name);
    const records = (await this.#ports.records(["list"])).map(parseLeaf);
    const own = records.filter(
      (record): record is ListRecord =>
        record.kind === "list" && record.list === name && record.index < before,
    );
    const wanted = own.slice(-limit).toReversed();
    return Promise.all(
      wanted.map(async (record) => changeView(record, await this.#ports.partOf(record.index))),
    );
  }

  /** Waits for what is under way. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
  }

  async #make(proposed: ProposedChange, { by, why }: { by: string; why: string }): Promise<ListChanged> {
    const { name, kind, version, previous, added, removed, bytes } = proposed;
    const { store, seal, siteKey } = this.#ports;
    await store.keep(name, "change", version, bytes);
    proposed.apply();
    // A crash here leaves a file that no record names.
    const body = { kind: "list", by, list: name, listKind: kind, version, previous, added, removed } as const;
    const plaintext = encodeListPart(why, bytes);
    const leaf = await seal(body, [{ name: "change", subject: "site", key: siteKey, plaintext }]);
    const record = parseLeaf(leaf) as ListRecord;
    // A crash here leaves a record that the next start puts in force.
    this.#unpublished.push(record);
    const delta = decodeDelta(bytes, kind);
    if (delta !== undefined) this.#ports.onChange?.(record, delta);
    await this.#publishLeft();
    return { list: name, version, added, removed, index: record.index, release: this.#ports.release() };
  }

  async #publishLeft(): Promise<void> {
    for (let record = this.#unpublished[0]; record !== undefined; record = this.#unpublished[0]) {
      await this.#publish(record);
      this.#unpublished.shift();
    }
  }

  async #publish({ index, by, list: name, listKind: kind, version, previous }: ListRecord): Promise<void> {
    const { lists, publish } = this.#ports;
    const head = lists.heads.get(name);
    // The policy no longer declares it, or another version came into force meanwhile: the change is void.
    if (head?.kind !== kind || head.version !== previous) return;
    await this.#restoreIfLost(index, name, kind, version);
    await publish(by, lists.withVersion({ name, kind, version }), index);
    // Only the next start is slower without it.
    await lists.snapshot(name).catch(() => undefined);
  }

  async #restoreIfLost(index: number, name: string, kind: ListKind, version: string): Promise<void> {
    const { lists, partOf } = this.#ports;
    if (lists.holds(name, version)) return;
    const part = readListPart(await partOf(index), kind);
    if (part !== undefined) lists.restore(name, kind, version, part.bytes);
  }

  #unchanged(name: string): ListChanged {
    const { version } = this.#ports.lists.head(name);
    return { list: name, version, added: 0, removed: 0, index: null, release: this.#ports.release() };
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work, work);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The plaintext of the part `change` of a list's record: why, and the change in the form that is kept. */
export function encodeListPart(why: string, change: Uint8Array): string {
  return JSON.stringify({ v: 1, why, change: Buffer.from(change).toString("utf8") });
}

/** What such a part holds; `undefined` if it is gone. */
export function readListPart(plaintext: string | undefined, kind: ListKind): ListPart | undefined {
  if (plaintext === undefined) return undefined;
  const { why, change } = JSON.parse(plaintext) as { why: string; change: string };
  const bytes = Buffer.from(change, "utf8");
  const delta = decodeDelta(bytes, kind);
  return delta === undefined ? undefined : { why, delta, bytes };
}

/** An entry, as it is shown. */
export function entryView({ value, untilMs }: ListEntry): { value: string; until: string | null } {
  return { value, until: untilMs === undefined ? null : formatTime(untilMs) };
}

/** All entries of a list as a file that can be read again. */
export function* listLines({ kind, list }: Pick<Loaded, "kind" | "list">): Generator<string> {
  for (const entry of list.entries()) yield `${formatListLine(kind, entry)}\n`;
}

function summaryOf({ name, kind, version, list, file }: Loaded): ListSummary {
  return { name, kind, version, size: list.size, fromFile: file !== undefined, memoryBytes: list.bytes };
}

function changeView(record: ListRecord, plaintext: string | undefined): ListChangeView {
  const { index, time, by, version, previous, added, removed, listKind } = record;
  const part = readListPart(plaintext, listKind);
  return {
    index,
    at: time,
    by,
    version,
    previous,
    added,
    removed,
    why: part?.why ?? null,
    add: part?.delta.add.slice(0, changeEntriesShown).map(entryView) ?? [],
    remove: part?.delta.remove.slice(0, changeEntriesShown) ?? [],
  };
}

function checkWhy(why: string): void {
  const length = Array.from(why).length;
  if (why.trim() !== "" && length <= whyLengthMax) return;
  throw new ProtocolError("schema_mismatch", `say why in 1 to ${whyLengthMax} characters`, {
    pointer: "/why",
  });
}
