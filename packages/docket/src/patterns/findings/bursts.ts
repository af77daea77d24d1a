// SPDX-License-Identifier: Apache-2.0
// Bursts: rules, and values that counters count by, far above their usual level (change-point.ts), and the
// same of reports.
import type { HourCount, Period, Series } from "../../views/pattern-queries.ts";
import { findBurst } from "../change-point.ts";
import type { Burst, HourlyCount, Level } from "../change-point.ts";
import { citedMax, findingsMax } from "../contract.ts";
import type { Finding } from "../contract.ts";
import { dispersionOf } from "../counts.ts";
import { caseOf } from "../timeline.ts";
import { cite, timeText } from "./source.ts";
import type { Cited, FindingsSource, Found } from "./source.ts";

const hourMs = 3_600_000;
/** The usual level is learned from so many hours before those that are searched… */
export const baselineHours: number = 28 * 24;
/** …and from so many at least. */
export const baselineHoursMin = 24;
/** False alarms: at most one in so many hours, over all series of one search together. */
export const hoursBetweenFalseAlarms: number = 365 * 24;
/** Series with fewer accounts in the searched time are not looked at. */
export const burstCountMin = 5;
/** Most series of one search. */
const seriesMax = 5_000;
/** What a level is taken to have been before anything was seen of it: half an event in all the hours. */
const priorCount = 0.5;

/** Rules and values that are far above their usual level. */
export async function bursts(source: FindingsSource, period: Period): Promise<Found> {
  const baselineMs = period.fromMs - baselineHours * hourMs;
  const asked = {
    fromMs: baselineMs,
    toMs: period.toMs,
    sinceMs: period.fromMs,
    countMin: burstCountMin,
    limit: seriesMax,
  };
  const [[all], rules, marks] = await Promise.all([
    source.decisionSeries({ ...asked, by: "all", countMin: 1 }),
    source.decisionSeries({ ...asked, by: "rule" }),
    source.decisionSeries({ ...asked, by: "mark" }),
  ]);
  const clock = all === undefined ? undefined : clockOf(all, period);
  if (clock === undefined) {
    const why = `fewer than ${baselineHoursMin} hours come before the time asked`;
    return { findings: [], limits: [`bursts were not looked for: ${why}`] };
  }
  const findings: Finding[] = [];
  const fields = source.countedFields();
  // What a text or a campaign has of its own is found as copies or a campaign.
  const values = marks.filter(({ key }) => !ownFields.has(fieldOf(key, fields) ?? "campaign.id"));
  const searches = [
    ...searchAll(rules, clock).map(({ series, burst }) => ({ series, burst, mark: false })),
    ...searchAll(values, clock).map(({ series, burst }) => ({ series, burst, mark: true })),
  ].sort((a, b) => a.burst.logTail10 - b.burst.logTail10);
  for (const { series, burst, mark } of searches.slice(0, findingsMax)) {
    const times = burstTimes(burst);
    const query = mark ? { mark: series.key, ...times } : { rule: series.key, ...times };
    findings.push(
      burstFinding(
        "burst",
        series.key,
        mark ? `one value of ${fieldOf(series.key, fields) ?? "a field"}` : `the rule ${series.key}`,
        burst,
        {
          ...(await cite(source, query, burst.count)),
        },
      ),
    );
  }
  return { findings };
}

/** Far more reports on one account, or by one, than usually. */
export async function reportFloods(source: FindingsSource, period: Period): Promise<Found> {
  const leaves = await source.caseRecords({ kinds: ["report"], order: "descending", limit: reportsReadMax });
  const reports = leaves.map(caseOf).filter((record) => record.kind === "report");
  const times = reports.map(({ time }) => Date.parse(time));
  const firstMs = Math.min(...times);
  const rows = await source.decisions({
    indexes: [...new Set(reports.map(({ of }) => of))],
    limit: reportsReadMax,
  });
  const actorOf = new Map(rows.map(({ index, actor }) => [index, actor]));
  const byKey = new Map<string, { hour: number; index: number }[]>();
  for (const [place, { index, of, reporter }] of reports.entries()) {
    const hour = Math.floor((times[place] as number) / hourMs);
    for (const key of [`on ${actorOf.get(of) ?? String(of)}`, `by ${reporter}`]) {
      byKey.set(key, [...(byKey.get(key) ?? []), { hour, index }]);
    }
  }
  const firstHour = Math.max(
    Math.floor(firstMs / hourMs),
    Math.floor(period.fromMs / hourMs) - baselineHours,
  );
  const searched = [Math.floor(period.fromMs / hourMs), Math.ceil(period.toMs / hourMs)] as const;
  if (reports.length === 0 || searched[0] - firstHour < baselineHoursMin) {
    const limit = "report floods were not looked for: no reports, or too few hours of them before";
    return { findings: [], limits: [limit] };
  }
  const clock: Clock = { firstHour, from: searched[0], to: searched[1], exposure: () => 1 };
  const series = [...byKey].map(([key, all]): Series => ({
    key,
    counts: hourCounts(all.map(({ hour }) => hour)),
  }));
  const findings = searchAll(series, clock).map(({ series: { key }, burst }) => {
    const within = (byKey.get(key) ?? []).filter(({ hour }) => hour >= burst.from && hour <= burst.to);
    const records = within.map(({ index }) => index).sort((a, b) => a - b);
    const cited = { records: records.slice(0, citedMax), recordCount: records.length };
    return burstFinding("reports", key.slice(3), `reports ${key}`, burst, cited);
  });
  return { findings };
}

