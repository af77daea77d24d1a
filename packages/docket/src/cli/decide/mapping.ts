// SPDX-License-Identifier: Apache-2.0
// Rows of other forms made into events: which field of a row becomes which field of an event.
import { hash } from "node:crypto";
import { formatTime, parseTime, ProtocolError, timeMsMax, timeMsMin } from "@docket/protocol";
import { checkDecisionRequest } from "@docket/protocol/events";
import type { Event, JsonValue } from "@docket/protocol";
import { DocketError } from "../../error.ts";

/** Where an event's field comes from: a field of the row, or the same value for all. */
export type FieldSource = { field: string } | { value: string };
/** A form of rows. `note` is what whoever decides them should know. */
export type Mapping = { name: string; sources: ReadonlyMap<string, FieldSource>; note?: string };
/** An event made of a row. */
export type MappedEvent = { event: Event; idDerived: boolean };

const textTargets: ReadonlySet<string> = new Set([
  "id",
  "type",
  "op",
  "actor.id",
  "actor.name",
  "actor.ip",
  "actor.email",
  "content.id",
  "content.text",
  "content.title",
  "content.url",
  "content.language",
  "content.group",
  "content.parent",
]);
const timeTargets: ReadonlySet<string> = new Set(["time", "actor.createdAt"]);
const integerTargets: ReadonlySet<string> = new Set(["inReplyTo", "content.revision"]);
const attributePattern = /^(actor\.attributes|fields)\.[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Texts that may be empty; elsewhere an empty text is no value. */
const emptyTargets: ReadonlySet<string> = new Set(["content.text", "content.title"]);
/**
 * A number from here on is a time in milliseconds, a smaller one in seconds: 1973 in one, the year 5138 in
 * the other.
 */
const millisecondsFrom = 1e11;
const derivedIdHashLength = 16;

/**
 * Reads what `--map` says: `id=nr,time=at,actor.id=user,type:=comment`.
 *
 * @throws {DocketError} `usage`
 */
export function parseMapping(spec: string): Mapping {
  const sources = new Map<string, FieldSource>();
  for (const piece of spec.split(",")) {
    const match = /^\s*([^:=\s]+)\s*(:?=)\s*(.+?)\s*$/.exec(piece);
    if (match === null) throw wrongMap(`${JSON.stringify(piece)} is neither TARGET=FIELD nor TARGET:=VALUE`);
    const [, target = "", sign, given = ""] = match;
    if (!isTarget(target)) {
      throw wrongMap(
        `${JSON.stringify(target)} is no field of an event; those are ` +
          [...textTargets, ...timeTargets, ...integerTargets, "actor.attributes.NAME", "fields.NAME"].join(
            ", ",
          ),
      );
    }
    if (sources.has(target)) throw wrongMap(`${target} is mapped twice`);
    sources.set(target, sign === "=" ? { field: given } : { value: given });
  }
  if (!sources.has("actor.id")) throw wrongMap("it says nothing of actor.id, whose events these are");
  if (!sources.has("type"))
    throw wrongMap("it says nothing of the events' type; add for example type:=comment");
  return { name: "as mapped", sources };
}

/**
 * Makes an event of a row. Fields that the mapping does not name are not looked at.
 *
 * @throws {ProtocolError} if the row lacks what an event needs
 */
export function mapRow(mapping: Mapping, line: { number: number; bytes: Uint8Array }): MappedEvent {
  const row = parseRow(line.bytes);
  const fields: Record<string, unknown> = {};
  for (const [target, source] of mapping.sources) {
    const value = "value" in source ? source.value : lookUp(row, source.field);
    const converted = convert(target, value, source);
    if (converted !== undefined) put(fields, target, converted);
  }
  const idDerived = fields["id"] === undefined;
  if (idDerived) {
    fields["id"] = `line-${line.number}-${hash("sha256", line.bytes, "hex").slice(0, derivedIdHashLength)}`;
  }
  if ((fields["actor"] as { id?: string } | undefined)?.id === undefined) {
    throw mismatch(
      "/actor/id",
      `the row has no ${describe(mapping.sources.get("actor.id"))} to take actor.id from`,
    );
  }
  return { event: checkDecisionRequest(fields as JsonValue).event, idDerived };
}

function parseRow(bytes: Uint8Array): object {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ProtocolError("json_encoding", "the line is not UTF-8");
  }
  let row: unknown;
  try {
    // Rows of others may hold what Docket's own reader refuses, fractions for one, in fields that nobody
    // reads.
    row = JSON.parse(text);
  } catch (error) {
    throw new ProtocolError("json_syntax", `the line is not JSON: ${(error as Error).message}`);
  }
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return row;
  throw mismatch("", "the line is not a JSON object");
}

function lookUp(row: object, field: string): unknown {
  if (Object.hasOwn(row, field)) return (row as Record<string, unknown>)[field];
  let value: unknown = row;
  for (const step of field.split(".")) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

function convert(target: string, value: unknown, source: FieldSource): unknown {
  if (value === undefined || value === null) return undefined;
  const pointer = `/${target.replaceAll(".", "/")}`;
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new ProtocolError("json_surrogate", `${describe(source)} has a surrogate without its other half`, {
      pointer,
    });
  }
  if (timeTargets.has(target)) return value === "" ? undefined : timeOf(value, pointer, source);
  if (integerTargets.has(target)) return typeof value === "string" && value !== "" ? Number(value) : value;
  if (!textTargets.has(target)) return value;
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    throw mismatch(pointer, `${describe(source)} is not a text`);
  }
  const text = String(value);
  return text === "" && !emptyTargets.has(target) ? undefined : text;
}

function timeOf(value: unknown, pointer: string, source: FieldSource): string {
  const ms = typeof value === "number" ? msOfNumber(value) : msOfText(String(value));
  if (ms !== undefined && ms >= timeMsMin && ms <= timeMsMax) return formatTime(ms);
  const shown = JSON.stringify(value).slice(0, 60);
  throw mismatch(
    pointer,
    `${describe(source)} is ${shown}, which is no time that is understood (RFC 3339, or seconds)`,
  );
}

function msOfNumber(value: number): number | undefined {
  return Number.isFinite(value) ? Math.trunc(value >= millisecondsFrom ? value : value * 1000) : undefined;
}

// RFC 3339 with what people leave out: the T, the seconds, the zone (then UTC), the whole time of day.
function msOfText(text: string): number | undefined {
  const match =
    /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?\s?([Zz]|[+-]\d{2}:?\d{2})?)?$/.exec(text);
  if (match === null) return undefined;
  const [, day, minutes = "00:00", seconds = ":00", fraction = "", zone = "Z"] = match;
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  return parseTime(`${day}T${minutes}${seconds}${fraction}${offset}`);
}

function put(fields: Record<string, unknown>, target: string, value: unknown): void {
  const steps = target.split(".");
  let at = fields;
  for (const step of steps.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string, unknown>;
  }
  at[steps.at(-1) as string] = value;
}

function isTarget(target: string): boolean {
  return (
    textTargets.has(target) ||
    timeTargets.has(target) ||
    integerTargets.has(target) ||
    attributePattern.test(target)
  );
}

function describe(source: FieldSource | undefined): string {
  return source !== undefined && "field" in source ? `field ${JSON.stringify(source.field)}` : "value";
}

function mismatch(pointer: string, message: string): ProtocolError {
  return new ProtocolError("schema_mismatch", message, { pointer });
}

function wrongMap(why: string): DocketError {
  return new DocketError("usage", `--map: ${why}`);
}
