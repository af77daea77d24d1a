// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link, useLocation } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Time } from "../../parts/time.tsx";
import type { Backtest, ChangeRecord, Changes } from "./answers.ts";
import { PolicyFrame } from "./frame.tsx";
import { JobProgress } from "./job-progress.tsx";
import { shortId } from "./words.ts";

const everyMs = 2_000;
const dayMs = 86_400_000;
const periods = [
  { value: "7", title: "the last 7 days" },
  { value: "30", title: "the last 30 days" },
  { value: "all", title: "all that was recorded" },
];

/** Backtests: what would have come out if other rules had been in force. */
export function BacktestsPage(): ReactElement {
  const { data, error } = useGet<{ backtests: readonly Backtest[] }>("/v1/backtests", { every: everyMs });
  return (
    <PolicyFrame
      title="Backtests"
      lead={
        "What would have come out if these had been the rules? Recorded events are decided again, beside " +
        "the server's work; nothing changes."
      }
    >
      <Begin />
      {error !== null && <ErrorNote error={error} />}
      {data?.backtests.length === 0 && (
        <Empty title="None was run since the server started.">
          Write the rules that you want to try under <Link href="/policy/edit">Files</Link>, and press
          Backtest there.
        </Empty>
      )}
      {data !== undefined && data.backtests.length > 0 && (
        <div className="card">
          <Backtests rows={data.backtests} />
        </div>
      )}
    </PolicyFrame>
  );
}

function Begin(): ReactElement {
  const [, go] = useLocation();
  const changes = useGet<Changes>("/v1/policy").data;
  const log = useGet<ChangeRecord[]>("/v1/policy/log?limit=200").data;
  const [candidate, setCandidate] = useState("in-force");
  const [period, setPeriod] = useState("7");
  const begin = useAct((body: object) => post<Backtest>("/v1/backtests", body), {
    refresh: ["/v1/backtests"],
  });
  const earlier = new Set(
    (log ?? []).flatMap(({ kind, release }) => (kind === "release" && release ? [release] : [])),
  );
  if (changes !== undefined) earlier.delete(changes.release ?? "");
  const options = [
    { value: "in-force", title: "the release in force" },
    ...(changes?.proposals ?? [])
      .filter(({ candidate: id }) => id !== null)
      .map(({ index, by }) => ({ value: `of:${index}`, title: `proposal ${index} by ${by}` })),
    ...[...earlier].map((id) => ({ value: id, title: `earlier release ${shortId(id)}` })),
  ];
  const send = (event: FormEvent): void => {
    event.preventDefault();
    const wish = candidate.startsWith("of:") ? { of: Number(candidate.slice(3)) } : { release: candidate };
    const since =
      period === "all" ? {} : { since: new Date(Date.now() - Number(period) * dayMs).toISOString() };
    begin.mutate({ ...wish, ...since }, { onSuccess: ({ id }) => go(`/policy/backtests/${id}`) });
  };
  return (
    <Card title="Run one">
      <form onSubmit={send} className="policy-begin">
        <Select label="Rules" value={candidate} onChange={setCandidate} options={options} />
        <Select label="Over" value={period} onChange={setPeriod} options={periods} />
        <Button kind="primary" type="submit" busy={begin.isPending}>
          Run it
        </Button>
      </form>
      {begin.error !== null && <ErrorNote error={begin.error} />}
    </Card>
  );
}

function Backtests({ rows }: { readonly rows: readonly Backtest[] }): ReactElement {
  return (
    <DataTable
      caption="Backtests, the newest first"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        { title: "Rules", cell: ({ id, name }) => <Link href={`/policy/backtests/${id}`}>{name}</Link> },
        { title: "State", cell: (job) => <State job={job} /> },
        { title: "By", cell: ({ by }) => by },
        { title: "Asked", cell: ({ at }) => <Time at={at} /> },
        { title: "Records", numeric: true, cell: ({ from, to }) => (to - from).toLocaleString("en") },
        { title: "Changed", numeric: true, cell: ({ changed }) => changed?.toLocaleString("en") ?? "–" },
      ]}
    />
  );
}

const kinds = { waiting: "plain", running: "accent", done: "good", failed: "bad", stopped: "open" } as const;

function State({ job }: { readonly job: Backtest }): ReactElement {
  if (job.state === "running") return <JobProgress job={job} />;
  return <Badge kind={kinds[job.state]}>{job.state}</Badge>;
}
