// SPDX-License-Identifier: Apache-2.0
// The names that the conditions of a policy may use, with the slots that their values are read into.
import type { Scope } from "../condition/scope.ts";
import type { FieldSlot } from "../condition/typed.ts";
import {
  campaignIdField,
  counterField,
  limitField,
  listField,
  lookupField,
  modelField,
} from "../environment.ts";
import type { FieldDeclaration } from "../environment.ts";
import type { SlotTable, Waits } from "../program.ts";
import type { Campaigns, Counter, EventType, FieldPath, Limit, ListDeclaration, ListKind } from "../types.ts";
import { campaignParts, campaignsHint } from "./campaigns.ts";
import { nearestField } from "./events.ts";
import type { PolicyFields } from "./fields.ts";
import { lookupHint, lookupParts } from "./lookups.ts";
import { modelHint, modelParts } from "./models.ts";

/** What is known of the events of a policy. */
export type EventNames = {
  readonly on: readonly string[];
  readonly events: ReadonlyMap<string, EventType>;
  readonly fields: PolicyFields;
  /** Where the policy declares them. */
  readonly campaigns: Campaigns | undefined;
};

/**
 * All that the conditions of a policy may name. What is declared with a mistake has a name, and perhaps a
 * kind, but no declaration.
 */
export type PolicyNames = EventNames & {
  readonly policy: string;
  readonly counters: ReadonlyMap<string, Counter>;
  readonly counterKinds: ReadonlyMap<string, Counter["kind"]>;
  readonly limits: ReadonlyMap<string, Limit>;
  readonly limitNames: readonly string[];
  readonly lists: ReadonlyMap<string, ListDeclaration>;
  readonly listKinds: ReadonlyMap<string, ListKind>;
  readonly listNames: readonly string[];
  readonly modelNames: readonly string[];
  readonly lookupNames: readonly string[];
};

/** Who reads: a rule that may be held has its own copy of each limit. */
export type Reader = { readonly rule: string; readonly shadow: boolean };

const limitParts = ["exceeded", "wait"];

/** The scope of a rule's condition, or of an exemption's. */
export function createScope(names: PolicyNames, slots: SlotTable, reader?: Reader): Scope {
  const { fields, counterKinds, limitNames, listNames, modelNames, lookupNames } = names;
  return {
    paths: [
      ...fields.declared.keys(),
      ...[...counterKinds.keys()].map((name) => `counters.${name}`),
      ...limitNames.flatMap((name) => limitParts.map((part) => `limits.${name}.${part}`)),
      ...listNames.map((name) => `lists.${name}`),
      ...modelNames.flatMap((name) => modelParts.map((part) => `models.${name}.${part}`)),
      ...lookupNames.flatMap((name) => lookupParts.map((part) => `lookups.${name}.${part}`)),
      ...(names.campaigns === undefined ? [] : campaignParts.map((part) => `campaign.${part}`)),
    ],
    field(path) {
      const field = fields.declared.get(path);
      if (field !== undefined) return slots.fieldSlot(fieldKey(path, field, names), field);
      const [group, name = "", part = ""] = path.split(".");
      if (group === "counters") return counterSlot(path, name, names, slots);
      if (group === "limits" && limitParts.includes(part)) return limitSlot(path, name, names, slots, reader);
      if (group === "campaign") return campaignSlot(path, names.campaigns, slots);
      if (group === "models") return modelSlot(path, modelNames, slots);
      if (group === "lookups") return lookupSlot(path, lookupNames, slots);
      return group === "lists" ? listSlot(path, name, names, slots) : undefined;
    },
    variableSlot: () => slots.variableSlot(),
    absent: fields.absent,
    hint: (path) => hintFor(path, names),
  };
}

/** The scope of the condition of a counter or a limit: what is known of an event alone. */
export function createFieldScope(names: EventNames, slots: SlotTable): Scope {
  const { fields } = names;
  const declared = [...fields.declared].filter(([path]) => !isOfActor(path));
  const paths = new Map<FieldPath, FieldDeclaration>(declared);
  return {
    paths: [...paths.keys()],
    field(path) {
      const field = paths.get(path);
      return field && slots.fieldSlot(path, field);
    },
    variableSlot: () => slots.variableSlot(),
    absent: (path) => (paths.has(path) ? undefined : (notOfEvent(path) ?? fields.absent(path))),
    hint: (path) => eventHint(path, names),
  };
}

/** Whether a field says how its actor stands, and nothing of the event. */
export function isOfActor(path: FieldPath): boolean {
  return path.startsWith("standing.") || path.startsWith("reports.");
}

function notOfEvent(path: FieldPath): { message: string; hint: string } | undefined {
  const group = path.split(".")[0];
  const others = ["counters", "limits", "lists", "models", "lookups", "reports", "standing", "campaign"];
  if (!others.includes(group ?? "")) return undefined;
  return {
    message: `"${path}" can't be read here`,
    hint: "ask for fields of the event and its signals only",
  };
}

