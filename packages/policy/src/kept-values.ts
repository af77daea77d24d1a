// SPDX-License-Identifier: Apache-2.0
// What is kept, under the actor's key, of the personal values that rules which fired had read.
import { clausesOf } from "./trace.ts";
import type { Evaluation, FieldValue } from "./types.ts";

/** Signals that are personal and not a copy of the content. */
const keptSignals: ReadonlySet<string> = new Set([
  "signals.links",
  "signals.domains",
  "signals.lookalikes",
  "signals.emailHosts",
  "signals.phones",
  "signals.handles",
  "signals.invites",
]);
/** What lists were found to hold is kept with them: it says what somebody wrote. */
const listPrefix = "lists.";

/**
 * The personal values of a decision, by path. Sealing keeps them, and replay from evidence compares them.
 */
export function keptPersonalValues({
  rules,
  shadow,
}: Pick<Evaluation, "rules" | "shadow">): Record<string, FieldValue> {
  const kept: Record<string, FieldValue> = {};
  for (const { trace } of [...rules, ...shadow]) {
    for (const { path, value } of clausesOf(trace).flatMap((clause) => clause.values)) {
      if (value !== undefined && (keptSignals.has(path) || path.startsWith(listPrefix))) kept[path] = value;
    }
  }
  return kept;
}
