// SPDX-License-Identifier: Apache-2.0
// What a verdict changes of its actor's standing. Pure: history and standing are read before, ids of new
// restrictions come from the caller.
import {
  announcedStrikes,
  correction,
  holdsAsLong,
  lateSteps,
  recordedRestriction,
  reevaluate,
  restrictionsAt,
  sameStrike,
  stepEffect,
  strikeMemoryMs,
} from "@docket/policy";
import type { Policy, Restriction, Standing, Strike } from "@docket/policy";
import { formatTime } from "@docket/protocol";
import type { ActStrike, Facts, Outcome, RecordedRestriction, Verdict } from "@docket/protocol";
import { firedNames, policiesAbout } from "./history.ts";
import type { ActorHistory } from "./history.ts";

/** What a verdict on a decision changes. */
export type StandingEffect = {
  readonly strikes: ActStrike[];
  readonly voided: ActStrike[];
  readonly restrictions: RecordedRestriction[];
  readonly ended: string[];
  readonly proposed: string[];
};
/** Nothing. */
export const noEffect: StandingEffect = {
  strikes: [],
  voided: [],
  restrictions: [],
  ended: [],
  proposed: [],
};

/** What an effect is worked out from. */
export type EffectInput = {
  /** Index of the decision, and its facts. */
  readonly of: number;
  readonly facts: Facts;
  /** All policies of the release that decided. */
  readonly policies: readonly Policy[];
  readonly history: ActorHistory;
  readonly standing: Standing;
  readonly nowMs: number;
  readonly newId: () => string;
};

/** The decision was wrong: what it gave is taken back, as far as nothing else holds it. */
export function compensation(input: EffectInput): StandingEffect {
  const { of, history, standing, nowMs, newId } = input;
  const { items, voided: alreadyVoid } = history;
  const given = items.flatMap((item) =>
    (item.kind === "decision" && item.index === of) || (item.kind === "confirmation" && item.of === of)
      ? item.strikes
      : [],
  );
  const left = [...standing.strikes];
  const voided = given.filter((strike) => {
    const place = left.findIndex((each) => sameStrike(each, strike));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
  // What the history does not explain stays: its grounds may lie further back than was looked.
  const explained = restrictionsAt(
    reevaluate(items, (index) => alreadyVoid.has(index)),
    nowMs,
  );
  const wanted = reevaluate(items, (index) => index === of || alreadyVoid.has(index));
  const { ended, imposed } = correction(
    standing,
    wanted,
    nowMs,
    (id) =>
      standing.restrictions.some(
        (each) => each.id === id && explained.some((ground) => holdsAsLong(ground, each)),
      ),
    true,
  );
  return {
    ...noEffect,
    voided: voided.map(actStrike),
    restrictions: imposed.map((each) => recorded(each, newId)),
    ended: ended.map(({ id }) => id),
  };
}

/**
 * The decision was right: strikes that it had only announced are given; those of one that had been said to be
 * wrong are given back, and what followed from it where its time is not over.
 */
export function confirmation(input: EffectInput): StandingEffect {
  const { of, facts, history, standing, nowMs, newId } = input;
  const decidedAtMs = Date.parse(facts.decidedAt);
  if (facts.refusedBy !== null || decidedAtMs <= nowMs - strikeMemoryMs) return noEffect;
  const policies = policiesAbout(input.policies, facts.event.type);
  const wasVoid = history.voided.has(of);
  const own: Strike[] = wasVoid ? facts.strikes.map((each) => ({ ...each, atMs: decidedAtMs })) : [];
  const back = wasVoid ? backAgain(input) : [];
  const after: Standing = {
    strikes: [...standing.strikes, ...own],
    restrictions: [...standing.restrictions, ...back],
  };
  const announced = announcedStrikes(firedNames(facts), policies, after, decidedAtMs);
  const steps = lateSteps(policies, after, announced);
  const { restrictions, proposed } = stepEffect(steps, policies, after, nowMs, newId);
  return {
    strikes: [...own, ...announced].map(actStrike),
    voided: [],
    restrictions: [...back.map((each) => recorded(each, newId)), ...restrictions.map(recordedRestriction)],
    ended: [],
    proposed,
  };
}

/** The outcome in force after a verdict. */
export function outcomeAfter(before: Outcome, verdict: Verdict): Outcome {
  if (verdict === "remove") return "reject";
  return verdict === "release" || verdict === "restore" ? "allow" : before;
}

/** Why a verdict does not fit the outcome in force; `undefined` if it does. */
export function misfit(before: Outcome, verdict: Verdict): string | undefined {
  if (verdict === "release" && before !== "hold") return `it is not held: ${before} is in force`;
  if (verdict === "remove" && before === "reject") return "it is refused or removed already";
  if (verdict === "restore" && (before === "allow" || before === "flag")) return "it is not refused";
  return undefined;
}

function backAgain({ of, history, standing, nowMs }: EffectInput): Restriction[] {
  const { items, voided } = history;
  const wanted = reevaluate(items, (index) => index !== of && voided.has(index));
  return [...correction(standing, wanted, nowMs, () => false, false).imposed];
}

function recorded(restriction: Restriction, newId: () => string): RecordedRestriction {
  return recordedRestriction({ ...restriction, id: newId() });
}

function actStrike({ policy, rule, count, atMs }: Strike): ActStrike {
  return { policy, rule, count, at: formatTime(atMs) };
}
