// SPDX-License-Identifier: Apache-2.0
// Outcomes over time as stacked bars, with the same as a table.
import { useMemo } from "react";
import type { ReactElement } from "react";
import { DataTable } from "./data-table.tsx";
import { outcomesStacked, stackBars } from "./outcome-buckets.ts";
import type { Bar, OutcomeBucket } from "./outcome-buckets.ts";
import { exactText } from "./time-text.ts";
import "./outcome-bars.css";

type Props = {
  /** What it is of, for who can't see it. */
  readonly label: string;
  readonly buckets: readonly OutcomeBucket[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly bucketMs: number;
};

/** The picture is stretched to its box: these are no pixels. */
const pictureWidth = 1000;
const pictureHeight = 100;
/** The gap between two bars, as a share of their width. */
const gap = 0.15;

/** Outcomes over time. */
export function OutcomeBars({ label, buckets, fromMs, toMs, bucketMs }: Props): ReactElement {
  const { bars, most } = useMemo(
    () => stackBars(buckets, { fromMs, toMs, bucketMs }),
    [buckets, fromMs, toMs, bucketMs],
  );
  const there = outcomesStacked.filter((outcome) =>
    buckets.some(({ outcomes }) => (outcomes[outcome] ?? 0) > 0),
  );
  return (
    <figure className="outcome-bars" aria-label={label}>
      <div className="outcome-bars-plot" aria-hidden="true">
        <div className="outcome-bars-most">{most}</div>
        <svg viewBox={`0 0 ${pictureWidth} ${pictureHeight}`} preserveAspectRatio="none">
          {bars.map((bar) => (
            <BarDrawn key={bar.fromMs} bar={bar} />
          ))}
        </svg>
      </div>
      <div className="outcome-bars-ends" aria-hidden="true">
        <span>{shortText(fromMs, toMs - fromMs)}</span>
        <span>{shortText(fromMs + (toMs - fromMs) / 2, toMs - fromMs)}</span>
        <span>{shortText(toMs, toMs - fromMs)}</span>
      </div>
      <figcaption aria-hidden="true">
        {there.map((outcome) => (
          <span key={outcome}>
            <i className={`outcome-bars-key outcome-${outcome}`} />
            {outcome}
          </span>
        ))}
      </figcaption>
      <details>
        <summary>As a table</summary>
        <DataTable
          caption={label}
          columns={[
            { title: "From", cell: ({ from }: OutcomeBucket) => exactText(Date.parse(from)) },
            ...there.map((outcome) => ({
              title: outcome,
              numeric: true,
              cell: ({ outcomes }: OutcomeBucket) => outcomes[outcome] ?? 0,
            })),
          ]}
          rows={[...buckets].reverse()}
          rowKey={({ from }) => from}
        />
      </details>
    </figure>
  );
}

function BarDrawn({ bar: { fromMs, x, width, pieces, total } }: { readonly bar: Bar }): ReactElement {
  const said = pieces.map(({ count, outcome }) => `${count} ${outcome}`).join(", ");
  const drawn = Math.max(2, width * pictureWidth * (1 - gap));
  return (
    <g>
      <title>{`${exactText(fromMs)}: ${total} (${said})`}</title>
      {pieces.map(({ outcome, y, height }) => (
        <rect
          key={outcome}
          className={`outcome-${outcome}`}
          x={x * pictureWidth}
          width={drawn}
          y={(1 - y - height) * pictureHeight}
          height={height * pictureHeight}
        />
      ))}
    </g>
  );
}

const dayMs = 86_400_000;

// The time of a short stretch, the date of a long one.
function shortText(ms: number, spanMs: number): string {
  const text = exactText(ms);
  return spanMs <= dayMs ? `${text.slice(11, 16)} UTC` : text.slice(0, 10);
}
