// SPDX-License-Identifier: Apache-2.0
// Statistics of reviews as text.
import type { Estimate } from "../../reviews/estimate.ts";
import type { Agreement } from "../../reviews/kappa.ts";
import type { ReviewStatistics } from "../../reviews/statistics.ts";
import { alignColumns } from "../columns.ts";
import { durationText } from "../progress.ts";

/** Statistics, for people. */
export function statisticsText(found: ReviewStatistics): string {
  const { queueTime, agreement, pairs, rules, notes } = found;
  const tasks = Object.entries(found.byTask).map(([task, { spam, notSpam, unsure }]) => [
    `  ${task}`,
    `spam ${spam}`,
    `not spam ${notSpam}`,
    `unsure ${unsure}`,
  ]);
  const wait = (ms: number | null): string => (ms === null ? "-" : durationText(ms));
  const lines = [
    `From ${found.from} to ${found.to}: ${found.reviews} reviews; ${found.open} cases open.\n`,
    alignColumns(tasks),
    `Waiting: half of ${queueTime.cases} cases up to ${wait(queueTime.medianMs)}, `,
    `nine of ten up to ${wait(queueTime.ninetiethMs)}.\n`,
    `Missed: ${estimateText(found.missed, "allowed")}\n`,
    `Refused wrongly: ${estimateText(found.refusedWrongly, "refused")}\n`,
    `Agreement of two who know nothing of each other: ${agreementText(agreement)}\n`,
    alignColumns(
      found.byReviewer.map(({ by, reviews, agreement: own }) => [
        `  ${by}`,
        `${reviews} reviews`,
        own.cases === 0 ? "" : `with others: ${agreementText(own)}`,
      ]),
    ),
    alignColumns(pairs.map((pair) => [`  ${pair.first}`, pair.second, agreementText(pair)])),
    rules.length === 0 ? "" : "Rules, and how many of their reviewed cases were spam:\n",
    alignColumns(
      rules.map(({ rule, right, agreement: own }) => [
        `  ${rule}`,
        `${right.count} of ${right.of}`,
        percentText(right.share, right.low, right.high),
        own.cases === 0 ? "" : `agreement ${agreementText(own)}`,
      ]),
    ),
    ...notes.map((note) => `Note: ${note}.\n`),
  ];
  return lines.join("");
}

function estimateText(
  { population, drawn, judged, hits, share, low, high, count }: Estimate,
  of: string,
): string {
  const looked = `${judged} of ${drawn} drawn of ${population} ${of} were judged, ${hits} so`;
  return share === null ? `${looked}.` : `about ${count} (${percentText(share, low, high)}): ${looked}.`;
}

function agreementText({ cases, kappa, low, high }: Agreement): string {
  if (kappa === null) return cases === 0 ? "no case yet" : `kappa says nothing, ${cases} cases`;
  const interval = low === null || high === null ? "" : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `kappa ${kappa.toFixed(2)}${interval}, ${cases} cases`;
}

function percentText(share: number | null, low: number | null, high: number | null): string {
  const percent = (value: number | null): string => (value === null ? "-" : (100 * value).toFixed(2));
  return `${percent(share)} %, ${percent(low)} to ${percent(high)}`;
}
