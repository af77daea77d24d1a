// SPDX-License-Identifier: Apache-2.0
// Enforcement: from what the policies say and what was read of the actor's standing to what happens, and to
// the strikes and restrictions that follow. Pure; ids of new restrictions come from the caller.
import { stricterOutcome } from "../evaluate.ts";
import type { Evaluation, LadderStep, Measures, Outcome, Policy } from "../types.ts";
import { sameRate, timeMsMax } from "./restriction.ts";
import type { Restriction } from "./restriction.ts";
import { strikeInForceMs } from "./standing.ts";
import type { RestrictionRead, StandingRead, Strike } from "./standing.ts";

/** What follows from an event. */
export type Enforcement = {
  outcome: Outcome;
  /** The restriction because of which the event was refused. */
  refusedBy: RestrictionRead | undefined;
  strikes: Strike[];
  restrictions: Restriction[];
  /** Steps of ladders that were reached and need a person, as `policy/ladder-STRIKES`. */
  proposed: string[];
  /**
   * Rules and steps that restrict the actor, or would if something as long weren't in force; named as in
   * {@link Enforcement.capped}. A warning restricts nobody.
   */
  restricting: string[];
  /**
   * Rules and steps whose measures were left out because a cap was reached, as `policy/rule`,
   * `policy/ladder-STRIKES`.
   */
  capped: string[];
  /** Rules and steps whose measures were left out because their policy has its restrictions in shadow. */
  shadowed: string[];
  retryAfterMs: number | undefined;
  holdUntilMs: number | undefined;
  otherwise: Outcome | undefined;
};

/** Which rules and steps may restrict nobody else for now; each as in {@link Enforcement.capped}. */
export type Caps = { has(cause: string): boolean };

/** A rule or a step of a ladder, and its measures. */
type Cause = { readonly name: string; readonly policy: string; readonly then: Measures };

/**
 * Decides what happens to an event.
 *
 * A ban or a suspension rejects it; nothing else follows then, and no strike. A throttle that has no room
 * left delays it, unless the rules reject it anyway. Otherwise the strictest of rules and thresholds counts,
 * strikes are given, and the highest step of each policy's ladder that they reach applies.
 *
 * @param policies those that are about the event's type
 * @param standing what was read of the actor's standing
 * @param caps which causes may restrict nobody else; a cause that restricts this actor already isn't there
 * @param newId gives the id of a new restriction
 */
export function enforce(
  evaluation: Evaluation,
  policies: readonly Policy[],
  standing: StandingRead,
  decidedAtMs: number,
  caps: Caps,
  newId: () => string,
): Enforcement {
  const inForce = standing.restrictions;
  // Nothing follows from most events.
  if (inForce.length === 0 && evaluation.rules.length === 0) return plain(evaluation.outcome);
  const exclusion = inForce.find(({ kind }) => kind === "ban") ?? longest(inForce, "suspend");
  if (exclusion !== undefined) return refused("reject", exclusion, undefined);
  const waitMs = Math.max(0, ...inForce.map(waitOf));
  if (waitMs > 0 && evaluation.outcome !== "reject") {
    const throttles = inForce.filter((restriction) => waitOf(restriction) === waitMs);
    const retryAfterMs = Math.max(waitMs, delayOf(evaluation) ?? 0);
    return refused("delay", longest(throttles, "throttle"), retryAfterMs);
  }
  const strikes = strikesOf(evaluation, standing, decidedAtMs);
  const steps = reachedSteps(policies, standing, strikes);
  const all: Cause[] = [
    ...evaluation.rules.flatMap(({ policy, rule, then }) =>
      then === undefined || !restricts(then) ? [] : [{ name: `${policy}/${rule}`, policy, then }],
    ),
    ...steps
      .filter(({ step }) => step.needs === undefined)
      .map(({ name, policy, step }) => ({ name, policy, then: step.then })),
  ];
  const inShadow = new Set(policies.filter((each) => each.restrictions === "shadow").map(({ id }) => id));
  const causes = all.filter(({ policy }) => !inShadow.has(policy));
  const capped = causes.filter(({ name }) => caps.has(name)).map(({ name }) => name);
  const measures = causes.filter(({ name }) => !caps.has(name)).map(({ then }) => then);
  const hold = evaluation.outcome === "hold" ? holdOf(evaluation) : undefined;
  return {
    outcome: evaluation.outcome,
    refusedBy: undefined,
    strikes,
    restrictions: restrictionsOf(measures, inForce, decidedAtMs, newId),
    proposed: steps.filter(({ step }) => step.needs !== undefined).map(({ name }) => name),
    restricting: causes.filter(({ name, then }) => !caps.has(name) && confines(then)).map(({ name }) => name),
    capped,
    shadowed: all.filter(({ policy }) => inShadow.has(policy)).map(({ name }) => name),
    retryAfterMs: evaluation.outcome === "delay" ? delayOf(evaluation) : undefined,
    holdUntilMs: hold?.holdForMs === undefined ? undefined : endOf(decidedAtMs, hold.holdForMs),
    otherwise: hold?.otherwise,
  };
}

