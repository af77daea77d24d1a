// SPDX-License-Identifier: Apache-2.0
// What a test gives of the facts that come from outside the event: counters, limits, lists, scores,
// look-ups and reports.
import { isScalar } from "yaml";
import { isEntryProblem, readListValue } from "../lists/entries.ts";
import { scoreMax } from "../model/model-file.ts";
import { suggest } from "../names.ts";
import { windowMsMax } from "./counters.ts";
import {
  readEntries,
  readInteger,
  readList,
  readMapping,
  readOptional,
  readText,
  report,
} from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";
import { lookupCodesMax } from "./lookups.ts";
import type { ReportsRead } from "../types.ts";
import type { PolicyNames } from "./scope.ts";
import { readTime } from "./times.ts";

/** Most entries that a test gives a list, and longest wait that it gives a limit, in milliseconds. */
export const givenEntriesMax = 1_000;
export const givenWaitMsMax: number = 365 * 86_400_000;

/** Values of counters by name: whole numbers, and of `first` a time. */
export function readGivenCounters(source: Source, value: Located, names: PolicyNames): Map<string, number> {
  const counters = new Map<string, number>();
  for (const [name, each] of entriesOf(source, value, "counter", [...names.counterKinds.keys()])) {
    const kind = names.counters.get(name)?.kind;
    const what = `the counter ${name}`;
    const least = kind === "sum" ? Number.MIN_SAFE_INTEGER : 0;
    const read =
      kind === "first"
        ? readTime(source, each, what, 1_000, windowMsMax)
        : readInteger(source, each, what, least, Number.MAX_SAFE_INTEGER);
    if (read !== undefined) counters.set(name, read);
  }
  return counters;
}

/** Waits by the name of the limit: a time, or 0 where there is room. */
export function readGivenLimits(source: Source, value: Located, names: PolicyNames): Map<string, number> {
  const limits = new Map<string, number>();
  for (const [name, each] of entriesOf(source, value, "limit", names.limitNames)) {
    const room = isScalar(each.node) && each.node.value === 0;
    const wait = room ? 0 : readTime(source, each, `the limit ${name}`, 1_000, givenWaitMsMax);
    if (wait !== undefined) limits.set(name, wait);
  }
  return limits;
}

/** Entries by the name of the list. */
export function readGivenLists(
  source: Source,
  value: Located,
  names: PolicyNames,
): Map<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  for (const [name, each] of entriesOf(source, value, "list", names.listNames)) {
    const entries: string[] = [];
    for (const item of readList(source, each, `the list ${name}`, givenEntriesMax) ?? []) {
      const entry = readText(source, item, "an entry");
      const kind = names.lists.get(name)?.kind;
      if (entry === undefined || kind === undefined) continue;
      const problem = readListValue(kind, entry);
      if (isEntryProblem(problem)) report(source, "bad-value", item.offset, problem.message);
      else entries.push(entry);
    }
    lists.set(name, entries);
  }
  return lists;
}

/** Scores by the name of the model. */
export function readGivenModels(source: Source, value: Located, names: PolicyNames): Map<string, number> {
  const models = new Map<string, number>();
  for (const [name, each] of entriesOf(source, value, "model", names.modelNames)) {
    const score = readInteger(source, each, `the score of ${name}`, 0, scoreMax);
    if (score !== undefined) models.set(name, score);
  }
  return models;
}

/**
 * Answers by the name of the look-up: the codes that it was answered with, none if nothing is listed, or
 * `missing` for one that failed.
 */
export function readGivenLookups(
  source: Source,
  value: Located,
  names: PolicyNames,
): Map<string, readonly string[] | undefined> {
  const lookups = new Map<string, readonly string[] | undefined>();
  for (const [name, each] of entriesOf(source, value, "lookup", names.lookupNames)) {
    if (isScalar(each.node) && each.node.value === "missing") {
      lookups.set(name, undefined);
      continue;
    }
    const items = readList(source, each, `the lookup ${name}`, lookupCodesMax) ?? [];
    const codes = items.map((item) => readText(source, item, "a code")).filter((code) => code !== undefined);
    lookups.set(name, codes.sort());
  }
  return lookups;
}

/** Most that reports weigh in a test, in thousandths. */
const givenReportsMax = 1_000_000_000;

/** What users' reports come to. */
export function readGivenReports(source: Source, value: Located): ReportsRead | undefined {
  const mapping = readMapping(source, value, "reports", { known: ["actor", "reporters", "content"] });
  if (mapping === undefined) return undefined;
  const read = (name: string): number =>
    readOptional(mapping, name, (each) => readInteger(source, each, name, 0, givenReportsMax)) ?? 0;
  return { actor: read("actor"), reporters: read("reporters"), content: read("content") };
}

function entriesOf(
  source: Source,
  value: Located,
  what: string,
  names: readonly string[],
): (readonly [name: string, value: Located])[] {
  const entries = readEntries(source, value, `${what}s`)?.entries ?? new Map<string, Entry>();
  return [...entries.values()].flatMap(({ key, keyOffset, value: each }) => {
    if (names.includes(key)) return [[key, each] as const];
    report(source, "unknown-name", keyOffset, `this policy has no ${what} "${key}"`, suggest(key, names));
    return [];
  });
}
