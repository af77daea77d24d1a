// SPDX-License-Identifier: Apache-2.0
// The people who may sign in, what they may do, and their sessions.
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
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { roleOptions } from "./roles.ts";
import { Secret } from "./secret.tsx";
import { SureButton } from "./sure-button.tsx";
import { Waits, waitingRequest } from "./two-persons.tsx";
import type { DoneOrWaits } from "./two-persons.tsx";

type Person = {
  id: string;
  name: string;
  roles: string[];
  source: "local" | "oidc";
  password: boolean;
  factor: boolean;
  tokenUntil: string | null;
  createdAt: string;
  sessions: number;
};
type Session = {
  id: string;
  name: string;
  method: string;
  factor: boolean;
  createdAt: string;
  seenAt: string;
};
type Token = { token: string; name: string; until: string };

const refresh = { refresh: ["/v1/people", "/v1/sessions"] };

/** People and their sessions. */
export function People(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<{ people: Person[] }>("/v1/people");
  const [chosen, setChosen] = useState<Person>();
  const mayManage = caller.may("managePeople");
  const columns: Column<Person>[] = [
    { title: "Name", cell: ({ name }) => <strong>{name}</strong> },
    { title: "Roles", cell: ({ roles }) => roles.join(", ") || <span className="quiet">none</span> },
    { title: "Signs in with", cell: (person) => <SignsIn person={person} /> },
    { title: "Sessions", cell: ({ sessions }) => sessions, numeric: true },
    { title: "In records", cell: ({ id }) => <code>{id}</code> },
  ];
  if (mayManage) {
    columns.push({
      title: "Do",
      cell: (person) => (
        <Button onClick={() => setChosen(person)} aria-label={`Change ${person.name}`}>
          Change
        </Button>
      ),
    });
  }
  return (
    <>
      <Card title="People">
        {error !== null && <ErrorNote error={error} />}
        {data === undefined && error === null && <Loading />}
        {data?.people.length === 0 && (
          <Empty title="Nobody signs in yet: all work is done with API keys.">
            Add the people who run this site, so that records name them.
          </Empty>
        )}
        {data !== undefined && data.people.length > 0 && (
          <DataTable caption="People" columns={columns} rows={data.people} rowKey={({ id }) => id} />
        )}
      </Card>
      {mayManage && <NewPerson />}
      {data !== undefined && data.people.length > 0 && <Sessions />}
      {chosen !== undefined && <PersonDialog person={chosen} onClose={() => setChosen(undefined)} />}
    </>
  );
}

function SignsIn({ person }: { readonly person: Person }): ReactElement {
  const { source, password, factor, tokenUntil } = person;
  if (source === "oidc") return <>your provider</>;
  if (!password) {
    return (
      <>
        <Badge kind="open">no password yet</Badge>
        {tokenUntil !== null && (
          <>
            {" "}
            token until <Time at={tokenUntil} />
          </>
        )}
      </>
    );
  }
  return <>{factor ? "password and second factor" : "password"}</>;
}

function RoleBoxes({
  held,
  onChange,
}: {
  readonly held: readonly string[];
  readonly onChange: (held: readonly string[]) => void;
}): ReactElement {
  return (
    <fieldset className="settings-roles">
      <legend>Roles</legend>
      {roleOptions
        .filter(({ value }) => value !== "ingest")
        .map(({ value, title }) => (
          <Checkbox
            key={value}
            label={title}
            checked={held.includes(value)}
            onChange={(on) => onChange(on ? [...held, value] : held.filter((role) => role !== value))}
          />
        ))}
    </fieldset>
  );
}

function NewPerson(): ReactElement {
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<readonly string[]>([]);
  const add = useAct(
    (request: number | undefined) =>
      post<DoneOrWaits<Token>>("/v1/people", {
        name: name.trim(),
        roles,
        ...(request === undefined ? {} : { request }),
      }),
    refresh,
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate(undefined);
  };
  const made = add.data !== undefined && "token" in add.data ? add.data : undefined;
  return (
    <Card title="Add a person">
      <form className="settings-form" onSubmit={send}>
        <TextField
          label="Name, by which they sign in"
          value={name}
          onChange={setName}
          maxLength={256}
          required
        />
        <RoleBoxes held={roles} onChange={setRoles} />
        {waitingRequest(add.data) === undefined && (
          <p>
            <Button kind="primary" type="submit" busy={add.isPending} disabled={name.trim() === ""}>
              Add them
            </Button>
          </p>
        )}
      </form>
      <Waits answer={add.data} error={add.error} busy={add.isPending} onApproved={(of) => add.mutate(of)} />
      {made !== undefined && <TokenFor name={made.name} token={made.token} />}
    </Card>
  );
}

