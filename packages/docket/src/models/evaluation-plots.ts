// SPDX-License-Identifier: Apache-2.0
// The plots of an evaluation.
import { label, plot, plotWidth, rounded, titled } from "../svg.ts";
import type { ScoresReport } from "./evaluate.ts";
import { grouped, percent } from "./evaluation-text.ts";

const height = 320;
const left = 60;
const right = plotWidth - 20;
const top = 10;
const bottom = height - 40;
/** The least share of flagged ham that the curve's logarithmic axis shows. */
const hamRateMin = 0.0001;
const hamTicks = [0.0001, 0.001, 0.01, 0.1, 1];
const shareTicks = [0, 0.25, 0.5, 0.75, 1];
/** The radius of the largest point of the calibration, in units of the plot. */
const radiusMax = 14;

/** Spam caught over ham flagged; the latter on a logarithmic axis, since what matters is at its left end. */
export function rocPlot({ roc }: ScoresReport): string {
  const x = (rate: number): number => {
    const decades = Math.log10(Math.max(rate, hamRateMin) / hamRateMin);
    return left + (decades / 4) * (right - left);
  };
  // Between two points nothing is known: the curve is a staircase.
  const corners = roc.flatMap(({ hamRate, recall }, place) => {
    const before = roc[place - 1]?.recall ?? 0;
    return [`${rounded(x(hamRate))},${rounded(y(before))}`, `${rounded(x(hamRate))},${rounded(y(recall))}`];
  });
  return plot("Share of spam caught over share of ham flagged", height, [
    ...shares(),
    ...hamTicks.map((rate) => upright(x(rate), percent(rate, rate < 0.01 ? 2 : 0))),
    `<polyline class="curve" points="${corners.join(" ")}"/>`,
    label((left + right) / 2, height - 6, "ham flagged", "middle"),
  ]);
}

/** What was said and what was found, for each bin of scores; the larger a point, the more texts. */
export function calibrationPlot({ calibration: { bins }, texts }: ScoresReport): string {
  const x = (share: number): number => left + share * (right - left);
  const points = bins.flatMap(({ count, said, found }) => {
    if (count === 0) return [];
    const radius = Math.max(2.5, radiusMax * Math.sqrt(count / texts));
    const place = `cx="${rounded(x(said))}" cy="${rounded(y(found))}" r="${rounded(radius)}"`;
    const were = `${percent(found, 1)} were spam`;
    const what = `${grouped(count)} texts scored ${percent(said, 1)} on average, ${were}`;
    return [titled(what, `<circle class="point" ${place}/>`)];
  });
  return plot("Share that was spam over the score", height, [
    ...shares(),
    ...shareTicks.map((share) => upright(x(share), percent(share, 0))),
    `<polyline class="ideal" points="${rounded(x(0))},${rounded(y(0))} ${rounded(x(1))},${rounded(y(1))}"/>`,
    ...points,
    label((left + right) / 2, height - 6, "score", "middle"),
  ]);
}

function y(share: number): number {
  return bottom - share * (bottom - top);
}

function shares(): string[] {
  return shareTicks.map((share) => {
    const at = rounded(y(share));
    const line = `<line x1="${left}" x2="${right}" y1="${at}" y2="${at}" class="grid"/>`;
    return line + label(left - 6, y(share) + 4, percent(share, 0), "end");
  });
}

function upright(x: number, text: string): string {
  const line = `<line x1="${rounded(x)}" x2="${rounded(x)}" y1="${top}" y2="${bottom}" class="grid"/>`;
  return line + label(x, bottom + 16, text, "middle");
}
