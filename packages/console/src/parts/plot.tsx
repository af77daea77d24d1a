// SPDX-License-Identifier: Apache-2.0
// Figures over time, drawn by uPlot. Whoever can't see it reads the same in the table that it opens into.
import { useEffect, useRef } from "react";
import type { ReactElement } from "react";
import UPlot from "uplot";
import type { Options } from "uplot";
import "uplot/dist/uPlot.min.css";
import { DataTable } from "./data-table.tsx";
import { exactText } from "./time-text.ts";

/** One line of a plot. */
export type Series = {
  readonly label: string;
  readonly values: readonly (number | null)[];
  /** A token of tokens.css, such as `--bad`. */
  readonly colour: string;
};

type Props = {
  readonly label: string;
  /** Of each value, in ms since 1970, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** In CSS pixels. */
  readonly height?: number;
};

const heightDefault = 180;

/** Lines over time. Load it lazily: `lazy(() => import("../parts/plot.tsx")…)`, since it brings uPlot. */
export function Plot({ label, times, series, height = heightDefault }: Props): ReactElement {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = place.current;
    if (box === null) return undefined;
    const style = getComputedStyle(document.documentElement);
    const colour = (token: string): string => style.getPropertyValue(token).trim();
    const options: Options = {
      width: box.clientWidth,
      height,
      legend: { show: true, live: false },
      cursor: { drag: { x: false, y: false } },
      axes: [
        { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 } },
        { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 }, size: 56 },
      ],
      series: [
        {},
        ...series.map((each) => ({
          label: each.label,
          stroke: colour(each.colour),
          width: 2,
          points: { show: false },
        })),
      ],
    };
    const data = [times.map((ms) => ms / 1000), ...series.map(({ values }) => [...values])];
    const plot = new UPlot(options, data as UPlot.AlignedData, box);
    const watcher = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      plot.destroy();
    };
  }, [times, series, height]);
  return (
    <figure className="plot" aria-label={label}>
      <div ref={place} aria-hidden="true" />
      <details>
        <summary>As a table</summary>
        <DataTable
          caption={label}
          columns={[
            { title: "Time", cell: (at: number) => exactText(times[at] ?? Number.NaN) },
            ...series.map(({ label: title, values }) => ({
              title,
              numeric: true,
              cell: (at: number) => values[at] ?? "–",
            })),
          ]}
          rows={times.map((_, at) => at)}
          rowKey={(at) => at}
        />
      </details>
    </figure>
  );
}
