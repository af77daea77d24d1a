// SPDX-License-Identifier: Apache-2.0
// The lists of a site, in memory: the versions in force, to be looked at and changed from, and others as
// releases name them. It keeps files and seals nothing: what counts is what a release in force names.
import { createHash } from "node:crypto";
import { createList, isEntryProblem, PolicyError, readListValue, signalsVersion } from "@docket/policy";
import type { List, ListDeclaration, ListEntry, ListKind, ListView } from "@docket/policy";
import { ProtocolError } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { ListVersion, ReleaseLists } from "../releases/release.ts";
import { fileDifference, readDeclaredFile } from "./files.ts";
import type { ListFileReader } from "./files.ts";
import { decodeDelta, encodeBase, encodeDelta, encodeSnapshot, versionOf } from "./format.ts";
import type { Delta } from "./format.ts";
import { emptyList, loadVersion, readBase } from "./history.ts";
import type { HistoryPorts, Loaded } from "./history.ts";
import { rebase, undoOf } from "./rebase.ts";
import type { Entries } from "./rebase.ts";
import type { ListStore } from "./store.ts";

/** Most entries of a list. */
export const listEntriesMax = 5_000_000;
/** Most entries of a change, and most bytes of it. What a file changes may be more. */
export const changeEntriesMax = 100_000;
export const changeBytesMax = 4_194_304;
/** After so many changes all entries are written down, for quick loading. */
export const snapshotEvery = 256;
/** Snapshots of a list that are kept. */
const snapshotsKept = 2;
/** Versions that stay in memory besides those in force, and bytes of their tables, shared ones each time. */
const versionsHeld = 64;
const heldBytesMax = 268_435_456;

/** What the lists of a site are made of. */
export type SiteListsPorts = {
  readonly store: ListStore;
  /** Files beside the policies. */
  readonly files: ListFileReader;
  /** The keyed hash of an account id, which a list of actors holds in its place: at most 255 ASCII units. */
  readonly hashActor: (accountId: string) => string;
};

/** A change as somebody wishes it: values as people write them, ends in ms since 1970. */
export type WishedChange = {
  readonly add: readonly { readonly value: string; readonly untilMs?: number | undefined }[];
  readonly remove: readonly string[];
};

/** A change that can be made: what it would come to. */
export type ProposedChange = {
  readonly name: string;
  readonly kind: ListKind;
  readonly version: string;
  readonly previous: string;
  readonly added: number;
  readonly removed: number;
  /** The change, in the form that is kept, and its version is the hash of. */
  readonly bytes: Uint8Array;
  /** What takes it back, in the same form: how its entries are before it. */
  readonly undo: () => Delta;
  /** Makes the version known: releases can name it from then on. Its file must be kept by then. */
  readonly apply: () => ListVersion;
};

/** The lists of a site. Fulfils `ReleaseListStore` of releases/contract.ts. */
export class SiteLists {
  readonly #ports: SiteListsPorts;
  readonly #heads = new Map<string, Loaded>();
  /** By name and version; the one that was used last comes last. */
  readonly #held = new Map<string, Loaded>();

  /**
   * @param inForce the versions that the release in force names
   * @throws {DocketError} `directory_damaged` if one can't be made
   */
  constructor(ports: SiteListsPorts, inForce: readonly ListVersion[] = []) {
    this.#ports = ports;
    this.adopted(inForce);
  }

