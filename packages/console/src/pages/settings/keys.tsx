// SPDX-License-Identifier: Apache-2.0
// API keys: which there are, and making, rotating and revoking them.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { del, post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import type { Column } from "../../parts/data-table.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { roleOptions } from "./roles.ts";
import { Secret } from "./secret.tsx";
import { Waits, waitingRequest } from "./two-persons.tsx";
import type { DoneOrWaits } from "./two-persons.tsx";

/** A key, without the key itself. */
export type KeyAnswer = {
  id: string;
  role: string;
  label: string | null;
  scopes: string[] | null;
  createdAt: string;
  createdBy: string;
  until: string | null;
  revokedAt: string | null;
  usedAt: string | null;
};
type Made = { id: string; key: string };
type Act = { readonly what: "rotate" | "revoke"; readonly key: KeyAnswer };

const refresh = { refresh: ["/v1/keys"] };

/** The keys of the site. */
export function Keys(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<{ keys: KeyAnswer[] }>("/v1/keys");
  const [act, setAct] = useState<Act>();
  const mayManage = caller.may("manageKeys");
  const columns: Column<KeyAnswer>[] = [
    { title: "Key", cell: ({ id }) => <code>{id}</code> },
    { title: "For", cell: ({ label }) => label ?? <span className="quiet">no name</span> },
    { title: "Role", cell: ({ role, scopes }) => (scopes === null ? role : `${role}: ${scopes.join(", ")}`) },
    { title: "State", cell: (key) => <State of={key} /> },
    { title: "Last used", cell: ({ usedAt }) => (usedAt === null ? "never" : <Time at={usedAt} />) },
    { title: "Made", cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  if (mayManage) {
    columns.push({
      title: "Do",
      cell: (key) =>
        key.revokedAt === null && (
          <div className="actions">
            <Button onClick={() => setAct({ what: "rotate", key })} aria-label={`Replace ${key.id}`}>
              Replace
            </Button>
            <Button onClick={() => setAct({ what: "revoke", key })} aria-label={`Revoke ${key.id}`}>
              Revoke
            </Button>
          </div>
        ),
    });
  }
  return (
    <>
      <Card title="API keys">
        {error !== null && <ErrorNote error={error} />}
        {data === undefined && error === null && <Loading />}
        {data !== undefined && (
          <DataTable caption="API keys" columns={columns} rows={data.keys} rowKey={({ id }) => id} />
        )}
      </Card>
      {mayManage && <NewKey />}
      {act !== undefined && <KeyDialog act={act} onClose={() => setAct(undefined)} />}
    </>
  );
}

function State({ of: { revokedAt, until } }: { readonly of: KeyAnswer }): ReactElement {
  if (revokedAt !== null) return <Badge>revoked</Badge>;
  if (until === null) return <Badge kind="good">holds</Badge>;
  if (Date.parse(until) < Date.now()) return <Badge>over</Badge>;
  return (
    <>
      <Badge kind="open">ends</Badge> <Time at={until} />
    </>
  );
}

function NewKey(): ReactElement {
  const [role, setRole] = useState("ingest");
  const [label, setLabel] = useState("");
  const make = useAct(
    (request: number | undefined) =>
      post<DoneOrWaits<Made>>("/v1/keys", {
        role,
        ...(label.trim() === "" ? {} : { label: label.trim() }),
        ...(request === undefined ? {} : { request }),
      }),
    refresh,
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    make.mutate(undefined);
  };
  const made = make.data !== undefined && "key" in make.data ? make.data : undefined;
  return (
    <Card title="A new key">
      <form className="settings-form" onSubmit={send}>
        <Select
          label="Role"
          value={role}
          onChange={setRole}
          options={roleOptions}
          hint="Apps take ingest. Keys of role auditor or admin take a second person."
        />
        <TextField label="What it is for" value={label} onChange={setLabel} maxLength={100} />
        {waitingRequest(make.data) === undefined && (
          <Button kind="primary" type="submit" busy={make.isPending}>
            Make a key
          </Button>
        )}
      </form>
      <Waits
        answer={make.data}
        error={make.error}
        busy={make.isPending}
        onApproved={(of) => make.mutate(of)}
      />
      {made !== undefined && <Secret title={`Key ${made.id}`} text={made.key} />}
    </Card>
  );
}

function KeyDialog({ act, onClose }: { readonly act: Act; readonly onClose: () => void }): ReactElement {
  const { what, key } = act;
  const revoke = useAct(() => del(`/v1/keys/${key.id}`), refresh);
  const rotate = useAct(
    (request: number | undefined) =>
      post<DoneOrWaits<Made>>(`/v1/keys/${key.id}/rotate`, request === undefined ? {} : { request }),
    refresh,
  );
  const made = rotate.data !== undefined && "key" in rotate.data ? rotate.data : undefined;
  if (what === "revoke") {
    return (
      <Dialog title={`Revoke ${key.id}?`} open onClose={onClose}>
        <p>Whoever uses it{key.label === null ? "" : ` (${key.label})`} is refused from now on.</p>
        {revoke.error !== null && <ErrorNote error={revoke.error} />}
        <div className="actions">
          <Button
            kind="danger"
            busy={revoke.isPending}
            onClick={() => revoke.mutate(undefined, { onSuccess: onClose })}
          >
            Revoke it
          </Button>
          <Button onClick={onClose}>Leave it</Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={`Replace ${key.id}`} open onClose={onClose}>
      <p>A new key with the same rights. The old one goes on for a day.</p>
      <Waits
        answer={rotate.data}
        error={rotate.error}
        busy={rotate.isPending}
        onApproved={(of) => rotate.mutate(of)}
      />
      {made !== undefined && <Secret title={`Key ${made.id}`} text={made.key} />}
      <div className="actions">
        {rotate.data === undefined && (
          <Button kind="primary" busy={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
            Make the new key
          </Button>
        )}
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
