// SPDX-License-Identifier: Apache-2.0
// The plots of reports: decisions by day, and shares with their intervals.
import { label, plot, plotWidth, rectangle, rounded, titled } from "../svg.ts";
import type { ByOutcome } from "./contract.ts";

const height = 220;
const left = 60;
const right = plotWidth - 10;
const top = 10;
const bottom = height - 30;
const rowHeight = 34;
/** Labels of days that have room beside each other. */
const dayLabelsMax = 14;
/** Outcomes that a bar is made of, from below. */
const stacked = ["allow", "flag", "challenge", "delay", "hold", "reject"] as const;

/** The style of these plots, for the page. */
export const plotStyle = `
.allow { fill: var(--faint); background: var(--faint); } .flag { fill: #c9a227; background: #c9a227; }
.challenge { fill: #7b5ea7; background: #7b5ea7; } .delay { fill: #3d8f8a; background: #3d8f8a; }
.hold { fill: #d07a35; background: #d07a35; } .reject { fill: #b3362b; background: #b3362b; }
.interval { stroke: var(--after); stroke-width: 6; stroke-linecap: round; opacity: .45; }
.point { fill: var(--after); }
.tables { display: flex; flex-wrap: wrap; gap: 0 2.5rem; align-items: start; }
`;

/** Decisions of each day, by outcome; without those that were allowed, if `refused` is asked. */
export function daysPlot(
  days: readonly ({ day: string } & ByOutcome)[],
  title: string,
  only: "all" | "refused",
): string {
  const shown = stacked.filter((outcome) => only === "all" || outcome !== "allow");
  const totals = days.map((day) => shown.reduce((sum, outcome) => sum + day[outcome], 0));
  const most = Math.max(1, ...totals);
  const wide = (right - left) / Math.max(1, days.length);
  const every = Math.ceil(days.length / dayLabelsMax);
  const bars = days.flatMap((day, place) => {
    let y = bottom;
    const x = left + place * wide;
    const parts = shown.map((outcome) => {
      const high = (day[outcome] / most) * (bottom - top);
      y -= high;
      return rectangle(x + wide * 0.1, y, wide * 0.8, high, outcome);
    });
    const said = shown.filter((outcome) => day[outcome] > 0).map((outcome) => `${day[outcome]} ${outcome}`);
    const named = place % every === 0 ? label(x + wide / 2, bottom + 16, day.day.slice(5), "middle") : "";
    return [titled(`${day.day}: ${said.join(", ") || "none"}`, parts.join("")), named];
  });
  return plot(title, height, [...levels(most), ...bars]);
}

/** What the colours of {@link daysPlot} mean. HTML. */
export function daysLegend(only: "all" | "refused"): string {
  const items = stacked
    .filter((outcome) => only === "all" || outcome !== "allow")
    .map((outcome) => `<li><span class="key ${outcome}"></span>${outcome}</li>`);
  return `<ul class="legend">${items.join("")}</ul>`;
}

/** A share with its interval. */
export type ShownShare = {
  readonly name: string;
  readonly share: number | null;
  readonly low: number | null;
  readonly high: number | null;
};

/** Shares with their intervals, one below the other, on an axis from 0 to the largest upper end. */
export function sharesPlot(shares: readonly ShownShare[], title: string): string {
  const most = Math.max(0.01, ...shares.map(({ high }) => high ?? 0));
  const x = (share: number): number => 220 + (share / most) * (right - 230);
  const rows = shares.flatMap(({ name, share, low, high }, place) => {
    const y = top + place * rowHeight + rowHeight / 2;
    const named = label(210, y + 4, name, "end");
    if (share === null || low === null || high === null)
      return [named, label(225, y + 4, "unknown", "start")];
    const [from, to, at] = [x(low), x(high), y].map(rounded);
    const line = `<line x1="${from}" x2="${to}" y1="${at}" y2="${at}" class="interval"/>`;
    const point = `<circle cx="${rounded(x(share))}" cy="${rounded(y)}" r="4" class="point"/>`;
    return [named, titled(`${name}: ${percent(share)} (${percent(low)} to ${percent(high)})`, line + point)];
  });
  const axisY = top + shares.length * rowHeight;
  const axis = [0, 0.5, 1].flatMap((part) => {
    const at = rounded(x(part * most));
    const line = `<line x1="${at}" x2="${at}" y1="${top}" y2="${axisY}" class="grid"/>`;
    return [line, label(x(part * most), axisY + 16, percent(part * most), "middle")];
  });
  return plot(title, axisY + 24, [...axis, ...rows]);
}

/** A share as a text. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 2 : 1)}%`;
}

function levels(most: number): string[] {
  return [0, 0.5, 1].map((part) => {
    const y = rounded(bottom - part * (bottom - top));
    const line = `<line x1="${left}" x2="${right}" y1="${y}" y2="${y}" class="grid"/>`;
    return line + label(left - 6, bottom - part * (bottom - top) + 4, String(Math.round(part * most)), "end");
  });
}
