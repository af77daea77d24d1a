// SPDX-License-Identifier: Apache-2.0
// A timeline drawn: decisions stacked by their outcome, what was done about them, what people said, and the
// restrictions in force.
import { useEffect, useRef, useState } from "react";
import type { ReactElement, RefObject } from "react";
import type { Standing } from "../decision/answers.ts";
import type { TimelineEntry } from "./answers.ts";
import { drawTimeline } from "./drawing.ts";
import type { Bar, Drawing } from "./drawing.ts";

/** Widths and heights, in CSS pixels. */
const binWidthMin = 12;
const binsMax = 90;
const decisionsHeight = 84;
const laneHeight = 26;
const barHeight = 16;
const axisHeight = 20;
const widthBefore = 640;
/** A bar that is narrower than its name has it beside. */
const nameWidth = 80;

/** The picture of a timeline. */
export function Picture({
  entries,
  standing,
}: {
  readonly entries: readonly TimelineEntry[];
  readonly standing: Standing;
}): ReactElement | null {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const binCount = Math.max(1, Math.min(binsMax, Math.floor(width / binWidthMin)));
  const drawing = drawTimeline(entries, standing.restrictions, binCount);
  if (drawing === undefined) return null;
  return (
    <figure className="actor-picture">
      <div ref={box}>
        <Lanes drawing={drawing} width={width} />
      </div>
      <figcaption>
        {["allow", "flag", "delay", "hold", "reject"].map((outcome) => (
          <span key={outcome}>
            <i className={`actor-key actor-${outcome}`} /> {outcome}
          </span>
        ))}
        <span>
          <i className="actor-key actor-act" /> verdicts and measures
        </span>
        <span>
          <i className="actor-key actor-voice" /> reports, reviews, disputes
        </span>
        {drawing.bars.length > 0 && (
          <span>
            <i className="actor-key actor-bar" /> restrictions in force
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function Lanes({ drawing, width }: { readonly drawing: Drawing; readonly width: number }): ReactElement {
  const { bins, acts, voices, bars } = drawing;
  const actsAt = decisionsHeight + laneHeight / 2 + 4;
  const voicesAt = actsAt + laneHeight;
  const barsAt = voicesAt + laneHeight / 2;
  const axisAt = barsAt + bars.length * (barHeight + 4) + 6;
  const height = axisAt + axisHeight;
  const decisions = bins.reduce((sum, { count }) => sum + count, 0);
  const said = `${decisions} decisions, ${acts.length} acts, ${voices.length} reports, reviews and disputes`;
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${said}, over time; the table below has the same`}
    >
      <Axis drawing={drawing} width={width} y={axisAt} />
      <Decisions drawing={drawing} width={width} />
      {acts.map(({ x, entry }) => (
        <rect
          key={entry.index}
          className="actor-act"
          x={inside(x, width) - 5}
          y={actsAt - 5}
          width={10}
          height={10}
        >
          <title>{entry.says}</title>
        </rect>
      ))}
      {voices.map(({ x, entry }) => (
        <circle key={entry.index} className="actor-voice" cx={inside(x, width)} cy={voicesAt} r={5}>
          <title>{entry.says}</title>
        </circle>
      ))}
      {bars.map((bar, row) => (
        <Restriction key={bar.restriction.id} bar={bar} width={width} y={barsAt + row * (barHeight + 4)} />
      ))}
    </svg>
  );
}

type DrawnProps = { readonly drawing: Drawing; readonly width: number };

function Axis({ drawing, width, y }: DrawnProps & { readonly y: number }): ReactElement[] {
  return drawing.ticks.map(({ x, words }) => (
    <g key={words + x}>
      <line className="actor-tick" x1={x * width} x2={x * width} y1={0} y2={y} />
      <text x={x * width} y={y + 14} textAnchor={x < 0.06 ? "start" : x > 0.94 ? "end" : "middle"}>
        {words}
      </text>
    </g>
  ));
}

function Decisions({ drawing, width }: DrawnProps): ReactElement {
  const { bins, binWidth } = drawing;
  return (
    <>
      <line className="actor-floor" x1={0} x2={width} y1={decisionsHeight} y2={decisionsHeight} />
      {bins.flatMap(({ x, outcomes }) =>
        outcomes.map(({ outcome, count, from, to }) => (
          <rect
            key={`${x} ${outcome}`}
            className={`actor-${outcome}`}
            x={x * width + 1}
            width={Math.max(2, binWidth * width - 2)}
            y={decisionsHeight * (1 - to)}
            height={Math.max(1, decisionsHeight * (to - from))}
          >
            <title>{`${count} × ${outcome}`}</title>
          </rect>
        )),
      )}
    </>
  );
}

type RestrictionProps = { readonly bar: Bar; readonly width: number; readonly y: number };

function Restriction({ bar, width, y }: RestrictionProps): ReactElement {
  const { from, to, restriction, endless } = bar;
  const left = Math.min(from * width, width - 6);
  const isNarrow = (to - from) * width < nameWidth;
  return (
    <g>
      <rect
        className="actor-bar"
        x={left}
        y={y}
        width={Math.max(6, (to - from) * width)}
        height={barHeight}
        rx={3}
      />
      <text
        className="actor-bar-name"
        x={isNarrow ? left - 4 : left + 5}
        y={y + 12}
        textAnchor={isNarrow ? "end" : "start"}
      >
        {endless ? `${restriction.kind} →` : restriction.kind}
      </text>
    </g>
  );
}

/** Whole marks, also at the edges. */
function inside(x: number, width: number): number {
  return Math.min(width - 6, Math.max(6, x * width));
}

function useWidth(box: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(widthBefore);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return width;
}
