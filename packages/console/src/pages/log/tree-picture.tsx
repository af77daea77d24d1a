// SPDX-License-Identifier: Apache-2.0
// The log's tree, drawn: its whole subtrees as mountains under one root, and the checkpoints below.
import type { ReactElement } from "react";
import { grouped } from "./answers.ts";
import type { LogAnswer } from "./answers.ts";
import { placeMountains, placeOf } from "./tree.ts";
import type { PlacedMountain } from "./tree.ts";

const width = 1000;
const top = 44;
const ground = 190;
const tickFrom = ground + 6;
const height = 236;
const highest = ground - top - 26;

type Props = {
  readonly log: LogAnswer;
  /** Sizes of checkpoints that outside clocks stamped. */
  readonly stamped: readonly number[];
};

/** The tree under the published checkpoint. */
export function TreePicture({ log, stamped }: Props): ReactElement | null {
  const size = log.published?.size ?? 0;
  if (size === 0) return null;
  const mountains = placeMountains(size);
  const kept = log.kept.map((checkpoint) => checkpoint.size).filter((each) => each <= size);
  const cosigned = log.cosigned?.size;
  const sizes = mountains.map(({ records }) => grouped(records)).join(", ");
  const said =
    `${grouped(size)} records: whole subtrees of ${sizes} records under one root. ` +
    `Checkpoints kept for good over ${kept.map(grouped).join(", ") || "none yet"}.`;
  return (
    <figure className="log-tree">
      <div className="log-tree-box" tabIndex={0} role="region" aria-label="The tree, drawn">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={said}>
          <text className="log-tree-root" x={width / 2} y={16}>
            {`root over ${grouped(size)} records: ${(log.published?.root ?? "").slice(0, 14)}…`}
          </text>
          <circle className="log-tree-node" cx={width / 2} cy={28} r={5} />
          {mountains.map((mountain) => (
            <Mountain key={mountain.from} mountain={mountain} alone={mountains.length === 1} />
          ))}
          <line className="log-tree-ground" x1={0} x2={width} y1={ground} y2={ground} />
          {[...new Set(kept)].map((each) => (
            <Tick
              key={each}
              kind="kept"
              x={placeOf(each, mountains) * width}
              title={`kept: ${grouped(each)}`}
            />
          ))}
          {[...new Set(stamped)].map((each) => (
            <Tick
              key={each}
              kind="stamped"
              x={placeOf(each, mountains) * width}
              title={`stamped by an outside clock: ${grouped(each)}`}
            />
          ))}
          {cosigned !== undefined && (
            <Tick
              kind="cosigned"
              x={placeOf(cosigned, mountains) * width}
              title={`cosigned by witnesses: ${grouped(cosigned)}`}
            />
          )}
        </svg>
      </div>
      <figcaption>
        Each mountain is a whole subtree. Below: checkpoints that are{" "}
        <span className="log-key log-key-kept">kept for good</span>,{" "}
        <span className="log-key log-key-stamped">stamped by outside clocks</span>,{" "}
        <span className="log-key log-key-cosigned">cosigned by witnesses</span>.
      </figcaption>
    </figure>
  );
}

function Mountain({
  mountain,
  alone,
}: {
  readonly mountain: PlacedMountain;
  readonly alone: boolean;
}): ReactElement {
  const { from, records, x } = mountain;
  const left = x * width;
  const right = left + mountain.width * width;
  const middle = (left + right) / 2;
  const peak = ground - mountain.height * highest;
  const isWide = right - left > 70;
  return (
    <g>
      <title>{`records ${grouped(from)} to ${grouped(from + records - 1)}`}</title>
      {!alone && <path className="log-tree-edge" d={`M${middle} ${peak} L${width / 2} 33`} />}
      <path
        className="log-tree-mountain"
        d={`M${left + 2} ${ground} L${middle} ${peak} L${right - 2} ${ground} Z`}
      />
      <circle className="log-tree-node" cx={middle} cy={peak} r={4} />
      {isWide && (
        <text className="log-tree-label" x={middle} y={ground - 8}>
          {grouped(records)}
        </text>
      )}
    </g>
  );
}

function Tick({
  kind,
  x,
  title,
}: {
  readonly kind: "kept" | "stamped" | "cosigned";
  readonly x: number;
  readonly title: string;
}): ReactElement {
  const at = Math.min(Math.max(x, 4), width - 4);
  const drop = { kept: 12, stamped: 22, cosigned: 32 }[kind];
  return (
    <g className={`log-tree-tick log-tree-${kind}`}>
      <title>{title}</title>
      <line x1={at} x2={at} y1={tickFrom} y2={tickFrom + drop} />
      <circle cx={at} cy={tickFrom + drop} r={3.5} />
    </g>
  );
}
