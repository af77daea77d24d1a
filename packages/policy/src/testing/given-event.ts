// SPDX-License-Identifier: Apache-2.0
// An event with its facts as the pages of the documentation write it: counters, limits and lists by name.
import { createListView } from "../lists/list.ts";
import type { PolicySet } from "../program.ts";
import { signalInputOf } from "../signals/content-input.ts";
import { computeSignals } from "../signals/signals.ts";
import type { EvaluationInput } from "../types.ts";

/** An event as JSON, with what was read for it. */
export type GivenEvent = Omit<EvaluationInput, "signals" | "counters" | "limits" | "lists" | "held"> & {
  readonly counters: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly held: Readonly<Record<string, "rollout" | "warming" | "brake">>;
};

/** The input of the evaluation, by the first policy of a set. */
export function inputOf(set: PolicySet, given: GivenEvent): EvaluationInput {
  const [policy] = set.policies;
  const byId = (
    values: Readonly<Record<string, number>>,
    declared: ReadonlyMap<string, { readonly id: string }> | undefined,
  ): Map<string, number> =>
    new Map(Object.entries(values).map(([name, value]) => [declared?.get(name)?.id ?? name, value]));
  const lists = Object.entries(given.lists).map(([name, entries]) => {
    const kind = policy?.lists.get(name)?.kind ?? "hash";
    return [
      name,
      createListView(
        kind,
        entries.map((value) => ({ value })),
      ),
    ] as const;
  });
  return {
    ...given,
    signals: computeSignals(signalInputOf(given.content), { fingerprint: (letters) => letters }),
    counters: byId(given.counters, policy?.counters),
    limits: byId(given.limits, policy?.limits),
    lists: new Map(lists),
    held: new Map(Object.entries(given.held)),
  };
}
