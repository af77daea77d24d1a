// SPDX-License-Identifier: Apache-2.0
// A version of a list. It never changes: a change gives another version, which shares the large tables with
// it and keeps what differs beside them. What is found is the same however a version came to be.
import { PolicyError } from "../errors.ts";
import { normaliseText } from "../text/normalise.ts";
import { listHitsMax } from "../types.ts";
import type { ListKind, ListView } from "../types.ts";
import { buildByteTable, hashKey } from "./byte-table.ts";
import type { ByteTable } from "./byte-table.ts";
import { isEntryProblem, readListValue } from "./entries.ts";
import type { ListEntry, ReadEntryOptions } from "./entries.ts";
import {
  actorKeying,
  domainKeying,
  emailHostKeying,
  hashKeying,
  networkKeying,
  noPrefixes,
  prefixesOf,
} from "./keyed.ts";
import type { Keying, Prefixes, Probe } from "./keyed.ts";
import { compareText, sortTexts } from "./order.ts";
import { patternStepsMax, patternsWithoutLiteralMax } from "./patterns.ts";
import { searchPatterns, searchSkeletons, searchTerms } from "./searched.ts";
import type { Searcher } from "./searched.ts";

/** What changes: entries are put in, in the place of those with the same value, and taken out. */
export type ListChange = { readonly add: readonly ListEntry[]; readonly remove: readonly string[] };

/** One version of a list. */
export type List = {
  readonly kind: ListKind;
  /** Entries, in force or not. */
  readonly size: number;
  /** Bytes of its tables, without the texts of terms and patterns. */
  readonly bytes: number;
  readonly view: ListView;
  /** The entry with this value in canonical form. */
  readonly get: (value: string) => ListEntry | undefined;
  /** All entries, or those after a value, in the order of {@link compareText}. */
  readonly entries: (after?: string) => Generator<ListEntry>;
  /**
   * The version after a change of canonical entries. Values to remove that aren't there are passed over.
   * Takes time in proportion to the change and what differs from the tables, not to the list.
   *
   * @throws {PolicyError} `invalid-list` if it would have too many patterns without a literal
   */
  readonly change: (change: ListChange) => List;
};

/** How a list is made. */
export type ListOptions = ReadEntryOptions & {
  /** The entries come in ascending order, each value once: they are taken in without being held twice. */
  readonly sorted?: boolean;
};

/**
 * Makes a list of entries in canonical form. Of a value that stands there several times, the latest end
 * counts.
 *
 * @throws {PolicyError} `invalid-list` if it has too many patterns without a literal
 * @throws {RangeError} if `sorted` is said and not true
 */
export function createList(kind: ListKind, entries: Iterable<ListEntry>, options: ListOptions = {}): List {
  const ordered = options.sorted === true ? inOrder(entries) : sortEntries(entries);
  const hashActor = options.hashActor ?? ((accountId: string) => accountId);
  const base = isSearched(kind) ? searchedBase(kind, ordered) : keyedBase(kind, ordered, hashActor);
  return listOf({ kind, base, overlay: new Map(), options });
}

/**
 * The view of a list of entries as people write them: for tests of policies, and small lists.
 *
 * @throws {PolicyError} `invalid-list` if an entry can't be read: which, and what was expected
 */
export function createListView(
  kind: ListKind,
  entries: Iterable<ListEntry>,
  options: ReadEntryOptions = {},
): ListView {
  const read: ListEntry[] = [];
  for (const { value, untilMs } of entries) {
    const entry = readListValue(kind, value, options);
    if (isEntryProblem(entry)) throw new PolicyError("invalid-list", entry.message);
    read.push(untilMs === undefined ? entry : { ...entry, untilMs });
  }
  return createList(kind, read, options).view;
}

/** Whether entries of this kind are searched for in texts, and not looked up. */
export function isSearched(kind: ListKind): kind is "term" | "pattern" {
  return kind === "term" || kind === "pattern";
}

