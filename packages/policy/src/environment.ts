// SPDX-License-Identifier: Apache-2.0
// The environment: every name that a condition or a counter may read, its type, whether it is personal, and
// how its value is taken from an event. A value that isn't of its type counts as missing: evaluation never
// throws.
import { probeOf } from "./condition/entries.ts";
import { readTimestamp, durationOf, timestampOf } from "./condition/time.ts";
import {
  boolType,
  durationType,
  intType,
  stringListType,
  stringType,
  timestampType,
} from "./condition/types.ts";
import type { ConditionType, Value } from "./condition/types.ts";
import { signalDefinitions } from "./signals/signals.ts";
import type { SignalType } from "./signals/signals.ts";
import type { Waits } from "./program.ts";
import type {
  AttributeType,
  Counter,
  EvaluationInput,
  EventField,
  EventFieldType,
  FieldPath,
  ListKind,
} from "./types.ts";

/** Longest text of an event in UTF-16 code units: what static cost is computed from. */
export const textLengthMax = 200_000;
/** Longest of the other strings, in UTF-16 code units. */
export const shortLengthMax = 4_096;
/** Most elements of a list. */
export const listItemsMax = 64;

/** A name that may be read. */
export type FieldDeclaration = {
  readonly path: FieldPath;
  readonly type: ConditionType;
  readonly personal: boolean;
  readonly lengthMax: number;
  readonly itemsMax: number;
  /** The smallest value, of an integer that has one. */
  readonly min?: number;
  readonly read: (input: EvaluationInput) => Value;
  /** What `read` takes if it is of the type, where that is all that it does. */
  readonly raw?: (input: EvaluationInput) => unknown;
  /** Of `actor.attributes.NAME`: the name. */
  readonly attribute?: string;
};

const signalTypes: Readonly<Record<SignalType, ConditionType>> = {
  int: intType,
  bool: boolType,
  string: stringType,
  "list<string>": stringListType,
};

const declaredTypes: Readonly<Record<EventFieldType, ConditionType>> = {
  int: intType,
  bool: boolType,
  string: stringType,
  timestamp: timestampType,
  "list<string>": stringListType,
};

/**
 * Signals by their names, each with a function of its own, since an engine finds a property whose name it
 * knows much faster than any of several.
 */
const signalReaders: Readonly<Record<string, (input: EvaluationInput) => unknown>> = {
  links: ({ signals }) => signals["links"],
  domains: ({ signals }) => signals["domains"],
  linkCount: ({ signals }) => signals["linkCount"],
  linkTricks: ({ signals }) => signals["linkTricks"],
  shorteners: ({ signals }) => signals["shorteners"],
  lookalikes: ({ signals }) => signals["lookalikes"],
  emailHosts: ({ signals }) => signals["emailHosts"],
  phones: ({ signals }) => signals["phones"],
  handles: ({ signals }) => signals["handles"],
  invites: ({ signals }) => signals["invites"],
  messengers: ({ signals }) => signals["messengers"],
  length: ({ signals }) => signals["length"],
  letters: ({ signals }) => signals["letters"],
  words: ({ signals }) => signals["words"],
  capitals: ({ signals }) => signals["capitals"],
  repeated: ({ signals }) => signals["repeated"],
  normalised: ({ signals }) => signals["normalised"],
  skeleton: ({ signals }) => signals["skeleton"],
  hidden: ({ signals }) => signals["hidden"],
  bidi: ({ signals }) => signals["bidi"],
  mixedWords: ({ signals }) => signals["mixedWords"],
  leet: ({ signals }) => signals["leet"],
  spaced: ({ signals }) => signals["spaced"],
  zalgo: ({ signals }) => signals["zalgo"],
  styled: ({ signals }) => signals["styled"],
  emoji: ({ signals }) => signals["emoji"],
  scripts: ({ signals }) => signals["scripts"],
  language: ({ signals }) => signals["language"],
  fingerprint: ({ signals }) => signals["fingerprint"],
  mailTraits: ({ signals }) => signals["mailTraits"],
  mailHops: ({ signals }) => signals["mailHops"],
  attachmentKinds: ({ signals }) => signals["attachmentKinds"],
};

