// SPDX-License-Identifier: Apache-2.0
// Strikes that a decision had only announced, once a person confirms them: which they are, and which steps of
// the ladder they reach. They count from the time of their event, so it matters little how long a case waits
// for its reviewer; what follows from them begins when they are given.
import type { Measures, Policy } from "../types.ts";
import { reachedSteps, restrictionsOf, stepName } from "./enforce.ts";
import type { ReachedStep } from "./enforce.ts";
import type { Restriction } from "./restriction.ts";
import { readStanding } from "./standing.ts";
import type { Standing, Strike } from "./standing.ts";

/** A rule that fired and had its effect. */
export type FiredName = { readonly policy: string; readonly rule: string };

/**
 * Strikes that come of a decision once it is confirmed: those of its rules that gave none, or whose strikes
 * are void, each unless one of the same rule lies within its `strikeEvery`.
 *
 * @param fired the rules that fired and had their effect
 * @param policies of the release that decided
 * @param standing without what the decision gave before, if that is void
 */
export function announcedStrikes(
  fired: readonly FiredName[],
  policies: readonly Policy[],
  standing: Standing,
  decidedAtMs: number,
): Strike[] {
  const strikes: Strike[] = [];
  for (const { policy, rule: id } of fired) {
    const rule = policies.find((each) => each.id === policy)?.rules.find((each) => each.id === id);
    if (rule?.then === undefined || rule.then.strike === 0) continue;
    const known = standing.strikes.some((strike) => {
      if (strike.policy !== policy || strike.rule !== id) return false;
      const apartMs = Math.abs(strike.atMs - decidedAtMs);
      return apartMs === 0 || apartMs < rule.strikeEveryMs;
    });
    if (!known) strikes.push({ policy, rule: id, count: rule.then.strike, atMs: decidedAtMs });
  }
  return strikes;
}

/**
 * Steps of ladders that strikes reach which are given later than they count from: at their own time as any
 * strike does, and at the time of each later strike, if that one reaches a higher step now.
 */
export function lateSteps(
  policies: readonly Policy[],
  standing: Standing,
  strikes: readonly Strike[],
): ReachedStep[] {
  const found = new Map<string, ReachedStep>();
  const after: Standing = { ...standing, strikes: [...standing.strikes, ...strikes] };
  const [first] = strikes;
  if (first === undefined) return [];
  const take = (step: ReachedStep | undefined): void => {
    if (step === undefined) return;
    const known = found.get(step.policy);
    if (known === undefined || known.step.strikes < step.step.strikes) found.set(step.policy, step);
  };
  for (const step of reachedSteps(policies, readStanding(standing, policies, first.atMs), strikes))
    take(step);
  for (const policy of policies) {
    if (!strikes.some((strike) => strike.policy === policy.id)) continue;
    for (const { policy: of, atMs } of standing.strikes) {
      if (of !== policy.id || atMs <= first.atMs) continue;
      const before = highestStep(policy, standing, atMs);
      const now = highestStep(policy, after, atMs);
      if (now !== undefined && now.name !== before?.name) take(now);
    }
  }
  return [...found.values()];
}

/** What follows from steps of ladders that are reached or taken at a time. */
export type StepEffect = { restrictions: Restriction[]; proposed: string[] };

/**
 * The restrictions that steps come to; those that wait for a person are only named. Policies whose
 * restrictions are in shadow have none.
 */
export function stepEffect(
  steps: readonly ReachedStep[],
  policies: readonly Policy[],
  standing: Standing,
  atMs: number,
  newId: () => string,
): StepEffect {
  const inShadow = new Set(policies.filter((each) => each.restrictions === "shadow").map(({ id }) => id));
  const effective = steps.filter(({ policy }) => !inShadow.has(policy));
  const measures: Measures[] = effective
    .filter(({ step }) => step.needs === undefined)
    .map(({ step }) => step.then);
  const { restrictions: inForce } = readStanding(standing, [], atMs);
  return {
    restrictions: restrictionsOf(measures, inForce, atMs, newId),
    proposed: effective.filter(({ step }) => step.needs !== undefined).map(({ name }) => name),
  };
}

/** The step of a policy's ladder that a name of `policy/ladder-STRIKES` means. */
export function namedStep(policies: readonly Policy[], name: string): ReachedStep | undefined {
  for (const { id, ladder } of policies) {
    const step = ladder.find((each) => stepName(id, each) === name);
    if (step !== undefined) return { name, policy: id, step };
  }
  return undefined;
}

function highestStep(policy: Policy, standing: Standing, atMs: number): ReachedStep | undefined {
  const counts = readStanding(standing, [policy], atMs).ladder?.[policy.id] ?? [];
  const step = policy.ladder
    .filter(({ strikes }, place) => (counts[place] ?? 0) >= strikes)
    .sort((a, b) => a.strikes - b.strikes)
    .at(-1);
  return step && { name: stepName(policy.id, step), policy: policy.id, step };
}
