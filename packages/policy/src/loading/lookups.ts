// SPDX-License-Identifier: Apache-2.0
// Look-ups in DNS lists: `NAME: { zone, of, timeout, codes }`. A name is one look-up in all policies.
import { suggest } from "../names.ts";
import type { FieldPath, LookupDeclaration } from "../types.ts";
import { placeOf, readEntries, readList, readMapping, readOptional, readText, report } from "./document.ts";
import type { Entry, Located, Source } from "./document.ts";
import type { EventNames } from "./scope.ts";

/** Most look-ups of a policy: each may ask several questions about an event. */
export const lookupsMax = 8;
/** Shortest, longest and default time that the answers may take, in milliseconds. */
export const lookupTimeoutMsMin = 20;
export const lookupTimeoutMsMax = 1_000;
export const lookupTimeoutMsDefault = 500;
/** Most codes that a look-up names. */
export const lookupCodesMax = 32;

/** What may be looked up. */
export const lookupSubjects: readonly FieldPath[] = [
  "actor.ip",
  "actor.email",
  "signals.domains",
  "signals.emailHosts",
];

/** A look-up with where its name stands. */
export type NamedLookup = { readonly offset: number; readonly lookup: LookupDeclaration };

/** The look-ups of a policy. Those with mistakes are reported, and are then known by name. */
export type LoadedLookups = { readonly lookups: readonly NamedLookup[]; readonly names: readonly string[] };

/** Reads the look-ups of a policy; those of all policies are in `known`. */
export function readLookups(
  source: Source,
  value: Located,
  known: Map<string, LookupDeclaration>,
  names: EventNames,
): LoadedLookups {
  const entries = readEntries(source, value, "lookups")?.entries ?? new Map<string, Entry>();
  if (entries.size > lookupsMax) {
    report(source, "too-large", value.offset, `a policy has at most ${lookupsMax} lookups`);
  }
  const lookups: NamedLookup[] = [];
  for (const entry of entries.values()) {
    const { key: name, keyOffset: offset } = entry;
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(name)) {
      report(source, "bad-id", offset, `"${name}" can't name a lookup`, "use letters, digits and _");
    }
    const lookup = readLookup(source, entry, names);
    if (lookup === undefined) continue;
    checkAgreed(source, entry, lookup, known.get(name));
    if (!known.has(name)) known.set(name, lookup);
    lookups.push({ offset, lookup });
  }
  return { lookups, names: [...entries.keys()] };
}

/** What may be read of a look-up. */
export const lookupParts = ["listed", "codes"] as const;

/** What to do about a path of a look-up that can't be read. */
export function lookupHint(path: string, names: readonly string[]): string | undefined {
  const [, name = "", part = ""] = path.split(".");
  if (names.includes(name)) {
    return suggest(part, lookupParts) ?? `read lookups.${name}.listed or lookups.${name}.codes`;
  }
  if (names.length > 0) return undefined;
  const example = "{ zone: dbl.example.net, of: signals.domains }";
  return `declare it: lookups: { ${name === "" ? "dbl" : name}: ${example} }`;
}

/** Whether two look-ups ask the same, so that the answer of one is the answer of the other. */
export function isSameLookup(one: LookupDeclaration, other: LookupDeclaration): boolean {
  return one.zone === other.zone && one.of === other.of && one.codes?.join() === other.codes?.join();
}

function readLookup(source: Source, entry: Entry, names: EventNames): LookupDeclaration | undefined {
  const mapping = readMapping(source, entry.value, `lookup ${entry.key}`, {
    known: ["zone", "of", "timeout", "codes"],
    required: ["zone", "of"],
  });
  if (mapping === undefined) return undefined;
  const zone = readOptional(mapping, "zone", (each) => readZone(source, each));
  const of = readOptional(mapping, "of", (each) => readSubject(source, each, names));
  const timeoutMs =
    readOptional(mapping, "timeout", (each) => readTimeout(source, each)) ?? lookupTimeoutMsDefault;
  const codes = readOptional(mapping, "codes", (each) => readCodes(source, each));
  if (zone === undefined || of === undefined) return undefined;
  const place = placeOf(source, entry.keyOffset);
  return { name: entry.key, zone, of, timeoutMs, ...(codes !== undefined && { codes }), place };
}

function readZone(source: Source, value: Located): string | undefined {
  const text = readText(source, value, "zone")?.toLowerCase().replace(/\.$/, "");
  if (text === undefined) return undefined;
  const isName = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(text);
  // What is asked about stands before it, and a name has 253 octets.
  if (isName && text.length <= zoneLengthMax) return text;
  const hint = `write the name of a zone, such as dbl.example.net, at most ${zoneLengthMax} characters`;
  return report(source, "bad-value", value.offset, `zone can't be "${text}"`, hint);
}

/** The longest name of a zone, in octets. */
const zoneLengthMax = 128;

function readSubject(source: Source, value: Located, { on, fields }: EventNames): FieldPath | undefined {
  const path = readText(source, value, "of");
  if (path === undefined) return undefined;
  if (!lookupSubjects.includes(path)) {
    const hint = suggest(path, lookupSubjects) ?? `look up one of ${lookupSubjects.join(", ")}`;
    return report(source, "bad-path", value.offset, `"${path}" can't be looked up`, hint);
  }
  if (on.length === 0 || fields.declared.has(path)) return path;
  const absent = `events of type ${on.join(", ")} have no ${path}`;
  return report(source, "absent-field", value.offset, absent, "leave the lookup out");
}

function readTimeout(source: Source, value: Located): number | undefined {
  const text = readText(source, value, "timeout");
  if (text === undefined) return undefined;
  const [, digits = "", unit] = /^([1-9][0-9]{0,5})(ms|s)$/.exec(text) ?? [];
  const ms = Number(digits) * (unit === "s" ? 1_000 : 1);
  if (unit !== undefined && ms >= lookupTimeoutMsMin && ms <= lookupTimeoutMsMax) return ms;
  const hint = `write a time from ${lookupTimeoutMsMin}ms to 1s, such as 500ms`;
  return report(source, "bad-duration", value.offset, `timeout can't be "${text}"`, hint);
}

function readCodes(source: Source, value: Located): readonly string[] | undefined {
  const codes: string[] = [];
  for (const item of readList(source, value, "codes", lookupCodesMax) ?? []) {
    const code = readText(source, item, "a code");
    if (code === undefined) continue;
    if (
      /^127(?:\.(?:0|[1-9][0-9]{0,2})){3}$/.test(code) &&
      !code.split(".").some((part) => Number(part) > 255)
    ) {
      codes.push(code);
      continue;
    }
    const hint = "write an address such as 127.0.0.2";
    report(source, "bad-value", item.offset, `"${code}" can't be an answer of a list`, hint);
  }
  return [...new Set(codes)].sort();
}

/** What two policies say of one look-up must agree. */
function checkAgreed(
  source: Source,
  { keyOffset }: Entry,
  lookup: LookupDeclaration,
  before: LookupDeclaration | undefined,
): void {
  if (before === undefined || (isSameLookup(lookup, before) && lookup.timeoutMs === before.timeoutMs)) return;
  const message = `the lookup "${lookup.name}" is declared otherwise at ${before.place}`;
  report(source, "conflict", keyOffset, message, "a name is one lookup in all policies: declare it alike");
}
