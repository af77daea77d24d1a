// SPDX-License-Identifier: Apache-2.0
// The transparency report as a page that stands by itself. Each plot has its numbers in a table beside it.
import { outcomes } from "@docket/protocol";
import { folded, page, paragraph, section, table } from "../page.ts";
import type { TransparencyReport } from "./contract.ts";
import { figuresOf } from "./figures.ts";
import type { Figure } from "./figures.ts";
import { daysLegend, daysPlot, percent, plotStyle, sharesPlot } from "./plots.ts";

/** The page. */
export function reportPage(report: TransparencyReport): string {
  const { origin, from, to, madeAt, decisions, disputes, reviews, notes } = report;
  const bySection = Map.groupBy(figuresOf(report), (each) => each.section);
  const tables = (...names: string[]): string =>
    `<div class="tables">${names.map((name) => figureTable(name, bySection.get(name) ?? [])).join("")}</div>`;
  const error = [
    { name: "spam missed, of allowed", ...reviews.missed },
    { name: "refused wrongly, of refused", ...reviews.refusedWrongly },
    { name: "disputes overturned", ...disputes.ended.overturnRate },
  ];
  const sections = [
    section(
      "Decisions",
      daysPlot(decisions.byDay, "Decisions by day and outcome", "all") +
        daysLegend("all") +
        folded("By day, as a table", daysTable(report)) +
        tables("decisions", "decisions by outcome", "decisions by type", "decisions by rule"),
    ),
    section(
      "Verdicts and restrictions",
      tables(
        "verdicts",
        "verdicts by what they say",
        "verdicts by cause",
        "restrictions by automation",
        "restrictions by people",
        "restrictions",
      ),
    ),
    section(
      "Disputes",
      tables("disputes", "disputes by rule", "disputes by who had decided", "disputes by who ruled"),
    ),
    section(
      "Error rates",
      paragraph(
        "Of random samples that people looked at, and of disputes that were decided. The line is the " +
          "interval in which the true share lies with 95%.",
      ) +
        sharesPlot(error, "Error rates with intervals") +
        tables("spam missed", "refused wrongly", "rules right by reviews", "reviewers' agreement", "reviews"),
    ),
    section(
      "Reports and notices",
      tables("reports", "reports by category", "held back notices", "held back notices by ground"),
    ),
    notes.length + reviews.notes.length === 0
      ? ""
      : section("What the figures leave out", [...notes, ...reviews.notes].map(paragraph).join("")),
  ];
  const head = [`log ${origin}`, `from ${from}`, `to   ${to}`, `made ${madeAt}`];
  return page({ title: "Transparency report", head, sections, style: plotStyle });
}

/** A figure as a text: shares as percent, times in hours, with the interval where there is one. */
export function figureText({ unit, value, low, high }: Figure): string {
  if (value === null) return "unknown";
  const written = (number: number): string => {
    switch (unit) {
      case "share":
        return percent(number);
      case "ms":
        return `${(number / 3_600_000).toFixed(1)} h`;
      case "kappa":
        return number.toFixed(2);
      case "count":
        return String(Math.round(number));
    }
  };
  if (low === undefined || low === null || high === undefined || high === null) return written(value);
  return `${written(value)} (${written(low)} to ${written(high)})`;
}

function figureTable(title: string, figures: readonly Figure[]): string {
  if (figures.length === 0) return "";
  const rows = figures.map((each) => [each.name, figureText(each)]);
  return table(title, ["what", "figure"], rows);
}

function daysTable({ decisions }: TransparencyReport): string {
  const rows = decisions.byDay.map((day) => [day.day, ...outcomes.map((outcome) => String(day[outcome]))]);
  return table("Decisions by day", ["day", ...outcomes], rows);
}
