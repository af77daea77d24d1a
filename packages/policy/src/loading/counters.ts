// SPDX-License-Identifier: Apache-2.0
// Counters: `NAME: { count: events | distinct FIELD, sum: FIELD, first: events, by, over, where }`, of which
// `count`, `sum` and `first` exclude each other.
import { showType } from "../condition/types.ts";
import type { Counter, FieldPath } from "../types.ts";
import { checkCounted, ofCampaigns, oneList, readBy, readWhere } from "./counted.ts";
import type { Counting, LoadedWhere } from "./counted.ts";
import { readChoice, readEntries, readMapping, readOptional, readText, report } from "./document.ts";
import type { Entry, Located, Mapping, Source } from "./document.ts";
import { readTime } from "./times.ts";

/** Most counters of a policy. */
export const countersMax = 100;
/** Shortest and longest window, in milliseconds. */
export const windowMsMin = 1_000;
export const windowMsMax: number = 90 * 86_400_000;
/** A window has sixty buckets, aligned to the epoch. */
export const windowBuckets = 60;

/** A counter with the name that a policy gives it, and where the name stands. */
export type NamedCounter = {
  readonly name: string;
  readonly offset: number;
  readonly counter: Counter;
  readonly where: LoadedWhere | undefined;
};

/** The counters of a policy. Those with mistakes are reported, and are then known by name and kind only. */
export function readCounters(
  source: Source,
  value: Located,
  counting: Counting,
): { readonly counters: readonly NamedCounter[]; readonly kinds: ReadonlyMap<string, Counter["kind"]> } {
  const entries = readEntries(source, value, "counters")?.entries ?? new Map<string, Entry>();
  if (entries.size > countersMax) {
    report(source, "too-large", value.offset, `a policy has at most ${countersMax} counters`);
  }
  const counters: NamedCounter[] = [];
  const kinds = new Map<string, Counter["kind"]>();
  for (const entry of entries.values()) {
    const { key: name, keyOffset: offset } = entry;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      report(source, "bad-id", offset, `"${name}" can't name a counter`, "use letters, digits and _");
    }
    kinds.set(name, "count");
    const mapping = readMapping(source, entry.value, `counter ${name}`, {
      known: ["count", "sum", "first", "by", "over", "where"],
      required: ["by", "over"],
    });
    if (mapping === undefined) continue;
    const kind = kindOf(source, mapping, name);
    kinds.set(name, kind ?? "count");
    const counter = kind && readCounter(source, mapping, kind, counting);
    if (counter !== undefined) counters.push({ name, offset, ...counter });
  }
  return { counters, kinds };
}

const kindKeys = ["count", "sum", "first"] as const;

function kindOf(source: Source, mapping: Mapping, name: string): "count" | "sum" | "first" | undefined {
  const [kind, other] = kindKeys.filter((key) => mapping.entries.has(key));
  if (kind === undefined) {
    const message = `counter ${name} needs one of the keys "count", "sum" and "first"`;
    return report(source, "missing-key", mapping.offset, message);
  }
  if (other === undefined) return kind;
  const offset = mapping.entries.get(other)?.keyOffset ?? mapping.offset;
  const message = `counter ${name} has ${kind} already, and a counter is of one kind`;
  report(source, "conflict", offset, message, "declare two counters");
  return kind;
}

function readCounter(
  source: Source,
  mapping: Mapping,
  key: "count" | "sum" | "first",
  counting: Counting,
): Pick<NamedCounter, "counter" | "where"> | undefined {
  const counted = readOptional(mapping, key, (each) => readCounted(source, each, key, counting));
  const by = readOptional(mapping, "by", (each) => readBy(source, each, counting));
  const overMs = readOptional(mapping, "over", (each) => readWindow(source, each));
  const where = readOptional(mapping, "where", (each) => readWhere(source, each, counting, "counter"));
  if (counted === undefined || by === undefined || overMs === undefined) return undefined;
  if (mapping.entries.has("where") && where === undefined) return undefined;
  const { kind, of } = counted;
  if (!oneList(source, mapping, of === undefined ? by : [...by, of], counting)) return undefined;
  const { on } = counting;
  const id =
    `${wordsOf(kind, of)} by ${by.join(", ")} over ${overMs} on ${on.join(", ")}` +
    (where === undefined ? "" : ` where ${where.canonical}`) +
    ofCampaigns([...by, of], counting);
  const counter: Counter = {
    id,
    kind,
    ...(of !== undefined && { of }),
    ...(where && { where: where.when }),
    by,
    on,
    overMs,
    bucketMs: overMs / windowBuckets,
  };
  return { counter, where };
}

type Counted = { readonly kind: Counter["kind"]; readonly of?: FieldPath };

function wordsOf(kind: Counter["kind"], of: FieldPath | undefined): string {
  if (kind === "distinct") return `count distinct ${of}`;
  return kind === "sum" ? `sum ${of}` : `${kind} events`;
}

function readCounted(
  source: Source,
  value: Located,
  key: "count" | "sum" | "first",
  counting: Counting,
): Counted | undefined {
  if (key === "first") return readChoice(source, value, "first", ["events"]) && { kind: "first" };
  const text = readText(source, value, key);
  if (text === undefined) return undefined;
  if (key === "sum") return readSum(source, value, text, counting);
  if (text === "events") return { kind: "count" };
  const path = /^distinct +(\S+)$/.exec(text)?.[1];
  if (path !== undefined) {
    const offset = value.offset + text.length - path.length;
    return checkCounted(source, offset, path, counting) && { kind: "distinct", of: path };
  }
  const hint = "write events, or distinct and a field, such as distinct actor.id";
  return report(source, "bad-value", value.offset, `count can't be "${text}"`, hint);
}

function readSum(source: Source, value: Located, path: string, counting: Counting): Counted | undefined {
  const field = checkCounted(source, value.offset, path, counting);
  if (field === undefined) return undefined;
  if (field.type.kind === "int") return { kind: "sum", of: path };
  const message = `only whole numbers can be added, and "${path}" is ${showType(field.type)}`;
  return report(source, "wrong-type", value.offset, message, "count its different values: count: distinct …");
}

function readWindow(source: Source, value: Located): number | undefined {
  const overMs = readTime(source, value, "over", windowMsMin, windowMsMax);
  if (overMs === undefined || overMs % windowBuckets === 0) return overMs;
  const message = `a sixtieth of ${overMs / 1_000}s is no whole number of milliseconds`;
  return report(source, "bad-window", value.offset, message, "use a multiple of 3s");
}
