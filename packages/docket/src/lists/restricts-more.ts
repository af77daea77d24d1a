// SPDX-License-Identifier: Apache-2.0
// Whether other entries of a list may restrict somebody who is not restricted now: a bound, found from who
// asks the list, as `releases/compare.ts` finds it from what rules say.
import type { Policy } from "@docket/policy";
import type { Entries } from "./rebase.ts";

/** What of a policy may ask a list. */
export type ListReaders = {
  readonly rules: readonly Pick<Policy["rules"][number], "mode" | "when">[];
  readonly exempt: readonly Pick<Policy["exempt"][number], "when">[];
  readonly counters: ReadonlyMap<string, { readonly where?: string }>;
  readonly limits: ReadonlyMap<string, { readonly where?: string }>;
};

/**
 * Whether a change of a list may restrict more. Whatever a rule in force, a counter or a limit asks may: a
 * rule may also ask that a list has not got something. What only exemptions ask does where entries go.
 *
 * @param undo what takes the change back: its `add` are the entries that go or get another end
 */
export function listRestrictsMore(policies: readonly ListReaders[], name: string, undo: Entries): boolean {
  const asks = new RegExp(`\\blists\\s*\\.\\s*${name}\\b`);
  return policies.some(({ rules, exempt, counters, limits }) => {
    const texts = [
      ...rules.filter(({ mode }) => mode === "enforce").map(({ when }) => when),
      ...[...counters.values(), ...limits.values()].map(({ where = "" }) => where),
    ];
    if (texts.some((text) => asks.test(text))) return true;
    return undo.add.length > 0 && exempt.some(({ when }) => asks.test(when));
  });
}
