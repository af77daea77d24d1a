// SPDX-License-Identifier: Apache-2.0
// What a person has to look at now, who is told of it, and from how much on there is an alert.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import type { ApiError } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { Numbers } from "../settings/numbers.tsx";
import { wantedText } from "./answers.ts";
import type { AlertAnswer, AlertsAnswer, ChannelAnswer } from "./answers.ts";
import "./alerts.css";

const lookEveryMs = 10_000;

/** The page of alerts. */
export function Page(): ReactElement {
  const { data, error } = useGet<AlertsAnswer>("/v1/alerts", { every: lookEveryMs });
  return (
    <PageFrame
      title="Alerts"
      lead="What a person has to look at now, and who is told of it by mail, in a chat or through a webhook."
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <div className="settings-body">
          <Card title="Now">
            {data.open.length === 0 ? (
              <Note kind="good" title="Nothing is wrong.">
                Docket looks at itself every five seconds.
              </Note>
            ) : (
              <AlertList alerts={data.open} />
            )}
          </Card>
          <Channels channels={data.channels} />
          <Card title="Limits">
            <p className="quiet">
              From how much on there is an alert. What is not listed here always is one.
            </p>
            <Numbers only={(name) => name.startsWith("alert")} label="Limits of alerts" />
          </Card>
          {data.ended.length > 0 && (
            <Card title="Over within a day">
              <AlertList alerts={data.ended} />
            </Card>
          )}
        </div>
      )}
    </PageFrame>
  );
}

function AlertList({ alerts }: { readonly alerts: readonly AlertAnswer[] }): ReactElement {
  return (
    <ul className="alerts-list">
      {alerts.map((alert) => (
        <li
          key={`${alert.kind} ${alert.about} ${alert.since}`}
          className={alert.endedAt !== null ? "alerts-over" : `alerts-${alert.severity}`}
        >
          {alert.endedAt === null ? (
            <Badge kind={alert.severity === "urgent" ? "bad" : "open"}>{alert.severity}</Badge>
          ) : (
            <Badge>over</Badge>
          )}{" "}
          <strong>{alert.says}</strong>
          <p className="quiet">
            Since <Time at={alert.since} />
            {alert.endedAt !== null && (
              <>
                , over <Time at={alert.endedAt} />
              </>
            )}
            . {alert.told.length === 0 ? "Nobody was told." : `Told: ${alert.told.join(", ")}.`}{" "}
            {alert.endedAt === null && <Link href={alert.page}>Look after it</Link>}
          </p>
        </li>
      ))}
    </ul>
  );
}

function Channels({ channels }: { readonly channels: readonly ChannelAnswer[] }): ReactElement {
  const caller = useCaller();
  const columns: Column<ChannelAnswer>[] = [
    { title: "Channel", cell: ({ id }) => <strong>{id}</strong> },
    { title: "Leads to", cell: ({ target }) => target },
    { title: "Wants", cell: wantedText },
    { title: "State", cell: (channel) => <ChannelState channel={channel} /> },
  ];
  if (caller.may("changeSettings")) {
    columns.push({ title: "Try it", cell: ({ id }) => <TestButton channel={id} /> });
  }
  return (
    <Card title="Who is told">
      {channels.length === 0 ? (
        <Empty title="Nobody is told.">
          <p>
            Name channels under <code>alerts</code> in <code>docket.yaml</code>: mail, chats (Slack,
            Mattermost, Discord, Teams) and webhooks. docs/operations/alerts.md has an example of each.
          </p>
        </Empty>
      ) : (
        <DataTable caption="Channels" columns={columns} rows={channels} rowKey={({ id }) => id} />
      )}
    </Card>
  );
}

function ChannelState({ channel }: { readonly channel: ChannelAnswer }): ReactElement {
  const { fault, nextTryAt, sentAt, sentLately, perHour, waiting } = channel;
  if (fault !== null) {
    return (
      <>
        <Badge kind="bad">fails</Badge> {fault}
        {nextTryAt !== null && (
          <>
            ; again <Time at={nextTryAt} />
          </>
        )}
      </>
    );
  }
  if (sentLately >= perHour) {
    return (
      <>
        <Badge kind="open">limit reached</Badge> {perHour} messages within the hour; {waiting} alerts wait
      </>
    );
  }
  return (
    <>
      <Badge kind="good">on</Badge>{" "}
      {sentAt === null ? (
        "nothing sent yet"
      ) : (
        <>
          last sent <Time at={sentAt} />
        </>
      )}
    </>
  );
}

type Tested = { ok: boolean; why: string | null; ms: number };

function TestButton({ channel }: { readonly channel: string }): ReactElement {
  const test = useAct(() => post<Tested>("/v1/alerts/test", { channel }), { refresh: ["/v1/alerts"] });
  const said = saidOf(test.data, test.error);
  return (
    <>
      <Button
        busy={test.isPending}
        onClick={() => test.mutate(undefined)}
        aria-label={`Send a test to ${channel}`}
      >
        Send a test
      </Button>{" "}
      <span role="status">{said}</span>
    </>
  );
}

function saidOf(tested: Tested | undefined, error: ApiError | null): string {
  if (error !== null) return error.message;
  if (tested === undefined) return "";
  return tested.ok ? `It took it in ${tested.ms} ms.` : `Not taken: ${tested.why ?? "no reason was given"}.`;
}
