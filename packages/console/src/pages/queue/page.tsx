// SPDX-License-Identifier: Apache-2.0
// The review queue: what waits for a person, in the order in which it is best worked through.
import { useState } from "react";
import type { ReactElement } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Countdown } from "../../parts/countdown.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Queue, QueueItem } from "../case/answers.ts";
import { caseAfter, taskText } from "../case/case-words.ts";
import { Agreement } from "./agreement.tsx";
import "./queue.css";

const everyMs = 10_000;
const listedMax = 100;
const tasks = ["hold", "ladder", "report", "flag", "quality", "sample"] as const;
const nobody: ReadonlySet<number> = new Set();

/** `/queue` */
export function Page(): ReactElement {
  const [tab, setTab] = useState("waiting");
  return (
    <PageFrame
      title="Queue"
      lead={
        "What the policy held or flagged, what users reported and what " +
        "was drawn by chance, until a person says what it is."
      }
    >
      <Tabs
        label="Queue"
        value={tab}
        onChange={setTab}
        tabs={[
          { id: "waiting", title: "Waiting", content: <Waiting /> },
          { id: "agreement", title: "How reviews go", content: <Agreement /> },
        ]}
      />
    </PageFrame>
  );
}

function Waiting(): ReactElement {
  const caller = useCaller();
  const [, go] = useLocation();
  const task = new URLSearchParams(useSearch()).get("task") ?? "";
  const [unclaimed, setUnclaimed] = useState(false);
  const query = task === "" ? "" : `?task=${encodeURIComponent(task)}`;
  const path = `/v1/queue?limit=${listedMax}${query.replace("?", "&")}${unclaimed ? "&unclaimed=true" : ""}`;
  const { data, error, isPending } = useGet<Queue>(path, { every: everyMs, keep: true });
  const first = data && caseAfter(data.cases, -1, caller.id, nobody);
  const start = (): void => {
    if (first !== undefined) go(`/queue/${first}${query}`);
  };
  useShortcuts([{ key: "o", does: "Open the first case", run: start }]);
  return (
    <div className="queue">
      <div className="queue-filters">
        <Select
          label="Why it is here"
          value={task}
          onChange={(next) => go(next === "" ? "/queue" : `/queue?task=${next}`)}
          options={[
            { value: "", title: "all" },
            ...tasks.map((each) => ({
              value: each,
              title: `${taskText({ task: each, blind: false })} (${data?.open[each] ?? 0})`,
            })),
          ]}
        />
        <Checkbox label="without what others have claimed" checked={unclaimed} onChange={setUnclaimed} />
        {first !== undefined && caller.may("review") && (
          <Button kind="primary" onClick={start} keys="o">
            Open the first
          </Button>
        )}
      </div>
      {data?.disputes !== undefined && data.disputes.open > 0 && (
        <Note
          kind={data.disputes.overdue > 0 ? "bad" : "open"}
          title={disputesText(data.disputes.open, data.disputes.overdue)}
        >
          <Link href="/disputes">Go to the disputes</Link>
        </Note>
      )}
      {error !== null && <ErrorNote error={error} />}
      {isPending && <Loading />}
      {data !== undefined && data.cases.length === 0 && (
        <Empty title="Nothing waits for you.">
          Cases come in when a rule flags or holds something, when users report it, or by chance: the shares
          that are drawn are in the <Link href="/settings">settings</Link>.
        </Empty>
      )}
      {data !== undefined && data.cases.length > 0 && (
        <Card title={listTitle(data.cases.length)}>
          <DataTable
            caption="Cases that wait"
            rows={data.cases}
            rowKey={({ of }) => of}
            columns={columns(query, caller.id)}
          />
          {data.more.length > 0 && (
            <p className="quiet">
              There are more of {data.more.join(", ")}: they come in as these are answered.
            </p>
          )}
        </Card>
      )}
    </div>
  );
}

function disputesText(open: number, overdue: number): string {
  const wait = open === 1 ? "A dispute waits" : `${open} disputes wait`;
  return overdue === 0 ? `${wait}.` : `${wait}, ${overdue} past the deadline.`;
}

function columns(query: string, me: string): readonly Column<QueueItem>[] {
  return [
    { title: "Case", cell: ({ of }) => <Link href={`/queue/${of}${query}`}>{of}</Link> },
    {
      title: "Why it is here",
      cell: ({ tasks: asked, holdUntil }) => (
        <span className="queue-why">
          {asked.map((each) => (
            <Badge key={each.task} kind={each.task === "hold" ? "open" : "plain"}>
              {taskText(each)}
            </Badge>
          ))}
          {holdUntil !== null && <Countdown until={holdUntil} what="The hold ends" />}
        </span>
      ),
    },
    { title: "Outcome", cell: ({ outcome }) => <OutcomeBadge outcome={outcome} /> },
    { title: "Rules", cell: ({ fired }) => <Rules fired={fired} /> },
    { title: "Reports", cell: ({ reports }) => reports?.reports ?? "", numeric: true },
    { title: "Points", cell: ({ points }) => points, numeric: true },
    { title: "Sealed", cell: ({ sealedAt }) => <Time at={sealedAt} /> },
    {
      title: "Claimed",
      cell: ({ claim }) =>
        claim === null ? "" : claim.by === me ? <Badge kind="accent">by you</Badge> : <code>{claim.by}</code>,
    },
  ];
}

const rulesShownMax = 3;

function Rules({ fired }: { readonly fired: readonly string[] }): ReactElement {
  return (
    <span title={fired.join(", ")}>
      {fired.slice(0, rulesShownMax).join(", ")}
      {fired.length > rulesShownMax && ` and ${fired.length - rulesShownMax} more`}
    </span>
  );
}

function listTitle(listed: number): string {
  if (listed === listedMax) return `The ${listed} most urgent cases`;
  return listed === 1 ? "1 case" : `${listed} cases, the most urgent first`;
}
