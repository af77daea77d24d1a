// SPDX-License-Identifier: Apache-2.0
// A condition that stands in a file: its mistakes are shown where its words stand.
import { loadCondition } from "../condition/condition.ts";
import type { Condition, ConditionOwner } from "../condition/condition.ts";
import type { Scope } from "../condition/scope.ts";
import { readText, report } from "./document.ts";
import type { Located, Source } from "./document.ts";
import { offsetInFile } from "./place.ts";

/** A condition, as written and compiled. */
export type LoadedCondition = { readonly when: string; readonly condition: Condition };

/** Reads and compiles a condition; its mistakes are reported. */
export function readCondition(
  source: Source,
  value: Located,
  what: string,
  scope: Scope,
  owner?: ConditionOwner,
): LoadedCondition | undefined {
  const when = readText(source, value, what);
  if (when === undefined) return undefined;
  const loaded = loadCondition(when, scope, owner);
  if ("clauses" in loaded) return { when, condition: loaded };
  for (const { code, offset, message, hint } of loaded) {
    report(source, code, offsetInFile(source, value, offset), message, hint);
  }
  return undefined;
}
