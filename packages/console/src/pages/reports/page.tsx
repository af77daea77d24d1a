// SPDX-License-Identifier: Apache-2.0
// What users reported, and floods of reports.
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import "../queue/queue.css";
import { sortedByWeight } from "./reported.ts";
import type { Reported } from "./reported.ts";

type Reports = { contents: Reported[]; next: number | null };
type Flood = {
  actor: string;
  fromAt: string;
  toAt: string;
  reports: number;
  reporters: number;
  usualPerMille: number;
  precisionPerMille: number;
  records: number[];
};

const everyMs = 15_000;
const atOnce = 100;

/** `/reports` */
export function Page(): ReactElement {
  return (
    <PageFrame
      title="Reports"
      lead={
        "What users say is spam. A report asks a person to look; " +
        "it restricts nobody and decides nothing by itself."
      }
    >
      <Tabs
        label="Reports"
        tabs={[
          { id: "contents", title: "Reported contents", content: <Contents /> },
          { id: "floods", title: "Floods", content: <Floods /> },
        ]}
      />
    </PageFrame>
  );
}

function Contents(): ReactElement {
  const [open, setOpen] = useState(true);
  const [pages, setPages] = useState<readonly number[]>([-1]);
  return (
    <div className="queue">
      <Checkbox
        label="only what nobody has looked at since"
        checked={open}
        onChange={(next) => (setOpen(next), setPages([-1]))}
      />
      {pages.map((after, at) => (
        <ReportsFrom
          key={`${open} ${after}`}
          after={after}
          open={open}
          isLast={at === pages.length - 1}
          onMore={(next) => setPages([...pages, next])}
        />
      ))}
    </div>
  );
}

type FromProps = {
  readonly after: number;
  readonly open: boolean;
  readonly isLast: boolean;
  readonly onMore: (next: number) => void;
};

function ReportsFrom({ after, open, isLast, onMore }: FromProps): ReactNode {
  const start = after === -1 ? "" : `&after=${after}`;
  const path = `/v1/reports?limit=${atOnce}${open ? "&open=true" : ""}${start}`;
  const { data, error, isPending } = useGet<Reports>(path, { every: everyMs, keep: true });
  if (error !== null) return <ErrorNote error={error} />;
  if (isPending) return <Loading />;
  const { contents, next } = data;
  if (contents.length === 0 && after === -1) {
    return (
      <Empty title={open ? "No report waits." : "Nothing was reported yet."}>
        The app reports for its users with <code>POST /v1/reports</code>.
      </Empty>
    );
  }
  return (
    <Card title={open ? "Waiting, the weightiest first" : "Reported contents"}>
      <ReportTable contents={open ? sortedByWeight(contents) : contents} />
      <More shown={isLast && next !== null} onMore={() => onMore(next ?? 0)} />
    </Card>
  );
}

function ReportTable({ contents }: { readonly contents: readonly Reported[] }): ReactElement {
  return (
    <DataTable
      caption="Reported contents"
      rows={contents}
      rowKey={({ first }) => first}
      columns={[
        { title: "Case", cell: ({ of }) => <Link href={`/queue/${of}?task=report`}>{of}</Link> },
        {
          title: "As what",
          cell: ({ categories }) =>
            Object.entries(categories)
              .map(([category, count]) => `${category} ${count}`)
              .join(", "),
        },
        { title: "Open reports", cell: ({ reports }) => reports, numeric: true },
        { title: "Reporters", cell: ({ reporters }) => reporters, numeric: true },
        {
          title: "Weight",
          cell: ({ weightPerMille, trusted }) => (
            <>
              {weightPerMille} {trusted > 0 && <Badge kind="accent">{trusted} trusted</Badge>}
            </>
          ),
          numeric: true,
        },
        {
          title: "Whose",
          cell: ({ actor }) => (
            <Link href={`/actors/${encodeURIComponent(actor)}`}>
              <code>{actor.slice(0, 8)}…</code>
            </Link>
          ),
        },
        { title: "Last", cell: ({ lastAt }) => <Time at={lastAt} /> },
        { title: "Found", cell: ({ found }) => <Found found={found} /> },
      ]}
    />
  );
}

function Found({ found }: Pick<Reported, "found">): ReactNode {
  if (found === null) return <span className="quiet">not yet</span>;
  const kind = found.finding === "spam" ? "bad" : "good";
  return (
    <Link href={`/log/${found.record}`}>
      <Badge kind={found.finding === "unsure" ? "open" : kind}>{found.finding}</Badge>
    </Link>
  );
}

function Floods(): ReactElement {
  const { data, error, isPending } = useGet<{ floods: Flood[] }>("/v1/reports/floods", { every: everyMs });
  if (error !== null) return <ErrorNote error={error} />;
  if (isPending) return <Loading />;
  if (data.floods.length === 0) {
    return (
      <Empty title="No flood in the last 30 days.">
        A flood is more reports against one account within an hour than chance explains: a mob, or spammers
        who report those that report them.
      </Empty>
    );
  }
  return (
    <Card title="More reports against one account than chance explains">
      <DataTable
        caption="Floods of reports"
        rows={data.floods.toReversed()}
        rowKey={({ actor, fromAt }) => `${actor} ${fromAt}`}
        columns={[
          {
            title: "Against",
            cell: ({ actor }) => (
              <Link href={`/actors/${encodeURIComponent(actor)}`}>
                <code>{actor.slice(0, 8)}…</code>
              </Link>
            ),
          },
          { title: "When", cell: ({ fromAt }) => <Time at={fromAt} /> },
          { title: "Reports", cell: ({ reports }) => reports, numeric: true },
          { title: "Reporters", cell: ({ reporters }) => reporters, numeric: true },
          {
            title: "Usual in an hour",
            cell: ({ usualPerMille }) => (usualPerMille / 1000).toFixed(1),
            numeric: true,
          },
          {
            title: "Their word is worth",
            cell: ({ precisionPerMille }) => `${precisionPerMille} of 1000`,
            numeric: true,
          },
          {
            title: "First report",
            cell: ({ records }) => <Link href={`/log/${records[0]}`}>{records[0]}</Link>,
          },
        ]}
      />
    </Card>
  );
}
