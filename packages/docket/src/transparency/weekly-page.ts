// SPDX-License-Identifier: Apache-2.0
// A page a week for who runs the site: what was caught, how much was missed or refused wrongly, what people
// objected to, and how long cases wait; each beside the week before.
import { folded, page, paragraph, section, table } from "../page.ts";
import type { TransparencyReport, WeeklyReport } from "./contract.ts";
import { daysLegend, daysPlot, plotStyle, sharesPlot } from "./plots.ts";
import { figureText } from "./report-page.ts";
import { figuresOf } from "./figures.ts";

/** What the page says first: a name, and the figure that it is, by section and name. */
const headlines: readonly (readonly [string, string, string])[] = [
  ["decisions", "decisions", "total"],
  ["refused as spam", "decisions by outcome", "reject"],
  ["held", "decisions by outcome", "hold"],
  ["flagged for review", "decisions by outcome", "flag"],
  ["spam missed, of all that was allowed", "spam missed", "share"],
  ["the same as a number", "spam missed", "count"],
  ["refused wrongly, of all that rules refused", "refused wrongly", "share"],
  ["the same as a number", "refused wrongly", "count"],
  ["disputes opened", "disputes", "opened"],
  ["disputes overturned", "disputes", "overturned"],
  ["overturned, of those that were decided", "disputes", "overturned share"],
  ["median time to an answer", "disputes", "median time to an answer"],
  ["disputes open at the end", "disputes", "open at the end"],
  ["of those past their deadline", "disputes", "overdue at the end"],
  ["cases reviewed", "reviews", "made"],
  ["median time in the queue", "reviews", "median time in the queue"],
  ["90% of cases within", "reviews", "90% of cases within"],
  ["cases that wait", "reviews", "open cases"],
  ["users' reports", "reports", "total"],
];
const rulesListedMax = 15;

/** The page. */
export function weeklyPage({ origin, from, to, now, before }: WeeklyReport): string {
  const sections = [
    section("The week in figures", headlineTable(now, before)),
    section(
      "Spam caught",
      daysPlot(now.decisions.byDay, "Refused, held and otherwise stopped, by day", "refused") +
        daysLegend("refused") +
        folded("By rule, as a table", ruleTable(now, before)),
    ),
    section(
      "Mistakes",
      sharesPlot(
        [
          { name: "spam missed", ...now.reviews.missed },
          { name: "the week before", ...before.reviews.missed },
          { name: "refused wrongly", ...now.reviews.refusedWrongly },
          { name: "the week before", ...before.reviews.refusedWrongly },
          { name: "disputes overturned", ...now.disputes.ended.overturnRate },
        ],
        "Estimated mistakes with intervals",
      ) +
        paragraph(
          "Estimates from random samples that people looked at; the line is the interval in which the true " +
            "share lies with 95%. Where it is wide, more has to be reviewed before anything can be said.",
        ),
    ),
    attention(now),
  ];
  const head = [`log ${origin}`, `from ${from}`, `to   ${to}`];
  return page({ title: "The week", head, sections, style: plotStyle });
}

/** The week's figures, each beside the week before. */
export function weeklyRows(now: TransparencyReport, before: TransparencyReport): [string, string, string][] {
  const [ours, theirs] = [now, before].map((report) => {
    return new Map(figuresOf(report).map((each) => [`${each.section}\n${each.name}`, each]));
  });
  return headlines.map(([said, of, name]) => {
    const text = (figures: typeof ours): string => {
      const figure = figures?.get(`${of}\n${name}`);
      return figure === undefined ? "0" : figureText(figure);
    };
    return [said, text(ours), text(theirs)];
  });
}

function headlineTable(now: TransparencyReport, before: TransparencyReport): string {
  return table("This week, and the one before", ["what", "this week", "before"], weeklyRows(now, before));
}

function ruleTable(now: TransparencyReport, before: TransparencyReport): string {
  const earlier = new Map(before.decisions.byRule.map(({ rule, total }) => [rule, total]));
  const rows = [...now.decisions.byRule]
    .sort((a, b) => b.total - a.total)
    .slice(0, rulesListedMax)
    .map(({ rule, total }) => [rule, String(total), String(earlier.get(rule) ?? 0)]);
  return table("Decisions by rule", ["rule", "this week", "before"], rows);
}

function attention({ disputes, reviews, quiet }: TransparencyReport): string {
  const lines = [
    disputes.overdue === 0 ? "" : `${disputes.overdue} disputes are past their deadline.`,
    reviews.missed.judged === 0
      ? "Nobody looked at a sample of what was allowed, so nothing can be said of what was missed."
      : "",
    reviews.refusedWrongly.judged === 0
      ? "Nobody looked at a sample of what was refused, so nothing can be said of what was refused wrongly."
      : "",
    quiet.inForce === 0 ? "" : `${quiet.inForce} notices are held back now.`,
  ].filter((line) => line !== "");
  return lines.length === 0 ? "" : section("What needs somebody", lines.map(paragraph).join(""));
}
