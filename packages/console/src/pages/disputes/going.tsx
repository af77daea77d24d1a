// SPDX-License-Identifier: Apache-2.0
// How disputes go: how long answers take, how many are late, how often decisions are overturned, and whose.
import { useState } from "react";
import type { ReactElement } from "react";
import { useGet } from "../../api/use-get.ts";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { durationText } from "../../parts/time-text.ts";
import { shareText } from "../queue/share-text.ts";
import type { Interval } from "../queue/share-text.ts";

type Tally = {
  upheld: number;
  overturned: number;
  modified: number;
  withdrawn: number;
  overturnRate: Interval;
};
type Statistics = {
  opened: { decision: number; verdict: number; measure: number; total: number };
  ended: Tally;
  times: { count: number; medianMs: number | null; p90Ms: number | null };
  late: Interval;
  open: number;
  overdue: number;
  byRule: ({ rule: string } & Tally)[];
  byDecider: ({ by: string } & Tally)[];
  byReviewer: ({ by: string } & Tally)[];
};

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const periods = [
  { value: "30", title: "the last 30 days" },
  { value: "90", title: "the last 90 days" },
  { value: "365", title: "the last year" },
];

/** How the disputes of a period went. */
export function Going(): ReactElement {
  const [days, setDays] = useState("90");
  const [nowMs] = useState(() => Math.ceil(Date.now() / hourMs) * hourMs);
  const from = new Date(nowMs - Number(days) * dayMs).toISOString();
  const { data, error, isPending } = useGet<Statistics>(
    `/v1/disputes/statistics?from=${encodeURIComponent(from)}`,
    { keep: true },
  );
  return (
    <div className="queue">
      <div className="queue-filters">
        <Select label="Period" value={days} onChange={setDays} options={periods} />
      </div>
      {error !== null && <ErrorNote error={error} />}
      {isPending && <Loading />}
      {data !== undefined && data.opened.total === 0 && data.open === 0 && (
        <Empty title="Nobody objected in this time." />
      )}
      {data !== undefined && (data.opened.total > 0 || data.open > 0) && <Found found={data} />}
    </div>
  );
}

function Found({ found }: { readonly found: Statistics }): ReactElement {
  const { opened, ended, times, late, open, overdue } = found;
  return (
    <>
      <Card title="In a few figures">
        <Figures
          large
          figures={[
            { label: "Opened", value: opened.total },
            { label: "Waiting now", value: open },
            { label: "Past the deadline", value: overdue },
            {
              label: "Half are answered within",
              value: times.medianMs === null ? "none yet" : durationText(times.medianMs),
            },
          ]}
        />
        <Figures
          figures={[
            { label: "Overturned (95% interval)", value: shareText(ended.overturnRate) },
            { label: "Answered late", value: shareText(late) },
            {
              label: "Nine of ten within",
              value: times.p90Ms === null ? "none yet" : durationText(times.p90Ms),
            },
          ]}
        />
      </Card>
      <By
        title="By rule"
        first="Rule"
        rows={found.byRule.map(({ rule, ...tally }) => ({ of: rule, ...tally }))}
      />
      <By
        title="By who had decided"
        first="Who"
        rows={found.byDecider.map(({ by, ...tally }) => ({ of: by, ...tally }))}
      />
      <By
        title="By who ruled"
        first="Who"
        rows={found.byReviewer.map(({ by, ...tally }) => ({ of: by, ...tally }))}
      />
    </>
  );
}

type Row = { readonly of: string } & Tally;

function By(props: {
  readonly title: string;
  readonly first: string;
  readonly rows: readonly Row[];
}): ReactElement | null {
  if (props.rows.length === 0) return null;
  const columns: readonly Column<Row>[] = [
    { title: props.first, cell: ({ of }) => <code>{of}</code> },
    { title: "Upheld", cell: ({ upheld }) => upheld, numeric: true },
    { title: "Overturned", cell: ({ overturned }) => overturned, numeric: true },
    { title: "Modified", cell: ({ modified }) => modified, numeric: true },
    { title: "Withdrawn", cell: ({ withdrawn }) => withdrawn, numeric: true },
    { title: "Overturned, of those ruled on", cell: ({ overturnRate }) => shareText(overturnRate) },
  ];
  return (
    <Card title={props.title}>
      <DataTable caption={props.title} rows={props.rows} rowKey={({ of }) => of} columns={columns} />
    </Card>
  );
}
