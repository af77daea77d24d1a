// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";

type Props = {
  readonly label: string;
  readonly days: readonly { readonly day: string; readonly events: number }[];
};

const height = 24;
const barWidth = 6;
const step = 8;
/** Days that are drawn: the newest. */
const daysMax = 31;

/** A small bar for each day that has any. */
export function Bars({ label, days }: Props): ReactElement {
  const shown = days.slice(-daysMax);
  const most = Math.max(1, ...shown.map(({ events }) => events));
  const said = shown.map(({ day, events }) => `${day}: ${events}`).join(", ");
  return (
    <svg
      className="policy-bars"
      width={shown.length * step}
      height={height}
      role="img"
      aria-label={`${label}. ${said}`}
    >
      {shown.map(({ day, events }, place) => {
        const tall = Math.max(2, Math.round((height * events) / most));
        return (
          <rect key={day} x={place * step} y={height - tall} width={barWidth} height={tall} rx={1}>
            <title>{`${day}: ${events}`}</title>
          </rect>
        );
      })}
    </svg>
  );
}
