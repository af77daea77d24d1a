// SPDX-License-Identifier: Apache-2.0
// What the operator's configuration names: sources of time, outside clocks, replicas. Shown, not changed:
// docket.yaml is under the operator's own control.
import type { ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { durationText } from "../../parts/time-text.ts";
import { useCaller } from "../../session/session.tsx";

type Source = {
  name: string;
  answer: string;
  offsetMs: number | null;
  errorMs: number | null;
  why: string | null;
};
type Clock = {
  state: string;
  stopped: boolean;
  offsetMs: number | null;
  uncertaintyMs: number | null;
  sources: Source[];
};
type Anchor = { index: number; name: string; stampedAt: string; size: number };
type Replica = {
  name: string;
  state: string;
  held: number;
  durable: number;
  lagMs: number;
  fault: string | null;
};
type Copies = {
  ack: string;
  replicas: Replica[];
  drill: {
    running: boolean;
    last?: { result: string; from: string; at: string; tookMs: number; lostRecords: number };
  };
};

/** Clocks, stamps and copies. */
export function Sources(): ReactElement {
  const caller = useCaller();
  return (
    <>
      <p className="quiet">
        These stand in <code>docket.yaml</code>, which only the operator changes; each start records its hash.
      </p>
      <ClockCard />
      <AnchorCard />
      {caller.may("readCopies") && <CopiesCard />}
    </>
  );
}

function ClockCard(): ReactElement {
  const { data, error } = useGet<Clock>("/v1/clock");
  return (
    <Card title="Sources of time">
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <Figures
          figures={[
            { label: "The clock is", value: data.stopped ? "stopped" : data.state },
            {
              label: "Off by",
              value: data.offsetMs === null ? "nobody knows" : `${Math.round(data.offsetMs)} ms`,
            },
            {
              label: "Records say ±",
              value: data.uncertaintyMs === null ? "nothing" : `${Math.round(data.uncertaintyMs)} ms`,
            },
          ]}
        />
      )}
      {data?.sources.length === 0 && (
        <Empty title="No source is asked, so records say nothing of how exact their times are.">
          docs/operations/clock.md
        </Empty>
      )}
      {data !== undefined && data.sources.length > 0 && (
        <DataTable
          caption="Sources of time"
          columns={[
            { title: "Source", cell: ({ name }) => name },
            {
              title: "Answer",
              cell: ({ answer, why }) => (
                <>
                  <Badge kind={answer === "agrees" ? "good" : "open"}>{answer}</Badge> {why}
                </>
              ),
            },
            {
              title: "Off by",
              cell: ({ offsetMs, errorMs }) =>
                offsetMs === null ? "" : `${offsetMs.toFixed(1)} ms ± ${(errorMs ?? 0).toFixed(1)}`,
              numeric: true,
            },
          ]}
          rows={data.sources}
          rowKey={({ name }) => name}
        />
      )}
    </Card>
  );
}

function AnchorCard(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<{ anchors: Anchor[] }>("/v1/anchors?limit=1000");
  const stamp = useAct(
    () => post<{ outcomes: { name: string; state: string; fault: string | null }[] }>("/v1/anchors"),
    {
      refresh: ["/v1/anchors"],
    },
  );
  const newest = [...new Map((data?.anchors ?? []).map((anchor) => [anchor.name, anchor])).values()];
  return (
    <Card
      title="Outside clocks"
      actions={
        caller.may("anchor") && newest.length > 0 ? (
          <Button busy={stamp.isPending} onClick={() => stamp.mutate(undefined)}>
            Stamp now
          </Button>
        ) : undefined
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {stamp.error !== null && <ErrorNote error={stamp.error} />}
      {stamp.data !== undefined && (
        <Note kind="plain">
          {stamp.data.outcomes.map(({ name, state, fault }) => `${name}: ${fault ?? state}`).join("; ")}
        </Note>
      )}
      {data !== undefined && newest.length === 0 && (
        <Empty title="No outside clock has stamped this log.">
          docs/operations/anchors.md says how one is asked.
        </Empty>
      )}
      {newest.length > 0 && (
        <DataTable
          caption="Newest stamp of each outside clock"
          columns={[
            { title: "Clock", cell: ({ name }) => name },
            { title: "Last stamp", cell: ({ stampedAt }) => <Time at={stampedAt} /> },
            { title: "Of records", cell: ({ size }) => size.toLocaleString("en"), numeric: true },
          ]}
          rows={newest}
          rowKey={({ name }) => name}
        />
      )}
    </Card>
  );
}

function CopiesCard(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<Copies>("/v1/copies", { every: 10_000 });
  const last = data?.drill.last;
  const drill = useAct(() => post("/v1/drills"), { refresh: ["/v1/copies"] });
  return (
    <Card
      title="Replicas and drills"
      actions={
        caller.may("runDrill") && data !== undefined && data.replicas.length > 0 ? (
          <Button busy={drill.isPending || data.drill.running} onClick={() => drill.mutate(undefined)}>
            Run a drill
          </Button>
        ) : undefined
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {drill.error !== null && <ErrorNote error={drill.error} />}
      {data?.replicas.length === 0 && (
        <Empty title="There is no other copy of this log.">
          docs/operations/replica.md says how one is kept.
        </Empty>
      )}
      {data !== undefined && data.replicas.length > 0 && (
        <DataTable
          caption="Replicas"
          columns={[
            { title: "Replica", cell: ({ name }) => name },
            {
              title: "State",
              cell: ({ state, fault }) => (
                <>
                  <Badge kind={state === "copying" ? "good" : "bad"}>{state}</Badge> {fault}
                </>
              ),
            },
            { title: "Holds", cell: ({ held, durable }) => `${held} of ${durable}`, numeric: true },
            { title: "Behind", cell: ({ lagMs }) => (lagMs === 0 ? "no" : durationText(lagMs)) },
          ]}
          rows={data.replicas}
          rowKey={({ name }) => name}
        />
      )}
      {last !== undefined && (
        <p>
          The last drill <Badge kind={last.result === "passed" ? "good" : "bad"}>{last.result}</Badge>{" "}
          <Time at={last.at} />, from {last.from}, in {durationText(last.tookMs)}; {last.lostRecords} records
          were not in it.
        </p>
      )}
    </Card>
  );
}
