// SPDX-License-Identifier: Apache-2.0
// Types of events: `events: { NAME: { like: TYPE, fields: { NAME: TYPE | { type, personal } } } }`, and the
// types that a policy is `on`. A type that one policy declares is known to all.
import { isScalar } from "yaml";
import { actorPaths, builtinEventTypes } from "../event-types.ts";
import { nearestName, suggest } from "../names.ts";
import type { EventField, EventFieldType, EventType } from "../types.ts";
import {
  placeOf,
  readBoolean,
  readChoice,
  readEntries,
  readList,
  readMapping,
  readOptional,
  readText,
  report,
} from "./document.ts";
import type { Entry, Located, Mapping, Source } from "./document.ts";

/** Most types of events that a policy is on, and that it declares. */
export const eventTypesMax = 20;
/** Most fields that a declared type has of its own. */
export const eventFieldsMax = 64;

const fieldTypes: readonly EventFieldType[] = ["int", "bool", "string", "timestamp", "list<string>"];
const typePattern = /^[a-z][a-z0-9-]{0,31}$/;
const typeHint = "begin with a letter, and use a-z, 0-9 and -, at most 32 of them";

/** Reads the types that a file declares, and adds them to those that are known. */
export function readEvents(source: Source, value: Located, known: Map<string, EventType>): void {
  const entries = readEntries(source, value, "events")?.entries;
  if ((entries?.size ?? 0) > eventTypesMax) {
    report(source, "too-large", value.offset, `a policy declares at most ${eventTypesMax} event types`);
  }
  for (const entry of entries?.values() ?? []) {
    const before = known.get(entry.key);
    if (before?.place !== undefined) {
      const message = `the event type "${entry.key}" is declared at ${before.place} already`;
      report(source, "duplicate-id", entry.keyOffset, message, "declare it once: all policies know it");
      continue;
    }
    known.set(entry.key, readEvent(source, entry));
  }
}

/** The types of events that a policy is about, sorted. Those with mistakes are reported and left out. */
export function readOn(source: Source, value: Located, known: ReadonlyMap<string, EventType>): string[] {
  const types: string[] = [];
  const items = readList(source, value, "on", eventTypesMax);
  if (items?.length === 0) report(source, "bad-value", value.offset, "on names at least one event type");
  for (const item of items ?? []) {
    const type = readText(source, item, "an event type");
    if (type === undefined) continue;
    if (!typePattern.test(type)) {
      report(source, "bad-value", item.offset, `"${type}" can't be an event type`, typeHint);
    } else if (types.includes(type)) {
      report(source, "conflict", item.offset, `"${type}" stands in on twice`);
    } else {
      types.push(type);
      if (known.has(type)) continue;
      const hint = suggest(type, known.keys()) ?? `declare it: events: { ${type}: { like: comment } }`;
      report(source, "unknown-name", item.offset, `no event type is called "${type}"`, hint);
    }
  }
  return types.sort();
}

function readEvent(source: Source, entry: Entry): EventType {
  const { key: name, keyOffset } = entry;
  if (!typePattern.test(name)) {
    report(source, "bad-id", keyOffset, `"${name}" can't be an event type`, typeHint);
  }
  const mapping = readMapping(source, entry.value, `event type ${name}`, { known: ["like", "fields"] });
  const own = builtinEventTypes.get(name);
  const like = mapping && readLike(source, mapping, own !== undefined);
  const base = own ?? builtinEventTypes.get(like ?? "");
  const fields = new Map<string, EventField>(base?.fields);
  const declared = mapping?.entries.get("fields");
  if (own !== undefined && mapping !== undefined && declared === undefined) {
    const hint = "give the fields that it has besides, or leave it out";
    report(
      source,
      "missing-key",
      mapping.offset,
      `the event type "${name}" is built in; here it gets no field`,
      hint,
    );
  }
  if (declared !== undefined) readFields(source, declared.value, name, fields);
  return {
    name,
    paths: base?.paths ?? new Set(actorPaths),
    fields,
    ...(like !== undefined && { like }),
    place: placeOf(source, keyOffset),
  };
}

function readLike(source: Source, mapping: Mapping, builtin: boolean): string | undefined {
  const entry = mapping.entries.get("like");
  if (entry === undefined) return undefined;
  if (builtin) {
    return report(
      source,
      "conflict",
      entry.keyOffset,
      "a built-in event type is like no other",
      "leave it out",
    );
  }
  return readChoice(source, entry.value, "like", [...builtinEventTypes.keys()]);
}

function readFields(source: Source, value: Located, type: string, fields: Map<string, EventField>): void {
  const entries = readEntries(source, value, "fields")?.entries;
  if ((entries?.size ?? 0) > eventFieldsMax) {
    const message = `an event type declares at most ${eventFieldsMax} fields`;
    report(source, "too-large", value.offset, message);
  }
  for (const { key, keyOffset, value: each } of entries?.values() ?? []) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(key)) {
      report(source, "bad-id", keyOffset, `"${key}" can't name a field`, "use letters, digits and _");
    }
    const before = fields.get(key);
    if (before !== undefined) {
      const message = `events of type ${type} have the field "${key}" already: it is ${before.type}`;
      report(source, "conflict", keyOffset, message, "leave it out, or give yours another name");
      continue;
    }
    const field = readField(source, each);
    if (field !== undefined) fields.set(key, field);
  }
}

/** A field is personal unless it is declared otherwise, or its type can't hold much. */
function readField(source: Source, value: Located): EventField | undefined {
  if (isScalar(value.node)) {
    const type = readChoice(source, value, "the type of a field", fieldTypes);
    return type && { type, personal: isText(type) };
  }
  const mapping = readMapping(source, value, "a field", { known: ["type", "personal"], required: ["type"] });
  if (mapping === undefined) return undefined;
  const type = readOptional(mapping, "type", (each) =>
    readChoice(source, each, "the type of a field", fieldTypes),
  );
  const personal = readOptional(mapping, "personal", (each) => readBoolean(source, each, "personal"));
  return type && { type, personal: personal ?? isText(type) };
}

function isText(type: EventFieldType): boolean {
  return type === "string" || type === "list<string>";
}

/** The type among some whose events have a field of nearly that name, for a suggestion. */
export function nearestField(name: string, types: Iterable<EventType>): string | undefined {
  return nearestName(
    name,
    [...types].flatMap(({ fields }) => [...fields.keys()]),
  );
}
