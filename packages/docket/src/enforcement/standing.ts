// SPDX-License-Identifier: Apache-2.0
// Standing: an actor's strikes, and the restrictions in force. It is a function of the records:
// `applyDecision` is what live decisions and a rebuild from the log both call. Expiry is a function of time,
// never an action.

import type { Throttle } from "@docket/policy";
import { latenessMsMax } from "../counters/counters.ts";

/**
 * Strikes are remembered this long: the longest `within` and `strikeEvery` that a policy may have, in
 * milliseconds.
 */
export const strikeMemoryMs: number = 365 * 86_400_000;
/** Strikes count into `standing.strikes` for this long, in milliseconds. */
export const strikeInForceMs: number = 90 * 86_400_000;
/** Most strikes that an actor's standing remembers; the oldest go first. */
export const strikesMax = 1000;

/** A strike: `count` of them, given by a rule at a time. */
export type Strike = { policy: string; rule: string; count: number; atMs: number };
/** A restriction. Of a throttle, `tatUs` is GCRA's theoretical arrival time in microseconds since 1970. */
export type Restriction =
  | { id: string; kind: "suspend"; untilMs: number }
  | {
      id: string;
      kind: "throttle";
      untilMs: number;
      count: number;
      perMs: number;
      burst: number;
      tatUs: number;
    };
/** An actor's standing. Values are never changed in place. */
export type Standing = { strikes: readonly Strike[]; restrictions: readonly Restriction[] };
/** What a decision does to a standing. */
export type StandingChange = {
  decidedAtMs: number;
  /** Whether the event was refused (`delay` or `reject`): then it consumes nothing of a throttle. */
  refused: boolean;
  strikes: readonly Strike[];
  restrictions: readonly Restriction[];
};

/** The standing of an actor of whom nothing is known. */
export const cleanStanding: Standing = { strikes: [], restrictions: [] };

/** The restrictions in force at a time. */
export function restrictionsAt(standing: Standing, atMs: number): Restriction[] {
  return standing.restrictions.filter((restriction) => restriction.untilMs > atMs);
}

/** How many strikes lie within a time before `atMs`, of one policy or of all. */
export function strikesWithin(standing: Standing, atMs: number, withinMs: number, policy?: string): number {
  let sum = 0;
  for (const strike of standing.strikes) {
    if (policy !== undefined && strike.policy !== policy) continue;
    if (strike.atMs <= atMs && strike.atMs > atMs - withinMs) sum += strike.count;
  }
  return sum;
}

/** How long an event has to wait under the throttles in force; 0 if it may pass. Milliseconds, rounded up. */
export function throttleWaitMs(restrictions: readonly Restriction[], atMs: number): number {
  let waitUs = 0;
  for (const restriction of restrictions) {
    if (restriction.kind !== "throttle") continue;
    const toleranceUs = (restriction.burst - 1) * intervalUs(restriction);
    waitUs = Math.max(waitUs, restriction.tatUs - toleranceUs - atMs * 1000);
  }
  return Math.ceil(waitUs / 1000);
}

/** The standing after a decision. */
export function applyDecision(standing: Standing, change: StandingChange): Standing {
  const { decidedAtMs } = change;
  // The next event may have been decided a little earlier than this one: then the restriction is in force for
  // it still.
  const restrictions = standing.restrictions
    .filter((restriction) => restriction.untilMs > decidedAtMs - latenessMsMax)
    .map((restriction) => (change.refused ? restriction : consume(restriction, decidedAtMs)));
  const strikes = [...standing.strikes, ...change.strikes].filter(
    (strike) => strike.atMs > decidedAtMs - strikeMemoryMs - latenessMsMax,
  );
  return {
    strikes: strikes.slice(-strikesMax),
    restrictions: change.restrictions.reduce(impose, restrictions),
  };
}

// A throttle that goes on longer takes the place of the one of the same rate, and what it has used up:
// whoever keeps on breaking a rule must not gather thousands of them.
function impose(restrictions: readonly Restriction[], added: Restriction): Restriction[] {
  if (added.kind !== "throttle") return [...restrictions, added];
  let { tatUs } = added;
  const others = restrictions.filter((restriction) => {
    if (restriction.kind !== "throttle" || !sameRate(restriction, added)) return true;
    tatUs = Math.max(tatUs, restriction.tatUs);
    return restriction.untilMs > added.untilMs;
  });
  return [...others, { ...added, tatUs }];
}

/** Whether two throttles let pass the same. */
export function sameRate(a: Pick<Throttle, "count" | "perMs" | "burst">, b: typeof a): boolean {
  return a.count === b.count && a.perMs === b.perMs && a.burst === b.burst;
}

/** Whether nothing is left to remember. */
export function isClean(standing: Standing): boolean {
  return standing.strikes.length === 0 && standing.restrictions.length === 0;
}

// GCRA: ITU-T I.371, as a virtual schedule. An event that passes moves the theoretical arrival time on.
function consume(restriction: Restriction, atMs: number): Restriction {
  if (restriction.kind !== "throttle") return restriction;
  const tatUs = Math.max(restriction.tatUs, atMs * 1000) + intervalUs(restriction);
  return { ...restriction, tatUs };
}

function intervalUs(throttle: { count: number; perMs: number }): number {
  return Math.ceil((throttle.perMs * 1000) / throttle.count);
}
