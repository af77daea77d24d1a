// SPDX-License-Identifier: Apache-2.0
// An evaluation as a page that stands by itself, with the ROC curve and the calibration as plots. Each plot
// has its numbers in a table beside it.
import { folded, page, paragraph, section, table } from "../page.ts";
import type { GroupReport, ScoresReport } from "./evaluate.ts";
import { calibrationPlot, rocPlot } from "./evaluation-plots.ts";
import { figureRows, grouped, headLines, notes, percent, share } from "./evaluation-text.ts";
import type { EvaluationReport } from "./evaluation-text.ts";

/** Points of the curve that the page's table has at most. */
const rocRowsMax = 40;

/** The page. */
export function evaluationPage(report: EvaluationReport): string {
  const { scores } = report;
  const sections = [
    section("Figures", table("Figures", ["what", "value"], figureRows(scores))),
    section("Spam caught by ham flagged", rocPlot(scores) + folded("As a table", rocTable(scores))),
    section("Calibration", calibrationPlot(scores) + calibrationTable(scores)),
    groupSection("Languages", scores.languages),
    groupSection("Scripts", scores.scripts),
    scores.folds.length < 2 ? "" : section("Folds", foldTable(scores)),
    section("How far to trust it", notes(report).map(paragraph).join("")),
  ];
  return page({ title: "Evaluation of a model", head: headLines(report), sections, style });
}

function rocTable({ roc }: ScoresReport): string {
  const every = Math.max(1, Math.ceil(roc.length / rocRowsMax));
  const shown = roc.filter((_, place) => place % every === 0 || place === roc.length - 1);
  const rows = shown.map(({ cut, hamRate, recall }) => [
    cut === null ? "none" : grouped(cut),
    percent(hamRate, 2),
    percent(recall, 2),
  ]);
  return table("Points of the curve", ["score from", "ham flagged", "spam caught"], rows);
}

function calibrationTable({ calibration: { bins } }: ScoresReport): string {
  const rows = bins.map(({ from, to, count, said, found }) => [
    `${percent(from, 0)} to ${percent(to, 0)}`,
    grouped(count),
    percent(said, 1),
    percent(found, 1),
  ]);
  return table("Calibration", ["score", "texts", "mean score", "were spam"], rows);
}

function groupSection(title: string, groups: readonly GroupReport[]): string {
  if (groups.length < 2) return "";
  const rows = groups.map(({ group, spam, ham, hamsFlagged, hamRate, recall, accuracy }) => [
    group,
    grouped(spam),
    grouped(ham),
    grouped(hamsFlagged),
    percent(hamRate, 2),
    share(recall),
    share(accuracy),
  ]);
  const head = ["group", "spam", "ham", "ham flagged", "rate", "spam caught", "accuracy"];
  return section(title, table(`${title}, at the cut`, head, rows));
}

function foldTable({ folds }: ScoresReport): string {
  const rows = folds.map(({ fold, texts, oneMinusAuc, accuracy }) => [
    fold,
    grouped(texts),
    percent(oneMinusAuc, 3),
    share(accuracy),
  ]);
  return table("Folds", ["fold", "texts", "1-AUC", "accuracy"], rows);
}

const style = `
.curve { fill: none; stroke: var(--after); stroke-width: 2; }
.ideal { fill: none; stroke: var(--before); stroke-dasharray: 4 4; }
.point { fill: var(--after); }
`;