/** Fields of events of one name may differ between policies: they have a slot for each form. */
function fieldKey(path: FieldPath, field: FieldDeclaration, names: PolicyNames): string {
  if (!path.startsWith("fields.")) return path;
  const name = path.slice("fields.".length);
  const having = names.on.filter((type) => names.events.get(type)?.fields.has(name) === true);
  return `${path} ${field.personal} ${having.map((type) => typeOf(names.events.get(type), name)).join()}`;
}

function typeOf(event: EventType | undefined, field: string): string {
  return `${event?.name}:${event?.fields.get(field)?.type}`;
}

// What has mistakes is reported once, where it is declared: rules that read it are checked as if it were
// right.
function counterSlot(
  path: FieldPath,
  name: string,
  names: PolicyNames,
  slots: SlotTable,
): FieldSlot | undefined {
  const kind = names.counterKinds.get(name);
  if (kind === undefined) return undefined;
  const id = names.counters.get(name)?.id ?? path;
  return slots.fieldSlot(`${names.policy} ${path}`, counterField(name, id, kind), { kind: "counter", id });
}

function limitSlot(
  path: FieldPath,
  name: string,
  names: PolicyNames,
  slots: SlotTable,
  reader: Reader | undefined,
): FieldSlot | undefined {
  if (!names.limitNames.includes(name)) return undefined;
  const id = names.limits.get(name)?.id ?? path;
  const rule = `${names.policy}/${reader?.rule ?? ""}`;
  const copy = reader === undefined ? undefined : `${id}\n${rule}`;
  const waitMs = ({ limits, shadowLimits, held }: Waits): number | undefined => {
    const isHeld = reader?.shadow === true || (held?.has(rule) ?? false);
    const own = copy !== undefined && isHeld ? shadowLimits?.get(copy) : undefined;
    return own ?? limits?.get(id);
  };
  const field = limitField(path, waitMs);
  return slots.fieldSlot(`${rule} ${path}`, field, { kind: "limit", id, copy, read: field.read });
}

function listSlot(
  path: FieldPath,
  name: string,
  { lists, listNames, listKinds }: PolicyNames,
  slots: SlotTable,
): FieldSlot | undefined {
  if (!listNames.includes(name)) return undefined;
  const kind = lists.get(name)?.kind ?? listKinds.get(name) ?? "hash";
  return slots.fieldSlot(path, listField(name, kind), { kind: "list", name });
}

function modelSlot(path: FieldPath, names: readonly string[], slots: SlotTable): FieldSlot | undefined {
  const [, name = "", part, ...more] = path.split(".");
  if (!names.includes(name) || more.length > 0 || (part !== "score" && part !== "known")) return undefined;
  return slots.fieldSlot(path, modelField(name, part));
}

function lookupSlot(path: FieldPath, names: readonly string[], slots: SlotTable): FieldSlot | undefined {
  const [, name = "", part, ...more] = path.split(".");
  if (!names.includes(name) || more.length > 0 || (part !== "listed" && part !== "codes")) return undefined;
  return slots.fieldSlot(path, lookupField(name, part));
}

function campaignSlot(
  path: FieldPath,
  campaigns: Campaigns | undefined,
  slots: SlotTable,
): FieldSlot | undefined {
  if (campaigns === undefined) return undefined;
  if (path === campaignIdField.path) return slots.fieldSlot(path, campaignIdField);
  const { size, actors } = campaigns;
  const counter = path === "campaign.size" ? size : path === "campaign.actors" ? actors : undefined;
  if (counter === undefined) return undefined;
  const { id, kind } = counter;
  return slots.fieldSlot(path, counterField("", id, kind, path), { kind: "counter", id });
}

function hintFor(path: FieldPath, names: PolicyNames): string | undefined {
  const [group, name = ""] = path.split(".");
  if (group === "counters" && names.counterKinds.size === 0) return "declare it under counters:";
  if (group === "limits" && names.limitNames.length === 0) return "declare it under limits:";
  if (group === "lists" && names.listNames.length === 0) {
    return `declare it: lists: { ${name === "" ? "NAME" : name}: { kind: domain } }`;
  }
  if (group === "campaign" && names.campaigns === undefined) return campaignsHint;
  if (group === "lookups") return lookupHint(path, names.lookupNames);
  return group === "models" ? modelHint(path, names.modelNames) : eventHint(path, names);
}

/** What to do about an attribute or a field that nothing declares. */
function eventHint(path: FieldPath, { fields, on, events }: EventNames): string | undefined {
  const [, attribute] = /^actor\.attributes\.(.+)$/.exec(path) ?? [];
  const isDeclared = [...fields.declared.keys()].some((each) => each.startsWith("actor.attributes."));
  if (attribute !== undefined && !isDeclared) return `declare it: attributes: { ${attribute}: int }`;
  const [, field] = /^fields\.(.+)$/.exec(path) ?? [];
  if (field === undefined) return undefined;
  const own = on.map((type) => events.get(type)).filter((type) => type !== undefined);
  const near = nearestField(field, own);
  if (near !== undefined) return `did you mean "fields.${near}"?`;
  return `declare it: events: { ${on[0] ?? "TYPE"}: { fields: { ${field}: string } } }`;
}
