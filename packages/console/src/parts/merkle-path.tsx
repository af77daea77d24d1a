// SPDX-License-Identifier: Apache-2.0
// The way of a proof, drawn: the record at the bottom, the root that was signed at the top, and at each step
// the hash that stands beside.
import { encodeBase64 } from "@docket/tlog";
import type { Hash } from "@docket/tlog";
import type { MerklePath, PathStep } from "@docket/verify";
import type { ReactElement } from "react";
import "./merkle-path.css";

const width = 340;
const rowHeight = 46;
const boxWidth = 104;
const boxHeight = 26;
const middle = width / 2;
/** Characters of a hash that a box shows. */
const shownCharacters = 10;

/** Draws the way, and says it in words below. */
export function MerklePathPicture({ path }: { readonly path: MerklePath }): ReactElement {
  const { steps, index, size, arrives, leaf, root } = path;
  // Where it ends elsewhere, the root that was signed stands above.
  const top = arrives ? 34 : 54;
  const height = top + steps.length * rowHeight + boxHeight + 34;
  const yOf = (row: number): number => height - 30 - boxHeight - row * rowHeight;
  const isLoneWrong = steps.length === 0 && !arrives;
  return (
    <figure className="merkle-path">
      <figcaption>
        {arrives
          ? `Hashed with ${steps.length} others, record ${index} leads to the root over ${size} records.`
          : `The way from record ${index} does not lead to the root over ${size} records that was signed.`}
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Way from record ${index} to the root`}>
        {steps.map((step, row) => (
          <Step
            key={`${step.side} ${encodeBase64(step.result)}`}
            step={step}
            y={yOf(row)}
            above={yOf(row + 1)}
            end={row < steps.length - 1 ? "node" : arrives ? "root" : "wrong"}
          />
        ))}
        <Box x={middle} y={yOf(0)} hash={leaf} kind={isLoneWrong ? "wrong" : "record"} />
        <text x={middle} y={height - 12}>{`record ${index}`}</text>
        <text x={middle} y={20}>{`root over ${size} records, signed`}</text>
        {!arrives && (
          <text x={middle} y={38} className="wrong">
            {`\u2260 ${short(root)}`}
          </text>
        )}
      </svg>
      <details>
        <summary>The same in words</summary>
        <ol>
          <li>{`record ${index}: ${encodeBase64(leaf)}`}</li>
          {steps.map(({ side, sibling, result }) => (
            <li key={encodeBase64(result)}>
              {`with ${encodeBase64(sibling)} on its ${side}: ${encodeBase64(result)}`}
            </li>
          ))}
        </ol>
      </details>
    </figure>
  );
}

type StepProps = {
  readonly step: PathStep;
  readonly y: number;
  readonly above: number;
  readonly end: string;
};

function Step({ step: { side, sibling, result }, y, above, end }: StepProps): ReactElement {
  const beside = side === "left" ? boxWidth / 2 + 2 : width - boxWidth / 2 - 2;
  const foot = above + boxHeight;
  return (
    <>
      <path className="edge" d={`M${middle} ${y} L${middle} ${foot}`} />
      <path
        className="edge"
        d={`M${beside} ${y} C${beside} ${foot + 6} ${middle} ${y - 4} ${middle} ${foot}`}
      />
      <Box x={beside} y={y} hash={sibling} kind="beside" />
      <Box x={middle} y={above} hash={result} kind={end} />
    </>
  );
}

type BoxProps = { readonly x: number; readonly y: number; readonly hash: Hash; readonly kind: string };

function Box({ x, y, hash, kind }: BoxProps): ReactElement {
  return (
    <g className={kind}>
      <rect x={x - boxWidth / 2} y={y} width={boxWidth} height={boxHeight} rx={6} />
      <text x={x} y={y + boxHeight / 2 + 4}>
        {short(hash)}
      </text>
    </g>
  );
}

function short(hash: Hash): string {
  return encodeBase64(hash).slice(0, shownCharacters);
}