function signalReader(name: string): (input: EvaluationInput) => unknown {
  return signalReaders[name] ?? ((input) => ownValue(input.signals, name));
}

/** The names that every policy has. */
export const builtinFields: ReadonlyMap<FieldPath, FieldDeclaration> = new Map(
  [
    field("event.type", stringType, false, (input) => input.type),
    field("event.op", stringType, false, (input) => input.op),
    field("actor.id", stringType, true, (input) => input.actor.id),
    field("actor.name", stringType, true, (input) => input.actor.name),
    field("actor.ip", stringType, true, (input) => input.actor.ip),
    field("actor.email", stringType, true, (input) => input.actor.email),
    field("actor.age", durationType, false, actorAge),
    field("content.text", stringType, true, (input) => input.content?.text, textLengthMax),
    field("content.title", stringType, true, (input) => input.content?.title),
    field("content.url", stringType, true, (input) => input.content?.url),
    field("content.language", stringType, false, (input) => input.content?.language),
    field("content.group", stringType, false, (input) => input.content?.group),
    field("content.revision", intType, false, (input) => input.content?.revision),
    field("content.parent", stringType, true, (input) => input.content?.parent),
    field("content.plain", stringType, true, (input) => input.content?.plain, textLengthMax),
    field("content.html", stringType, true, (input) => input.content?.html, textLengthMax),
    field("content.headers", stringType, true, (input) => input.content?.headers, textLengthMax),
    field("content.parts", stringListType, true, (input) => input.content?.parts),
    field("reports.actor", intType, false, (input) => input.reports?.actor),
    field("reports.reporters", intType, false, (input) => input.reports?.reporters),
    field("reports.content", intType, false, (input) => input.reports?.content),
    field("standing.strikes", intType, false, (input) => input.standing.strikes),
    field("standing.restricted", boolType, false, (input) => input.standing.restricted),
    field("standing.limited", stringListType, false, (input) => input.standing.limited ?? []),
    ...signalDefinitions.map(({ name, type, personal }) => {
      const lengthMax = name === "normalised" || name === "skeleton" ? textLengthMax : shortLengthMax;
      return field(`signals.${name}`, signalTypes[type], personal, signalReader(name), lengthMax);
    }),
  ].map((declaration) => [declaration.path, declaration]),
);

/** The declaration of `actor.attributes.NAME`. */
export function attributeField(name: string, type: AttributeType): FieldDeclaration {
  const path = `actor.attributes.${name}`;
  const declaration = field(path, declaredTypes[type], type === "string", (input) =>
    ownValue(input.actor.attributes, name),
  );
  return { ...declaration, attribute: name };
}

/**
 * The declaration of `fields.NAME`.
 *
 * @param types the types of events that have it: of others it is missing
 */
export function eventField(
  name: string,
  { type, personal }: EventField,
  types: ReadonlySet<string>,
): FieldDeclaration {
  return field(`fields.${name}`, declaredTypes[type], personal, (input) =>
    types.has(input.type) ? ownValue(input.fields, name) : undefined,
  );
}

/** The declaration of `campaign.id`. */
export const campaignIdField: FieldDeclaration = field(
  "campaign.id",
  stringType,
  false,
  (input) => input.campaign,
);

/** The declaration of `counters.NAME`, or of another path that a counter is read by. */
export function counterField(
  name: string,
  id: string,
  kind: Counter["kind"],
  path: FieldPath = `counters.${name}`,
): FieldDeclaration {
  const type = kind === "first" ? durationType : intType;
  const declaration = field(path, type, false, (input) => input.counters.get(id));
  return kind === "count" || kind === "distinct" ? { ...declaration, min: 0 } : declaration;
}

/** The declaration of `limits.NAME.exceeded` or `limits.NAME.wait`. */
export function limitField(
  path: FieldPath,
  waitMs: (waits: Waits) => number | undefined,
): FieldDeclaration & { readonly read: (waits: Waits) => Value } {
  const exceeded = path.endsWith(".exceeded");
  const type = exceeded ? boolType : durationType;
  const read = (waits: Waits): Value => {
    const wait = acceptValue(durationType, waitMs(waits));
    return wait === undefined || !exceeded ? wait : (wait as number) > 0;
  };
  return { path, type, personal: false, lengthMax: 0, itemsMax: 0, read };
}

