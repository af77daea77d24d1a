// SPDX-License-Identifier: Apache-2.0
// A backtest's report as a page that stands by itself. Each plot has its numbers in a table beside it.
import { outcomes } from "@docket/policy";
import { folded, page, paragraph, section, table } from "../page.ts";
import type { TableRow } from "../page.ts";
import { escaped, printable } from "../printable.ts";
import { changesPlot, drawnDays, outcomesPlot, overlapPlot, rulesPlot } from "./plots.ts";
import type { BacktestReport, Example, RuleReport, SampleReport } from "./report.ts";
import { grouped, headLines, ruleCells, shareText } from "./text.ts";

/** The page. */
export function backtestPage(report: BacktestReport): string {
  const rules = report.rules.toSorted((a, b) => weight(b) - weight(a));
  const days = drawnDays(report.days);
  const title = `Backtest of ${printable(report.candidate.name)}`;
  const sections = [
    section("What changes", changes(report)),
    section("Outcomes over time", outcomesPlot(days) + legend() + folded("As a table", daysTable(report))),
    section("Changed decisions by day", changesPlot(days)),
    section("Rules", rulesPlot(rules) + sides() + rulesTable(rules)),
    section(
      "Overlap",
      overlapPlot(rules) +
        paragraph("Of a row's hits, the darker the more are hit by the column's rule too."),
    ),
    section("Accounts", actorsTable(report)),
    section("Examples", examples(report)),
    report.brakes.length === 0 ? "" : section("Emergency brakes", brakesTable(report)),
    report.sample === null ? "" : section("Labelled sample", sampleTables(report.sample)),
    section("How far to trust it", notes(report)),
  ];
  return page({ title, head: headLines(report), sections, style });
}

function changes({ changed, decisions, outcomes: found, strikes, restrictions }: BacktestReport): string {
  const shown = outcomes.filter((outcome) => found.before[outcome] > 0 || found.after[outcome] > 0);
  const share = decisions === 0 ? 0 : (changed.decisions * 100) / decisions;
  const said =
    `${grouped(changed.decisions)} decisions change (${share.toFixed(2)}%): ` +
    `${grouped(changed.stricter)} stricter, ${grouped(changed.milder)} milder, ` +
    `of ${grouped(changed.actors)} accounts.`;
  const matrix = table(
    "Decisions by outcome: rows before, columns after",
    ["before \\ after", ...shown, "all before"],
    [
      ...shown.map((from) => [
        from,
        ...shown.map((to) => grouped(found.matrix[from][to])),
        grouped(found.before[from]),
      ]),
      ["all after", ...shown.map((to) => grouped(found.after[to])), grouped(decisions)],
    ],
  );
  const counted = (name: string, each: typeof strikes): TableRow => [
    name,
    grouped(each.before),
    grouped(each.after),
    grouped(each.caused),
    grouped(each.avoided),
  ];
  const effects = table(
    "Strikes and restrictions",
    ["what", "before", "after", "caused", "avoided"],
    [
      counted("strikes", strikes),
      ...restrictions.kinds.map(({ kind, ...count }) => counted(kind, count)),
      counted("accounts restricted at least once", restrictions.actors),
    ],
  );
  return paragraph(said) + matrix + effects;
}

function daysTable({ days }: BacktestReport): string {
  const names = outcomes.flatMap((outcome) => [`${outcome} before`, "after"]);
  const rows = days.map(({ day, before, after, changed }) => [
    day,
    ...outcomes.flatMap((outcome) => [grouped(before[outcome]), grouped(after[outcome])]),
    grouped(changed),
  ]);
  return table("Outcomes by day", ["day", ...names, "changed"], rows);
}

function rulesTable(rules: readonly RuleReport[]): string {
  const head = [
    "rule",
    "mode",
    "hits before",
    "hits after",
    "in effect before",
    "in effect after",
    "gained",
    "lost",
    "only hits",
    "overlaps most with",
  ];
  return table(
    "Rules: hits in any mode, hits in effect, changed decisions gained and lost",
    head,
    rules.map(ruleCells),
  );
}

