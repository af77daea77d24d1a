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
  const known = rules.map(({ rule, offset }) => ({ rule, offset, parts: conjunctsOf(rule.when) }));
  for (const [index, { rule, offset, parts }] of known.entries()) {
    const wider = known.find((other, place) => {
      if (place === index || !sameEffect(other.rule, rule)) return false;
      if (![...other.parts].every((part) => parts.has(part))) return false;
      if (other.parts.size === parts.size) return place < index;
      return addsNothing(other.rule, rule);
    });
    if (wider === undefined) continue;
    const same = wider.parts.size === parts.size;
    const where = same ? "under the same condition" : "under a wider condition";
    const message = `"${rule.id}" does what "${wider.rule.id}" does, ${where}`;
    report(source, "redundant", offset, message, "leave one of them out");
  }
}

function sameEffect(a: Rule, b: Rule): boolean {
  return a.points === b.points && JSON.stringify(a.then) === JSON.stringify(b.then);
}

function addsNothing(wider: Rule, rule: Rule): boolean {
  if (rule.points !== 0 || (rule.then?.strike ?? 0) > 0) return false;
  const how = ({ mode, rollout, always, reason }: Rule): string =>
    JSON.stringify([mode, rollout, always, reason]);
  return how(wider) === how(rule);
}
