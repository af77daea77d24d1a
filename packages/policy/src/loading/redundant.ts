// SPDX-License-Identifier: Apache-2.0
// Rules that add nothing to another: the same effect under the same condition, or under a narrower one.
import { conjunctsOf } from "../condition/canonical.ts";
import type { Rule } from "../types.ts";
import { report } from "./document.ts";
import type { Source } from "./document.ts";

/** A rule with where it stands. */
export type PlacedRule = { readonly rule: Rule; readonly offset: number };

/**
 * Reports each rule of a policy that does what another does already.
 *
 * Under the same condition an equal effect is one too many, in whatever mode. Under a narrower condition
 * (`a && b` beside `a`) it is only where nothing adds up: points and strikes do, and a reason of its own
 * tells the user more.
 */
export function reportRedundant(source: Source, rules: readonly PlacedRule[]): void {
  const byEffect = Map.groupBy(rules, ({ rule }) => JSON.stringify([rule.points, rule.then ?? null]));
  for (const alike of byEffect.values()) {
    if (alike.length > 1) reportAmongAlike(source, alike);
  }
}

function reportAmongAlike(source: Source, rules: readonly PlacedRule[]): void {
  const known = rules.map(({ rule, offset }) => ({ rule, offset, parts: conjunctsOf(rule.when) }));
  // A condition is as wide or wider if all its parts are among a rule's: so is the first of them.
  const byPart = Map.groupBy(known, ({ parts }) => [...parts][0]);
  for (const each of known) {
    const { rule, offset, parts } = each;
    const candidates = [...parts].flatMap((part) => byPart.get(part) ?? []);
    const wider = candidates.find((other) => {
      if (other === each || !other.parts.isSubsetOf(parts)) return false;
      if (other.parts.size === parts.size) return other.offset < offset;
      return addsNothing(other.rule, rule);
    });
    if (wider === undefined) continue;
    const same = wider.parts.size === parts.size;
    const where = same ? "under the same condition" : "under a wider condition";
    const message = `"${rule.id}" does what "${wider.rule.id}" does, ${where}`;
    report(source, "redundant", offset, message, "leave one of them out");
  }
}

function addsNothing(wider: Rule, rule: Rule): boolean {
  if (rule.points !== 0 || (rule.then?.strike ?? 0) > 0) return false;
  const how = ({ mode, rollout, always, reason }: Rule): string =>
    JSON.stringify([mode, rollout, always, reason]);
  return how(wider) === how(rule);
}
