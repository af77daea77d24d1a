// SPDX-License-Identifier: Apache-2.0
// The figures of a report as rows: for the page, for a table, and for whoever adds to either.
import { outcomes } from "@docket/protocol";
import type { Estimate } from "../reviews/estimate.ts";
import type { Agreement } from "../reviews/kappa.ts";
import type { Share } from "../share.ts";
import type { RulingTally } from "../disputes/contract.ts";
import type { TransparencyReport } from "./contract.ts";

/**
 * A figure: what it belongs to, its name, its value, and the interval in which the true value lies at 95 %
 * where it is an estimate. Shares are from 0 to 1, kappa from -1 to 1.
 */
export type Figure = {
  readonly section: string;
  readonly name: string;
  readonly unit: "count" | "share" | "ms" | "kappa";
  readonly value: number | null;
  readonly low?: number | null;
  readonly high?: number | null;
};

/** All figures of a report. */
export function figuresOf(report: TransparencyReport): Figure[] {
  return [
    ...decisionRows(report),
    ...restrictionRows(report),
    ...disputeRows(report),
    ...reviewRows(report),
    ...counted("reports", { total: report.reports.total, trusted: report.reports.trusted }),
    ...counted("reports by category", report.reports.byCategory),
    ...counted("held back notices", { total: report.quiet.total, "in force": report.quiet.inForce }),
    ...counted("held back notices by ground", report.quiet.byGround),
  ];
}

/** Figures as a table (RFC 4180) with a line of names. */
export function figuresCsv(report: TransparencyReport): string {
  const head = ["from", "to", "section", "name", "unit", "value", "low", "high"];
  const { from, to } = report;
  const rows = figuresOf(report).map(({ section, name, unit, value, low, high }) =>
    [from, to, section, name, unit, value, low, high].map(cell).join(","),
  );
  return [head.join(","), ...rows].map((line) => `${line}\r\n`).join("");
}

function decisionRows({ decisions, verdicts }: TransparencyReport): Figure[] {
  const { total, byOutcome, byType, byRule, late, lookedAt } = decisions;
  return [
    ...counted("decisions", {
      total,
      late,
      "by automation": decisions.automated,
      "looked at later": lookedAt,
    }),
    ...counted("decisions by outcome", byOutcome),
    ...counted("decisions by type", byType),
    ...byRule.flatMap(({ rule, total: of, byOutcome: outcomesOf }) => [
      { section: "decisions by rule", name: rule, unit: "count" as const, value: of },
      ...outcomes
        .filter((outcome) => outcomesOf[outcome] > 0)
        .map((outcome) => {
          const name = `${rule}: ${outcome}`;
          return { section: "decisions by rule", name, unit: "count" as const, value: outcomesOf[outcome] };
        }),
    ]),
    ...counted("verdicts", {
      total: verdicts.total,
      "by people": verdicts.byPeople,
      "by automation": verdicts.byAutomation,
    }),
    ...counted("verdicts by what they say", verdicts.byVerdict),
    ...counted("verdicts by cause", verdicts.byCause),
  ];
}

function restrictionRows({ restrictions }: TransparencyReport): Figure[] {
  return [
    ...counted("restrictions by automation", restrictions.byAutomation),
    ...counted("restrictions by people", restrictions.byPeople),
    ...counted("restrictions", { "ended early": restrictions.ended }),
  ];
}

function disputeRows({ disputes }: TransparencyReport): Figure[] {
  const { opened, openedBy, ended, times, late, open, overdue } = disputes;
  const groups: [string, readonly ({ name: string } & RulingTally)[]][] = [
    ["disputes by rule", disputes.byRule.map((each) => ({ ...each, name: each.rule }))],
    ["disputes by who had decided", disputes.byDecider.map((each) => ({ ...each, name: each.by }))],
    ["disputes by who ruled", disputes.byReviewer.map((each) => ({ ...each, name: each.by }))],
  ];
  const { upheld, overturned, modified, withdrawn } = ended;
  return [
    ...counted("disputes", {
      opened: opened.total,
      "with a token": openedBy.token,
      "by the app": openedBy.app,
      upheld,
      overturned,
      modified,
      withdrawn,
      "open at the end": open,
      "overdue at the end": overdue,
    }),
    share("disputes", "overturned share", ended.overturnRate),
    share("disputes", "overturned or modified share", ended.changeRate),
    share("disputes", "answered late share", late),
    { section: "disputes", name: "median time to an answer", unit: "ms", value: times.medianMs },
    { section: "disputes", name: "90% of answers within", unit: "ms", value: times.p90Ms },
    ...groups.flatMap(([section, of]) =>
      of.map(({ name, overturnRate }) => share(section, `${name}: overturned share`, overturnRate)),
    ),
  ];
}

function reviewRows({ reviews }: TransparencyReport): Figure[] {
  const { missed, refusedWrongly, agreement, queueTime, rules } = reviews;
  return [
    ...estimate("spam missed", missed),
    ...estimate("refused wrongly", refusedWrongly),
    ...agreed("reviewers' agreement", agreement),
    ...rules.map(({ rule, right }) => share("rules right by reviews", rule, right)),
    ...counted("reviews", { made: reviews.reviews, "open cases": reviews.open }),
    { section: "reviews", name: "median time in the queue", unit: "ms", value: queueTime.medianMs },
    { section: "reviews", name: "90% of cases within", unit: "ms", value: queueTime.ninetiethMs },
  ];
}

function counted(section: string, counts: Readonly<Record<string, number | undefined>>): Figure[] {
  return Object.entries(counts).map(([name, value = 0]) => ({ section, name, unit: "count", value }));
}

function share(section: string, name: string, { share: value, low, high }: Share): Figure {
  return { section, name, unit: "share", value, low, high };
}

function estimate(section: string, of: Estimate): Figure[] {
  return [
    { section, name: "share", unit: "share", value: of.share, low: of.low, high: of.high },
    { section, name: "count", unit: "count", value: of.count, low: of.countLow, high: of.countHigh },
    { section, name: "judged", unit: "count", value: of.judged },
  ];
}

function agreed(section: string, { cases, observed, kappa, low, high }: Agreement): Figure[] {
  return [
    { section, name: "cases", unit: "count", value: cases },
    { section, name: "observed share", unit: "share", value: cases === 0 ? null : observed },
    { section, name: "kappa", unit: "kappa", value: kappa, low, high },
  ];
}

function cell(value: string | number | null | undefined): string {
  const written = value === null || value === undefined ? "" : String(value);
  return /[",\r\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
}
