// SPDX-License-Identifier: Apache-2.0
// Disputes: those that wait by their deadline, those that are over, and how they go.
import { useState } from "react";
import type { ReactElement, ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Countdown } from "../../parts/countdown.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import type { DisputePage, DisputeSummary } from "../dispute/answers.ts";
import { phaseKinds } from "../dispute/ruling-wish.ts";
import "../queue/queue.css";
import { Going } from "./going.tsx";

const everyMs = 15_000;
const atOnce = 100;
const states = [
  { value: "open", title: "waiting" },
  { value: "overdue", title: "past the deadline" },
  { value: "ended", title: "over" },
  { value: "all", title: "all" },
];

/** `/disputes` */
export function Page(): ReactElement {
  return (
    <PageFrame
      title="Disputes"
      lead={
        "Objections to decisions. A person who had no part in " +
        "the decision answers each, in writing and in time."
      }
    >
      <Tabs
        label="Disputes"
        tabs={[
          { id: "list", title: "Disputes", content: <List /> },
          { id: "going", title: "How they go", content: <Going /> },
        ]}
      />
    </PageFrame>
  );
}

function List(): ReactElement {
  const [state, setState] = useState("open");
  const [pages, setPages] = useState<readonly number[]>([0]);
  return (
    <div className="queue">
      <div className="queue-filters">
        <Select
          label="Which"
          value={state}
          onChange={(next) => (setState(next), setPages([0]))}
          options={states}
        />
      </div>
      {pages.map((after, at) => (
        <DisputesFrom
          key={`${state} ${after}`}
          after={after}
          state={state}
          isLast={at === pages.length - 1}
          onMore={(next) => setPages([...pages, next])}
        />
      ))}
    </div>
  );
}

type FromProps = {
  readonly after: number;
  readonly state: string;
  readonly isLast: boolean;
  readonly onMore: (next: number) => void;
};

function DisputesFrom({ after, state, isLast, onMore }: FromProps): ReactNode {
  const [, go] = useLocation();
  const path = `/v1/disputes?state=${state}&limit=${atOnce}&after=${after}`;
  const { data, error, isPending } = useGet<DisputePage>(path, { every: everyMs, keep: true });
  const first = data?.disputes.find(({ waitsForSite, phase }) => phase === "open" && waitsForSite);
  const start = (): void => {
    if (first !== undefined) go(`/disputes/${first.dispute}`);
  };
  useShortcuts(after === 0 ? [{ key: "o", does: "Open the oldest that waits", run: start }] : []);
  if (error !== null) return <ErrorNote error={error} />;
  if (isPending) return <Loading />;
  const { disputes, next } = data;
  if (disputes.length === 0 && after === 0) {
    return (
      <Empty title={state === "open" ? "No dispute waits." : "There are none of these."}>
        Whoever was refused or restricted objects by the link in their notice, or through the app.
      </Empty>
    );
  }
  return (
    <Card
      title="The oldest first"
      actions={
        first !== undefined && (
          <Button kind="primary" onClick={start} keys="o">
            Open the oldest
          </Button>
        )
      }
    >
      <DataTable caption="Disputes" rows={disputes} rowKey={({ dispute }) => dispute} columns={columns} />
      <More shown={isLast && next !== null} onMore={() => onMore(next ?? 0)} />
    </Card>
  );
}

const columns: readonly Column<DisputeSummary>[] = [
  { title: "Dispute", cell: ({ dispute }) => <Link href={`/disputes/${dispute}`}>{dispute}</Link> },
  {
    title: "State",
    cell: ({ phase, waitsForSite }) => (
      <>
        <Badge kind={phaseKinds[phase] ?? "plain"}>{phase}</Badge>{" "}
        {phase === "open" && (
          <span className="quiet">{waitsForSite ? "waits for you" : "waits for them"}</span>
        )}
      </>
    ),
  },
  {
    title: "To be answered",
    cell: ({ phase, deadline, ruling }) =>
      phase === "open" ? (
        <Countdown until={deadline} what="The deadline" />
      ) : (
        ruling !== undefined && <Time at={ruling.at} />
      ),
  },
  { title: "Of", cell: ({ of }) => <Link href={`/log/${of}`}>record {of}</Link> },
  {
    title: "By",
    cell: ({ actor, via }) => (
      <>
        <Link href={`/actors/${encodeURIComponent(actor)}`}>
          <code>{actor.slice(0, 8)}…</code>
        </Link>{" "}
        <span className="quiet">{via === "app" ? "by the app" : "with a token"}</span>
      </>
    ),
  },
  { title: "Opened", cell: ({ opened }) => <Time at={opened} /> },
  { title: "Messages", cell: ({ messages }) => messages, numeric: true },
  { title: "Decided by", cell: ({ ruling }) => ruling !== undefined && <code>{ruling.by}</code> },
];
