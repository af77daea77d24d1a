// SPDX-License-Identifier: Apache-2.0
// When a series of hourly counts left its usual level: a change-point test with a stated rate of false
// alarms.
//
// The usual level is learned from the hours before those that are searched. The count of an hour is expected
// to be negative binomial, with the mean that this level gives for the hour's exposure. Each searched hour
// gives a likelihood ratio e of "the level is 2, 4, 8 or 32 times as high" (each a quarter) against "it is as
// usual", and the detector is Shiryaev's and Roberts' sum R = (1 + R) · e. As long as the level is as usual,
// R − hours is a martingale: so the time to the first alarm at R >= A is at least A hours on average
// (Pollak 1985; as an e-detector: Shin, Ramdas, Rinaldo 2022). No threshold on counts is set by anybody.
import { logProbability, logTail10 } from "./counts.ts";
import type { Expected } from "./counts.ts";

/** An hour: its count, and how much could have been counted, relative to what is usual (1). */
export type HourlyCount = { readonly hour: number; readonly count: number; readonly exposure: number };

/** The usual level of a series: its mean for an exposure of 1, and how much its counts spread. */
export type Level = Expected;

/** A rise above the usual level. */
export type Burst = {
  /** The first hour of it, the hour in which it was certain enough, and the last. */
  readonly from: number;
  readonly alarm: number;
  readonly to: number;
  /** What was counted in these hours, and what is usual for them. */
  readonly count: number;
  readonly expected: number;
  /** How likely so much or more is in these hours at the usual level: base-10 logarithm, the exact tail. */
  readonly logTail10: number;
};

/** By how much a level is supposed to have risen; each is as likely before it is looked at. */
const rises = [2, 4, 8, 32];

/**
 * The rise that a series shows, the first if it shows several.
 *
 * @param hours in order, without gaps
 * @param threshold how many hours pass between two false alarms of this series, on average, at least
 */
export function findBurst(hours: readonly HourlyCount[], level: Level, threshold: number): Burst | undefined {
  const logThreshold = Math.log(threshold);
  let logSum = -Infinity;
  // Page's sum, which says since when: it is at nothing as long as nothing speaks for a rise.
  let sinceRise = 0;
  let from = 0;
  for (const [place, hour] of hours.entries()) {
    const evidence = logEvidence(hour, level);
    logSum = logOnePlus(logSum) + evidence;
    if (sinceRise <= 0) from = place;
    sinceRise = Math.max(0, sinceRise) + evidence;
    if (logSum >= logThreshold) return burstFrom(hours, level, from, place);
  }
  return undefined;
}

function burstFrom(hours: readonly HourlyCount[], level: Level, from: number, alarm: number): Burst {
  let to = alarm;
  // It lasts until an hour speaks for the usual level again.
  while (to + 1 < hours.length && logEvidence(hours[to + 1] as HourlyCount, level) > 0) to += 1;
  const within = hours.slice(from, to + 1);
  const count = within.reduce((sum, hour) => sum + hour.count, 0);
  const expected = within.reduce((sum, hour) => sum + hour.exposure * level.mean, 0);
  return {
    from: (hours[from] as HourlyCount).hour,
    alarm: (hours[alarm] as HourlyCount).hour,
    to: (hours[to] as HourlyCount).hour,
    count,
    expected,
    // The sum of so many hours spreads less, relative to its mean, than one hour does.
    logTail10: logTail10(count, { mean: expected, dispersion: level.dispersion / within.length }),
  };
}

// The logarithm of how much more likely the count is if the level has risen.
function logEvidence({ count, exposure }: HourlyCount, { mean, dispersion }: Level): number {
  const usual = Math.max(mean * exposure, Number.MIN_VALUE);
  const logUsual = logProbability(count, { mean: usual, dispersion });
  const ratios = rises.map((rise) => logProbability(count, { mean: usual * rise, dispersion }) - logUsual);
  const most = Math.max(...ratios);
  return most + Math.log(ratios.reduce((sum, ratio) => sum + Math.exp(ratio - most), 0) / rises.length);
}

function logOnePlus(log: number): number {
  return log > 0 ? log + Math.log1p(Math.exp(-log)) : Math.log1p(Math.exp(log));
}