  /** The views in force, by name. */
  get views(): ReadonlyMap<string, ListView> {
    return new Map([...this.#heads].map(([name, { list }]) => [name, list.view]));
  }

  /** The lists in force, by name. */
  get heads(): ReadonlyMap<string, Loaded> {
    return this.#heads;
  }

  /**
   * The declared lists as they are now; one that is new begins with its file, or empty. A file that changed
   * since changes its list.
   *
   * @throws {DocketError} `policy_invalid` if a file is missing or has mistakes
   */
  current(declared: ReadonlyMap<string, ListDeclaration>): ReleaseLists {
    return listsOf([...declared.values()].map((declaration) => this.#current(declaration)));
  }

  /**
   * Lists in these versions.
   *
   * @throws {DocketError} `directory_damaged` if one isn't kept, or isn't what its hash says
   */
  at(versions: readonly ListVersion[]): ReleaseLists {
    return listsOf(versions.map((wanted) => this.#at(wanted)));
  }

  /** A release came into force: its versions are looked at, and changed, from now on. */
  adopted(versions: readonly ListVersion[]): void {
    const loaded = versions.map((wanted) => this.#at(wanted));
    this.#heads.clear();
    for (const head of loaded) this.#heads.set(head.name, head);
  }

  /**
   * A version as it can be proved: from its base and changes, without leaning on snapshots or on memory.
   *
   * @throws {DocketError} `directory_damaged`
   */
  listAt(name: string, kind: ListKind, version: string): List {
    const { store, hashActor } = this.#ports;
    return loadVersion(name, kind, version, { store, hashActor, snapshots: false }).list;
  }

  /**
   * A list in force.
   *
   * @throws {DocketError} `not_found`, naming those that there are
   */
  head(name: string): Loaded {
    const head = this.#heads.get(name);
    if (head !== undefined) return head;
    const names = [...this.#heads.keys()].sort().join(", ");
    const known = names === "" ? "no policy in force declares one" : `there are: ${names}`;
    throw new DocketError("not_found", `there is no list ${JSON.stringify(name)}; ${known}`);
  }

  /** The versions of all lists in force, with one of them in another version. */
  withVersion({ name, kind, version }: ListVersion): ReleaseLists {
    const others = [...this.#heads.values()].filter((head) => head.name !== name);
    return listsOf([...others, this.#at({ name, kind, version })]);
  }

  /**
   * What a change would come to; `undefined` if it would change nothing. Values to remove that aren't there,
   * and entries that are there already, are passed over.
   *
   * @param nowMs what has ended by then can't be put in
   * @throws {ProtocolError} `schema_mismatch` pointing at the entry that can't be read, or if it is too large
   * @throws {DocketError} `not_found`; `policy_invalid` if the list would be too large
   */
  propose(name: string, wished: WishedChange, nowMs: number): ProposedChange | undefined {
    const head = this.head(name);
    if (wished.add.length + wished.remove.length > changeEntriesMax) {
      throw tooLarge(changeEntriesMax, "entries");
    }
    return this.#proposed(head, this.#canonical(head, wished, nowMs));
  }

  /** Takes out every trace of an account, in this list; `undefined` if there is none. */
  proposeErasure(name: string, accountId: string): ProposedChange | undefined {
    const head = this.head(name);
    if (head.kind !== "actor") return undefined;
    const value = this.#ports.hashActor(accountId);
    return head.list.get(value) === undefined
      ? undefined
      : this.#proposed(head, { add: [], remove: [value] });
  }

  /**
   * What is left of a change on the list as it is now, and how many of its entries were changed otherwise
   * since: those are left alone. `undefined` where nothing is left.
   *
   * @param undo how its entries were before it
   * @throws {DocketError} `not_found`; `policy_invalid` if the list would be too large
   */
  proposeAgain(
    name: string,
    wish: Entries,
    undo: Entries,
  ): { change: ProposedChange | undefined; conflicts: number } {
    const head = this.head(name);
    const { add, remove, conflicts } = rebase(head.list, wish, undo);
    return { change: this.#proposed(head, { add, remove }), conflicts: conflicts.length };
  }

  /**
   * Takes a change back, where its entries are still as it made them; also where nothing is left of it, so
   * that there is a record of its end.
   *
   * @throws {DocketError} `not_found`
   */
  proposeReverting(name: string, change: Entries, undo: Entries): ProposedChange {
    const head = this.head(name);
    const { add, remove } = rebase(head.list, undo, change);
    return this.#made(head, { add, remove });
  }

  /** Whether the change that makes a version is there. */
  holds(name: string, version: string): boolean {
    return (
      this.#held.has(`${name}\n${version}`) || this.#ports.store.read(name, "change", version) !== undefined
    );
  }

  /**
   * Takes in a change from its record, where its file was lost.
   *
   * @throws {DocketError} `directory_damaged` if it isn't the one that the version names
   */
  restore(name: string, kind: ListKind, version: string, bytes: Uint8Array): void {
    if (versionOf(bytes) !== version || decodeDelta(bytes, kind) === undefined) {
      throw new DocketError(
        "directory_damaged",
        `the change of the list ${name} in its record isn't ${version}`,
      );
    }
    this.#ports.store.keepNow(name, "change", version, bytes);
  }

  /**
   * Writes down all entries of a list that was changed often since that was done. Its failure costs only time
   * at the next start.
   */
  async snapshot(name: string): Promise<void> {
    const head = this.#heads.get(name);
    if (head === undefined || head.depth < snapshotEvery) return;
    const { kind, version, file, list } = head;
    const { store } = this.#ports;
    const entries = list.entries();
    const bytes = encodeSnapshot({ kind, version, ...(file === undefined ? {} : { file }), entries });
    // A crash before the next line returns leaves the older snapshots, which do as well.
    const older = store.versions(name, "snapshot").filter((each) => each !== version);
    await store.keep(name, "snapshot", version, bytes);
    this.#hold({ ...head, depth: 0 });
    if (this.#heads.get(name) === head) this.#heads.set(name, { ...head, depth: 0 });
    for (const old of older.slice(0, Math.max(0, older.length - snapshotsKept + 1))) {
      store.remove(name, "snapshot", old);
    }
  }

  #history(): HistoryPorts {
    const { store, hashActor } = this.#ports;
    return { store, hashActor, known: (name, version) => this.#held.get(`${name}\n${version}`) };
  }

  #at({ name, kind, version }: ListVersion): Loaded {
    const head = this.#heads.get(name);
    if (head?.version === version && head.kind === kind) return head;
    return this.#hold(loadVersion(name, kind, version, this.#history()));
  }

  #hold(loaded: Loaded): Loaded {
    const key = `${loaded.name}\n${loaded.version}`;
    this.#held.delete(key);
    this.#held.set(key, loaded);
    let bytes = 0;
    for (const { list } of this.#held.values()) bytes += list.bytes;
    for (const [oldest, { list }] of this.#held) {
      if (oldest === key || (this.#held.size <= versionsHeld && bytes <= heldBytesMax)) break;
      this.#held.delete(oldest);
      bytes -= list.bytes;
    }
    return loaded;
  }

  #current(declaration: ListDeclaration): Loaded {
    const { name, kind, file } = declaration;
    const head = this.#heads.get(name);
    const now = head?.kind === kind ? head : emptyList(name, kind, this.#ports.hashActor);
    return file === undefined ? now : this.#withFile(now, declaration);
  }

  // A crash after any of the files here was kept leaves a file that no release names.
  #withFile(now: Loaded, declaration: ListDeclaration): Loaded {
    const { name, kind } = declaration;
    const { store, hashActor } = this.#ports;
    const bytes = this.#ports.files(declaration.file ?? "");
    const source = bytes === undefined ? undefined : sourceOf(kind, bytes);
    if (source !== undefined && this.#isFrom(now, source)) return now;
    const entries = readDeclaredFile(declaration, () => bytes);
    const made = guarded(() => createList(kind, entries, { hashActor }));
    checkSize(name, made.size);
    const base = encodeBase(kind, made.entries());
    const file = versionOf(base);
    if (source !== undefined) store.keepNow(name, "source", source, Buffer.from(`${file}\n`));
    if (file === now.file) return now;
    store.keepNow(name, "base", file, base);
    if (now.file === undefined && now.list.size === 0) {
      return this.#hold({ name, kind, version: file, list: made, file, depth: 0 });
    }
    const before =
      now.file === undefined ? createList(kind, []) : readBase(name, kind, now.file, this.#history()).list;
    const difference = fileDifference(before, made);
    const list = guarded(() => now.list.change(difference));
    checkSize(name, list.size);
    const delta = this.#fileDelta(now, file, difference, list);
    const change = encodeDelta(delta);
    const version = versionOf(change);
    store.keepNow(name, "change", version, change);
    return this.#hold({
      name,
      kind,
      version,
      list,
      file,
      depth: delta.base === undefined ? now.depth + 1 : 0,
    });
  }

  /** Whether a list has what a file says, by what was found when that file was last read. */
  #isFrom({ name, file }: Loaded, source: string): boolean {
    if (file === undefined) return false;
    const known = this.#ports.store.read(name, "source", source);
    return known !== undefined && Buffer.from(known).toString() === `${file}\n`;
  }

  #fileDelta(
    now: Loaded,
    file: string,
    difference: { add: ListEntry[]; remove: string[] },
    list: List,
  ): Delta {
    const { name, kind, version: previous } = now;
    const add = difference.add.filter(({ value, untilMs }) => {
      const old = now.list.get(value);
      return old === undefined || old.untilMs !== untilMs;
    });
    const remove = difference.remove.filter((value) => now.list.get(value) !== undefined);
    if (add.length + remove.length <= changeEntriesMax) return { kind, previous, file, add, remove };
    const bytes = encodeBase(kind, list.entries());
    const base = versionOf(bytes);
    this.#ports.store.keepNow(name, "base", base, bytes);
    return { kind, previous, file, base, add: [], remove: [] };
  }

  #canonical(
    { kind, list }: Loaded,
    wished: WishedChange,
    nowMs: number,
  ): { add: ListEntry[]; remove: string[] } {
    const read = (value: string, pointer: string): string => {
      const entry = readListValue(kind, value, { hashActor: this.#ports.hashActor });
      if (isEntryProblem(entry)) throw new ProtocolError("schema_mismatch", entry.message, { pointer });
      return entry.value;
    };
    const add = new Map<string, ListEntry>();
    for (const [at, { value, untilMs }] of wished.add.entries()) {
      const own = read(value, `/add/${at}/value`);
      if (untilMs !== undefined && untilMs <= nowMs) {
        throw new ProtocolError("schema_mismatch", "expected a time that is still to come", {
          pointer: `/add/${at}/until`,
        });
      }
      add.set(own, untilMs === undefined ? { value: own } : { value: own, untilMs });
    }
    const remove = new Set<string>();
    for (const [at, value] of wished.remove.entries()) {
      const own = read(value, `/remove/${at}`);
      if (add.has(own)) {
        throw new ProtocolError("schema_mismatch", "this entry is to be put in and taken out in one change", {
          pointer: `/remove/${at}`,
        });
      }
      remove.add(own);
    }
    const isNew = ({ value, untilMs }: ListEntry): boolean => {
      const old = list.get(value);
      return old === undefined || old.untilMs !== untilMs;
    };
    return {
      add: [...add.values()].filter(isNew),
      remove: [...remove].filter((value) => list.get(value) !== undefined),
    };
  }

  #proposed(head: Loaded, change: { add: ListEntry[]; remove: string[] }): ProposedChange | undefined {
    return change.add.length + change.remove.length === 0 ? undefined : this.#made(head, change);
  }

  #made(head: Loaded, change: { add: ListEntry[]; remove: string[] }): ProposedChange {
    const { add, remove } = change;
    const { name, kind, version: previous, file } = head;
    const bytes = encodeDelta({ kind, previous, add, remove });
    if (bytes.length > changeBytesMax) {
      throw tooLarge(changeBytesMax, "bytes");
    }
    const version = versionOf(bytes);
    const list = guarded(() => head.list.change(change));
    checkSize(name, list.size);
    return {
      name,
      kind,
      version,
      previous,
      added: add.length,
      removed: remove.length,
      bytes,
      undo: () => ({ kind, previous: version, ...undoOf(head.list, change) }),
      apply: () => {
        this.#hold({ name, kind, version, list, file, depth: head.depth + 1 });
        return { name, kind, version };
      },
    };
  }
}

/** A file as it is known again, by this version of what reads it. */
function sourceOf(kind: ListKind, bytes: Uint8Array): string {
  return createHash("sha256").update(`${kind}\n${signalsVersion}\n`).update(bytes).digest("base64url");
}

function listsOf(loaded: readonly Loaded[]): ReleaseLists {
  const sorted = loaded.toSorted((one, other) => (one.name < other.name ? -1 : 1));
  return {
    versions: sorted.map(({ name, kind, version }) => ({ name, kind, version })),
    views: new Map(sorted.map(({ name, list }) => [name, list.view])),
  };
}

function checkSize(name: string, size: number): void {
  if (size <= listEntriesMax) return;
  const message = `the list ${name} would have ${size} entries; the limit is ${listEntriesMax}`;
  throw new DocketError("policy_invalid", message);
}

function tooLarge(limit: number, unit: string): ProtocolError {
  const message = `a change has at most ${limit} ${unit}: send several, or edit the list's file`;
  return new ProtocolError("schema_mismatch", message, { limit });
}

/** What the entries together may not be, as an error with a code that leaves the process. */
function guarded<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new DocketError("policy_invalid", error.message, { cause: error });
  }
}
