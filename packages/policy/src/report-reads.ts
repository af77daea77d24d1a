// SPDX-License-Identifier: Apache-2.0
// What users' reports came to for a decision, out of its facts: nobody can count them again as they were.
import type { FieldValue, ReportsRead } from "./types.ts";

/** What reports came to when an event was decided; `undefined` where nothing read it then. */
export function recordedReports(values: Readonly<Record<string, FieldValue>>): ReportsRead | undefined {
  const read = (name: string): number | undefined => {
    const value = values[`reports.${name}`];
    return typeof value === "number" ? value : undefined;
  };
  const [actor, reporters, content] = [read("actor"), read("reporters"), read("content")];
  if (actor === undefined && reporters === undefined && content === undefined) return undefined;
  return { actor, reporters, content };
}
