// SPDX-License-Identifier: Apache-2.0
// What rules, thresholds and ladder steps do: outcomes, strikes, suspensions, throttles, and their times
// and rates.
import { outcomes } from "../types.ts";
import type { LadderStep, Outcome, Then, Threshold, Throttle } from "../types.ts";
import { readChoice, readInteger, readList, readMapping, readText, report } from "./document.ts";
import type { Keys, Located, Mapping, Source } from "./document.ts";

/** Most strikes that one rule may give at once. */
export const strikeMax = 100;
/** Longest restriction, in milliseconds: ten years. */
export const restrictionMsMax: number = 3_650 * 86_400_000;
/** Longest `retryAfter` and `holdFor`, in milliseconds. */
export const retryAfterMsMax = 86_400_000;
export const holdForMsMax: number = 30 * 86_400_000;
/** Largest rate and burst of a throttle, in events. */
export const throttleCountMax = 100_000;
/** Longest window of a ladder step, in milliseconds. */
export const ladderWithinMsMax: number = 365 * 86_400_000;
/** Most steps of a ladder, and strikes that one may ask for. */
export const ladderStepsMax = 20;
export const ladderStrikesMax = 1_000;
/** Most thresholds of a policy, and points that one may ask for. */
export const thresholdsMax = 20;
export const pointsMax = 1_000_000;

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const outcomeKeys = ["outcome", "holdFor", "otherwise", "retryAfter"] as const;
const restrictionKeys = ["suspend", "throttle"] as const;
const laterRestrictions = ["warn", "ban", "limit"] as const;
const thenKeys: Keys = { known: [...outcomeKeys, "strike", ...restrictionKeys], later: laterRestrictions };

/** A time such as `30s`, `10m`, `24h` or `7d`, in milliseconds. */
export function readTime(
  source: Source,
  value: Located,
  what: string,
  minMs: number,
  maxMs: number,
): number | undefined {
  const text = readText(source, value, what);
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^([1-9][0-9]{0,8})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit] ?? Number.NaN);
  if (!Number.isSafeInteger(ms)) {
    const hint = "write a whole number and s, m, h or d, such as 30s, 10m, 24h or 7d";
    return report(source, "bad-duration", value.offset, `${what} can't be "${text}"`, hint);
  }
  if (ms >= minMs && ms <= maxMs) return ms;
  const message = `${what} must be from ${showTime(minMs)} to ${showTime(maxMs)}, and this is ${text}`;
  return report(source, "bad-duration", value.offset, message);
}

/** What a rule does when it fires. */
export function readThen(source: Source, value: Located, what: string): Then | undefined {
  const mapping = readMapping(source, value, what, thenKeys);
  if (mapping === undefined) return undefined;
  if (mapping.entries.size === 0) return report(source, "missing-key", value.offset, `${what} does nothing`);
  const outcome = readOutcome(source, mapping, what) ?? { outcome: "allow" };
  const strike =
    readOptional(mapping, "strike", (each) => readInteger(source, each, "strike", 1, strikeMax)) ?? 0;
  if (strike > 0 && (outcome.outcome === "delay" || outcome.outcome === "allow")) {
    const offset = mapping.entries.get("strike")?.keyOffset ?? value.offset;
    const message = `an event that comes to ${outcome.outcome} gives no strike`;
    report(
      source,
      "conflict",
      offset,
      message,
      "add an outcome of flag, challenge, hold or reject, or leave it out",
    );
  }
  return { ...outcome, strike, ...readRestrictions(source, mapping) };
}

/** The thresholds of a policy, from the fewest points to the most. */
export function readThresholds(source: Source, value: Located, reachable: number): Threshold[] {
  const keys = { known: ["points", ...outcomeKeys], required: ["points", "outcome"] };
  const found: { readonly threshold: Threshold; readonly offset: number }[] = [];
  for (const item of readList(source, value, "thresholds", thresholdsMax) ?? []) {
    const mapping = readMapping(source, item, "a threshold", keys);
    if (mapping === undefined) continue;
    const points = readOptional(mapping, "points", (each) =>
      readInteger(source, each, "points", 1, pointsMax),
    );
    const outcome = readOutcome(source, mapping, "a threshold");
    if (points === undefined || outcome === undefined) continue;
    const offset = mapping.entries.get("points")?.value.offset ?? item.offset;
    if (points > reachable) {
      const message = `${points} points can't be reached: all rules together give ${reachable}`;
      report(source, "unreachable", offset, message, "lower it, or leave it out");
    }
    found.push({ threshold: { points, ...outcome, brake: { share: 500, least: 50 } }, offset });
  }
  found.sort((a, b) => a.threshold.points - b.threshold.points);
  checkThresholdOrder(source, found);
  return found.map(({ threshold }) => threshold);
}

