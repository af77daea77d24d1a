// SPDX-License-Identifier: Apache-2.0
// Standing: a subject's strikes, and the restrictions in force. It is a function of the records:
// `applyDecision` and `applyAct` are what live decisions and acts, a rebuild from the log and a replay all
// call. Expiry is a function of time, never an action.
import type { Policy } from "../types.ts";
import { sameRate, timeMsMax } from "./restriction.ts";
import type { Restriction } from "./restriction.ts";

/**
 * How far `decidedAt` may lie before that of an earlier record and everything is still exact, in
 * milliseconds: what intake lets an event claim (10 minutes back, while another claimed a minute ahead).
 */
export const latenessMsMax = 660_000;
/**
 * Strikes are remembered this long: the longest `within` and `strikeEvery` that a policy may have, in
 * milliseconds.
 */
export const strikeMemoryMs: number = 365 * 86_400_000;
/** Strikes count into `standing.strikes` for this long, in milliseconds; a warning stands as long. */
export const strikeInForceMs: number = 90 * 86_400_000;
/** Most strikes that an actor's standing remembers; the oldest go first. */
export const strikesMax = 1000;

/** A strike: `count` of them, given by a rule at a time. */
export type Strike = { policy: string; rule: string; count: number; atMs: number };
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

/**
 * What an act does to a standing. Strikes that are equal in policy, rule, count and time are interchangeable:
 * each of `voided` removes one.
 */
export type ActChange = {
  readonly strikes: readonly Strike[];
  readonly voided: readonly Strike[];
  readonly restrictions: readonly Restriction[];
  /** Ids of restrictions that end. */
  readonly ended: readonly string[];
};

/** What else than the actor restrictions are on. */
export type BeyondActor = "network" | "device" | "emailHost" | "domain" | "fingerprint";
/** The standing of something that an event came with: its network, its device. */
export type StandingBeyond = { readonly kind: BeyondActor; readonly standing: Standing };

/** A restriction in force, as a decision reads it; `on` says what it is on if not on the actor. */
export type RestrictionRead = { on?: BeyondActor } & (
  | { id: string; kind: "warn" | "suspend"; until: string }
  | { id: string; kind: "ban" }
  | { id: string; kind: "limit"; ability: string; until: string }
  | {
      id: string;
      kind: "throttle";
      count: number;
      perMs: number;
      burst: number;
      until: string;
      /** How long an event has to wait for it, in milliseconds; 0 if it has room. */
      waitMs: number;
    }
);

/**
 * All that a decision reads of a standing: plain JSON, a part of its facts. What is not there was nothing.
 */