/** Most reports that are read, the newest. */
const reportsReadMax = 50_000;

/** Which hours are learned from and searched, and how much could have been counted in each. */
type Clock = {
  readonly firstHour: number;
  readonly from: number;
  readonly to: number;
  readonly exposure: (hour: number) => number;
};

// An hour with twice the decisions may have twice of everything: traffic is no burst. What is asked about
// would raise its own exposure, so no hour counts for more than four usual ones.
const exposureMax = 4;

function clockOf({ counts }: Series, { fromMs, toMs }: Period): Clock | undefined {
  const first = counts[0]?.[0];
  const from = Math.floor(fromMs / hourMs);
  if (first === undefined || from - first < baselineHoursMin) return undefined;
  const byHour = new Map(counts);
  let total = 0;
  for (const [hour, count] of counts) if (hour < from) total += count;
  const usual = total / (from - first);
  const exposure = (hour: number): number => Math.min(exposureMax, (byHour.get(hour) ?? 0) / usual);
  return { firstHour: first, from, to: Math.ceil(toMs / hourMs), exposure };
}

function searchAll(all: readonly Series[], clock: Clock): { series: Series; burst: Burst }[] {
  const threshold = hoursBetweenFalseAlarms * Math.max(1, all.length);
  const levels = all.map((series) => levelOf(series, clock));
  // Few series have enough of a history to say how much they spread; the others spread as these do.
  const pooled = dispersionOf(levels.flatMap(({ pairs, count }) => (count >= spreadCountMin ? pairs : [])));
  const found: { series: Series; burst: Burst }[] = [];
  for (const [place, series] of all.entries()) {
    const { mean, count, pairs } = levels[place] as BaselineLevel;
    const dispersion =
      count >= spreadCountMin ? Math.max(pooled, dispersionOf(pairs)) : Math.max(pooled, spreadMin);
    const burst = findBurst(searchedHours(series, clock), { mean, dispersion } satisfies Level, threshold);
    if (burst !== undefined && burst.count >= burstCountMin) found.push({ series, burst });
  }
  return found;
}

/** Counts of a series in its baseline from which on it says itself how much it spreads. */
const spreadCountMin = 20;
/** Without any such series: variance = mean + half of its square. */
const spreadMin = 0.5;

type BaselineLevel = { mean: number; count: number; pairs: [number, number][] };

function levelOf({ counts }: Series, { firstHour, from, exposure }: Clock): BaselineLevel {
  const byHour = new Map(counts);
  let count = 0;
  let exposed = 0;
  for (let hour = firstHour; hour < from; hour++) {
    count += byHour.get(hour) ?? 0;
    exposed += exposure(hour);
  }
  const mean = (count + priorCount) / Math.max(exposed, 1);
  const pairs: [number, number][] = [];
  if (count >= spreadCountMin) {
    for (let hour = firstHour; hour < from; hour++) {
      pairs.push([byHour.get(hour) ?? 0, mean * exposure(hour)]);
    }
  }
  return { mean, count, pairs };
}

function searchedHours({ counts }: Series, { from, to, exposure }: Clock): HourlyCount[] {
  const byHour = new Map(counts);
  return Array.from({ length: to - from }, (_, place) => {
    const hour = from + place;
    return { hour, count: byHour.get(hour) ?? 0, exposure: exposure(hour) };
  });
}

function hourCounts(hours: readonly number[]): HourCount[] {
  const counts = new Map<number, number>();
  for (const hour of hours) counts.set(hour, (counts.get(hour) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
}

function burstTimes({ from, to }: Burst): Period {
  return { fromMs: from * hourMs, toMs: (to + 1) * hourMs };
}

function burstFinding(
  kind: "burst" | "reports",
  subject: string,
  name: string,
  burst: Burst,
  cited: Cited,
): Finding {
  const { fromMs, toMs } = burstTimes(burst);
  const { count, expected, logTail10 } = burst;
  const usual = Math.round(expected * 100) / 100;
  const what = kind === "burst" ? "accounts, each counted once an hour" : "reports";
  return {
    kind,
    subject,
    says:
      `Far above its usual level, ${name}: ${count} ${what}, where ${usual} are usual ` +
      `(so many or more by chance: 1 in 10^${Math.round(-logTail10)}).`,
    from: timeText(fromMs),
    to: timeText(toMs),
    figures: {
      count,
      usual,
      logTail10: Math.round(logTail10 * 10) / 10,
      certainAt: timeText(burst.alarm * hourMs),
    },
    ...cited,
  };
}

const ownFields: ReadonlySet<string> = new Set(["campaign.id", "signals.fingerprint", "content.text"]);

// Counters that the release in force does not declare are passed over: nobody knows here what they count by.
function fieldOf(mark: string, fields: ReadonlyMap<string, string>): string | undefined {
  return fields.get(mark.slice(0, mark.indexOf(":")));
}
