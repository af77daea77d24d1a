// SPDX-License-Identifier: Apache-2.0
// What rules and thresholds do: outcomes and strikes; and the ladder that strikes lead up.
import { outcomes } from "../types.ts";
import type { LadderStep, Measures, Outcome, Then, Threshold } from "../types.ts";
import { readBrake, ruleBrake } from "./brake.ts";
import { readChoice, readInteger, readList, readMapping, readOptional, report } from "./document.ts";
import type { Keys, Located, Mapping, Source } from "./document.ts";
import { measureKeys, readMeasures } from "./measures.ts";
import { readTime, showTime } from "./times.ts";

/** Most strikes that one rule may give at once. */
export const strikeMax = 100;
/** Longest `retryAfter` and `holdFor`, in milliseconds. */
export const retryAfterMsMax = 86_400_000;
export const holdForMsMax: number = 30 * 86_400_000;
/** Longest window of a ladder step, in milliseconds. */
export const ladderWithinMsMax: number = 365 * 86_400_000;
/** Most steps of a ladder, and strikes that one may ask for. */
export const ladderStepsMax = 20;
export const ladderStrikesMax = 1_000;
/** Most thresholds of a policy, and points that one may ask for. */
export const thresholdsMax = 20;
export const pointsMax = 1_000_000;

const outcomeKeys = ["outcome", "holdFor", "otherwise", "retryAfter"] as const;
const thenKeys: Keys = { known: [...outcomeKeys, "strike", ...measureKeys] };

/** How often a rule can give strikes: so many, at most once in such a time (0: as often as it fires). */
export type Striking = { readonly strike: number; readonly everyMs: number };

/**
 * What a rule does when it fires.
 *
 * @param mayWait whether the rule reads a limit, which says when to try again
 */
export function readThen(source: Source, value: Located, mayWait: boolean): Then | undefined {
  const mapping = readMapping(source, value, "then", thenKeys);
  if (mapping === undefined) return undefined;
  if (mapping.entries.size === 0) return report(source, "missing-key", value.offset, "then does nothing");
  const outcome = readOutcome(source, mapping, "then", mayWait) ?? { outcome: "allow" };
  const strike =
    readOptional(mapping, "strike", (each) => readInteger(source, each, "strike", 1, strikeMax)) ?? 0;
  if (strike > 0 && (outcome.outcome === "delay" || outcome.outcome === "allow")) {
    const offset = mapping.entries.get("strike")?.keyOffset ?? value.offset;
    const message = `an event that comes to ${outcome.outcome} gives no strike`;
    const hint = "add an outcome of flag, challenge, hold or reject, or leave it out";
    report(source, "conflict", offset, message, hint);
  }
  return { ...outcome, strike, ...readMeasures(source, mapping) };
}

/** The thresholds of a policy, from the fewest points to the most. */
export function readThresholds(source: Source, value: Located, reachable: number): Threshold[] {
  const keys = { known: ["points", ...outcomeKeys, "brake"], required: ["points", "outcome"] };
  const found: { readonly threshold: Threshold; readonly offset: number }[] = [];
  for (const item of readList(source, value, "thresholds", thresholdsMax) ?? []) {
    const mapping = readMapping(source, item, "a threshold", keys);
    if (mapping === undefined) continue;
    const points = readOptional(mapping, "points", (each) =>
      readInteger(source, each, "points", 1, pointsMax),
    );
    const outcome = readOutcome(source, mapping, "a threshold", false);
    const brake = readOptional(mapping, "brake", (each) => readBrake(source, each, ruleBrake)) ?? ruleBrake;
    if (points === undefined || outcome === undefined) continue;
    const offset = mapping.entries.get("points")?.value.offset ?? item.offset;
    if (outcome.outcome === "allow") {
      const at = mapping.entries.get("outcome")?.value.offset ?? item.offset;
      report(source, "conflict", at, "a threshold that comes to allow does nothing", "leave it out");
    }
    if (points > reachable) {
      const message = `${points} points can't be reached: all rules together give ${reachable}`;
      report(source, "unreachable", offset, message, "lower it, or leave it out");
    }
    found.push({ threshold: { points, ...outcome, brake }, offset });
  }
  found.sort((a, b) => a.threshold.points - b.threshold.points);
  checkThresholdOrder(source, found);
  return found.map(({ threshold }) => threshold);
}

/**
 * The steps of a policy's ladder, in the order of the file.
 *
 * @param striking the rules that give strikes; `undefined` where some rule couldn't be read
 */
export function readLadder(
  source: Source,
  value: Located,
  striking: readonly Striking[] | undefined,
): LadderStep[] {
  const keys: Keys = {
    known: ["strikes", "within", "then", "needs"],
    required: ["strikes", "within", "then"],
  };
  const steps: LadderStep[] = [];
  if (striking?.length === 0) {
    const message = "no rule of this policy gives a strike, so the ladder is never climbed";
    report(source, "unreachable", value.offset, message, "give a rule a strike, or leave the ladder out");
  }
  for (const item of readList(source, value, "ladder", ladderStepsMax) ?? []) {
    const mapping = readMapping(source, item, "a step of the ladder", keys);
    if (mapping === undefined) continue;
    const strikes = readOptional(mapping, "strikes", (each) =>
      readInteger(source, each, "strikes", 1, ladderStrikesMax),
    );
    const withinMs = readOptional(mapping, "within", (each) =>
      readTime(source, each, "within", 1_000, ladderWithinMsMax),
    );
    const then = readOptional(mapping, "then", (each) => readStepAction(source, each));
    const needs = readOptional(mapping, "needs", (each) => readChoice(source, each, "needs", ["review"]));
    if (strikes === undefined || withinMs === undefined || then === undefined) continue;
    // Records name a step by its policy and its strikes.
    const same = steps.find((step) => step.strikes === strikes);
    if (same !== undefined) {
      const within = showTime(same.withinMs);
      const message = `the ladder has a step for ${strikes} strikes already, within ${within}`;
      report(source, "conflict", item.offset, message, "put both into one");
    }
    const step: LadderStep = { strikes, withinMs, then, ...(needs === "review" && { needs }) };
    checkReachable(source, item, step, striking);
    steps.push(step);
  }
  return steps;
}