function TokenFor({ name, token }: { readonly name: string; readonly token: string }): ReactElement {
  const where = `at ${location.origin}/console under “First time”`;
  return <Secret title={`With this ${name} chooses a password, ${where}:`} text={token} />;
}

type Wish = { readonly path: string; readonly body: object };

function PersonDialog({
  person,
  onClose,
}: {
  readonly person: Person;
  readonly onClose: () => void;
}): ReactElement {
  const [roles, setRoles] = useState<readonly string[]>(person.roles);
  const [wish, setWish] = useState<Wish>();
  const act = useAct(
    ({ path, body }: Wish) => post<DoneOrWaits<Partial<Token>>>(`/v1/people/${person.id}${path}`, body),
    refresh,
  );
  const remove = useAct(() => del(`/v1/people/${person.id}`), refresh);
  const ask = (asked: Wish): void => {
    setWish(asked);
    act.mutate(asked);
  };
  const done = act.data !== undefined && waitingRequest(act.data) === undefined ? act.data : undefined;
  const token = done !== undefined && "token" in done ? done.token : undefined;
  const same = [...roles].sort().join() === [...person.roles].sort().join();
  return (
    <Dialog title={person.name} open onClose={onClose}>
      <RoleBoxes held={roles} onChange={setRoles} />
      <div className="actions">
        <Button
          kind="primary"
          disabled={same}
          busy={act.isPending}
          onClick={() => ask({ path: "", body: { roles } })}
        >
          Give these roles
        </Button>
        {person.source === "local" && (
          <Button busy={act.isPending} onClick={() => ask({ path: "/password", body: {} })}>
            New password
          </Button>
        )}
        {person.factor && (
          <Button busy={act.isPending} onClick={() => ask({ path: "/drop-factor", body: {} })}>
            Drop second factor
          </Button>
        )}
        <SureButton
          does="Remove them"
          busy={remove.isPending}
          onSure={() => remove.mutate(undefined, { onSuccess: onClose })}
        />
      </div>
      {remove.error !== null && <ErrorNote error={remove.error} />}
      <Waits
        answer={act.data}
        error={act.error}
        busy={act.isPending}
        onApproved={(request) =>
          wish !== undefined && act.mutate({ ...wish, body: { ...wish.body, request } })
        }
      />
      {token !== undefined && <TokenFor name={person.name} token={token} />}
      {done !== undefined && token === undefined && <p role="status">Done.</p>}
    </Dialog>
  );
}

function Sessions(): ReactElement | null {
  const caller = useCaller();
  const { data } = useGet<{ sessions: Session[] }>("/v1/sessions");
  const end = useAct((id: string) => del(`/v1/sessions/${id}`), refresh);
  if (data === undefined || data.sessions.length === 0) return null;
  const columns: Column<Session>[] = [
    { title: "Who", cell: ({ name }) => name },
    { title: "Since", cell: ({ createdAt }) => <Time at={createdAt} /> },
    { title: "Last seen", cell: ({ seenAt }) => <Time at={seenAt} /> },
    { title: "By", cell: ({ method, factor }) => (factor ? `${method} and second factor` : method) },
  ];
  if (caller.may("managePeople")) {
    columns.push({
      title: "Do",
      cell: ({ id, name }) => (
        <Button
          busy={end.isPending}
          onClick={() => end.mutate(id)}
          aria-label={`End it: a session of ${name}`}
        >
          End it
        </Button>
      ),
    });
  }
  return (
    <Card title="Sessions">
      {end.error !== null && <ErrorNote error={end.error} />}
      <DataTable caption="Sessions" columns={columns} rows={data.sessions} rowKey={({ id }) => id} />
    </Card>
  );
}
