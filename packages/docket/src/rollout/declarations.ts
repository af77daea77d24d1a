// SPDX-License-Identifier: Apache-2.0
// What of a policy set can restrict somebody, and the hash of its declaration: same hash, same effect.
import { hash } from "node:crypto";
import type { Brake, LadderStep, Measures, Policy, Rule, Threshold } from "@docket/policy";

/** Actors that a rule or a step may restrict without a second person, where nothing is declared. */
export const defaultCap: Cap = { count: 100, perMs: 3_600_000 };

/** So many actors in such a time. */
export type Cap = { readonly count: number; readonly perMs: number };

/** A rule or threshold that can restrict somebody, as declared. */
export type Declaration = {
  /** `policy/rule`, or `policy/points-N` for the threshold at N points. */
  readonly key: string;
  readonly what: "rule" | "threshold";
  /** Hash of all that decides what it hits and what it does then. */
  readonly hash: string;
  readonly brake: Brake;
  /** Types of the events that it is about. */
  readonly on: readonly string[];
};

/** A list whose entries can restrict somebody. */
export type ListDeclared = {
  readonly name: string;
  readonly brake: Brake;
  readonly on: readonly string[];
  /** The version in force, where it is known. */
  readonly version?: string;
};

/** A model that a release names. */
type ModelNamed = { readonly name: string; readonly sha256: string };

/** What of the policies is watched, capped, and rolled out to a part. */
export type Declarations = {
  readonly things: readonly Declaration[];
  readonly lists: readonly ListDeclared[];
  /** By `policy/rule`, or `policy/ladder-STRIKES` for a step of a ladder. */
  readonly caps: ReadonlyMap<string, Cap>;
  /** Rules that are in force for a part of the actors, by `policy/rule`; in basis points. */
  readonly rollouts: ReadonlyMap<string, number>;
};

/** Bytes of a declaration's hash, which is kept in base64url. */
const hashCharacters = 22;

/**
 * What of the policies is watched, capped, and rolled out to a part.
 *
 * Rules in shadow restrict nobody. Neither do those that only give points: their thresholds do, so that these
 * are as new as the newest of them. What only flags restricts nobody either.
 *
 * @param versions of the lists, as the release names them
 * @param models of the release, likewise: with another model a rule that reads it is another rule
 */
export function declarationsOf(
  policies: readonly Policy[],
  versions: readonly { readonly name: string; readonly version: string }[] = [],
  models: readonly ModelNamed[] = [],
): Declarations {
  const things: Declaration[] = [];
  const caps = new Map<string, Cap>();
  const rollouts = new Map<string, number>();
  for (const policy of policies) {
    const enforced = policy.rules.filter((rule) => rule.mode === "enforce");
    for (const rule of enforced) {
      const key = `${policy.id}/${rule.id}`;
      if (rule.then !== undefined && touches(rule.then))
        things.push(ruleDeclaration(policy, rule, key, models));
      if (rule.then !== undefined && restricts(rule.then)) caps.set(key, rule.restricts ?? defaultCap);
      if (rule.rollout < wholeRollout) rollouts.set(key, rule.rollout);
    }
    const pointed = enforced.filter((rule) => rule.points !== 0);
    for (const threshold of policy.thresholds) {
      if (threshold.outcome !== "allow" && threshold.outcome !== "flag")
        things.push(thresholdDeclaration(policy, threshold, pointed, models));
    }
    for (const step of policy.ladder) {
      if (restricts(step.then)) caps.set(stepKey(policy, step), stepCap(enforced));
    }
  }
  const byName = new Map(versions.map(({ name, version }) => [name, version]));
  const lists = listsOf(policies).map((list) => {
    const version = byName.get(list.name);
    return version === undefined ? list : { ...list, version };
  });
  return { things, lists, caps, rollouts };
}

const wholeRollout = 10_000;

/** Whether measures restrict somebody; a warning doesn't. */
export function restricts({ suspendMs, ban, throttle, limit }: Measures): boolean {
  return [suspendMs, ban, throttle, limit].some((measure) => measure !== undefined);
}

