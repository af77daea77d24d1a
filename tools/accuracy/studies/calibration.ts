// SPDX-License-Identifier: Apache-2.0
// Whether scores are probabilities, before calibration and after.
import { type Reliability, reliability } from "@docket/policy/metrics";
import { table } from "../../bench/log/markdown.ts";
import type { StudyContext, StudyResult } from "./study.ts";

const scoreMax = 1_000_000;

/** Reliability of each measured row: of the logistic of the margin as it is, and of the score. */
export function studyCalibration({ figures }: StudyContext): StudyResult {
  const rows = figures.map(({ row, judged }) => ({
    row: row.name,
    title: row.title,
    before: reliability(
      judged.map(({ item, answer }) => ({ spam: item.spam, score: 1 / (1 + Math.exp(-answer.margin)) })),
    ),
    after: reliability(
      judged.map(({ item, answer }) => ({ spam: item.spam, score: answer.computed / scoreMax })),
    ),
  }));
  const head = ["corpus, split", "ECE before", "after", "Brier before", "after", "log loss before", "after"];
  const lines = rows.map(({ title, before, after }) => [
    title,
    ...(["ece", "brier", "logLoss"] as const).flatMap((key) =>
      [before, after].map((of) => of[key].toFixed(4)),
    ),
  ]);
  const bins = table([["score", ...figures.map(({ row }) => row.name)], ...binLines(rows)], 1);
  return { text: `${table([head, ...lines], 1)}\n\n${bins}`, data: rows };
}

/** For each tenth of the scale the share of spam found there, and how many texts that is of. */
function binLines(rows: readonly { after: Reliability }[]): string[][] {
  return Array.from({ length: 10 }, (_, bin) => [
    `${(bin / 10).toFixed(1)}–${((bin + 1) / 10).toFixed(1)}`,
    ...rows.map(({ after }) => {
      const { found, count } = after.bins[bin] ?? { found: Number.NaN, count: 0 };
      return count === 0 ? "–" : `${found.toFixed(2)} of ${count}`;
    }),
  ]);
}
