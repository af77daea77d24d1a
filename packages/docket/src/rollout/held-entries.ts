// SPDX-License-Identifier: Apache-2.0
// Lists without the entries that a brake holds. Held entries are known by their keyed hash alone, so what a
// list finds is hashed and looked up; lists without a held entry are left as they are.
import type { ListView } from "@docket/policy";

/** The keyed hash of a list's entry, as facts have it. */
export type EntryHash = (list: string, entry: string) => string;

/**
 * Lists without the entries that are held.
 *
 * Where the entry found for a value is held, nothing is found: a wider entry behind it (a parent domain, a
 * larger network) isn't looked for.
 *
 * @param held keys of what is held, `list:hash` for an entry
 */
export function withoutHeld(
  lists: ReadonlyMap<string, ListView>,
  held: ReadonlySet<string>,
  entryHash: EntryHash,
): ReadonlyMap<string, ListView> {
  const names = new Set([...held].flatMap((key) => /^([^:/]+):/.exec(key)?.[1] ?? []));
  if (![...names].some((name) => lists.has(name))) return lists;
  const views = [...lists].map(([name, view]): [string, ListView] => {
    if (!names.has(name)) return [name, view];
    const isHeld = (entry: string): boolean => held.has(`${name}:${entryHash(name, entry)}`);
    const find: ListView["find"] = (value, atMs) => {
      const entry = view.find(value, atMs);
      return entry === undefined || isHeld(entry) ? undefined : entry;
    };
    const hits: ListView["hits"] = (text, atMs) => view.hits(text, atMs).filter((entry) => !isHeld(entry));
    return [name, { kind: view.kind, find, hits }];
  });
  return new Map(views);
}
