// SPDX-License-Identifier: Apache-2.0
// How long evidence is kept, and legal holds, which keep it longer.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
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
import { TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { Waits } from "./two-persons.tsx";

type Row = {
  part: string;
  days: number;
  because: string | null;
  before: number;
  count: number;
  held: number;
};
type Plan = { rows: Row[]; heldActors: number; everybodyHeld: boolean; everyDays: number };
type Hold = {
  hold: number;
  actor: string | null;
  ground: string;
  by: string;
  placed: string;
  lifted: { index: number; at: string; by: string } | null;
};

const refresh = { refresh: ["/v1/holds", "/v1/retention"] };

/** Retention and legal holds. */
export function Retention(): ReactElement {
  return (
    <>
      <Kept />
      <Holds />
    </>
  );
}

function Kept(): ReactElement {
  const { data, error } = useGet<Plan>("/v1/retention");
  return (
    <Card title="How long evidence is kept">
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.everybodyHeld === true && (
        <Note kind="open">A legal hold is on everybody: nothing is dropped.</Note>
      )}
      {data?.rows.length === 0 && (
        <Empty title="Evidence is kept for good.">
          Name ages under <code>retention</code> in <code>docket.yaml</code> to have it dropped in time.
        </Empty>
      )}
      {data !== undefined && data.rows.length > 0 && (
        <>
          <DataTable
            caption="Ages of evidence"
            columns={[
              { title: "Part", cell: ({ part }) => part },
              {
                title: "Kept for",
                cell: ({ days, because }) =>
                  `${days} days${because === null ? "" : ", so long as a dispute may be opened"}`,
              },
              { title: "Due now", cell: ({ count }) => count.toLocaleString("en"), numeric: true },
              { title: "Due but held", cell: ({ held }) => held.toLocaleString("en"), numeric: true },
            ]}
            rows={data.rows}
            rowKey={({ part }) => part}
          />
          <p className="quiet">
            It is looked for what is due every {data.everyDays} days. Leaves of the log stay.
          </p>
        </>
      )}
    </Card>
  );
}

function Holds(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<{ holds: Hold[] }>("/v1/holds?all=true");
  const [lifting, setLifting] = useState<Hold>();
  const mayHold = caller.may("holdEvidence");
  const columns: Column<Hold>[] = [
    { title: "Hold", cell: ({ hold }) => <Link href={`/log/${hold}`}>{hold}</Link> },
    {
      title: "On",
      cell: ({ actor }) => (actor === null ? "everybody" : <Link href={`/actors/${actor}`}>{actor}</Link>),
    },
    { title: "Ground", cell: ({ ground }) => ground },
    {
      title: "Placed",
      cell: ({ placed, by }) => (
        <>
          <Time at={placed} /> by {by}
        </>
      ),
    },
    {
      title: "State",
      cell: ({ lifted }) =>
        lifted === null ? (
          <Badge kind="open">holds</Badge>
        ) : (
          <>
            lifted <Time at={lifted.at} />
          </>
        ),
    },
  ];
  if (mayHold) {
    columns.push({
      title: "Do",
      cell: (hold) =>
        hold.lifted === null && (
          <Button onClick={() => setLifting(hold)} aria-label={`Lift hold ${hold.hold}`}>
            Lift
          </Button>
        ),
    });
  }
  return (
    <Card title="Legal holds">
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.holds.length === 0 && (
        <Empty title="No legal hold was ever placed.">
          A hold keeps evidence of one actor, or of everybody, from erasure and retention.
        </Empty>
      )}
      {data !== undefined && data.holds.length > 0 && (
        <DataTable caption="Legal holds" columns={columns} rows={data.holds} rowKey={({ hold }) => hold} />
      )}
      {mayHold && <NewHold />}
      {lifting !== undefined && <LiftDialog hold={lifting} onClose={() => setLifting(undefined)} />}
    </Card>
  );
}

function NewHold(): ReactElement {
  const [actor, setActor] = useState("");
  const [ground, setGround] = useState("");
  const [why, setWhy] = useState("");
  const place = useAct(
    () =>
      post("/v1/holds", {
        ...(actor.trim() === "" ? {} : { actor: actor.trim() }),
        ground: ground.trim(),
        why,
      }),
    refresh,
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    place.mutate(undefined, {
      onSuccess: () => {
        setActor("");
        setWhy("");
      },
    });
  };
  return (
    <form className="settings-form" onSubmit={send} aria-label="Place a hold">
      <h3>Place a hold</h3>
      <TextField
        label="Actor, as records name it"
        value={actor}
        onChange={setActor}
        placeholder="a_…"
        hint="Left empty, it is on everybody."
      />
      <TextField
        label="Ground, a short code"
        value={ground}
        onChange={setGround}
        placeholder="court-order"
        required
      />
      <TextField label="Why" value={why} onChange={setWhy} lines={2} required />
      {place.error !== null && <ErrorNote error={place.error} />}
      <Button type="submit" busy={place.isPending} disabled={ground.trim() === "" || why.trim() === ""}>
        Place it
      </Button>
    </form>
  );
}

function LiftDialog({ hold, onClose }: { readonly hold: Hold; readonly onClose: () => void }): ReactElement {
  const [why, setWhy] = useState("");
  const lift = useAct(
    (request: number | undefined) =>
      post<object>(`/v1/holds/${hold.hold}/lift`, {
        ground: hold.ground,
        why: why.trim(),
        ...(request === undefined ? {} : { request }),
      }),
    refresh,
  );
  const send = (event: FormEvent): void => {
    event.preventDefault();
    lift.mutate(undefined);
  };
  return (
    <Dialog title={`Lift hold ${hold.hold}`} open onClose={onClose}>
      <form onSubmit={send}>
        <p>What is due by then is dropped. It takes a second person.</p>
        <TextField
          label="Why? It is recorded with your name."
          value={why}
          onChange={setWhy}
          lines={3}
          required
        />
        <Waits
          answer={lift.data}
          error={lift.error}
          busy={lift.isPending}
          onApproved={(of) => lift.mutate(of)}
        />
        <div className="actions">
          {lift.data === undefined && (
            <Button kind="danger" type="submit" busy={lift.isPending} disabled={why.trim() === ""}>
              Ask for it
            </Button>
          )}
          <Button onClick={onClose}>Close</Button>
        </div>
      </form>
    </Dialog>
  );
}