// A version: tables, and what differs from them -------------------------------------------------------------

/** By value: when the entry ends, `Infinity` if it doesn't, or {@link removed}. */
type Overlay = ReadonlyMap<string, number>;

/** An end before all times, so that what was taken out is in force at none. */
const removed = Number.NEGATIVE_INFINITY;
/** So much may differ from the tables, and a part of their size, before they are made anew. */
const overlayMin = 1_024;
const overlayPart = 1 / 32;

/** The large tables of a list. */
type Base = {
  readonly size: number;
  readonly bytes: number;
  /** When the entry with this value ends; `undefined` if there is none. */
  readonly until: (value: string) => number | undefined;
  /** In order; with `after`, some that don't come after it may be among the first. */
  readonly entries: (after?: string) => Iterable<readonly [value: string, untilMs: number]>;
  /** Entries that are looked at for every text. */
  readonly always: readonly string[];
  /** The view of the tables with what differs from them. */
  readonly view: (overlay: Overlay) => ListView;
};

type State = {
  readonly kind: ListKind;
  readonly base: Base;
  readonly overlay: Overlay;
  readonly options: ListOptions;
};

function listOf(state: State): List {
  const { kind, base, overlay } = state;
  let size = base.size;
  let always = base.always.length;
  for (const [value, untilMs] of overlay) {
    const before = base.until(value) !== undefined;
    if (before !== (untilMs !== removed)) size += before ? -1 : 1;
  }
  if (kind === "pattern") always = countAlways(base, overlay);
  if (always > patternsWithoutLiteralMax) {
    const message = `${always} patterns have no literal of three characters: each would be run on every text`;
    throw new PolicyError("invalid-list", `${message}; the limit is ${patternsWithoutLiteralMax}`);
  }
  return {
    kind,
    size,
    bytes: base.bytes,
    view: base.view(overlay),
    get: (value) => {
      const untilMs = overlay.get(value) ?? base.until(value);
      return untilMs === undefined || untilMs === removed ? undefined : entryOf(value, untilMs);
    },
    entries: (after) => entriesAfter(state, after),
    change: (change) => changed(state, change),
  };
}

function changed(state: State, { add, remove }: ListChange): List {
  const { kind, base, options } = state;
  const overlay = new Map(state.overlay);
  for (const value of remove) {
    if (base.until(value) === undefined) overlay.delete(value);
    else overlay.set(value, removed);
  }
  for (const { value, untilMs = Number.POSITIVE_INFINITY } of add) overlay.set(value, untilMs);
  const next = { ...state, overlay };
  if (overlay.size <= overlayMin + base.size * overlayPart) return listOf(next);
  return createList(kind, entriesOf(next), { ...options, sorted: true });
}

function* entriesAfter(state: State, after: string | undefined): Generator<ListEntry> {
  for (const entry of entriesOf(state, after)) {
    if (after === undefined || compareText(entry.value, after) > 0) yield entry;
  }
}

function* entriesOf({ base, overlay }: State, after?: string): Generator<ListEntry> {
  const added = [...overlay].sort(([one], [other]) => compareText(one, other));
  let at = 0;
  for (const [value, untilMs] of base.entries(after)) {
    for (; at < added.length && compareText(added[at]?.[0] ?? "", value) < 0; at++) {
      const [own, until] = added[at] ?? ["", removed];
      if (until !== removed) yield entryOf(own, until);
    }
    if (!overlay.has(value)) yield entryOf(value, untilMs);
  }
  // What stands in both came after its like in the tables, or is yielded before what follows there.
  for (const [own, until] of added.slice(at)) if (until !== removed) yield entryOf(own, until);
}

function entryOf(value: string, untilMs: number): ListEntry {
  return untilMs === Number.POSITIVE_INFINITY ? { value } : { value, untilMs };
}

