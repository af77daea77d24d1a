// SPDX-License-Identifier: Apache-2.0
// What the events of a policy have: the paths that its conditions, counters and limits may read, and what to
// say of one that only other events have.
import { attributeField, builtinFields, eventField } from "../environment.ts";
import type { FieldDeclaration } from "../environment.ts";
import type { AttributeType, EventField, EventType, FieldPath } from "../types.ts";
import { report } from "./document.ts";
import type { Source } from "./document.ts";

/** A message on a path that can't be read, and what to do. */
export type AbsentField = { readonly message: string; readonly hint: string };

/** The fields of a policy's events. */
export type PolicyFields = {
  readonly declared: ReadonlyMap<FieldPath, FieldDeclaration>;
  /** What is wrong with a path that the policy's events lack and others have; `undefined` if none has it. */
  readonly absent: (path: FieldPath) => AbsentField | undefined;
};

/** The fields that the events of some types have: what any of them has. */
export function fieldsOfEvents(
  on: readonly string[],
  events: ReadonlyMap<string, EventType>,
  attributes: ReadonlyMap<string, AttributeType>,
): PolicyFields {
  const types = on.map((type) => events.get(type)).filter((type) => type !== undefined);
  const declared = new Map<FieldPath, FieldDeclaration>();
  for (const [path, field] of builtinFields) {
    // Nothing is said of what the events lack before it is known which they are.
    const lacked = types.length > 0 && !types.some(({ paths }) => paths.has(path));
    if (/^(event|reports|standing)\./.test(path) || !lacked) declared.set(path, field);
  }
  for (const [name, type] of attributes) {
    declared.set(`actor.attributes.${name}`, attributeField(name, type));
  }
  for (const [name, field] of ownFields(types)) {
    const having = new Set(types.filter(({ fields }) => fields.has(name)).map((type) => type.name));
    declared.set(`fields.${name}`, eventField(name, field, having));
  }
  return { declared, absent: (path) => (declared.has(path) ? undefined : absentField(path, on, events)) };
}

/** Reports fields of one name that are of two types among the events of one policy. */
export function checkFieldTypes(
  source: Source,
  offset: number,
  on: readonly string[],
  events: ReadonlyMap<string, EventType>,
): void {
  const seen = new Map<string, { readonly event: string; readonly type: string }>();
  for (const event of on) {
    for (const [name, { type }] of events.get(event)?.fields ?? []) {
      const before = seen.get(name);
      if (before !== undefined && before.type !== type) {
        const both = `${before.type} in ${before.event} events, and ${type} in ${event} events`;
        report(source, "conflict", offset, `fields.${name} is ${both}`, "write a policy for each");
      }
      seen.set(name, before ?? { event, type });
    }
  }
}

/** Personal if it is so in any of the types. */
function ownFields(types: readonly EventType[]): ReadonlyMap<string, EventField> {
  const fields = new Map<string, EventField>();
  for (const type of types) {
    for (const [name, field] of type.fields) {
      const personal = field.personal || (fields.get(name)?.personal ?? false);
      fields.set(name, { ...field, personal });
    }
  }
  return fields;
}

function absentField(
  path: FieldPath,
  on: readonly string[],
  events: ReadonlyMap<string, EventType>,
): AbsentField | undefined {
  const [, field] = /^fields\.([A-Za-z0-9_]+)$/.exec(path) ?? [];
  const having = [...events.values()].filter(({ paths, fields }) =>
    field === undefined ? paths.has(path) : fields.has(field),
  );
  if (having.length === 0) return undefined;
  const types = on.length === 1 ? `type ${on[0]}` : `the types ${on.join(", ")}`;
  const names = having.map(({ name }) => name).sort();
  const hint = `${names.join(", ")} ${names.length === 1 ? "events have" : "events have"} it`;
  return { message: `events of ${types} have no "${path}"`, hint };
}
