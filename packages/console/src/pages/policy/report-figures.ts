// SPDX-License-Identifier: Apache-2.0
// What the page draws and lists of a backtest's report.
import type { Backtest, BacktestReport } from "./answers.ts";

/** Outcomes, the mildest first. */
export const outcomes = ["allow", "flag", "challenge", "delay", "hold", "reject"] as const;

const dayMs = 86_400_000;
const drawnDaysMax = 400;

/** Refused and changed decisions by day, days without any included, as a plot has them. */
export function seriesOf(days: BacktestReport["days"]): {
  readonly times: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly changed: readonly number[];
} {
  const byDay = new Map(days.map((day) => [Date.parse(day.day), day]));
  const all = [...byDay.keys()].sort((one, other) => one - other);
  const last = all.at(-1) ?? 0;
  const first = Math.max(all[0] ?? 0, last - (drawnDaysMax - 1) * dayMs);
  const times: number[] = [];
  for (let at = first; at <= last && byDay.size > 0; at += dayMs) times.push(at);
  const pick = (side: "before" | "after"): number[] =>
    times.map((at) => {
      const day = byDay.get(at);
      return day === undefined ? 0 : stopped(day[side]);
    });
  const changed = times.map((at) => byDay.get(at)?.changed ?? 0);
  return { times, before: pick("before"), after: pick("after"), changed };
}

/** Decisions that stopped the event. */
export function stopped(counts: Readonly<Record<string, number>>): number {
  return outcomes.slice(2).reduce((sum, outcome) => sum + (counts[outcome] ?? 0), 0);
}

/** Rules whose effect differs first, then those with the most hits. */
export function rulesOf(rules: BacktestReport["rules"]): BacktestReport["rules"] {
  const differs = ({ changed: { gained, lost } }: BacktestReport["rules"][number]): number => gained + lost;
  return rules
    .filter(({ before, after }) => before.hits > 0 || after.hits > 0)
    .toSorted((one, other) => differs(other) - differs(one) || other.after.hits - one.after.hits);
}

/** How long it will still take, in ms; `undefined` as long as nobody can tell. */
export function leftMs({ done, total, startedAt }: Backtest, nowMs: number): number | undefined {
  const spent = startedAt === null ? 0 : nowMs - Date.parse(startedAt);
  if (done === 0 || spent < 1000) return undefined;
  return Math.max(0, (spent * (total - done)) / done);
}

/** A time span in words, to the minute or second. */
export function spanWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 90) return `${seconds} s`;
  return `${Math.ceil(seconds / 60)} min`;
}