function* inOrder(entries: Iterable<ListEntry>): Generator<readonly [string, number]> {
  let before: string | undefined;
  for (const { value, untilMs = Number.POSITIVE_INFINITY } of entries) {
    if (before !== undefined && compareText(before, value) >= 0) {
      throw new RangeError(`entries that are not in order: ${before}, then ${value}`);
    }
    before = value;
    yield [value, untilMs];
  }
}

function sortEntries(entries: Iterable<ListEntry>): readonly (readonly [string, number])[] {
  const latest = new Map<string, number>();
  for (const { value, untilMs = Number.POSITIVE_INFINITY } of entries) {
    latest.set(value, Math.max(untilMs, latest.get(value) ?? untilMs));
  }
  const values = sortTexts([...latest.keys()]);
  return values.map((value) => [value, latest.get(value) ?? Number.POSITIVE_INFINITY]);
}

// Kinds that are looked up ----------------------------------------------------------------------------------

function keyedBase(
  kind: Exclude<ListKind, "term" | "pattern">,
  ordered: Iterable<readonly [string, number]>,
  hashActor: (accountId: string) => string,
): Base {
  const keying = keyingOf(kind, hashActor);
  let prefixes: Prefixes = noPrefixes;
  const lengths = new Set<string>();
  const table = buildByteTable(
    (function* keys(): Generator<readonly [string, number]> {
      for (const [value, untilMs] of ordered) {
        const key = keying.keyOf(value);
        lengths.add(key.slice(0, 1));
        yield [key, untilMs];
      }
    })(),
  );
  if (kind === "network") prefixes = prefixesOf(lengths);
  return {
    size: table.size,
    bytes: table.bytes,
    always: [],
    until: (value) => {
      const key = keying.keyOf(value);
      return table.find(key, 0, hashKey(key));
    },
    entries: (after) => keyedEntries(table, keying, after),
    view: (overlay) => keyedView(kind, keying, table, prefixes, overlay),
  };
}

function* keyedEntries(
  table: ByteTable,
  keying: Keying,
  after: string | undefined,
): Generator<readonly [string, number]> {
  const passed =
    after === undefined ? undefined : (key: string) => compareText(keying.textOf(key), after) <= 0;
  for (const [key, untilMs] of table.entries(passed)) yield [keying.textOf(key), untilMs];
}

function keyingOf(kind: Exclude<ListKind, "term" | "pattern">, hashActor: (id: string) => string): Keying {
  if (kind === "domain") return domainKeying;
  if (kind === "emailHost") return emailHostKeying;
  if (kind === "network") return networkKeying;
  return kind === "hash" ? hashKeying : actorKeying(hashActor);
}

function keyedView(
  kind: ListKind,
  keying: Keying,
  table: ByteTable,
  tablePrefixes: Prefixes,
  overlay: Overlay,
): ListView {
  const changes = new Map([...overlay].map(([value, untilMs]) => [keying.keyOf(value), untilMs]));
  const prefixes = kind === "network" ? prefixesOf(changes.keys(), tablePrefixes) : noPrefixes;
  const find = (value: string, atMs: number): string | undefined => {
    const probe: Probe = (text, start, hash) => {
      const change = changes.size === 0 ? undefined : changes.get(start === 0 ? text : text.slice(start));
      const untilMs = change ?? table.find(text, start, hash);
      return untilMs !== undefined && atMs < untilMs;
    };
    return keying.find(value, probe, prefixes);
  };
  return {
    kind,
    find,
    hits: (text, atMs) => {
      const entry = find(text, atMs);
      return entry === undefined ? [] : [entry];
    },
  };
}

// Kinds that are searched for -------------------------------------------------------------------------------

