// SPDX-License-Identifier: Apache-2.0
// Lists: `NAME: { kind, file, brake }`. A name is one list in all policies.
import type { Brake, ListDeclaration, ListKind } from "../types.ts";
import { listBrake, readBrake } from "./brake.ts";
import { placeOf, readChoice, readEntries, readMapping, readOptional, readText, report } from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";

/** Most lists of a policy. */
export const listsMax = 50;
/** Longest path of a list's file, in UTF-16 code units. */
export const listFileLengthMax = 256;

const kinds: readonly ListKind[] = ["term", "pattern", "domain", "network", "emailHost", "hash", "actor"];

/** A list with where its name stands. */
export type NamedList = { readonly offset: number; readonly list: ListDeclaration };

/** The lists of a policy. Those with mistakes are reported, and are then known by name, and kind at best. */
export type LoadedLists = {
  readonly lists: readonly NamedList[];
  readonly names: readonly string[];
  readonly kinds: ReadonlyMap<string, ListKind>;
};

/** Reads the lists of a policy; those of all policies are in `known`. */
export function readLists(source: Source, value: Located, known: Map<string, ListDeclaration>): LoadedLists {
  const entries = readEntries(source, value, "lists")?.entries ?? new Map<string, Entry>();
  if (entries.size > listsMax)
    report(source, "too-large", value.offset, `a policy has at most ${listsMax} lists`);
  const lists: NamedList[] = [];
  const found = new Map<string, ListKind>();
  for (const entry of entries.values()) {
    const { key: name, keyOffset: offset } = entry;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      report(source, "bad-id", offset, `"${name}" can't name a list`, "use letters, digits and _");
    }
    const list = readList(source, entry);
    if (list === undefined) continue;
    found.set(name, list.kind);
    known.set(name, agreed(source, entry, list, known.get(name)));
    lists.push({ offset, list });
  }
  return { lists, names: [...entries.keys()], kinds: found };
}

function readList(source: Source, entry: Entry): ListDeclaration | undefined {
  const mapping = readMapping(source, entry.value, `list ${entry.key}`, {
    known: ["kind", "file", "brake"],
    required: ["kind"],
  });
  if (mapping === undefined) return undefined;
  const kind = readOptional(mapping, "kind", (each) => readChoice(source, each, "the kind of a list", kinds));
  const file = readOptional(mapping, "file", (each) => readBesideFile(source, each, "lists/domains.txt"));
  const brake = readOptional(mapping, "brake", (each) => readBrake(source, each, listBrake)) ?? listBrake;
  const fileOffset = mapping.entries.get("file")?.keyOffset;
  if (kind === "actor" && fileOffset !== undefined) {
    const message = "a list of actors has no file: account ids would stand in every release";
    report(source, "conflict", fileOffset, message, `import them: docket list import ${entry.key} FILE`);
  }
  if (kind === undefined) return undefined;
  const place = placeOf(source, entry.keyOffset);
  return { name: entry.key, kind, ...(file !== undefined && { file }), brake, place };
}

/**
 * A path beside the policies: a release holds nothing from elsewhere.
 *
 * @param example what one looks like, for messages
 */
export function readBesideFile(source: Source, value: Located, example: string): string | undefined {
  const file = readText(source, value, "file");
  if (file === undefined) return undefined;
  const parts = file.split("/");
  const outside = parts.some((part) => part === "" || part === "." || part === "..");
  if (!outside && file.length <= listFileLengthMax && /^[\w./ -]+$/.test(file)) return file;
  const hint = `write a path within the policy directory, such as ${example}`;
  return report(source, "bad-path", value.offset, `file can't be "${file}"`, hint);
}

/** What two policies say of one list must agree; a file need only be named once. */
function agreed(
  source: Source,
  entry: Entry,
  list: ListDeclaration,
  before: ListDeclaration | undefined,
): ListDeclaration {
  if (before === undefined) return list;
  const differs = (what: string, here: string, there: string): undefined =>
    report(
      source,
      "conflict",
      entry.keyOffset,
      `the list "${list.name}" has ${what} ${there} at ${before.place}, and ${here} here`,
      "a name is one list in all policies: declare it alike",
    );
  if (before.kind !== list.kind) differs("kind", list.kind, before.kind);
  if (before.file !== undefined && list.file !== undefined && before.file !== list.file) {
    differs("file", list.file, before.file);
  }
  const show = ({ share, least }: Brake): string => `${share / 100}% of at least ${least}`;
  if (show(before.brake) !== show(list.brake)) differs("brake", show(list.brake), show(before.brake));
  return before.file === undefined && list.file !== undefined ? { ...before, file: list.file } : before;
}