function touches(then: NonNullable<Rule["then"]>): boolean {
  const stands = then.outcome === "allow" || then.outcome === "flag";
  return !stands || then.strike > 0 || then.warn === true || restricts(then);
}

function ruleDeclaration(
  policy: Policy,
  rule: Rule,
  key: string,
  models: readonly ModelNamed[],
): Declaration {
  const text = JSON.stringify([
    "rule",
    policy.on.toSorted(),
    conditionOf(policy, rule, models),
    rule.then,
    rule.points,
    rule.strikeEveryMs,
    rule.brake,
  ]);
  return { key, what: "rule", hash: hashOf(text), brake: rule.brake, on: policy.on };
}

function thresholdDeclaration(
  policy: Policy,
  threshold: Threshold,
  pointed: readonly Rule[],
  models: readonly ModelNamed[],
): Declaration {
  const rules = pointed.map((rule) => [conditionOf(policy, rule, models), rule.points]);
  const text = JSON.stringify(["threshold", policy.on.toSorted(), threshold, rules]);
  const key = `${policy.id}/points-${threshold.points}`;
  return { key, what: "threshold", hash: hashOf(text), brake: threshold.brake, on: policy.on };
}

// Names of counters and limits are the policy's own: what they stand for may change while the condition's
// text doesn't. Fewer exemptions are more hits.
function conditionOf(policy: Policy, rule: Rule, models: readonly ModelNamed[]): unknown {
  const names = rule.reads.map((path) => path.split("."));
  const counters = names.flatMap(([root, name]) =>
    root === "counters" && name !== undefined ? [policy.counters.get(name)?.id] : [],
  );
  const exemptions = rule.always ? [] : policy.exempt.filter((each) => each.from.includes(rule.id));
  const whole = [rule.when, counters, rule.readsLimits, exemptions.map(({ when }) => when)];
  const paths = [...rule.reads, ...exemptions.flatMap(({ reads }) => reads)];
  const read = models.filter(({ name }) => paths.some((path) => path.startsWith(`models.${name}.`)));
  // Nothing is added where no model is read: hashes that are on record stay what they were.
  return read.length === 0 ? whole : [...whole, read.map(({ name, sha256 }) => [name, sha256])];
}

// A list without a rule in force that reads it can restrict nobody. Through points it may.
function listsOf(policies: readonly Policy[]): ListDeclared[] {
  const lists = new Map<string, { brake: Brake; on: Set<string> }>();
  for (const policy of policies) {
    const read = policy.rules
      .filter((rule) => rule.mode === "enforce" && (rule.points !== 0 || (rule.then && touches(rule.then))))
      .flatMap((rule) => rule.reads);
    for (const { name, brake } of policy.lists.values()) {
      if (!read.some((path) => path === `lists.${name}` || path.startsWith(`lists.${name}.`))) continue;
      const known = lists.get(name);
      if (known === undefined) lists.set(name, { brake, on: new Set(policy.on) });
      else {
        for (const type of policy.on) known.on.add(type);
        // Two policies may declare the brake of one list differently: the tighter one holds.
        known.brake = {
          share: Math.min(known.brake.share, brake.share),
          least: Math.min(known.brake.least, brake.least),
        };
      }
    }
  }
  return [...lists].map(([name, { brake, on }]) => ({ name, brake, on: [...on] }));
}

// A step restricts for the rules whose strikes lead to it: it may do so no faster than the tightest of them.
function stepCap(rules: readonly Rule[]): Cap {
  const caps = rules.flatMap(({ then, restricts: cap }) => (then && then.strike > 0 && cap ? [cap] : []));
  return caps.reduce((a, b) => (a.count / a.perMs <= b.count / b.perMs ? a : b), caps[0] ?? defaultCap);
}

function stepKey(policy: Policy, step: LadderStep): string {
  return `${policy.id}/ladder-${step.strikes}`;
}

function hashOf(text: string): string {
  return hash("sha256", text, "base64url").slice(0, hashCharacters);
}