function searchedBase(kind: "term" | "pattern", ordered: Iterable<readonly [string, number]>): Base {
  const values: string[] = [];
  const untils: number[] = [];
  for (const [value, untilMs] of ordered) {
    values.push(value);
    untils.push(untilMs);
  }
  const search = kind === "term" ? searchTerms : searchPatterns;
  const searcher = search(values);
  const part: Part = { values, untils, searcher, skeletons: skeletonsOf(kind, values, searcher) };
  return {
    size: values.length,
    bytes: searcher.bytes,
    always: searcher.always.map((number) => values[number] ?? ""),
    until: (value) => untils[indexOf(values, value)],
    entries: () => values.map((value, index) => [value, untils[index] ?? removed] as const),
    view: (overlay) => {
      const changed = [...overlay].filter(([, untilMs]) => untilMs !== removed);
      const addedValues = changed.map(([value]) => value);
      const parts: Part[] = [{ ...part, hidden: overlay }];
      if (changed.length > 0) {
        const untilsAdded = changed.map(([, untilMs]) => untilMs);
        const added = search(addedValues);
        const skeletons = skeletonsOf(kind, addedValues, added);
        parts.push({ values: addedValues, untils: untilsAdded, searcher: added, skeletons });
      }
      return searchedView(kind, parts);
    },
  };
}

/** Patterns are looked for in skeletons as they are. */
function skeletonsOf(
  kind: "term" | "pattern",
  values: readonly string[],
  searcher: Searcher,
): () => Searcher {
  let made: Searcher | undefined = kind === "pattern" ? searcher : undefined;
  return () => (made ??= searchSkeletons(values));
}

/** Where a value stands in values that are in order; -1 if it doesn't. */
function indexOf(values: readonly string[], value: string): number {
  let from = 0;
  let to = values.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    const order = compareText(values[middle] ?? "", value);
    if (order === 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return -1;
}

type Part = {
  readonly values: readonly string[];
  readonly untils: readonly number[];
  readonly searcher: Searcher;
  /** Finds them in skeletons; made when one is first looked through. */
  readonly skeletons: () => Searcher;
  /** Values whose place the overlay takes. */
  readonly hidden?: Overlay;
};

function countAlways(base: Base, overlay: Overlay): number {
  const kept = base.always.filter((value) => !overlay.has(value)).length;
  const added = [...overlay].filter(([, untilMs]) => untilMs !== removed).map(([value]) => value);
  return kept + (added.length === 0 ? 0 : searchPatterns(added).always.length);
}

function searchedView(kind: ListKind, parts: readonly Part[]): ListView {
  const hits = (text: string, atMs: number, spelling?: "skeleton"): readonly string[] => {
    const normalised = spelling === undefined ? normalisedOf(text) : text;
    const found: { readonly value: string; readonly number: number; readonly searcher: Searcher }[] = [];
    for (const part of parts) {
      const { values, untils, hidden } = part;
      const searcher = spelling === undefined ? part.searcher : part.skeletons();
      for (const number of searcher.candidates(normalised)) {
        const value = values[number] ?? "";
        if (atMs < (untils[number] ?? removed) && hidden?.has(value) !== true) {
          found.push({ value, number, searcher });
        }
      }
    }
    if (found.length === 0) return [];
    found.sort((one, other) => compareText(one.value, other.value));
    const entries: string[] = [];
    let steps = patternStepsMax;
    for (const { value, number, searcher } of found) {
      if (entries.length >= listHitsMax) break;
      const pattern = searcher.pending(number)?.compiled();
      if (pattern === undefined) {
        entries.push(value);
        continue;
      }
      steps -= pattern.size * (normalised.length + 1);
      // Once the steps are used up nothing more is run, however small: which are, follows from the order.
      if (steps >= 0 && pattern.test(normalised)) entries.push(value);
    }
    return entries;
  };
  return { kind, find: (value, atMs) => hits(value, atMs)[0], hits };
}

let lastText = "";
let lastNormalised = "";

/** Several lists are asked about the same text, one after the other. */
function normalisedOf(text: string): string {
  if (text !== lastText && text !== lastNormalised) {
    lastNormalised = normaliseText(text);
    lastText = text;
  }
  return lastNormalised;
}
