// SPDX-License-Identifier: Apache-2.0
// A backtest's report as text: what changed, by outcome, rule and actor, and what to look at.
import { outcomes } from "@docket/policy";
import type { Share } from "../share.ts";
import type { BacktestReport, Example, RuleReport, SampleReport } from "./report.ts";
import { printable } from "../printable.ts";

/** Most rules, actors, examples of each side and overlaps of a rule that are printed; the report has more. */
const rulesPrintedMax = 40;
const actorsPrintedMax = 10;
const examplesPrintedMax = 10;
const overlapsPrintedMax = 3;

/** The report as text. */
export function backtestText(report: BacktestReport): string {
  const parts = [
    headText(report),
    matrixText(report),
    effectsText(report),
    rulesText(report),
    actorsText(report),
    examplesText("Stricter", report.examples.stricter, report.changed.stricter),
    examplesText("Milder", report.examples.milder, report.changed.milder),
    brakesText(report),
    report.sample === null ? "" : sampleText(report.sample),
    report.notes.map((note) => `note: ${printable(note)}\n`).join(""),
    verdictText(report),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

/** A number as people read it. */
export function grouped(count: number): string {
  return count.toLocaleString("en");
}

/** A share of a sample: `87.5% (83.1 to 91.0)`. */
export function shareText({ share, low, high }: Share): string {
  if (share === null || low === null || high === null) return "-";
  const percent = (value: number): string => (value * 100).toFixed(1);
  return `${percent(share)}% (${percent(low)} to ${percent(high)})`;
}

/** What is in the head of a report: name, range, coverage. */
export function headLines(report: BacktestReport): string[] {
  const { candidate, decisions, coverage, from, to, memory, times } = report;
  const range = times === null ? "no decisions" : `${times.first} to ${times.last}`;
  const { facts, gone, unreadable } = coverage;
  const evidence = coverage.evidence + coverage.unasked;
  return [
    `candidate  ${printable(candidate.name)} (${candidate.release})`,
    `records    ${grouped(from)} to ${grouped(Math.max(from, to - 1))}, memory ${memory}: ${range}`,
    `decisions  ${grouped(decisions)}: ${grouped(facts)} from facts, ${grouped(evidence)} from evidence, ` +
      `${grouped(gone)} erased, ${grouped(unreadable)} unreadable`,
  ];
}

function headText(report: BacktestReport): string {
  return headLines(report)
    .map((line) => `${line}\n`)
    .join("");
}

function matrixText({ outcomes: { matrix, before, after } }: BacktestReport): string {
  const shown = outcomes.filter((outcome) => before[outcome] > 0 || after[outcome] > 0);
  if (shown.length === 0) return "";
  const rows = shown.map((from) => [
    from,
    ...shown.map((to) => grouped(matrix[from][to])),
    grouped(before[from]),
  ]);
  const total = ["after", ...shown.map((to) => grouped(after[to])), ""];
  return columns([["before \\ after", ...shown, "before"], ...rows, total]);
}

function effectsText({ changed, strikes, restrictions, decisions }: BacktestReport): string {
  const share = decisions === 0 ? 0 : (changed.decisions * 100) / decisions;
  const lines = [
    `${grouped(changed.decisions)} decisions change (${share.toFixed(2)}%): ` +
      `${grouped(changed.stricter)} stricter, ${grouped(changed.milder)} milder, ` +
      `of ${grouped(changed.actors)} accounts`,
    `strikes: ${grouped(strikes.before)} before, ${grouped(strikes.after)} after; ` +
      `${grouped(strikes.caused)} caused, ${grouped(strikes.avoided)} avoided`,
    ...restrictions.kinds.map(
      ({ kind, before, after, caused, avoided }) =>
        `${kind}: ${grouped(before)} before, ${grouped(after)} after; ` +
        `${grouped(caused)} caused, ${grouped(avoided)} avoided`,
    ),
  ];
  const { actors } = restrictions;
  if (actors.before > 0 || actors.after > 0) {
    lines.push(
      `restricted accounts: ${grouped(actors.before)} before, ${grouped(actors.after)} after; ` +
        `${grouped(actors.caused)} only after, ${grouped(actors.avoided)} only before`,
    );
  }
  return lines.map((line) => `${line}\n`).join("");
}

function rulesText({ rules }: BacktestReport): string {
  if (rules.length === 0) return "";
  const busiest = rules.toSorted((a, b) => weight(b) - weight(a));
  const rows = busiest.slice(0, rulesPrintedMax).map(ruleCells);
  const head = ["rule", "mode", "hits", "after", "effect", "after", "gained", "lost", "alone", "overlaps"];
  const left = rules.length - rows.length;
  return columns([head, ...rows]) + (left > 0 ? `and ${left} more rules; --json has all\n` : "");
}

/** A rule's row: name, mode, hits before and after, those in effect, decisions gained and lost, overlaps. */
export function ruleCells(rule: RuleReport): string[] {
  const { before, after, changed } = rule;
  return [
    `${printable(rule.policy)}/${printable(rule.rule)}`,
    rule.mode ?? "gone",
    ...[before.hits, after.hits, before.effective, after.effective].map(grouped),
    ...[changed.gained, changed.lost, rule.alone].map(grouped),
    overlapText(rule),
  ];
}

function weight({ before, after }: RuleReport): number {
  return before.hits + after.hits;
}

// The rules that overlap most with one, with the share of its hits.
function overlapText({ overlap, after }: RuleReport): string {
  return overlap
    .slice(0, overlapsPrintedMax)
    .map(({ rule, events }) => `${printable(rule)} ${Math.round((events * 100) / after.hits)}%`)
    .join(", ");
}

function actorsText({ actors }: BacktestReport): string {
  if (actors.length === 0) return "";
  const rows = actors
    .slice(0, actorsPrintedMax)
    .map(({ actor, changed, stricter, milder }) => [
      actor,
      grouped(changed),
      grouped(stricter),
      grouped(milder),
    ]);
  return columns([["account", "changed", "stricter", "milder"], ...rows]);
}

function examplesText(title: string, examples: readonly Example[], count: number): string {
  if (count === 0) return "";
  const rows = examples
    .slice(0, examplesPrintedMax)
    .map(({ index, outcome, rules }) => [
      `  ${index}`,
      `${outcome.before} -> ${outcome.after}`,
      `${rules.before.map(printable).join(", ") || "-"} -> ${rules.after.map(printable).join(", ") || "-"}`,
    ]);
  return `${title} (${grouped(count)}; docket explain INDEX tells more of one):\n${columns(rows)}`;
}

function brakesText({ brakes }: BacktestReport): string {
  return brakes
    .slice(0, examplesPrintedMax)
    .map(({ index, key, cap, hits, events }) => {
      const what = cap
        ? `had restricted ${grouped(hits)} accounts, as many as it may`
        : `had hit ${grouped(hits)} of ${grouped(events)} events and lost its power`;
      return `brake: at record ${index} ${printable(key)} ${what}\n`;
    })
    .join("");
}

function sampleText({ spam, notSpam, unmatched, whole, changed, rules }: SampleReport): string {
  const row = (name: string, { before, after }: SampleReport["whole"]): string[] => [
    name,
    shareText(before.precision),
    shareText(after.precision),
    shareText(before.recall),
    shareText(after.recall),
  ];
  const rows = rules.map(({ policy, rule, before, after }) =>
    row(`${printable(policy)}/${printable(rule)}`, { before, after }),
  );
  const head = ["sample", "precision", "after", "recall", "after"];
  const said =
    `Of labelled events, ${changed.stricter.spam} spam and ${changed.stricter.notSpam} not spam are ` +
    `treated stricter, ${changed.milder.spam} spam and ${changed.milder.notSpam} not spam milder.\n`;
  const count =
    `${grouped(spam)} labels say spam, ${grouped(notSpam)} not spam; ` +
    `${grouped(unmatched)} are of no event that was decided again.\n`;
  return columns([head, row("everything", whole), ...rows]) + said + count;
}

function verdictText({ changed, decisions, coverage }: BacktestReport): string {
  const made = decisions - coverage.gone;
  if (changed.decisions === 0) return `unchanged: all ${grouped(made)} decisions come out as recorded\n`;
  return `changed: ${grouped(changed.decisions)} of ${grouped(made)} decisions come out otherwise\n`;
}

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, place) => Math.max(all[place] ?? 0, cell.length)),
    [],
  );
  const isNumber = /^[\d,.%-]+$/;
  return rows
    .map((row) => {
      const cells = row.map((cell, place) =>
        isNumber.test(cell) ? cell.padStart(widths[place] ?? 0) : cell.padEnd(widths[place] ?? 0),
      );
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}
