// SPDX-License-Identifier: Apache-2.0
// For whoever connects an app: what it called lately and what was wrong, what it has not confirmed, and what
// could not be delivered to it.
import { useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { KeyAnswer } from "../settings/keys.tsx";
import { Webhooks } from "../settings/webhooks.tsx";
import { firstCall } from "./first-call.ts";
import "./developer.css";

type Call = {
  at: string;
  call: string;
  status: number;
  key: string | null;
  ms: number;
  error: { code: string; pointer: string | null; summary: string; remedy: string } | null;
};
type Calls = { since: string; seen: number; failed: number; calls: Call[] };
type Unconfirmed = {
  overdue: number;
  waiting: number;
  oldestAt: string | null;
  orders: { record: number; at: string }[];
};

const lookEveryMs = 5_000;

/** The page for developers. */
export function Page(): ReactElement {
  const caller = useCaller();
  return (
    <PageFrame
      title="Developer"
      lead="What your app called and what was wrong with it, what it has to confirm, what was not delivered."
      actions={<a href="/openapi.json">OpenAPI document</a>}
    >
      <div className="settings-body">
        <Calls />
        {caller.may("readChanges") && <UnconfirmedCard />}
        {caller.may("readKeys") && <KeysCard />}
        {caller.may("manageWebhooks") && (
          <section aria-label="Webhooks">
            <Webhooks />
          </section>
        )}
      </div>
    </PageFrame>
  );
}

function Calls(): ReactElement {
  const [failedOnly, setFailedOnly] = useState(false);
  const path = failedOnly ? "/v1/calls?only=failed" : "/v1/calls";
  const { data, error } = useGet<Calls>(path, { every: lookEveryMs, keep: true });
  return (
    <Card
      title="Last calls"
      actions={<Checkbox label="Only what failed" checked={failedOnly} onChange={setFailedOnly} />}
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <p className="quiet">
          {data.seen.toLocaleString("en")} since the server started <Time at={data.since} />, of which{" "}
          {data.failed.toLocaleString("en")} failed. Bodies, texts and account ids are not kept here.
        </p>
      )}
      {data?.calls.length === 0 &&
        (failedOnly && data.seen > 0 ? <Note kind="good">Nothing has failed.</Note> : <FirstCall />)}
      {data !== undefined && data.calls.length > 0 && (
        <DataTable
          caption="Last calls"
          columns={[
            { title: "When", cell: ({ at }) => <Time at={at} /> },
            { title: "Call", cell: ({ call }) => <code>{call}</code> },
            { title: "Key", cell: ({ key }) => (key === null ? "not known" : <code>{key}</code>) },
            { title: "Answer", cell: (call) => <Answer call={call} /> },
            { title: "Took", cell: ({ ms }) => `${ms} ms`, numeric: true },
          ]}
          rows={data.calls.map((call, place) => ({ ...call, place }))}
          rowKey={({ at, place }) => `${at} ${place}`}
        />
      )}
    </Card>
  );
}

function Answer({ call: { status, error } }: { readonly call: Call }): ReactElement {
  if (error === null) return <Badge kind="good">{status}</Badge>;
  return (
    <details className="developer-error">
      <summary>
        <Badge kind="bad">{status}</Badge> <code>{error.code}</code>
        {error.pointer !== null && error.pointer !== "" && (
          <>
            {" "}
            at <code>{error.pointer}</code>
          </>
        )}
      </summary>
      <p>
        {error.summary} {error.remedy}
      </p>
    </details>
  );
}

function FirstCall(): ReactElement {
  const text = firstCall(location.origin);
  return (
    <Empty title="No app has called yet.">
      <p>Send an event; the key is one of role ingest:</p>
      <pre className="developer-code" tabIndex={0} role="region" aria-label="A first call">
        {text}
      </pre>
      <CopyButton text={text} />
    </Empty>
  );
}

function UnconfirmedCard(): ReactElement {
  const { data, error } = useGet<Unconfirmed>("/v1/changes/unconfirmed", { every: lookEveryMs });
  return (
    <Card title="Verdicts that the app has not confirmed">
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.waiting === 0 && <Note kind="good">None waits: the app has done all that it was told.</Note>}
      {data !== undefined && data.waiting > 0 && (
        <>
          <Figures
            figures={[
              { label: "Waiting", value: data.waiting },
              { label: "Overdue", value: data.overdue },
              { label: "Oldest", value: data.oldestAt === null ? "" : <Time at={data.oldestAt} /> },
            ]}
          />
          {data.orders.length > 0 && (
            <DataTable
              caption="Orders that wait"
              columns={[
                { title: "Record", cell: ({ record }) => <Link href={`/log/${record}`}>{record}</Link> },
                { title: "Since", cell: ({ at }) => <Time at={at} /> },
              ]}
              rows={data.orders}
              rowKey={({ record }) => record}
            />
          )}
          <p className="quiet">
            The app asks <code>/v1/changes</code> or is told by a webhook, does it, and says so at{" "}
            <code>/v1/applied</code>.
          </p>
        </>
      )}
    </Card>
  );
}

function KeysCard(): ReactElement {
  const { data, error } = useGet<{ keys: KeyAnswer[] }>("/v1/keys");
  const apps = data?.keys.filter(({ role, revokedAt }) => role === "ingest" && revokedAt === null) ?? [];
  return (
    <Card title="Keys of apps" actions={<Link href="/settings/keys">All keys</Link>}>
      {error !== null && <ErrorNote error={error} />}
      {data !== undefined && apps.length === 0 && (
        <Empty title="No app has a key.">
          <Link href="/settings/keys">Make one of role ingest.</Link>
        </Empty>
      )}
      {apps.length > 0 && (
        <DataTable
          caption="Keys of apps"
          columns={[
            { title: "Key", cell: ({ id }) => <code>{id}</code> },
            { title: "For", cell: ({ label }) => label ?? <span className="quiet">no name</span> },
            { title: "Last used", cell: ({ usedAt }) => (usedAt === null ? "never" : <Time at={usedAt} />) },
          ]}
          rows={apps}
          rowKey={({ id }) => id}
        />
      )}
    </Card>
  );
}
