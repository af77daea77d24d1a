// SPDX-License-Identifier: Apache-2.0
// A change that was made for one version of a list, put on another one: what of it is left to do there, and
// where somebody decided otherwise about the same entry since.
import type { List, ListEntry } from "@docket/policy";
import type { Delta } from "./format.ts";

/** What a change is made of. */
export type Entries = { readonly add: readonly ListEntry[]; readonly remove: readonly string[] };

/** What is left of a change on another version. */
export type Rebased = {
  readonly add: ListEntry[];
  readonly remove: string[];
  /** Entries that are neither as they were before the change nor as it wishes them. */
  readonly conflicts: string[];
};

/**
 * Puts a change on a list as it is now.
 *
 * @param wish the change
 * @param undo what takes it back on the version that it was made for: how its entries were before
 */
export function rebase(list: Pick<List, "get">, wish: Entries, undo: Entries): Rebased {
  const before = new Map(undo.add.map((entry) => [entry.value, entry]));
  const rebased: Rebased = { add: [], remove: [], conflicts: [] };
  const take = (value: string, wished: ListEntry | undefined): void => {
    const now = list.get(value);
    if (isSame(now, wished)) return;
    if (!isSame(now, before.get(value))) rebased.conflicts.push(value);
    else if (wished === undefined) rebased.remove.push(value);
    else rebased.add.push(wished);
  };
  for (const entry of wish.add) take(entry.value, entry);
  for (const value of wish.remove) take(value, undefined);
  return rebased;
}

/** What takes a change back, on the list as it is before the change. */
export function undoOf(list: Pick<List, "get">, { add, remove }: Entries): Pick<Delta, "add" | "remove"> {
  const before: ListEntry[] = [];
  const absent: string[] = [];
  for (const value of [...add.map((entry) => entry.value), ...remove]) {
    const entry = list.get(value);
    if (entry === undefined) absent.push(value);
    else before.push(entry);
  }
  return { add: before, remove: absent };
}

/**
 * How the entries of a change were before it, and before earlier changes that it was made on and that were
 * reverted since: else two changes for a time, one on the other, would make the first one last.
 *
 * @param earlier newest first
 */
export function beforeReverted(
  undo: Entries,
  earlier: readonly { readonly change: Entries; readonly undo: Entries }[],
): { add: ListEntry[]; remove: string[] } {
  const before = statesOf(undo);
  for (const { change, undo: older } of earlier) {
    const made = statesOf(change);
    const was = statesOf(older);
    for (const [value, entry] of before) {
      if (made.has(value) && isSame(made.get(value), entry)) before.set(value, was.get(value));
    }
  }
  const add = [...before.values()].filter((entry) => entry !== undefined);
  return { add, remove: [...before.keys()].filter((value) => before.get(value) === undefined) };
}

function statesOf({ add, remove }: Entries): Map<string, ListEntry | undefined> {
  const states = new Map<string, ListEntry | undefined>(remove.map((value) => [value, undefined]));
  for (const entry of add) states.set(entry.value, entry);
  return states;
}

function isSame(one: ListEntry | undefined, other: ListEntry | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.untilMs === other.untilMs;
}
