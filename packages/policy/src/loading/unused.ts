// SPDX-License-Identifier: Apache-2.0
// What is declared and never read: a counter, a limit, a list, a model or a look-up that costs without being
// of use.
import type { ProblemCode } from "../errors.ts";
import type { NamedCounter } from "./counters.ts";
import { report } from "./document.ts";
import type { Mapping, Source } from "./document.ts";
import type { LoadedExemption } from "./exemptions.ts";
import type { NamedLimit } from "./limits.ts";
import type { NamedList } from "./lists.ts";
import type { NamedLookup } from "./lookups.ts";
import type { NamedModel } from "./models.ts";
import type { LoadedRule } from "./rules.ts";

/** What a policy declares, and where. */
type Declared = {
  readonly counters: readonly NamedCounter[];
  readonly limits: readonly NamedLimit[];
  readonly lists: readonly NamedList[];
  readonly models: readonly NamedModel[];
  readonly lookups: readonly NamedLookup[];
};

/**
 * Reports what neither a rule nor an exemption reads. One with a mistake may be the one that does: its text
 * is looked at, so as not to report what it names.
 */
export function reportUnused(
  source: Source,
  mapping: Mapping,
  { counters, limits, lists, models, lookups }: Declared,
  rules: readonly LoadedRule[],
  exempt: readonly LoadedExemption[],
): void {
  const read = new Set(
    [
      ...rules.flatMap(({ rule }) => [...rule.reads, ...rule.disclose]),
      ...exempt.flatMap(({ exemption }) => exemption.reads),
    ].map((path) => path.split(".").slice(0, 2).join(".")),
  );
  const text = ["rules", "exempt"].map((key) => textOf(source, mapping, key)).join("\n");
  const check = (code: ProblemCode, what: string, name: string, offset: number): void => {
    const path = `${what}s.${name}`;
    if (read.has(path) || new RegExp(`\\b${path}\\b`).test(text)) return;
    report(source, code, offset, `no rule reads the ${what} "${name}"`, "leave it out, or use it");
  };
  for (const { name, offset } of counters) check("unused-counter", "counter", name, offset);
  for (const { name, offset } of limits) check("unused-limit", "limit", name, offset);
  for (const { list, offset } of lists) check("unused-list", "list", list.name, offset);
  for (const { model, offset } of models) check("unused-model", "model", model.name, offset);
  for (const { lookup, offset } of lookups) check("unused-lookup", "lookup", lookup.name, offset);
}

function textOf(source: Source, mapping: Mapping, key: string): string {
  const range = mapping.entries.get(key)?.value.node?.range;
  return range === undefined || range === null ? "" : source.text.slice(range[0], range[1]);
}
