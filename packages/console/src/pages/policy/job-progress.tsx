// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import type { Backtest } from "./answers.ts";
import { leftMs, spanWords } from "./report-figures.ts";

/** How far a backtest is, and how long it will still take. */
export function JobProgress({ job }: { readonly job: Backtest }): ReactElement {
  const { done, total, name } = job;
  const left = leftMs(job, Date.now());
  return (
    <span className="policy-progress">
      <progress value={done} max={Math.max(1, total)} aria-label={`How far ${name} is`} />
      <span>
        {total === 0 ? "0" : Math.floor((100 * done) / total)} %
        {left !== undefined && <span className="quiet"> · {spanWords(left)} left</span>}
      </span>
    </span>
  );
}
