// SPDX-License-Identifier: Apache-2.0
// A restriction: a measure in force against an actor; and how a record says it, there and back.
import type { Throttle } from "../types.ts";

/** The last moment that a record can name: the end of the year 9999, in milliseconds since 1970. */
export const timeMsMax: number = Date.UTC(10_000, 0, 1) - 1;

/**
 * A restriction in force until `untilMs`, exclusive; a ban's is {@link timeMsMax}. Of a throttle, `tatUs` is
 * GCRA's theoretical arrival time in microseconds since 1970: what has been used up of it. A `limit` takes
 * one ability away, which a policy names. A `warn` has no effect by itself.
 */
export type Restriction =
  | { id: string; kind: "warn"; untilMs: number }
  | {
      id: string;
      kind: "throttle";
      untilMs: number;
      count: number;
      perMs: number;
      burst: number;
      tatUs: number;
    }
  | { id: string; kind: "limit"; untilMs: number; ability: string }
  | { id: string; kind: "suspend"; untilMs: number }
  | { id: string; kind: "ban"; untilMs: number };

/** A restriction as records and answers show it: times are RFC 3339, a rate is `count/unit`. */
export type RecordedRestriction =
  | { id: string; kind: "warn"; until: string }
  | { id: string; kind: "throttle"; rate: string; burst: number; until: string }
  | { id: string; kind: "limit"; ability: string; until: string }
  | { id: string; kind: "suspend"; until: string }
  | { id: string; kind: "ban" };

const rateUnits: ReadonlyMap<string, number> = new Map([
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** How a restriction stands in a record. */
export function recordedRestriction(restriction: Restriction): RecordedRestriction {
  const { id, kind } = restriction;
  if (kind === "ban") return { id, kind };
  const until = timeText(restriction.untilMs);
  if (kind === "limit") return { id, kind, ability: restriction.ability, until };
  if (kind !== "throttle") return { id, kind, until };
  const { count, perMs, burst } = restriction;
  return { id, kind, rate: `${count}/${unitOf(perMs)}`, burst, until };
}

/** The other way round; nothing is used up of a throttle. */
export function restrictionFromRecord(recorded: RecordedRestriction): Restriction {
  const { id, kind } = recorded;
  if (kind === "ban") return { id, kind, untilMs: timeMsMax };
  const untilMs = Date.parse(recorded.until);
  if (kind === "limit") return { id, kind, untilMs, ability: recorded.ability };
  if (kind !== "throttle") return { id, kind, untilMs };
  const [count, unit] = recorded.rate.split("/") as [string, string];
  const perMs = rateUnits.get(unit) ?? 0;
  return { id, kind, untilMs, count: Number(count), perMs, burst: recorded.burst, tatUs: 0 };
}

/** Whether two throttles let pass the same. */
export function sameRate(a: Pick<Throttle, "count" | "perMs" | "burst">, b: typeof a): boolean {
  return a.count === b.count && a.perMs === b.perMs && a.burst === b.burst;
}

/** A time as records write it: RFC 3339 in UTC with milliseconds. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function unitOf(perMs: number): string {
  for (const [unit, ms] of rateUnits) if (ms === perMs) return unit;
  throw new RangeError(`a rate per ${perMs} ms has no unit`);
}