/** The steps of a policy's ladder, in the order of the file. */
export function readLadder(source: Source, value: Located): LadderStep[] {
  const keys: Keys = {
    known: ["strikes", "within", "then"],
    required: ["strikes", "within", "then"],
    later: ["needs"],
  };
  const steps: LadderStep[] = [];
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
    if (strikes === undefined || withinMs === undefined || then === undefined) continue;
    if (steps.some((step) => step.strikes === strikes && step.withinMs === withinMs)) {
      const message = `the ladder has a step for ${strikes} strikes within ${showTime(withinMs)} already`;
      report(source, "conflict", item.offset, message, "put both into one");
    }
    steps.push({ strikes, withinMs, then });
  }
  return steps;
}

/** Reads the value of a key, if the mapping has it. */
export function readOptional<T>(mapping: Mapping, key: string, read: (value: Located) => T): T | undefined {
  const entry = mapping.entries.get(key);
  return entry === undefined ? undefined : read(entry.value);
}

/** A time as it is written in a policy. */
export function showTime(ms: number): string {
  const unit = ["d", "h", "m", "s"].find((each) => ms % (unitMs[each] as number) === 0);
  return unit === undefined ? `${ms} ms` : `${ms / (unitMs[unit] as number)}${unit}`;
}

function readStepAction(source: Source, value: Located): LadderStep["then"] | undefined {
  const mapping = readMapping(source, value, "the ladder's then", {
    known: restrictionKeys,
    later: laterRestrictions,
  });
  if (mapping === undefined) return undefined;
  if (mapping.entries.size === 0) {
    return report(
      source,
      "missing-key",
      value.offset,
      "the ladder's then does nothing",
      "give suspend or throttle",
    );
  }
  return readRestrictions(source, mapping);
}

type OutcomeParts = Pick<Then, "outcome" | "holdForMs" | "otherwise" | "retryAfterMs">;

function readOutcome(source: Source, mapping: Mapping, what: string): OutcomeParts | undefined {
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
  checkOutcomeKeys(source, mapping, what, outcome);
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
  if (outcome === "delay" && keyOffset("retryAfter") === undefined) {
    report(source, "missing-key", outcomeOffset, `${what} with outcome: delay needs the key "retryAfter"`);
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

function readRestrictions(source: Source, mapping: Mapping): { suspendMs?: number; throttle?: Throttle } {
  const suspendMs = readOptional(mapping, "suspend", (each) =>
    readTime(source, each, "suspend", 1_000, restrictionMsMax),
  );
  const throttle = readOptional(mapping, "throttle", (each) => readThrottle(source, each));
  return { ...(suspendMs !== undefined && { suspendMs }), ...(throttle !== undefined && { throttle }) };
}

function readThrottle(source: Source, value: Located): Throttle | undefined {
  const keys = { known: ["rate", "burst", "for"], required: ["rate", "for"] };
  const mapping = readMapping(source, value, "throttle", keys);
  if (mapping === undefined) return undefined;
  const rate = readOptional(mapping, "rate", (each) => readRate(source, each));
  const burst =
    readOptional(mapping, "burst", (each) => readInteger(source, each, "burst", 1, throttleCountMax)) ?? 1;
  const forMs = readOptional(mapping, "for", (each) =>
    readTime(source, each, "for", 1_000, restrictionMsMax),
  );
  return rate === undefined || forMs === undefined ? undefined : { ...rate, burst, forMs };
}

function readRate(source: Source, value: Located): { count: number; perMs: number } | undefined {
  const text = readText(source, value, "rate");
  if (text === undefined) return undefined;
  const [, digits = "", unit = ""] = /^([1-9][0-9]{0,5})\/([smhd])$/.exec(text) ?? [];
  const perMs = unitMs[unit];
  if (perMs !== undefined && Number(digits) <= throttleCountMax) return { count: Number(digits), perMs };
  const hint = "write events per s, m, h or d, such as 1/m or 20/h";
  return report(source, "bad-rate", value.offset, `rate can't be "${text}"`, hint);
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