export type StandingRead = {
  /** Strikes in force. */
  strikes: number;
  /** Restrictions in force. */
  restrictions: RestrictionRead[];
  /** By policy: the strikes within the time of each step of its ladder, in the order of the steps. */
  ladder?: Record<string, number[]>;
  /** Rules, as `policy/rule`, that gave a strike within their `strikeEvery`. */
  recent?: string[];
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

/**
 * What a decision under these policies reads of a standing.
 *
 * @param policies those that are about the event's type
 * @param beyond standings of what else the event came with: their restrictions count as the actor's own
 */
export function readStanding(
  standing: Standing,
  policies: readonly Policy[],
  atMs: number,
  beyond: readonly StandingBeyond[] = [],
): StandingRead {
  if (isClean(standing) && beyond.length === 0) return { strikes: 0, restrictions: [] };
  const restrictions = restrictionsAt(standing, atMs).map((each) => readRestriction(each, atMs));
  for (const { kind, standing: other } of beyond) {
    for (const each of restrictionsAt(other, atMs)) {
      restrictions.push({ ...readRestriction(each, atMs), on: kind });
    }
  }
  if (standing.strikes.length === 0) return { strikes: 0, restrictions };
  const ladder: Record<string, number[]> = {};
  const recent: string[] = [];
  for (const policy of policies) {
    if (!standing.strikes.some((strike) => strike.policy === policy.id)) continue;
    const counts = policy.ladder.map((step) => strikesWithin(standing, atMs, step.withinMs, policy.id));
    if (counts.some((count) => count > 0)) ladder[policy.id] = counts;
    for (const rule of policy.rules) {
      if (standing.strikes.some((strike) => isRecent(strike, policy.id, rule, atMs))) {
        recent.push(`${policy.id}/${rule.id}`);
      }
    }
  }
  return {
    strikes: strikesWithin(standing, atMs, strikeInForceMs),
    restrictions,
    ...(Object.keys(ladder).length > 0 && { ladder }),
    ...(recent.length > 0 && { recent }),
  };
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

/**
 * The standing after an act: exactly what the act says is changed, and nothing is forgotten because of its
 * time, since decisions on earlier events may follow.
 */
export function applyAct(standing: Standing, change: ActChange): Standing {
  const { voided, ended } = change;
  const strikes = [...withoutEach(standing.strikes, voided), ...change.strikes];
  const restrictions = standing.restrictions.filter(({ id }) => !ended.includes(id));
  return {
    strikes: strikes.slice(-strikesMax),
    restrictions: change.restrictions.reduce(impose, restrictions),
  };
}

/**
 * The standing of something that is no actor after an event that came with it: an event that passes takes its
 * part of the throttles in force, and nothing else changes.
 */
export function applyPassing(standing: Standing, outcome: string, decidedAtMs: number): Standing {
  if (outcome === "delay" || outcome === "reject") return standing;
  const restrictions = standing.restrictions.map((each) =>
    each.untilMs > decidedAtMs ? consume(each, decidedAtMs) : each,
  );
  return { strikes: standing.strikes, restrictions };
}

/** Whether two strikes cannot be told apart. */
export function sameStrike(a: Strike, b: Strike): boolean {
  return a.policy === b.policy && a.rule === b.rule && a.count === b.count && a.atMs === b.atMs;
}

/** Whether nothing is left to remember. */
export function isClean(standing: Standing): boolean {
  return standing.strikes.length === 0 && standing.restrictions.length === 0;
}

function readRestriction(restriction: Restriction, atMs: number): RestrictionRead {
  const { id, kind } = restriction;
  if (kind === "ban") return { id, kind };
  const until = new Date(Math.min(restriction.untilMs, timeMsMax)).toISOString();
  if (kind === "limit") return { id, kind, ability: restriction.ability, until };
  if (kind !== "throttle") return { id, kind, until };
  const { count, perMs, burst } = restriction;
  return { id, kind, count, perMs, burst, until, waitMs: throttleWaitMs([restriction], atMs) };
}

// One for each that is void, the oldest first.
function withoutEach(strikes: readonly Strike[], voided: readonly Strike[]): Strike[] {
  const left = [...strikes];
  for (const strike of voided) {
    const place = left.findIndex((each) => sameStrike(each, strike));
    if (place >= 0) left.splice(place, 1);
  }
  return left;
}

function isRecent(
  strike: Strike,
  policy: string,
  rule: { readonly id: string; readonly strikeEveryMs: number },
  atMs: number,
): boolean {
  const { strikeEveryMs } = rule;
  if (strikeEveryMs === 0 || strike.policy !== policy || strike.rule !== rule.id) return false;
  return strike.atMs > atMs - strikeEveryMs;
}

// Whoever keeps on breaking a rule must not gather thousands of restrictions: one that goes on longer takes
// the place of the one that does the same, and of a throttle what it has used up goes over.
function impose(restrictions: readonly Restriction[], added: Restriction): Restriction[] {
  let placed = added;
  const others = restrictions.filter((restriction) => {
    if (!doesTheSame(restriction, added)) return true;
    if (restriction.kind === "throttle" && placed.kind === "throttle") {
      placed = { ...placed, tatUs: Math.max(placed.tatUs, restriction.tatUs) };
    }
    return restriction.untilMs > added.untilMs;
  });
  return [...others, placed];
}

function doesTheSame(a: Restriction, b: Restriction): boolean {
  if (a.kind === "throttle") return b.kind === "throttle" && sameRate(a, b);
  if (a.kind === "limit") return b.kind === "limit" && a.ability === b.ability;
  return a.kind === "warn" && b.kind === "warn";
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
