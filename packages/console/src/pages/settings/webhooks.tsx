// SPDX-License-Identifier: Apache-2.0
// Who is told of changes and notices, how that goes, and what was given up and can be sent again.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { del, post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, TextField } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { Secret } from "./secret.tsx";
import { SureButton } from "./sure-button.tsx";

type Webhook = {
  id: string;
  url: string;
  families: string[];
  disabled: string | null;
  status: {
    cursor: number;
    waiting: number;
    delivered: number;
    failed: number;
    dead: number;
    trouble: string | null;
    nextTryAt: string | null;
  };
};
type Made = { id: string; secret: string };
/** Of a test; of a new secret; of a switch, neither. */
type Acted = { ok?: boolean; status?: number | null; why?: string | null; secret?: string };
type Dead = { id: string; record: number; type: string; tries: number; why: string; at: string };

const refresh = { refresh: ["/v1/webhooks"] };
const lookEveryMs = 10_000;

/** The webhooks, each with its deliveries. */
export function Webhooks(): ReactElement {
  const { data, error } = useGet<{ webhooks: Webhook[] }>("/v1/webhooks", { every: lookEveryMs });
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.webhooks.length === 0 && (
        <Card title="Webhooks">
          <Empty title="Nobody is told of changes and notices.">
            Add an address of your app. Until then it asks for changes by itself.
          </Empty>
        </Card>
      )}
      {data?.webhooks.map((webhook) => (
        <OneWebhook key={webhook.id} webhook={webhook} />
      ))}
      <NewWebhook />
    </>
  );
}

function OneWebhook({ webhook }: { readonly webhook: Webhook }): ReactElement {
  const { id, url, families, disabled, status } = webhook;
  const act = useAct(
    ({ what, body = {} }: { what: string; body?: object }) => post<Acted>(`/v1/webhooks/${id}/${what}`, body),
    refresh,
  );
  const remove = useAct(() => del(`/v1/webhooks/${id}`), refresh);
  const said = act.data;
  return (
    <Card title={url}>
      <WebhookState webhook={webhook} />
      <Figures
        figures={[
          { label: "Id", value: <code>{id}</code> },
          { label: "Told of", value: families.join(", ") },
          { label: "Delivered since the start", value: status.delivered },
          { label: "Waiting", value: status.waiting },
          { label: "Given up", value: status.dead },
          { label: "Done up to record", value: status.cursor },
        ]}
      />
      <div className="actions">
        <Button busy={act.isPending} onClick={() => act.mutate({ what: "test" })}>
          Send a test
        </Button>
        <Button busy={act.isPending} onClick={() => act.mutate({ what: "secret" })}>
          New secret
        </Button>
        {disabled === null ? (
          <Button
            busy={act.isPending}
            onClick={() => act.mutate({ what: "disable", body: { why: "switched off in the console" } })}
          >
            Switch off
          </Button>
        ) : (
          <Button busy={act.isPending} onClick={() => act.mutate({ what: "enable" })}>
            Switch on
          </Button>
        )}
        <SureButton does="Remove" busy={remove.isPending} onSure={() => remove.mutate(undefined)} />
      </div>
      {act.error !== null && <ErrorNote error={act.error} />}
      {remove.error !== null && <ErrorNote error={remove.error} />}
      {said?.ok !== undefined && (
        <Note kind={said.ok ? "good" : "bad"}>
          {said.ok ? `It answered ${String(said.status)}.` : `Not taken: ${said.why ?? "no answer"}.`}
        </Note>
      )}
      {said?.secret !== undefined && (
        <Secret title="The new secret; the old one signs too for a day." text={said.secret} />
      )}
      {status.dead > 0 && <DeadLetters webhook={id} />}
    </Card>
  );
}

function WebhookState({ webhook: { disabled, status } }: { readonly webhook: Webhook }): ReactElement {
  const { trouble, nextTryAt } = status;
  if (disabled !== null) {
    return (
      <p>
        <Badge kind="bad">off</Badge> {disabled}
      </p>
    );
  }
  if (trouble === null) {
    return (
      <p>
        <Badge kind="good">on</Badge>
      </p>
    );
  }
  return (
    <p>
      <Badge kind="bad">takes nothing</Badge> {trouble}
      {nextTryAt !== null && (
        <>
          ; again <Time at={nextTryAt} />
        </>
      )}
    </p>
  );
}

/** Messages of a webhook that were given up, to be sent again. */
export function DeadLetters({ webhook }: { readonly webhook: string }): ReactElement | null {
  const { data, error } = useGet<{ dead: Dead[] }>(`/v1/webhooks/${webhook}/dead`);
  const again = useAct(
    (ids: string[] | undefined) => post(`/v1/webhooks/${webhook}/replay`, ids === undefined ? {} : { ids }),
    refresh,
  );
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined || data.dead.length === 0) return null;
  return (
    <>
      <h3>Given up</h3>
      <DataTable
        caption={`Messages of ${webhook} that were given up`}
        columns={[
          { title: "Message", cell: ({ type }) => type },
          { title: "Record", cell: ({ record }) => record, numeric: true },
          { title: "Why", cell: ({ why, tries }) => `${why}, ${tries} tries` },
          { title: "When", cell: ({ at }) => <Time at={at} /> },
          {
            title: "Do",
            cell: ({ id }) => (
              <Button
                busy={again.isPending}
                onClick={() => again.mutate([id])}
                aria-label={`Send again: ${id}`}
              >
                Send again
              </Button>
            ),
          },
        ]}
        rows={data.dead}
        rowKey={({ id }) => id}
      />
      {again.error !== null && <ErrorNote error={again.error} />}
      <p>
        <Button busy={again.isPending} onClick={() => again.mutate(undefined)}>
          Send all again
        </Button>
      </p>
    </>
  );
}

function NewWebhook(): ReactElement {
  const [url, setUrl] = useState("");
  const [families, setFamilies] = useState<readonly string[]>(["change", "notice"]);
  const add = useAct(() => post<Made>("/v1/webhooks", { url: url.trim(), families }), refresh);
  const send = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate(undefined, { onSuccess: () => setUrl("") });
  };
  const box = (family: string, label: string): ReactElement => (
    <Checkbox
      label={label}
      checked={families.includes(family)}
      onChange={(on) => setFamilies(on ? [...families, family] : families.filter((each) => each !== family))}
    />
  );
  return (
    <Card title="Add a webhook">
      <form className="settings-form" onSubmit={send}>
        <TextField label="Address" type="url" value={url} onChange={setUrl} placeholder="https://" required />
        <div className="actions">
          {box("change", "Changes: what the app is to do")}
          {box("notice", "Notices: what users are told")}
        </div>
        <p>
          <Button
            kind="primary"
            type="submit"
            busy={add.isPending}
            disabled={url.trim() === "" || families.length === 0}
          >
            Add it
          </Button>
        </p>
      </form>
      {add.error !== null && <ErrorNote error={add.error} />}
      {add.data !== undefined && <Secret title={`The secret of ${add.data.id}`} text={add.data.secret} />}
    </Card>
  );
}