function refused(
  outcome: Outcome,
  refusedBy: RestrictionRead | undefined,
  retryAfterMs: number | undefined,
): Enforcement {
  return { ...plain(outcome), refusedBy, retryAfterMs };
}

/** An outcome that nothing else follows from. No threshold is reached where no rule fired. */
function plain(outcome: Outcome): Enforcement {
  return {
    outcome,
    refusedBy: undefined,
    strikes: [],
    restrictions: [],
    proposed: [],
    restricting: [],
    capped: [],
    shadowed: [],
    retryAfterMs: undefined,
    holdUntilMs: undefined,
    otherwise: undefined,
  };
}

// A strike needs an outcome that stands by itself: those from flag or hold count once a reviewer confirms
// them.
function strikesOf(evaluation: Evaluation, standing: StandingRead, decidedAtMs: number): Strike[] {
  const strikes: Strike[] = [];
  for (const { policy, rule, then } of evaluation.rules) {
    if (then === undefined || then.strike === 0 || then.outcome === "flag" || then.outcome === "hold")
      continue;
    if (standing.recent?.includes(`${policy}/${rule}`)) continue;
    strikes.push({ policy, rule, count: then.strike, atMs: decidedAtMs });
  }
  return strikes;
}

/** A step of a policy's ladder that was reached, named as in {@link Enforcement.capped}. */
export type ReachedStep = { readonly name: string; readonly policy: string; readonly step: LadderStep };

/** The highest step of each policy's ladder that strikes reach, with those that were in force before. */
export function reachedSteps(
  policies: readonly Policy[],
  standing: Pick<StandingRead, "ladder">,
  strikes: readonly Strike[],
): ReachedStep[] {
  const steps: ReachedStep[] = [];
  for (const { id, ladder } of policies) {
    const added = strikes.reduce((sum, strike) => (strike.policy === id ? sum + strike.count : sum), 0);
    if (added === 0) continue;
    const before = standing.ladder?.[id];
    const step = ladder
      .filter(({ strikes: needed }, place) => (before?.[place] ?? 0) + added >= needed)
      .sort((a, b) => a.strikes - b.strikes)
      .at(-1);
    if (step !== undefined) steps.push({ name: stepName(id, step), policy: id, step });
  }
  return steps;
}

/** How facts name a step of a ladder. */
export function stepName(policy: string, { strikes }: Pick<LadderStep, "strikes">): string {
  return `${policy}/ladder-${strikes}`;
}

/** Whether measures restrict or warn at all. */
export function restricts(measures: Measures): boolean {
  return measures.warn !== undefined || confines(measures);
}

function confines({ throttle, limit, suspendMs, ban }: Measures): boolean {
  return [throttle, limit, suspendMs, ban].some((measure) => measure !== undefined);
}

/**
 * The restrictions that measures come to. One that is in force already, as strong and at least as long, is
 * not ordered again; a warning is told each time.
 */
