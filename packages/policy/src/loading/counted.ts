// SPDX-License-Identifier: Apache-2.0
// What counters and limits have in common: the fields that they count by, and which events they count.
import { isSeq } from "yaml";
import { canonicalText } from "../condition/canonical.ts";
import { campaignIdField } from "../environment.ts";
import type { FieldDeclaration } from "../environment.ts";
import { suggest } from "../names.ts";
import { createSlotTable } from "../program.ts";
import type { Where } from "../program.ts";
import type { FieldPath } from "../types.ts";
import { campaignsHint } from "./campaigns.ts";
import { readCondition } from "./conditions.ts";
import { readList, readText, report } from "./document.ts";
import type { Located, Mapping, Source } from "./document.ts";
import { createFieldScope, isOfActor } from "./scope.ts";
import type { EventNames } from "./scope.ts";

/** Most fields that a counter or a limit counts by. */
export const counterFieldsMax = 4;
/** Where a field of a counter is a list: how many of its first elements the event counts under. */
export const counterListElementsMax = 8;

/** What is known where counters and limits are read. */
export type Counting = EventNames;

/** A `where`, as written, as it makes two declarations equal, and compiled. */
export type LoadedWhere = { readonly when: string; readonly canonical: string; readonly where: Where };

/** The condition on the events that are counted: on the event itself and its signals only. */
export function readWhere(
  source: Source,
  value: Located,
  counting: Counting,
  owner: "counter" | "limit",
): LoadedWhere | undefined {
  const slots = createSlotTable();
  const loaded = readCondition(source, value, "where", createFieldScope(counting, slots), {
    never: `the ${owner} counts nothing`,
    always: `the ${owner} counts all: leave where out`,
  });
  if (loaded === undefined) return undefined;
  const { when, condition } = loaded;
  const readers = slots.readersOf(condition.fields);
  return { when, canonical: canonicalText(when), where: { condition, readers, slots: slots.count() } };
}

/** The fields of `by`, sorted: their order has no meaning, and equal declarations are to be one. */
export function readBy(source: Source, value: Located, counting: Counting): FieldPath[] | undefined {
  const items = isSeq(value.node) ? readList(source, value, "by", counterFieldsMax) : [value];
  if (items === undefined) return undefined;
  if (items.length === 0) return report(source, "bad-value", value.offset, "by names at least one field");
  const paths: FieldPath[] = [];
  for (const item of items) {
    const path = readText(source, item, "by");
    if (path === undefined || checkCounted(source, item.offset, path, counting) === undefined) continue;
    if (paths.includes(path)) report(source, "conflict", item.offset, `"${path}" stands in by twice`);
    else paths.push(path);
  }
  return paths.length === items.length ? paths.sort() : undefined;
}

/** How the declaration of a counter or limit ends that is of campaigns: other ones are another state. */
export function ofCampaigns(paths: readonly (FieldPath | undefined)[], { campaigns }: Counting): string {
  return campaigns !== undefined && paths.includes(campaignIdField.path) ? ` of ${campaigns.index.id}` : "";
}

/** The declaration of a field that may be counted by; a mistake is reported. */
export function checkCounted(
  source: Source,
  offset: number,
  path: FieldPath,
  { fields, campaigns }: Counting,
): FieldDeclaration | undefined {
  const field = fields.declared.get(path);
  if (field !== undefined && isCountable(field)) return field;
  if (path === campaignIdField.path) {
    if (campaigns !== undefined) return campaignIdField;
    return report(source, "unknown-name", offset, "campaigns are not declared", campaignsHint);
  }
  if (field !== undefined) {
    const hint = "count by a field of the event or a signal";
    return report(source, "bad-path", offset, `a counter can't count by "${path}"`, hint);
  }
  const absent = fields.absent(path);
  if (absent !== undefined) return report(source, "absent-field", offset, absent.message, absent.hint);
  const countable = [...fields.declared.values()].filter(isCountable).map((each) => each.path);
  const hint = suggest(path, countable) ?? "count by a field or a signal";
  return report(source, "unknown-name", offset, `nothing is called "${path}"`, hint);
}

/** Whether at most one of some fields is a list; otherwise that is reported. */
export function oneList(
  source: Source,
  mapping: Mapping,
  paths: readonly FieldPath[],
  { fields }: Counting,
): boolean {
  const lists = paths.filter((path) => fields.declared.get(path)?.type.kind === "list");
  if (lists.length <= 1) return true;
  const offset = mapping.entries.get("by")?.value.offset ?? mapping.offset;
  const message = `only one field of a counter may be a list: ${lists.join(", ")}`;
  report(source, "conflict", offset, message);
  return false;
}

function isCountable(field: FieldDeclaration): boolean {
  return field.type.kind !== "duration" && !isOfActor(field.path);
}
