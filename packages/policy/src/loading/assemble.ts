// SPDX-License-Identifier: Apache-2.0
// The last step of loading: policies that are right become a set, their clauses numbered.
import { plansOf } from "../program.ts";
import type {
  CompiledExemption,
  CompiledPolicy,
  CompiledRule,
  CompiledThreshold,
  PolicySet,
  SlotTable,
  Where,
} from "../program.ts";
import { createTracing } from "../trace.ts";
import type {
  AttributeType,
  Counter,
  EventType,
  Limit,
  ListDeclaration,
  LookupDeclaration,
  ModelDeclaration,
  Policy,
} from "../types.ts";
import type { LoadedExemption } from "./exemptions.ts";
import type { LoadedRule } from "./rules.ts";

/** A policy with its conditions. */
export type LoadedPolicy = {
  readonly policy: Policy;
  readonly rules: readonly LoadedRule[];
  readonly exempt: readonly LoadedExemption[];
  /** The conditions of its counters and limits, by their ids. */
  readonly wheres: readonly (readonly [id: string, where: Where])[];
};

/** What the policies of a set have in common. */
export type Shared = {
  readonly slots: SlotTable;
  readonly lists: ReadonlyMap<string, ListDeclaration>;
  readonly models: ReadonlyMap<string, ModelDeclaration>;
  readonly lookups: ReadonlyMap<string, LookupDeclaration>;
  readonly events: ReadonlyMap<string, EventType>;
  readonly attributes: ReadonlyMap<string, AttributeType>;
};

/** The set of some policies, in their order. */
export function assemble(loaded: readonly LoadedPolicy[], shared: Shared): PolicySet {
  const { slots, lists, models, lookups, events, attributes } = shared;
  let clauses = 0;
  const place = (count: number): number => {
    clauses += count;
    return clauses - count;
  };
  const policies = loaded.map((each) => compiledPolicy(each, place));
  const counters = new Map<string, Counter>();
  const limits = new Map<string, Limit>();
  for (const { policy } of loaded) {
    for (const counter of policy.counters.values()) counters.set(counter.id, counter);
    for (const limit of policy.limits.values()) limits.set(limit.id, limit);
    const { campaigns } = policy;
    if (campaigns === undefined) continue;
    for (const counter of [campaigns.index, campaigns.size, campaigns.actors]) {
      counters.set(counter.id, counter);
    }
  }
  return {
    policies: loaded.map(({ policy }) => policy),
    counters: sortedById(counters),
    limits: sortedById(limits),
    campaigns: loaded.find(({ policy }) => policy.campaigns !== undefined)?.policy.campaigns,
    lists,
    models,
    lookups,
    events,
    attributes,
    program: {
      slots: slots.count(),
      clauses,
      scratch: {
        frame: Array.from({ length: slots.count() }, () => undefined),
        results: new Uint8Array(clauses),
        verdicts: new Uint8Array(policies.reduce((sum, { rules }) => sum + rules.length, 0)),
        fires: false,
      },
      plans: plansOf(policies, slots),
      policies,
      wheres: new Map(loaded.flatMap(({ wheres }) => wheres)),
    },
  };
}

/** The clauses of a policy's exemptions stand before those of its rules. */
function compiledPolicy(
  { policy, rules, exempt }: LoadedPolicy,
  place: (count: number) => number,
): CompiledPolicy {
  const exemptions = exempt.map(({ exemption, condition }): CompiledExemption => ({
    exemption,
    condition,
    firstClause: place(condition.clauses.length),
  }));
  return {
    policy,
    exemptions,
    rules: rules.map((each): CompiledRule => {
      const firstClause = place(each.condition.clauses.length);
      return {
        ...each,
        key: `${policy.id}/${each.rule.id}`,
        named: { policy: policy.id, rule: each.rule.id },
        firstClause,
        exemptions: exemptions.filter(({ exemption }) => exemption.from.includes(each.rule.id)),
        tracing: createTracing({ condition: each.condition, firstClause }),
      };
    }),
    thresholds: policy.thresholds.map((threshold): CompiledThreshold => ({
      threshold,
      key: `${policy.id}/points-${threshold.points}`,
    })),
  };
}

function sortedById<T extends { readonly id: string }>(byId: ReadonlyMap<string, T>): readonly T[] {
  return [...byId.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
