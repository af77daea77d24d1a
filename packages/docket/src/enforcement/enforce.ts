// SPDX-License-Identifier: Apache-2.0
// Enforcement: from what the policies say and the actor's standing to what happens, and to the strikes and
// restrictions that follow. Pure; ids of new restrictions come from the caller.
import { stricterOutcome } from "@docket/policy";
import type { Evaluation, LadderStep, Outcome, Policy, Then } from "@docket/policy";
import { timeMsMax } from "@docket/protocol";
import { restrictionsAt, sameRate, strikesWithin, throttleWaitMs } from "./standing.ts";
import type { Restriction, Standing, Strike } from "./standing.ts";

/** What follows from an event. */
export type Enforcement = {
  outcome: Outcome;
  /** The restriction because of which the event was refused. */
  refusedBy: Restriction | undefined;
  strikes: Strike[];
  restrictions: Restriction[];
  retryAfterMs: number | undefined;
  holdUntilMs: number | undefined;
  otherwise: Outcome | undefined;
};

/** Names of the reasons that are no rule's: a restriction refused the event. */
export const suspendedReason = "standing.suspended";
export const throttledReason = "standing.throttled";

/**
 * Decides what happens to an event.
 *
 * A suspension rejects it; nothing else follows then, and no strike. A throttle that has no room left delays
 * it, unless the rules reject it anyway. Otherwise the strictest of rules and thresholds counts, strikes are
 * given, and the highest step of each policy's ladder that they reach applies.
 *
 * @param newId gives the id of a new restriction
 */
export function enforce(
  evaluation: Evaluation,
  policies: readonly Policy[],
  standing: Standing,
  decidedAtMs: number,
  newId: () => string,
): Enforcement {
  const inForce = restrictionsAt(standing, decidedAtMs);
  const suspension = longest(inForce.filter((restriction) => restriction.kind === "suspend"));
  if (suspension !== undefined) return refused("reject", suspension, undefined);
  const waitMs = throttleWaitMs(inForce, decidedAtMs);
  if (waitMs > 0 && evaluation.outcome !== "reject") {
    const throttles = inForce.filter((restriction) => throttleWaitMs([restriction], decidedAtMs) === waitMs);
    return refused("delay", longest(throttles), Math.max(waitMs, delayOf(evaluation) ?? 0));
  }
  const strikes = strikesOf(evaluation, standing, decidedAtMs);
  const measures = [
    ...evaluation.rules.flatMap(({ then }) => (then === undefined ? [] : [then])),
    ...ladderSteps(policies, standing, strikes, decidedAtMs).map((step) => step.then),
  ];
  const hold = evaluation.outcome === "hold" ? holdOf(evaluation) : undefined;
  return {
    outcome: evaluation.outcome,
    refusedBy: undefined,
    strikes,
    restrictions: restrictionsOf(measures, inForce, decidedAtMs, newId),
    retryAfterMs: evaluation.outcome === "delay" ? delayOf(evaluation) : undefined,
    holdUntilMs: hold?.holdForMs === undefined ? undefined : endOf(decidedAtMs, hold.holdForMs),
    otherwise: hold?.otherwise,
  };
}

function refused(
  outcome: Outcome,
  refusedBy: Restriction | undefined,
  retryAfterMs: number | undefined,
): Enforcement {
  return {
    outcome,
    refusedBy,
    strikes: [],
    restrictions: [],
    retryAfterMs,
    holdUntilMs: undefined,
    otherwise: undefined,
  };
}

// A strike needs an outcome that stands by itself: those from flag or hold count once a reviewer confirms
// them.
function strikesOf(evaluation: Evaluation, standing: Standing, decidedAtMs: number): Strike[] {
  const strikes: Strike[] = [];
  for (const { policy, rule, then, strikeEveryMs } of evaluation.rules) {
    if (then === undefined || then.strike === 0 || then.outcome === "flag" || then.outcome === "hold")
      continue;
    const recent = standing.strikes.some(
      (strike) =>
        strike.policy === policy && strike.rule === rule && strike.atMs > decidedAtMs - strikeEveryMs,
    );
    if (!recent) strikes.push({ policy, rule, count: then.strike, atMs: decidedAtMs });
  }
  return strikes;
}

function ladderSteps(
  policies: readonly Policy[],
  standing: Standing,
  strikes: readonly Strike[],
  decidedAtMs: number,
): LadderStep[] {
  const steps: LadderStep[] = [];
  for (const policy of policies) {
    if (!strikes.some((strike) => strike.policy === policy.id)) continue;
    const after: Standing = { ...standing, strikes: [...standing.strikes, ...strikes] };
    const reached = policy.ladder
      .filter((step) => strikesWithin(after, decidedAtMs, step.withinMs, policy.id) >= step.strikes)
      .sort((a, b) => a.strikes - b.strikes)
      .at(-1);
    if (reached !== undefined) steps.push(reached);
  }
  return steps;
}

type Measure = Pick<Then, "suspendMs" | "throttle">;

// A measure that is in force already, as strong and at least as long, is not ordered again.
function restrictionsOf(
  measures: readonly Measure[],
  inForce: readonly Restriction[],
  decidedAtMs: number,
  newId: () => string,
): Restriction[] {
  const restrictions: Restriction[] = [];
  const suspendMs = Math.max(0, ...measures.map((measure) => measure.suspendMs ?? 0));
  if (suspendMs > 0) {
    restrictions.push({ id: newId(), kind: "suspend", untilMs: endOf(decidedAtMs, suspendMs) });
  }
  const throttles = measures.flatMap(({ throttle }) => (throttle === undefined ? [] : [throttle]));
  for (const throttle of throttles.toSorted((a, b) => b.forMs - a.forMs)) {
    const untilMs = endOf(decidedAtMs, throttle.forMs);
    const known = [...inForce, ...restrictions].some(
      (restriction) =>
        restriction.kind === "throttle" && sameRate(restriction, throttle) && restriction.untilMs >= untilMs,
    );
    if (known) continue;
    const { count, perMs, burst } = throttle;
    restrictions.push({ id: newId(), kind: "throttle", untilMs, count, perMs, burst, tatUs: 0 });
  }
  return restrictions;
}

// Records hold times up to the year 9999; a later end could be written and never be read again.
function endOf(decidedAtMs: number, lengthMs: number): number {
  return Math.min(decidedAtMs + lengthMs, timeMsMax);
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

function longest(restrictions: readonly Restriction[]): Restriction | undefined {
  return restrictions.toSorted((a, b) => a.untilMs - b.untilMs).at(-1);
}
