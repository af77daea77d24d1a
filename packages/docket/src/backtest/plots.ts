// SPDX-License-Identifier: Apache-2.0
// The plots of a report, as SVG that needs no script: columns over time, bars before and after, a matrix.
// Colours are classes, which the page's style gives for light and dark. Beside each stands a table with the
// same numbers, so a plot says only what it is of.
import { outcomes } from "@docket/policy";
import type { BacktestReport, RuleReport } from "./report.ts";
import { grouped } from "./text.ts";
import { label, plot, plotWidth as width, rectangle, rounded, titled } from "../svg.ts";

/** Most days, rules, and rules of the matrix that are drawn; further days are joined. */
export const daysDrawnMax = 120;
export const rulesDrawnMax = 30;
export const matrixRulesMax = 24;

const left = 230;
const barHeight = 9;
const rowHeight = 26;
const plotHeight = 180;

type Day = BacktestReport["days"][number];

/** Days, joined where there are too many to draw. */
export function drawnDays(days: readonly Day[]): readonly Day[] {
  const each = Math.ceil(days.length / daysDrawnMax);
  if (each <= 1) return days;
  const joined: Day[] = [];
  for (let at = 0; at < days.length; at += each) {
    joined.push(days.slice(at, at + each).reduce((sum, day) => joinDays(sum, day)));
  }
  return joined;
}

/** Outcomes over time: for each day a column before and one after, stacked; allow is left out. */
export function outcomesPlot(days: readonly Day[]): string {
  const shown = outcomes.filter((outcome) => outcome !== "allow");
  const sum = (counts: Day["before"]): number => shown.reduce((total, each) => total + counts[each], 0);
  const most = Math.max(1, ...days.flatMap(({ before, after }) => [sum(before), sum(after)]));
  const slot = (width - 60) / Math.max(1, days.length);
  const columns = days.flatMap((day, place) =>
    (["before", "after"] as const).map((side) => {
      const x = 50 + place * slot + (side === "before" ? slot * 0.08 : slot * 0.52);
      let y = plotHeight;
      const pieces = shown.map((outcome) => {
        const height = (day[side][outcome] / most) * (plotHeight - 10);
        y -= height;
        return height === 0 ? "" : rectangle(x, y, slot * 0.4, height, `o-${outcome} ${side}`);
      });
      const said = shown.map((outcome) => `${outcome} ${grouped(day[side][outcome])}`).join(", ");
      return titled(`${day.day} ${side}: ${said}`, pieces.join(""));
    }),
  );
  return plot("Outcomes other than allow by day, before and after", plotHeight + 24, [
    ...axis(most),
    ...columns,
    ...dayLabels(days, slot),
  ]);
}

/** Changed decisions by day. */
export function changesPlot(days: readonly Day[]): string {
  const most = Math.max(1, ...days.map(({ changed }) => changed));
  const slot = (width - 60) / Math.max(1, days.length);
  const columns = days.map(({ day, changed }, place) => {
    const height = (changed / most) * (plotHeight - 10);
    const bar = rectangle(50 + place * slot + slot * 0.1, plotHeight - height, slot * 0.8, height, "changed");
    return titled(`${day}: ${grouped(changed)} changed`, bar);
  });
  return plot("Changed decisions by day", plotHeight + 24, [
    ...axis(most),
    ...columns,
    ...dayLabels(days, slot),
  ]);
}

/** Hits of rules, before and after. */
export function rulesPlot(rules: readonly RuleReport[]): string {
  const shown = rules.slice(0, rulesDrawnMax);
  const most = Math.max(1, ...shown.flatMap(({ before, after }) => [before.hits, after.hits]));
  const scale = (width - left - 70) / most;
  const rows = shown.flatMap(({ policy, rule, before, after }, place) => {
    const y = place * rowHeight + 4;
    const bar = (hits: number, offset: number, side: string): string =>
      rectangle(left, y + offset, hits * scale, barHeight, side) +
      label(left + hits * scale + 4, y + offset + barHeight - 1, grouped(hits), "start");
    const name = label(left - 8, y + barHeight + 4, shortened(`${policy}/${rule}`), "end");
    return titled(
      `${policy}/${rule}: ${grouped(before.hits)} before, ${grouped(after.hits)} after`,
      name + bar(before.hits, 0, "before") + bar(after.hits, barHeight + 1, "after"),
    );
  });
  return plot("Hits of each rule, before and after", shown.length * rowHeight + 8, rows);
}

/** Of the hits of the rule of a row, the share that the rule of a column hits too. */
export function overlapPlot(rules: readonly RuleReport[]): string {
  const shown = rules.filter(({ after }) => after.hits > 0).slice(0, matrixRulesMax);
  const cell = Math.min(26, (width - left) / Math.max(1, shown.length));
  const rows = shown.flatMap((row, y) => [
    label(left - 8, y * cell + cell * 0.68, `${y + 1} ${shortened(`${row.policy}/${row.rule}`)}`, "end"),
    ...shown.map((column, x) => {
      const name = `${column.policy}/${column.rule}`;
      const both = x === y ? row.after.hits : (row.overlap.find(({ rule }) => rule === name)?.events ?? 0);
      const share = both / row.after.hits;
      const place = `x="${rounded(left + x * cell)}" y="${rounded(y * cell)}"`;
      const size = `width="${rounded(cell - 1)}" height="${rounded(cell - 1)}"`;
      const box = `<rect ${place} ${size} class="cell" fill-opacity="${rounded(share)}"/>`;
      const said = `${grouped(both)} events, ${Math.round(share * 100)}%`;
      return titled(`${row.policy}/${row.rule} and ${name}: ${said}`, box);
    }),
  ]);
  const numbers = shown.map((_rule, x) =>
    label(left + x * cell + cell / 2, shown.length * cell + 12, String(x + 1), "middle"),
  );
  return plot(
    "Overlap of rules: the share of a row's hits that a column hits too",
    shown.length * cell + 18,
    [...rows, ...numbers],
  );
}

function axis(most: number): string[] {
  return [0, 0.5, 1].map((share) => {
    const y = plotHeight - share * (plotHeight - 10);
    const line = `<line x1="46" x2="${width}" y1="${rounded(y)}" y2="${rounded(y)}" class="grid"/>`;
    return line + label(42, y + 4, grouped(Math.round(most * share)), "end");
  });
}

function dayLabels(days: readonly Day[], slot: number): string[] {
  const every = Math.max(1, Math.ceil(days.length / 8));
  return days.flatMap(({ day }, place) =>
    place % every === 0 ? [label(50 + place * slot, plotHeight + 16, day, "start")] : [],
  );
}

function joinDays(one: Day, other: Day): Day {
  const add = (a: Day["before"], b: Day["before"]): Day["before"] =>
    Object.fromEntries(outcomes.map((outcome) => [outcome, a[outcome] + b[outcome]])) as Day["before"];
  return {
    day: one.day,
    changed: one.changed + other.changed,
    before: add(one.before, other.before),
    after: add(one.after, other.after),
  };
}

function shortened(text: string): string {
  return text.length <= 34 ? text : `${text.slice(0, 33)}…`;
}
