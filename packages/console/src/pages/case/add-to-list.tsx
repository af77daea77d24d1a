// SPDX-License-Identifier: Apache-2.0
// Puts something of a case into a list, after saying what that would have done to the last week's events.
import type { Event } from "@docket/protocol";
import { useId, useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { ask, post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Button } from "../../parts/button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Field, Select, TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { suggestedValues } from "./case-words.ts";

type Lists = { lists: { name: string; kind: string; size: number }[] };
type Counts = Readonly<Record<string, number>>;
type Previewed = {
  added: number;
  restrictsMore: boolean;
  preview:
    | null
    | { ran: false; why: string }
    | {
        ran: true;
        from: string;
        to: string;
        events: number;
        outcomes: { before: Counts; after: Counts };
        rules: { rule: string; before: number; after: number }[];
        notes: string[];
      };
};
type Changed = { list: string; index: number | null; inForce: boolean; proposal: number | null };

type Props = {
  readonly of: number;
  readonly open: boolean;
  readonly onClose: () => void;
  /** What was posted, once it is shown: it is offered to be put in. */
  readonly event: Event | undefined;
};

const whyLengthMax = 1_000;
const ends = [
  { value: "", title: "for ever" },
  { value: "1", title: "for a day" },
  { value: "7", title: "for a week" },
  { value: "30", title: "for 30 days" },
];
const dayMs = 86_400_000;

/** A dialog that puts an entry into a list. */
export function AddToList({ of, open, onClose, event }: Props): ReactElement {
  return (
    <Dialog title="Add to a list" open={open} onClose={onClose} wide>
      <Adding of={of} event={event} onClose={onClose} />
    </Dialog>
  );
}

function Adding({ of, event, onClose }: Omit<Props, "open">): ReactElement {
  const { data, error } = useGet<Lists>("/v1/lists");
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  if (data.lists.length === 0) {
    return (
      <Empty title="No policy in force declares a list.">
        Declare one in a policy, as in docs/operations/lists.md.
      </Empty>
    );
  }
  return <Form of={of} event={event} onClose={onClose} lists={data.lists} />;
}

type FormProps = Omit<Props, "open"> & { readonly lists: Lists["lists"] };

function Form({ of, event, onClose, lists }: FormProps): ReactElement {
  const [list, setList] = useState(lists[0]?.name ?? "");
  const [value, setValue] = useState("");
  const [days, setDays] = useState("");
  const [why, setWhy] = useState(`case ${of}`);
  const kind = lists.find(({ name }) => name === list)?.kind ?? "";
  const offered = event === undefined ? [] : suggestedValues(kind, event);
  const entry = (): object =>
    days === "" ? { value } : { value, until: new Date(Date.now() + Number(days) * dayMs).toISOString() };
  const path = `/v1/lists/${encodeURIComponent(list)}`;
  // It may take longer than other answers: a week is decided twice again.
  const preview = useAct(async () => {
    const answer = await ask("POST", `${path}/preview`, { add: [entry()] }, { endless: true });
    return (await answer.json()) as Previewed;
  });
  const change = useAct(() => post<Changed>(`${path}/changes`, { add: [entry()], why: why.trim() }), {
    refresh: ["/v1/lists", "/v1/policy"],
  });
  const stale = (): void => preview.reset();
  const send = (submitted: FormEvent): void => {
    submitted.preventDefault();
    if (preview.data === undefined) preview.mutate(undefined);
    else change.mutate(undefined);
  };
  if (change.data !== undefined) return <Done changed={change.data} onClose={onClose} />;
  return (
    <form onSubmit={send}>
      <Select
        label="List"
        value={list}
        onChange={(name) => (setList(name), setValue(""), stale())}
        options={lists.map((each) => ({
          value: each.name,
          title: `${each.name} (${each.kind}, ${each.size} entries)`,
        }))}
      />
      <EntryField value={value} onChange={(next) => (setValue(next), stale())} offered={offered} />
      <Select label="In force" value={days} onChange={(next) => (setDays(next), stale())} options={ends} />
      {preview.isPending && <Loading what="Deciding the last week again, which may take a minute" />}
      {preview.error !== null && <ErrorNote error={preview.error} />}
      {preview.data !== undefined && (
        <>
          <Impact previewed={preview.data} />
          <TextField
            label="Why? It is sealed with the change."
            value={why}
            onChange={setWhy}
            maxLength={whyLengthMax}
            required
          />
        </>
      )}
      {change.error !== null && <ErrorNote error={change.error} />}
      <Acts
        previewed={preview.data}
        busy={preview.data === undefined ? preview.isPending : change.isPending}
        onClose={onClose}
      />
    </form>
  );
}

type EntryFieldProps = {
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** What the case has of the list's kind. */
  readonly offered: readonly string[];
};

function EntryField({ value, onChange, offered }: EntryFieldProps): ReactElement {
  const known = useId();
  return (
    <Field
      label="Entry"
      hint={offered.length > 0 ? `From the case: ${offered.join(", ")}` : "As people write it."}
    >
      {(control) => (
        <>
          <input
            {...control}
            value={value}
            required
            list={known}
            autoComplete="off"
            onChange={(changed) => onChange(changed.target.value)}
          />
          <datalist id={known}>
            {offered.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

type ActsProps = {
  readonly previewed: Previewed | undefined;
  readonly busy: boolean;
  readonly onClose: () => void;
};

function Acts({ previewed, busy, onClose }: ActsProps): ReactElement {
  return (
    <div className="actions">
      {previewed === undefined ? (
        <Button kind="primary" type="submit" busy={busy}>
          What would it do?
        </Button>
      ) : (
        <Button kind="primary" type="submit" busy={busy} disabled={previewed.preview === null}>
          Add it
        </Button>
      )}
      <Button onClick={onClose}>Leave it</Button>
    </div>
  );
}

function Impact({ previewed: { restrictsMore, preview } }: { readonly previewed: Previewed }): ReactElement {
  if (preview === null) return <Note kind="open" title="The list has it already: nothing would change." />;
  if (!preview.ran)
    return (
      <Note kind="open" title="It could not be tried on the last week.">
        {preview.why}
      </Note>
    );
  const { events, from, to, outcomes, rules, notes } = preview;
  const names = Object.keys(outcomes.after);
  const rows = [
    ...names.map((name) => ({
      what: `decided: ${name}`,
      before: outcomes.before[name] ?? 0,
      after: outcomes.after[name] ?? 0,
    })),
    ...rules.map(({ rule, before, after }) => ({ what: `hits of ${rule}`, before, after })),
  ].filter(({ before, after }) => before !== after);
  const hits = rows.length > 0;
  return (
    <div className="case-impact" role="status">
      <p>
        <strong>
          {hits
            ? `Of ${events} events from ${from.slice(0, 10)} to ${to.slice(0, 10)}:`
            : `None of ${events} events from ${from.slice(0, 10)} to ${to.slice(0, 10)} comes out otherwise.`}
        </strong>
      </p>
      {hits && (
        <DataTable
          caption="What the entry would have done"
          rows={rows}
          rowKey={({ what }) => what}
          columns={[
            { title: "What", cell: ({ what }) => what },
            { title: "As the list is", cell: ({ before }) => before, numeric: true },
            { title: "With the entry", cell: ({ after }) => after, numeric: true },
          ]}
        />
      )}
      {restrictsMore && <p className="quiet">It may restrict people who are not restricted now.</p>}
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </div>
  );
}

function Done({
  changed: { list, index, inForce, proposal },
  onClose,
}: {
  readonly changed: Changed;
  readonly onClose: () => void;
}): ReactElement {
  const title =
    index === null && proposal === null
      ? `${list} has it already.`
      : inForce
        ? `In force, as record ${index}.`
        : `Proposed, as record ${proposal ?? index}: another person must approve it.`;
  return (
    <>
      <Note kind="good" title={title} />
      <div className="actions">
        <Button kind="primary" onClick={onClose} autoFocus>
          Back to the case
        </Button>
      </div>
    </>
  );
}