export function restrictionsOf(
  measures: readonly Measures[],
  inForce: readonly RestrictionRead[],
  decidedAtMs: number,
  newId: () => string,
): Restriction[] {
  const restrictions: Restriction[] = [];
  if (measures.some(({ ban }) => ban === true)) {
    restrictions.push({ id: newId(), kind: "ban", untilMs: timeMsMax });
  }
  const suspendMs = Math.max(0, ...measures.map((measure) => measure.suspendMs ?? 0));
  if (suspendMs > 0) {
    restrictions.push({ id: newId(), kind: "suspend", untilMs: endOf(decidedAtMs, suspendMs) });
  }
  addLimits(restrictions, measures, inForce, decidedAtMs, newId);
  addThrottles(restrictions, measures, inForce, decidedAtMs, newId);
  if (measures.some(({ warn }) => warn === true)) {
    restrictions.push({ id: newId(), kind: "warn", untilMs: endOf(decidedAtMs, strikeInForceMs) });
  }
  return restrictions;
}

function addLimits(
  restrictions: Restriction[],
  measures: readonly Measures[],
  inForce: readonly RestrictionRead[],
  decidedAtMs: number,
  newId: () => string,
): void {
  const ends = new Map<string, number>();
  for (const { limit } of measures) {
    if (limit === undefined) continue;
    const untilMs = endOf(decidedAtMs, limit.forMs);
    for (const ability of limit.abilities) {
      ends.set(ability, Math.max(untilMs, ends.get(ability) ?? 0));
    }
  }
  for (const [ability, untilMs] of ends) {
    const known = inForce.some(
      (each) => each.kind === "limit" && each.ability === ability && Date.parse(each.until) >= untilMs,
    );
    if (!known) restrictions.push({ id: newId(), kind: "limit", untilMs, ability });
  }
}

function addThrottles(
  restrictions: Restriction[],
  measures: readonly Measures[],
  inForce: readonly RestrictionRead[],
  decidedAtMs: number,
  newId: () => string,
): void {
  const throttles = measures.flatMap(({ throttle }) => (throttle === undefined ? [] : [throttle]));
  for (const throttle of throttles.toSorted((a, b) => b.forMs - a.forMs)) {
    const untilMs = endOf(decidedAtMs, throttle.forMs);
    const known =
      inForce.some(
        (each) => each.kind === "throttle" && sameRate(each, throttle) && Date.parse(each.until) >= untilMs,
      ) ||
      restrictions.some(
        (each) => each.kind === "throttle" && sameRate(each, throttle) && each.untilMs >= untilMs,
      );
    if (known) continue;
    const { count, perMs, burst } = throttle;
    restrictions.push({ id: newId(), kind: "throttle", untilMs, count, perMs, burst, tatUs: 0 });
  }
}

// Records hold times up to the year 9999; a later end could be written and never be read again.
function endOf(decidedAtMs: number, lengthMs: number): number {
  return Math.min(decidedAtMs + lengthMs, timeMsMax);
}

function waitOf(restriction: RestrictionRead): number {
  return restriction.kind === "throttle" ? restriction.waitMs : 0;
}

function delayOf(evaluation: Evaluation): number | undefined {
  const waits = [...evaluation.rules.map((rule) => rule.then), ...evaluation.thresholds].flatMap((cause) =>
    cause?.retryAfterMs === undefined ? [] : [cause.retryAfterMs],
  );
  return waits.length === 0 ? undefined : Math.max(...waits);
}

// Several causes of a hold: the longest counts, one without an end counts as the longest; the strictest
// otherwise.
function holdOf(evaluation: Evaluation): { holdForMs: number | undefined; otherwise: Outcome | undefined } {
  const causes = [...evaluation.rules.map((rule) => rule.then), ...evaluation.thresholds].filter(
    (cause) => cause?.outcome === "hold",
  );
  if (causes.some((cause) => cause?.holdForMs === undefined)) {
    return { holdForMs: undefined, otherwise: undefined };
  }
  return {
    holdForMs: Math.max(...causes.map((cause) => cause?.holdForMs ?? 0)),
    otherwise: causes.map((cause) => cause?.otherwise ?? "allow").reduce(stricterOutcome),
  };
}

function longest(
  restrictions: readonly RestrictionRead[],
  kind: "suspend" | "throttle",
): RestrictionRead | undefined {
  let found: (RestrictionRead & { until: string }) | undefined;
  for (const each of restrictions) {
    if (each.kind === kind && (found === undefined || each.until >= found.until)) found = each;
  }
  return found;
}