/** The declaration of `lists.NAME`: the frame holds a probe of it. */
export function listField(name: string, kind: ListKind): FieldDeclaration {
  return {
    path: `lists.${name}`,
    type: { kind: "entries", of: kind },
    personal: true,
    lengthMax: 0,
    itemsMax: 0,
    read: ({ lists, decidedAt }) => {
      const view = lists?.get(name);
      return view === undefined ? undefined : probeOf(view, decidedAt);
    },
  };
}

/** The declaration of `models.NAME.score` or `models.NAME.known`. */
export function modelField(name: string, part: "score" | "known"): FieldDeclaration {
  const raw =
    part === "score"
      ? ({ models }: EvaluationInput): unknown => models?.[name]?.score
      : ({ models }: EvaluationInput): unknown => models?.[name]?.known;
  return { ...field(`models.${name}.${part}`, intType, false, raw), min: 0 };
}

/** The declaration of `lookups.NAME.listed` or `lookups.NAME.codes`. */
export function lookupField(name: string, part: "listed" | "codes"): FieldDeclaration {
  const path = `lookups.${name}.${part}`;
  return part === "listed"
    ? field(path, boolType, false, ({ lookups }) => lookups?.[name]?.listed)
    : field(path, stringListType, false, ({ lookups }) => lookups?.[name]?.codes, addressLengthMax);
}

/** The longest IPv4 address in dotted decimal. */
const addressLengthMax = 15;

/** The value, if it is of the type; else `undefined`. Timestamps may be RFC 3339 or milliseconds. */
export function acceptValue(type: ConditionType, value: unknown): Value {
  switch (type.kind) {
    case "int":
      return Number.isSafeInteger(value) ? (value as number) + 0 : undefined;
    case "bool":
      return typeof value === "boolean" ? value : undefined;
    case "string":
      return typeof value === "string" ? value : undefined;
    case "duration":
      return Number.isSafeInteger(value) ? durationOf(value as number) : undefined;
    case "timestamp":
      return acceptTimestamp(value);
    case "list":
      return isStringList(value) ? value : undefined;
    case "nothing":
    case "entries":
      return undefined;
  }
}

function field(
  path: FieldPath,
  type: ConditionType,
  personal: boolean,
  raw: (input: EvaluationInput) => unknown,
  lengthMax: number = shortLengthMax,
): FieldDeclaration {
  const itemsMax = type.kind === "list" ? listItemsMax : 0;
  const declaration = { path, type, personal, lengthMax, itemsMax };
  // What we count ourselves is never negative; of what an app tells nothing is known.
  const counted = type.kind === "int" && /^(signals|standing|content|reports)\./.test(path);
  return { ...declaration, ...(counted && { min: 0 }), raw, read: (input) => acceptValue(type, raw(input)) };
}

function actorAge(input: EvaluationInput): number | undefined {
  const created = acceptTimestamp(input.actor.createdAt);
  return created === undefined || !Number.isSafeInteger(input.decidedAt)
    ? undefined
    : input.decidedAt - created;
}

// The text that was read last: a decision reads the same one for its conditions and for its facts.
let lastText = "";
let lastTimestamp: number | undefined;

function acceptTimestamp(value: unknown): number | undefined {
  if (typeof value === "string" && value === lastText) return lastTimestamp;
  const ms = typeof value === "string" ? readTimestamp(value) : value;
  const timestamp = Number.isSafeInteger(ms) ? timestampOf(ms as number) : undefined;
  if (typeof value === "string") {
    lastText = value;
    lastTimestamp = timestamp;
  }
  return timestamp;
}

function isStringList(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length <= listItemsMax && value.every((each) => typeof each === "string")
  );
}

/** What a name such as `constructor` finds on the object's prototype is of no type of the language. */
function ownValue(values: Readonly<Record<string, unknown>> | undefined, name: string): unknown {
  return values === undefined ? undefined : values[name];
}