/** A step that asks for more strikes than the rules can give in its time is never taken. */
function checkReachable(
  source: Source,
  item: Located,
  { strikes, withinMs }: LadderStep,
  striking: readonly Striking[] | undefined,
): void {
  if (striking === undefined || striking.length === 0) return;
  const most = striking.reduce(
    (sum, { strike, everyMs }) =>
      sum + strike * (everyMs === 0 ? Number.POSITIVE_INFINITY : Math.ceil(withinMs / everyMs)),
    0,
  );
  if (strikes <= most) return;
  const wanted = `${strikes} strikes within ${showTime(withinMs)}`;
  const message = `${wanted} can't be reached: the rules give at most ${most}`;
  report(source, "unreachable", item.offset, message, "lower it, or a rule's strikeEvery");
}

function readStepAction(source: Source, value: Located): Measures | undefined {
  const mapping = readMapping(source, value, "the ladder's then", { known: measureKeys });
  if (mapping === undefined) return undefined;
  if (mapping.entries.size > 0) return readMeasures(source, mapping);
  const hint = `give ${measureKeys.join(", ")} or several`;
  return report(source, "missing-key", value.offset, "the ladder's then does nothing", hint);
}

type OutcomeParts = Pick<Then, "outcome" | "holdForMs" | "otherwise" | "retryAfterMs">;

function readOutcome(
  source: Source,
  mapping: Mapping,
  what: string,
  mayWait: boolean,
): OutcomeParts | undefined {
  const outcome = readOptional(mapping, "outcome", (each) =>
    readChoice<Outcome>(source, each, "outcome", outcomes),
  );
  const holdForMs = readOptional(mapping, "holdFor", (each) =>
    readTime(source, each, "holdFor", 1_000, holdForMsMax),
  );
  const otherwise = readOptional(mapping, "otherwise", (each) =>
    readChoice(source, each, "otherwise", ["allow", "flag", "reject"] as const),
  );
  const retryAfterMs = readOptional(mapping, "retryAfter", (each) =>
    readTime(source, each, "retryAfter", 1_000, retryAfterMsMax),
  );
  checkOutcomeKeys(source, mapping, what, outcome, mayWait);
  if (outcome === undefined) return undefined;
  return {
    outcome,
    ...(holdForMs !== undefined && { holdForMs }),
    ...(otherwise !== undefined && { otherwise }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function checkOutcomeKeys(
  source: Source,
  mapping: Mapping,
  what: string,
  outcome: Outcome | undefined,
  mayWait: boolean,
): void {
  const keyOffset = (key: string): number | undefined => mapping.entries.get(key)?.keyOffset;
  if (outcome === undefined && keyOffset("outcome") !== undefined) return;
  const needs = (key: string, wanted: Outcome): void => {
    const offset = keyOffset(key);
    if (offset === undefined || outcome === wanted) return;
    report(source, "conflict", offset, `"${key}" has a meaning only with outcome: ${wanted}`);
  };
  needs("holdFor", "hold");
  needs("otherwise", "hold");
  needs("retryAfter", "delay");
  const outcomeOffset = mapping.entries.get("outcome")?.value.offset ?? mapping.offset;
  if (outcome === "delay" && !mayWait && keyOffset("retryAfter") === undefined) {
    const hint = "say when to try again, or read a limit in the condition";
    const message = `${what} with outcome: delay needs the key "retryAfter"`;
    report(source, "missing-key", outcomeOffset, message, what === "then" ? hint : undefined);
  }
  if (outcome !== "hold") return;
  const [holdFor, otherwise] = [keyOffset("holdFor"), keyOffset("otherwise")];
  if (holdFor !== undefined && otherwise === undefined) {
    report(
      source,
      "missing-key",
      holdFor,
      `${what} with holdFor needs the key "otherwise"`,
      "say what comes after it",
    );
  }
  if (otherwise !== undefined && holdFor === undefined) {
    report(
      source,
      "missing-key",
      otherwise,
      `${what} with otherwise needs the key "holdFor"`,
      "say how long it holds",
    );
  }
}

function checkThresholdOrder(
  source: Source,
  found: readonly { threshold: Threshold; offset: number }[],
): void {
  for (const [index, { threshold, offset }] of found.entries()) {
    const before = found[index - 1]?.threshold;
    if (before === undefined) continue;
    if (before.points === threshold.points) {
      report(source, "conflict", offset, `two thresholds stand at ${threshold.points} points`);
    } else if (outcomes.indexOf(threshold.outcome) <= outcomes.indexOf(before.outcome)) {
      const stricter = `${before.points} to ${before.outcome} already`;
      const message = `${threshold.points} points come to ${threshold.outcome}, and ${stricter}`;
      report(source, "unreachable", offset, message, "more points must come to a stricter outcome");
    }
  }
}
