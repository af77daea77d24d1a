// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { download } from "../../parts/download.ts";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Plot } from "../../parts/plot.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { Time } from "../../parts/time.tsx";
import type { Backtest, BacktestReport } from "./answers.ts";
import { PolicyFrame } from "./frame.tsx";
import { JobProgress } from "./job-progress.tsx";
import { outcomes, rulesOf, seriesOf } from "./report-figures.ts";
import { share } from "./words.ts";

const everyMs = 1_000;

/** A backtest: how far it is, and what it found. */
export function BacktestPage({ id }: { readonly id: string }): ReactElement {
  const list = useGet<{ backtests: readonly Backtest[] }>("/v1/backtests", { every: everyMs });
  const job = list.data?.backtests.find((each) => each.id === id);
  // Who reads a report is recorded, so it is asked for once it is there.
  const result = useGet<{ report: BacktestReport | null }>(
    job?.state === "done" ? `/v1/backtests/${encodeURIComponent(id)}` : undefined,
  );
  const stop = useAct(() => post(`/v1/backtests/${encodeURIComponent(id)}/stop`), {
    refresh: ["/v1/backtests"],
  });
  const report = result.data?.report ?? undefined;
  const isGoing = job?.state === "running" || job?.state === "waiting";
  const error = list.error ?? result.error ?? stop.error;
  return (
    <PolicyFrame
      title={job === undefined ? "Backtest" : `Backtest of ${job.name}`}
      lead={job === undefined ? "What would have come out otherwise." : leadOf(job)}
      actions={
        <>
          {isGoing && (
            <Button busy={stop.isPending} onClick={() => stop.mutate(undefined)}>
              Stop it
            </Button>
          )}
          {report !== undefined && (
            <Button onClick={() => download("backtest.json", `${JSON.stringify(report)}\n`)}>
              Download the report
            </Button>
          )}
        </>
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {list.data === undefined && error === null && <Loading />}
      {list.data !== undefined && job === undefined && (
        <Note kind="open" title="This backtest is not here any more.">
          They are kept for a day, and a restart of the server forgets them.{" "}
          <Link href="/policy/backtests">Run it again</Link>
        </Note>
      )}
      {job !== undefined && <Standing job={job} />}
      {report !== undefined && <Report report={report} />}
    </PolicyFrame>
  );
}

function leadOf({ from, to, memory }: Backtest): string {
  const records = `Records ${from.toLocaleString("en")} to ${(to - 1).toLocaleString("en")} decided again`;
  return memory === "cold"
    ? `${records}, with empty counters and standings.`
    : `${records}, with what those before left.`;
}

function Standing({ job }: { readonly job: Backtest }): ReactElement | null {
  const { state, why } = job;
  if (state === "waiting") return <Note kind="plain" title="It waits until another one is done." />;
  if (state === "running") {
    return (
      <Card title="Running">
        <JobProgress job={job} />
      </Card>
    );
  }
  if (state === "done") return null;
  return (
    <Note
      kind={state === "failed" ? "bad" : "open"}
      title={`It ${state === "failed" ? "failed" : "was stopped"}.`}
    >
      {why}
    </Note>
  );
}

function Report({ report }: { readonly report: BacktestReport }): ReactElement {
  const { changed, decisions, strikes, restrictions, coverage, days, rules, examples, notes } = report;
  const drawn = useMemo(() => seriesOf(days), [days]);
  const series = useMemo(
    () => [
      { label: "Stopped, as recorded", values: drawn.before, colour: "--quiet" },
      { label: "Stopped with these rules", values: drawn.after, colour: "--accent" },
      { label: "Come out otherwise", values: drawn.changed, colour: "--bad" },
    ],
    [drawn],
  );
  return (
    <>
      <Card title="What changes">
        <Figures
          large
          figures={[
            {
              label: "Come out otherwise",
              value: `${changed.decisions.toLocaleString("en")} of ${decisions.toLocaleString("en")}`,
            },
            { label: "Share", value: share(changed.decisions, decisions) },
            { label: "Stricter", value: changed.stricter.toLocaleString("en") },
            { label: "Milder", value: changed.milder.toLocaleString("en") },
            { label: "Accounts", value: changed.actors.toLocaleString("en") },
          ]}
        />
        <p className="quiet policy-said">
          Strikes {strikes.before} → {strikes.after}; accounts restricted {restrictions.actors.before} →{" "}
          {restrictions.actors.after}. Made from facts {coverage.facts}, from evidence {coverage.evidence},
          not possible any more {coverage.gone}.
        </p>
        {notes.map((note) => (
          <p key={note} className="quiet">
            {note}
          </p>
        ))}
      </Card>
      {drawn.times.length > 1 && (
        <Card title="By day">
          <Plot label="Stopped events by day" times={drawn.times} series={series} />
        </Card>
      )}
      <Card title="Outcomes">
        <Matrix outcomes={report.outcomes} />
      </Card>
      {report.sample !== null && <Sample sample={report.sample} />}
      <Card title="Rules">
        <Rules rules={rules} />
      </Card>
      <Changed changed={changed} examples={examples} />
    </>
  );
}

function Changed({ changed, examples }: Pick<BacktestReport, "changed" | "examples">): ReactElement {
  return (
    <Card title="Decisions that come out otherwise">
      <Tabs
        label="Which way"
        tabs={[
          {
            id: "stricter",
            title: `Stricter (${changed.stricter})`,
            content: <Examples rows={examples.stricter} />,
          },
          {
            id: "milder",
            title: `Milder (${changed.milder})`,
            content: <Examples rows={examples.milder} />,
          },
        ]}
      />
    </Card>
  );
}

function Matrix({ outcomes: { before, after, matrix } }: Pick<BacktestReport, "outcomes">): ReactElement {
  const shown = outcomes.filter((outcome) => (before[outcome] ?? 0) + (after[outcome] ?? 0) > 0);
  return (
    <DataTable
      caption="Outcomes as recorded, by row, and with these rules, by column"
      rows={shown}
      rowKey={(outcome) => outcome}
      columns={[
        { title: "Recorded ↓ with these →", cell: (outcome: string) => <OutcomeBadge outcome={outcome} /> },
        ...shown.map((to) => ({
          title: to,
          numeric: true,
          cell: (from: string) => {
            const count = matrix[from]?.[to] ?? 0;
            return from === to || count === 0 ? (
              count.toLocaleString("en")
            ) : (
              <strong>{count.toLocaleString("en")}</strong>
            );
          },
        })),
        {
          title: "All recorded",
          numeric: true,
          cell: (from: string) => (before[from] ?? 0).toLocaleString("en"),
        },
      ]}
    />
  );
}

function Rules({ rules }: Pick<BacktestReport, "rules">): ReactElement {
  const rows = rulesOf(rules);
  if (rows.length === 0)
    return <p className="quiet">No rule hit anything, neither as recorded nor with these.</p>;
  const count = (value: number): string => value.toLocaleString("en");
  return (
    <DataTable
      caption="Rules, those whose effect differs first"
      rows={rows}
      rowKey={({ policy, rule }) => `${policy}/${rule}`}
      columns={[
        { title: "Rule", cell: ({ policy, rule }) => <code>{`${policy}/${rule}`}</code> },
        { title: "Mode", cell: ({ mode }) => mode ?? "gone" },
        { title: "Hits recorded", numeric: true, cell: ({ before }) => count(before.hits) },
        { title: "Hits with these", numeric: true, cell: ({ after }) => count(after.hits) },
        { title: "Effect recorded", numeric: true, cell: ({ before }) => count(before.effective) },
        { title: "Effect with these", numeric: true, cell: ({ after }) => count(after.effective) },
        { title: "Gained", numeric: true, cell: ({ changed }) => count(changed.gained) },
        { title: "Lost", numeric: true, cell: ({ changed }) => count(changed.lost) },
        { title: "Alone", numeric: true, cell: ({ alone }) => count(alone) },
      ]}
    />
  );
}

function Examples({ rows }: { readonly rows: BacktestReport["examples"]["stricter"] }): ReactElement {
  if (rows.length === 0) return <p className="quiet">None.</p>;
  return (
    <DataTable
      caption="Decisions that come out otherwise; the first 50"
      rows={rows}
      rowKey={({ index }) => index}
      columns={[
        { title: "Decision", cell: ({ index }) => <Link href={`/decisions/${index}`}>{index}</Link> },
        { title: "Decided", cell: ({ decidedAt }) => <Time at={decidedAt} /> },
        {
          title: "Outcome",
          cell: ({ outcome }) => (
            <>
              <OutcomeBadge outcome={outcome.before} /> → <OutcomeBadge outcome={outcome.after} />
            </>
          ),
        },
        { title: "By", cell: ({ rules }) => [...rules.before, "→", ...rules.after].join(" ") },
        {
          title: "Account",
          cell: ({ actor }) => <Link href={`/actors/${actor}`}>{actor.slice(0, 10)}…</Link>,
        },
      ]}
    />
  );
}

type Judged = NonNullable<BacktestReport["sample"]>;

function Sample({ sample: { spam, notSpam, whole } }: { readonly sample: Judged }): ReactElement {
  const rows = (["precision", "recall"] as const).map((name) => ({ name, ...pick(whole, name) }));
  return (
    <Card title="By labels">
      <DataTable
        caption={`Of ${spam} events labelled spam and ${notSpam} labelled not spam`}
        rows={rows}
        rowKey={({ name }) => name}
        columns={[
          { title: "Measure", cell: ({ name }) => name },
          { title: "Recorded", cell: ({ before }) => before },
          { title: "With these rules", cell: ({ after }) => after },
        ]}
      />
      <p className="quiet policy-said">
        {spam} labels say spam, {notSpam} not spam. In brackets: the 95 % interval.
      </p>
    </Card>
  );
}

function pick(whole: Judged["whole"], name: "precision" | "recall"): { before: string; after: string } {
  const said = ({ share: found, low, high }: Judged["whole"]["before"]["recall"]): string => {
    const cent = (value: number | null): string => `${Math.round((value ?? 0) * 100)}`;
    return found === null ? "–" : `${cent(found)} % (${cent(low)}–${cent(high)} %)`;
  };
  return { before: said(whole.before[name]), after: said(whole.after[name]) };
}
