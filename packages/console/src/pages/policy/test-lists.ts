// SPDX-License-Identifier: Apache-2.0
// The lists that tests of policy files run with in the browser: as they are in force, as far as they can be
// read. Which ones can't, and why, is said.
import type { ListEntry, ListKind } from "@docket/policy";
import { ApiError } from "../../api/request.ts";

/** A list that files declare. */
export type DeclaredList = {
  readonly name: string;
  readonly kind: ListKind;
  readonly file: string | null;
  /** Whether a test may read it that doesn't give its entries. */
  readonly tested: boolean;
};

/** A list in force, as `GET /v1/lists` has it. */
export type ListInForce = {
  readonly name: string;
  readonly kind: string;
  readonly version: string;
  readonly size: number;
};

/** What tests run with. */
export type GivenList = {
  readonly name: string;
  readonly kind: ListKind;
  readonly entries: readonly ListEntry[];
};

/** A list that tests run without, or that is empty, and why. */
export type LeftList = { readonly name: string; readonly why: string };

/** A list to be read. */
export type WantedList = { readonly name: string; readonly kind: ListKind; readonly version: string };

/** What to do about lists that tests may read. */
export type ListPlan = {
  readonly read: readonly WantedList[];
  /** Without an entry: nothing is to be read. */
  readonly empty: readonly GivenList[];
  readonly left: readonly LeftList[];
};

/** Most entries of a list that are read for tests. */
export const testedEntriesMax = 20_000;
/** Entries that are asked for at once: the most that the server gives. */
const entriesAtOnce = 10_000;

const tooLong = `it has more than ${testedEntriesMax.toLocaleString("en")} entries`;

/**
 * Says which lists are to be read for tests.
 *
 * @param inForce why they aren't known, if they aren't
 */
export function planLists(
  declared: readonly DeclaredList[],
  inForce: readonly ListInForce[] | string,
): ListPlan {
  const read: WantedList[] = [];
  const empty: GivenList[] = [];
  const left: LeftList[] = [];
  for (const { name, kind, file, tested } of declared) {
    if (!tested) continue;
    if (typeof inForce === "string") {
      left.push({ name, why: inForce });
      continue;
    }
    const found = inForce.find((list) => list.name === name && list.kind === kind);
    if (found === undefined) {
      const why = "it is not in force yet";
      left.push({
        name,
        why: file === null ? `${why}, so it is empty` : `${why}; the server reads its file`,
      });
    }
    if (found?.size === 0 || (found === undefined && file === null)) empty.push({ name, kind, entries: [] });
    else if (found === undefined) continue;
    else if (kind === "actor") left.push({ name, why: "only the server can tell whose accounts it holds" });
    else if (found.size > testedEntriesMax) left.push({ name, why: tooLong });
    else read.push({ name, kind, version: found.version });
  }
  return { read, empty, left };
}

type Entries = {
  readonly entries: readonly { readonly value: string; readonly until: string | null }[];
  readonly next: string | null;
};

/**
 * Reads the entries of a list, page by page.
 *
 * @param get asks the server for what a path names
 * @returns why it is left out, where it grew too long meanwhile or the server refuses it
 */
export async function readList(
  { name, kind }: WantedList,
  get: (path: string) => Promise<unknown>,
): Promise<GivenList | LeftList> {
  const entries: ListEntry[] = [];
  const path = `/v1/lists/${encodeURIComponent(name)}/entries?limit=${entriesAtOnce}`;
  try {
    for (let after: string | null = ""; after !== null;) {
      const asked = after === "" ? path : `${path}&after=${encodeURIComponent(after)}`;
      const { entries: some, next } = (await get(asked)) as Entries;
      for (const { value, until } of some) {
        entries.push(until === null ? { value } : { value, untilMs: Date.parse(until) });
      }
      if (entries.length > testedEntriesMax) return { name, why: tooLong };
      after = next;
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { name, why: `it could not be read: ${error.message}` };
  }
  return { name, kind, entries };
}
