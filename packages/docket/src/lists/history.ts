// SPDX-License-Identifier: Apache-2.0
// Makes a version of a list again: back from its hash to a base, or a snapshot, then forward through the
// changes. Every base and change is checked against the hash that names it.
import { createList } from "@docket/policy";
import type { List, ListEntry, ListKind } from "@docket/policy";
import { DocketError } from "../error.ts";
import { decodeBase, decodeDelta, decodeSnapshot, emptyVersion, versionOf } from "./format.ts";
import type { Delta } from "./format.ts";
import type { ListStore } from "./store.ts";

/** Most changes from a version back to a base or snapshot. */
export const chainMax = 10_000_000;

/** A version of a list. */
export type Loaded = {
  readonly name: string;
  readonly kind: ListKind;
  readonly version: string;
  readonly list: List;
  /** The base made of a file of the policy directory that this version goes back to, if any. */
  readonly file: string | undefined;
  /** Changes since a base or snapshot that loading begins at. */
  readonly depth: number;
};

/** What versions are made from. */
export type HistoryPorts = {
  readonly store: ListStore;
  readonly hashActor: (accountId: string) => string;
  /** A version that is in memory. */
  readonly known?: ((name: string, version: string) => Loaded | undefined) | undefined;
  /** Whether snapshots may be leaned on: they are quick, and prove nothing. Default true. */
  readonly snapshots?: boolean;
};

/** The list of this kind that has no entries. */
export function emptyList(name: string, kind: ListKind, hashActor: (id: string) => string): Loaded {
  const list = createList(kind, [], { hashActor });
  return { name, kind, version: emptyVersion(kind), list, file: undefined, depth: 0 };
}

/**
 * Makes a version of a list.
 *
 * @throws {DocketError} `directory_damaged` if a file is missing, or a byte of one was changed
 */
export function loadVersion(name: string, kind: ListKind, version: string, ports: HistoryPorts): Loaded {
  const changes: Delta[] = [];
  let at = version;
  let start = startAt(name, kind, at, ports);
  while (start === undefined) {
    const delta = readDelta(name, kind, at, ports);
    changes.push(delta);
    if (changes.length > chainMax)
      throw damage(ports, name, at, "is more changes away from a base than are read");
    if (delta.base !== undefined) {
      start = { ...readBase(name, kind, delta.base, ports), file: delta.file };
      break;
    }
    at = delta.previous;
    start = startAt(name, kind, at, ports);
  }
  changes.reverse();
  return applied(start, changes, version);
}

/** A version after changes, oldest first; those that name a base are where `start` came from. */
function applied(start: Loaded, changes: readonly Delta[], version: string): Loaded {
  // Only the last change of a value counts, so that a long history is one change of the tables.
  const latest = new Map<string, ListEntry | undefined>();
  let { file } = start;
  for (const delta of changes) {
    for (const value of delta.remove) latest.set(value, undefined);
    for (const entry of delta.add) latest.set(entry.value, entry);
    file = delta.file ?? file;
  }
  const add = [...latest.values()].filter((entry) => entry !== undefined);
  const remove = [...latest].filter(([, entry]) => entry === undefined).map(([value]) => value);
  const list = latest.size === 0 ? start.list : start.list.change({ add, remove });
  return { ...start, version, list, file, depth: start.depth + changes.length };
}

function startAt(name: string, kind: ListKind, version: string, ports: HistoryPorts): Loaded | undefined {
  const { store, hashActor, known, snapshots = true } = ports;
  const held = known?.(name, version);
  if (held !== undefined && held.kind === kind) return held;
  if (version === emptyVersion(kind)) return emptyList(name, kind, hashActor);
  if (snapshots) {
    const bytes = store.read(name, "snapshot", version);
    const snapshot = bytes === undefined ? undefined : decodeSnapshot(bytes, kind, version);
    if (snapshot !== undefined) {
      const list = createList(kind, snapshot.entries, { hashActor, sorted: true });
      return { name, kind, version, list, file: snapshot.file, depth: 0 };
    }
  }
  if (store.read(name, "base", version) === undefined) return undefined;
  return { ...readBase(name, kind, version, ports), file: version };
}

/**
 * The list whose entries a base has.
 *
 * @throws {DocketError} `directory_damaged`
 */
export function readBase(name: string, kind: ListKind, version: string, ports: HistoryPorts): Loaded {
  const { store, hashActor } = ports;
  const bytes = version === emptyVersion(kind) ? undefined : store.read(name, "base", version);
  if (bytes === undefined) {
    if (version === emptyVersion(kind)) return emptyList(name, kind, hashActor);
    throw damage(ports, name, version, "is missing", "base");
  }
  const entries = versionOf(bytes) === version ? decodeBase(bytes, kind) : undefined;
  if (entries === undefined)
    throw damage(ports, name, version, `was changed: its hash isn't its name`, "base");
  const list = createList(kind, entries, { hashActor, sorted: true });
  return { name, kind, version, list, file: undefined, depth: 0 };
}

function readDelta(name: string, kind: ListKind, version: string, ports: HistoryPorts): Delta {
  const bytes = ports.store.read(name, "change", version);
  if (bytes === undefined) throw damage(ports, name, version, "is missing");
  const delta = versionOf(bytes) === version ? decodeDelta(bytes, kind) : undefined;
  if (delta === undefined) throw damage(ports, name, version, "was changed: its hash isn't its name");
  return delta;
}

function damage(
  { store }: HistoryPorts,
  name: string,
  version: string,
  what: string,
  kind: "base" | "change" = "change",
): DocketError {
  const path = store.path(name, kind, version);
  const message = `the list ${name} can't be made in version ${version}: ${path} ${what}`;
  return new DocketError("directory_damaged", message);
}
