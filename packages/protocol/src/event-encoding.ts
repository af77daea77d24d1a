// SPDX-License-Identifier: Apache-2.0
// Limits of events, and their one encoder: what whoever seals or reads them needs, without the schemas, whose
// library takes longer to load than all the rest.
import type { Event } from "./event.ts";
import { formatTime, parseTime } from "./time.ts";

/** Longest event, as bytes of JSON. */
export const eventBytesMax = 262_144;
/** Longest text of a content, in Unicode code points. */
export const textLengthMax = 100_000;
/** Longest header block of a mail, in Unicode code points. */
export const headersLengthMax = 65_536;
/** Most lines about the parts of a mail, and the longest, in Unicode code points. */
export const mailPartsMax = 64;
export const mailPartLengthMax = 256;
/** Longest id, name or address, in Unicode code points. */
export const nameLengthMax = 256;
/** Most attributes of an actor, and most fields of an event. */
export const attributesMax = 64;
/** Most elements of a field that is a list, and longest text of a field, in Unicode code points. */
export const fieldItemsMax = 64;
export const fieldLengthMax = 4096;

/**
 * The one encoding of an event: JSON on one line, keys in the order of the schema, attributes by name, times
 * in UTC. Two reports of the same attempt are the same attempt if these bytes are.
 */
export function encodeEvent(event: Event): string {
  return JSON.stringify(normaliseEvent(event));
}

/** The event with its keys in the order of the schema, defaults filled in and times in UTC. */
export function normaliseEvent(event: Event): Event {
  const { actor, content, fields } = event;
  return {
    id: event.id,
    type: event.type,
    op: event.op ?? "create",
    ...(event.time === undefined ? {} : { time: utc(event.time) }),
    ...(event.inReplyTo === undefined ? {} : { inReplyTo: event.inReplyTo }),
    actor: {
      id: actor.id,
      ...(actor.name === undefined ? {} : { name: actor.name }),
      ...(actor.ip === undefined ? {} : { ip: actor.ip }),
      ...(actor.email === undefined ? {} : { email: actor.email }),
      ...(actor.createdAt === undefined ? {} : { createdAt: utc(actor.createdAt) }),
      ...(actor.attributes === undefined ? {} : { attributes: sortedByName(actor.attributes) }),
    },
    ...(content === undefined ? {} : { content: normaliseContent(content) }),
    ...(fields === undefined ? {} : { fields: sortedByName(fields) }),
  };
}

/** What a content may have, in the order of the schema. */
export const contentNames: readonly (keyof NonNullable<Event["content"]>)[] = [
  "id",
  "revision",
  "text",
  "title",
  "url",
  "language",
  "group",
  "parent",
  "plain",
  "html",
  "headers",
  "parts",
];

function normaliseContent(content: NonNullable<Event["content"]>): NonNullable<Event["content"]> {
  const ordered: Record<string, unknown> = {};
  for (const name of contentNames) {
    if (content[name] !== undefined) ordered[name] = content[name];
  }
  return ordered;
}

function sortedByName<T>(values: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function utc(text: string): string {
  return formatTime(parseTime(text) as number);
}
