// SPDX-License-Identifier: Apache-2.0
// Counters: `NAME: { count: events | distinct FIELD, by: FIELD | [FIELD, …], over: TIME }`.
import type { FieldDeclaration } from "../environment.ts";
import { suggest } from "../names.ts";
import type { Counter, FieldPath } from "../types.ts";
import { readOptional, readTime } from "./actions.ts";
import { readEntries, readList, readMapping, readText, report } from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";
import { isSeq } from "yaml";

/** Most counters of a policy. */
export const countersMax = 100;
/** Most fields of a counter's `by`. */
export const counterFieldsMax = 4;
/** Where a field of a counter is a list: how many of its first elements the event counts under. */
export const counterListElementsMax = 8;
/** Shortest and longest window, in milliseconds. */
export const windowMsMin = 1_000;
export const windowMsMax: number = 90 * 86_400_000;
/** A window has sixty buckets, aligned to the epoch. */
export const windowBuckets = 60;

/** A counter with the name that a policy gives it, and where the name stands. */
export type NamedCounter = { readonly name: string; readonly offset: number; readonly counter: Counter };

/** The counters of a policy. Those with mistakes are reported, and are then known by name only. */
export function readCounters(
  source: Source,
  value: Located,
  on: readonly string[],
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
): { readonly counters: NamedCounter[]; readonly names: string[] } {
  const entries = readEntries(source, value, "counters")?.entries ?? new Map<string, Entry>();
  if (entries.size > countersMax) {
    report(source, "too-large", value.offset, `a policy has at most ${countersMax} counters`);
  }
  const counters: NamedCounter[] = [];
  for (const entry of entries.values()) {
    const { key: name, keyOffset: offset } = entry;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      report(source, "bad-id", offset, `"${name}" can't name a counter`, "use letters, digits and _");
    }
    const counter = readCounter(source, entry, on, fields);
    if (counter !== undefined) counters.push({ name, offset, counter });
  }
  return { counters, names: [...entries.keys()] };
}

function readCounter(
  source: Source,
  entry: Entry,
  on: readonly string[],
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
): Counter | undefined {
  const keys = {
    known: ["count", "by", "over"],
    required: ["count", "by", "over"],
    later: ["sum", "where", "first"],
  };
  const mapping = readMapping(source, entry.value, `counter ${entry.key}`, keys);
  if (mapping === undefined) return undefined;
  const of = readOptional(mapping, "count", (each) => readCount(source, each, fields));
  const by = readOptional(mapping, "by", (each) => readBy(source, each, fields));
  const overMs = readOptional(mapping, "over", (each) => readWindow(source, each));
  if (of === undefined || by === undefined || overMs === undefined) return undefined;
  const lists = [...by, ...(of === "events" ? [] : [of])].filter(
    (path) => fields.get(path)?.type.kind === "list",
  );
  if (lists.length > 1) {
    const offset = mapping.entries.get("by")?.value.offset ?? entry.keyOffset;
    return report(
      source,
      "conflict",
      offset,
      `only one field of a counter may be a list: ${lists.join(", ")}`,
    );
  }
  const counted = of === "events" ? "events" : `distinct ${of}`;
  return {
    id: `count ${counted} by ${by.join(", ")} over ${overMs} on ${on.join(", ")}`,
    ...(of === "events" ? { kind: "count" } : { kind: "distinct", of }),
    by,
    on,
    overMs,
    bucketMs: overMs / windowBuckets,
  };
}

function readCount(
  source: Source,
  value: Located,
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
): FieldPath | undefined {
  const text = readText(source, value, "count");
  if (text === undefined || text === "events") return text;
  const path = /^distinct +(\S+)$/.exec(text)?.[1];
  if (path !== undefined) {
    return checkCounted(source, value.offset + text.length - path.length, path, fields) ? path : undefined;
  }
  const hint = "write events, or distinct and a field, such as distinct actor.id";
  return report(source, "bad-value", value.offset, `count can't be "${text}"`, hint);
}

/** The fields of `by`, sorted: their order has no meaning, and equal declarations are to be one counter. */
function readBy(
  source: Source,
  value: Located,
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
): FieldPath[] | undefined {
  const items = isSeq(value.node) ? readList(source, value, "by", counterFieldsMax) : [value];
  if (items === undefined) return undefined;
  if (items.length === 0) return report(source, "bad-value", value.offset, "by names at least one field");
  const paths: FieldPath[] = [];
  for (const item of items) {
    const path = readText(source, item, "by");
    if (path === undefined || !checkCounted(source, item.offset, path, fields)) continue;
    if (paths.includes(path)) report(source, "conflict", item.offset, `"${path}" stands in by twice`);
    else paths.push(path);
  }
  return paths.length === items.length ? paths.sort() : undefined;
}

function checkCounted(
  source: Source,
  offset: number,
  path: FieldPath,
  fields: ReadonlyMap<FieldPath, FieldDeclaration>,
): boolean {
  const field = fields.get(path);
  const countable = [...fields.values()].filter(isCountable).map((each) => each.path);
  if (field === undefined) {
    report(
      source,
      "unknown-name",
      offset,
      `nothing is called "${path}"`,
      suggest(path, countable) ?? "count by a field or a signal",
    );
    return false;
  }
  if (isCountable(field)) return true;
  report(
    source,
    "bad-path",
    offset,
    `a counter can't count by "${path}"`,
    "count by a field of the event or a signal",
  );
  return false;
}

function isCountable(field: FieldDeclaration): boolean {
  return field.type.kind !== "duration" && !field.path.startsWith("standing.");
}

function readWindow(source: Source, value: Located): number | undefined {
  const overMs = readTime(source, value, "over", windowMsMin, windowMsMax);
  if (overMs === undefined || overMs % windowBuckets === 0) return overMs;
  const message = `a sixtieth of ${overMs / 1_000}s is no whole number of milliseconds`;
  return report(source, "bad-window", value.offset, message, "use a multiple of 3s");
}
