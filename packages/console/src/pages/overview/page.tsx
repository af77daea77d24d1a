// SPDX-License-Identifier: Apache-2.0
// What somebody who runs a site looks at first.
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Link, useSearchParams } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { OutcomeBars } from "../../parts/outcome-bars.tsx";
import { stoppedOf, totalOf } from "../../parts/outcome-buckets.ts";
import { PageFrame } from "../../parts/page-frame.tsx";
import { shortName } from "../../parts/sharing-layout.ts";
import { Time } from "../../parts/time.tsx";
import type { Overview } from "./answers.ts";
import { changeText, countText, shareText } from "./change-text.ts";
import { FirstSteps } from "./first-steps.tsx";
import { LiveDecisions } from "./live-decisions.tsx";
import { Sealing } from "./sealing.tsx";
import { useLive } from "./use-live.ts";
import { Waiting } from "./waiting.tsx";
import "./overview.css";

const periods = [
  { value: "hour", title: "Last hour" },
  { value: "day", title: "Last day" },
  { value: "week", title: "Last week" },
  { value: "month", title: "Last 30 days" },
] as const;
/** Counts are asked for again this often, in ms. */
const everyMs = 10_000;
/** The same, once the first decision came and until it is counted. */
const soonMs = 1000;
/** Of a log that is younger than this, in ms, a day would be an empty plot with one bar at its edge. */
const youngMs = 3_600_000;

/** The overview. */
export function Page(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const [paused, setPaused] = useState(false);
  const chosen = periods.find(({ value }) => value === search.get("period"))?.value;
  const [young, setYoung] = useState(false);
  const period = chosen ?? (young ? "hour" : "day");
  const { live, open, fault } = useLive(paused);
  const [awaits, setAwaits] = useState(true);
  const { data, error } = useGet<Overview>(`/v1/overview?period=${period}`, {
    every: awaits && live.decisions.length > 0 ? soonMs : everyMs,
    keep: true,
  });
  const firstAt = data?.firstSteps.firstDecidedAt ?? null;
  useEffect(() => {
    setAwaits(firstAt === null);
    setYoung(firstAt !== null && Date.now() - Date.parse(firstAt) < youngMs);
  }, [firstAt]);
  const setPeriod = (value: string): void => setSearch({ period: value }, { replace: true });
  useShortcuts([
    { key: "p", does: "Pause the decisions as they come, or go on", run: () => setPaused((was) => !was) },
    ...periods.map(({ value, title }, at) => ({
      key: String(at + 1),
      does: title,
      run: () => setPeriod(value),
    })),
  ]);
  const choice = <Select label="Period" quiet value={period} onChange={setPeriod} options={periods} />;
  return (
    <PageFrame
      title="Overview"
      lead="What was decided lately, what waits for people, and whether everything is sealed."
      actions={choice}
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <>
          <FirstSteps steps={data.firstSteps} />
          <Numbers overview={data} status={live.health?.status ?? data.health.status} />
          <div className="overview-columns">
            <div>
              <LiveDecisions
                live={live}
                open={open}
                fault={fault}
                paused={paused}
                onPause={() => setPaused(!paused)}
              />
              <OverTime overview={data} some={live.decisions.length > 0} />
            </div>
            <div>
              <Waiting overview={data} />
              <Sealing health={live.health ?? data.health} />
              <TopRules overview={data} />
              <Campaigns overview={data} />
            </div>
          </div>
        </>
      )}
    </PageFrame>
  );
}

function Numbers({
  overview,
  status,
}: {
  readonly overview: Overview;
  readonly status: string;
}): ReactElement {
  const { decisions, outcomes, before, queue, disputes } = overview;
  const [stopped, stoppedBefore] = [stoppedOf(outcomes), stoppedOf(before.outcomes)];
  const figures = [
    { label: "Decisions", value: countText(decisions), hint: changeText(decisions, before.decisions) },
    {
      label: "Stopped",
      value: decisions === 0 ? "0" : `${countText(stopped)} · ${shareText(stopped, decisions)}`,
      hint: changeText(stopped, stoppedBefore),
    },
    ...(queue === undefined ? [] : [{ label: "In the queue", value: countText(totalOf(queue.open)) }]),
    ...(disputes === undefined ? [] : [{ label: "Open disputes", value: countText(disputes.open) }]),
    { label: "Sealing", value: status === "ok" ? "in order" : status },
  ];
  return (
    <section className="card overview-numbers" aria-label="In numbers">
      <Figures
        large
        figures={figures.map(({ label, value, ...more }) => ({
          label,
          value: (
            <>
              {value}
              {"hint" in more && <span className="overview-change">{more.hint}</span>}
            </>
          ),
        }))}
      />
    </section>
  );
}

type OverTimeProps = {
  readonly overview: Overview;
  /** Whether some decisions came already, counted or not. */
  readonly some: boolean;
};

function OverTime({ overview, some }: OverTimeProps): ReactElement {
  const { series, from, to, bucketMs, latest, decisions, countedFrom } = overview;
  return (
    <Card title="Outcomes over time">
      {decisions === 0 ? (
        <Empty title="No decisions in this time.">
          {latest === null ? (
            some ? (
              "The first ones are being counted."
            ) : (
              "None were made at all yet."
            )
          ) : (
            <>
              The last event was decided <Time at={latest} />: choose a longer period, or look at{" "}
              <Link href="/decisions">all decisions</Link>.
            </>
          )}
        </Empty>
      ) : (
        <>
          <OutcomeBars
            label="Outcomes over time"
            buckets={series}
            fromMs={Date.parse(from)}
            toMs={Date.parse(to)}
            bucketMs={bucketMs}
          />
          {Date.parse(countedFrom) > Date.parse(from) && (
            <p className="overview-more">
              So much was decided that only what came since <Time at={countedFrom} exact /> is counted here.
            </p>
          )}
        </>
      )}
    </Card>
  );
}

function TopRules({ overview }: { readonly overview: Overview }): ReactElement {
  const { rules, from, to } = overview;
  const most = rules[0]?.count ?? 1;
  return (
    <Card title="Rules that fired most">
      {rules.length === 0 ? (
        <p className="overview-more">No rule fired in this time.</p>
      ) : (
        <ol className="overview-rules">
          {rules.map(({ rule, count }) => {
            const [name = rule, mode] = rule.split(":");
            const query = new URLSearchParams({ rule, from, to });
            return (
              <li key={rule}>
                <Link href={`/decisions?${query.toString()}`}>{name}</Link>
                {mode !== undefined && <Badge>{mode}</Badge>}
                <span className="overview-rules-count">{countText(count)}</span>
                <span className="overview-rules-bar" style={{ width: `${(count / most) * 100}%` }} />
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}

function Campaigns({ overview: { campaigns } }: { readonly overview: Overview }): ReactElement | null {
  if (campaigns === undefined) return null;
  return (
    <Card title="Campaigns">
      {campaigns.length === 0 ? (
        <p className="overview-more">No near copies by several accounts in this time.</p>
      ) : (
        <ul className="overview-waiting">
          {campaigns.map(({ campaign, decisions, actors, outcomes, to }) => (
            <li key={campaign}>
              <Link href={`/campaigns/${encodeURIComponent(campaign)}`}>{shortName(campaign)}</Link>{" "}
              {decisions} decisions by {actors} accounts, {shareText(stoppedOf(outcomes), decisions)} stopped;
              last <Time at={to} />
            </li>
          ))}
        </ul>
      )}
      <p className="overview-more">
        <Link href="/campaigns">All campaigns</Link>
      </p>
    </Card>
  );
}
