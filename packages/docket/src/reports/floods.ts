// SPDX-License-Identifier: Apache-2.0
// Floods: more reports against one actor within an hour than chance explains. Mobs report whom they dislike,
// and spammers those who report them; what a flood says is that somebody should look, at both sides.
//
// Reports against an actor in an hour, in which there is one at all, are taken to be Poisson with the site's
// own mean. An hour is a flood if as many would come in fewer than one of a million such hours, divided by
// the hours that were looked at (Bonferroni), and if they are at least `floodReportsMin`.
import { formatTime } from "@docket/protocol";
import type { ReportFlood } from "./contract.ts";
import type { Report } from "./report-state.ts";

/** Fewer reports than this within an hour are no flood. */
export const floodReportsMin = 8;
/** How rare it must be, all hours that were looked at together. */
export const floodChanceMax = 1e-6;
const hourMs = 3_600_000;
const recordsNamedMax = 1000;

/** A report, and against whom. */
export type ReportAgainst = Report & { readonly actor: string };

/**
 * The floods among reports.
 *
 * @param precisionOf what a reporter's word is worth, per mille
 */
export function findFloods(
  reports: readonly ReportAgainst[],
  precisionOf: (reporter: string) => number,
): ReportFlood[] {
  const hours = new Map<string, ReportAgainst[]>();
  for (const report of reports) {
    const hour = `${report.actor} ${Math.floor(report.atMs / hourMs)}`;
    const known = hours.get(hour);
    if (known === undefined) hours.set(hour, [report]);
    else known.push(report);
  }
  const floods: ReportFlood[] = [];
  for (const each of hours.values()) {
    if (each.length < floodReportsMin) continue;
    // The usual is that of the other hours: else a flood would raise what it is measured by.
    const usual = Math.max(1, (reports.length - each.length) / Math.max(1, hours.size - 1));
    if (poissonTail(each.length, usual) * hours.size >= floodChanceMax) continue;
    floods.push(floodOf(each, usual, precisionOf));
  }
  return floods.sort((a, b) => (a.records[0] as number) - (b.records[0] as number));
}

/** How likely `count` or more are where `mean` are usual. */
export function poissonTail(count: number, mean: number): number {
  if (count <= 0) return 1;
  // From the term of `count` upwards; each is smaller than the one before as soon as k > mean.
  let logTerm = -mean;
  for (let k = 1; k <= count; k++) logTerm += Math.log(mean / k);
  let term = Math.exp(logTerm);
  let sum = 0;
  for (let k = count; term > 0 && k < count + termsMax; k++) {
    sum += term;
    if (term < sum * Number.EPSILON && k > mean) break;
    term *= mean / (k + 1);
  }
  return Math.min(1, sum);
}

const termsMax = 10_000;

function floodOf(
  reports: readonly ReportAgainst[],
  usual: number,
  precisionOf: (reporter: string) => number,
): ReportFlood {
  const first = reports[0] as ReportAgainst;
  const last = reports.at(-1) as ReportAgainst;
  const reporters = [...new Set(reports.map(({ reporter }) => reporter))];
  const worth = reporters.reduce((sum, reporter) => sum + precisionOf(reporter), 0);
  return {
    actor: first.actor,
    fromAt: formatTime(first.atMs),
    toAt: formatTime(last.atMs),
    reports: reports.length,
    reporters: reporters.length,
    usualPerMille: Math.round(usual * 1000),
    precisionPerMille: Math.round(worth / reporters.length),
    records: reports.slice(0, recordsNamedMax).map(({ index }) => index),
  };
}