function actorsTable({ actors }: BacktestReport): string {
  const rows = actors.map(({ actor, changed, stricter, milder }) => [
    actor,
    grouped(changed),
    grouped(stricter),
    grouped(milder),
  ]);
  if (rows.length === 0) return paragraph("None.");
  return table(
    "Accounts with the most changed decisions",
    ["account", "changed", "stricter", "milder"],
    rows,
  );
}

function examples({ examples: { stricter, milder } }: BacktestReport): string {
  const rows = (side: readonly Example[]): TableRow[] =>
    side.map(({ index, decidedAt, actor, outcome, rules }) => [
      String(index),
      decidedAt,
      actor,
      `${outcome.before} → ${outcome.after}`,
      rules.before.map(printable).join(", ") || "–",
      rules.after.map(printable).join(", ") || "–",
    ]);
  const head = ["record", "decided at", "account", "outcome", "rules before", "rules after"];
  const tables = [
    ...(stricter.length === 0 ? [] : [table("Stricter", head, rows(stricter))]),
    ...(milder.length === 0 ? [] : [table("Milder", head, rows(milder))]),
  ];
  if (tables.length === 0) return paragraph("No decision comes out otherwise.");
  return tables.join("") + paragraph("docket explain INDEX tells more of one; its text is not in this page.");
}

function brakesTable({ brakes }: BacktestReport): string {
  const rows = brakes.map(({ index, key, cap, hits, events }) => [
    String(index),
    printable(key),
    cap ? "cap" : "brake",
    grouped(hits),
    grouped(events),
  ]);
  return table(
    "Drawn in this run, and confirmed by nobody",
    ["record", "what", "kind", "hits", "events"],
    rows,
  );
}

function sampleTables({ labels, spam, notSpam, unmatched, whole, changed, rules }: SampleReport): string {
  const row = (name: string, { before, after }: SampleReport["whole"]): TableRow => [
    name,
    shareText(before.precision),
    shareText(after.precision),
    shareText(before.recall),
    shareText(after.recall),
  ];
  const head = ["what", "precision before", "after", "recall before", "after"];
  const said =
    `${grouped(labels)} labels: ${grouped(spam)} spam, ${grouped(notSpam)} not spam, ` +
    `${grouped(unmatched)} of no event that was decided again. Intervals hold with 95% (Wilson). ` +
    `Treated stricter: ${changed.stricter.spam} spam, ${changed.stricter.notSpam} not spam; ` +
    `milder: ${changed.milder.spam} spam, ${changed.milder.notSpam} not spam.`;
  const rows = rules.map(({ policy, rule, before, after }) =>
    row(printable(`${policy}/${rule}`), { before, after }),
  );
  return paragraph(said) + table("Precision and recall", head, [row("everything", whole), ...rows]);
}

function notes({ notes: all, speed, memory }: BacktestReport): string {
  const said = [
    ...all,
    `memory was ${memory}; ${grouped(speed.decidedPerSecond)} events a second were decided by one thread`,
  ];
  return `<ul>${said.map((note) => `<li>${escaped(note)}</li>`).join("")}</ul>`;
}

function weight({ before, after }: RuleReport): number {
  return before.hits + after.hits;
}

function legend(): string {
  const shown = outcomes.filter((outcome) => outcome !== "allow");
  const keys = shown.map((outcome) => `<li><i class="key o-${outcome}"></i>${outcome}</li>`);
  return `<ul class="legend">${keys.join("")}<li>left of each day before, right after</li></ul>`;
}

function sides(): string {
  const keys = ["before", "after"].map((side) => `<li><i class="key ${side}"></i>${side}</li>`);
  return `<ul class="legend">${keys.join("")}</ul>`;
}

const style = `
:root { --flag: #d8a400; --challenge: #8a63d2; --delay: #2f9e8f; --hold: #e2711d; --reject: #c92a2a; }
@media (prefers-color-scheme: dark) { :root { --flag: #e6c34d; --challenge: #b197fc; --delay: #63d2c1;
  --hold: #ff9c54; --reject: #ff7b7b; } }
.changed { fill: var(--after); }
${["flag", "challenge", "delay", "hold", "reject"]
  .map((outcome) => `.o-${outcome} { fill: var(--${outcome}); background: var(--${outcome}); }`)
  .join("\n")}
rect[class*="o-"].before { fill-opacity: .55; }
`;
