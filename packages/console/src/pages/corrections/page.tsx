// SPDX-License-Identifier: Apache-2.0
// Corrections of many decisions at once: what was decided is taken back, or the past is swept.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { useSearch } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, Select, TextField } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { useCaller } from "../../session/session.tsx";
import { noChoice, selections, wishOf, wrongIn } from "./answers.ts";
import type { Batch, BatchPreview, Choice } from "./answers.ts";
import { BatchCard } from "./batch-card.tsx";
import { PreviewCard } from "./preview.tsx";
import "./corrections.css";

/** How often the list is asked for again while a correction runs, in ms. Each look is counted. */
const runningEveryMs = 1_500;
const path = "/v1/batches?limit=50";

/** Begins corrections, and shows those that were begun. */
export function Page(): ReactElement {
  const caller = useCaller();
  const [running, setRunning] = useState(false);
  const { data, error } = useGet<{ batches: Batch[] }>(path, running ? { every: runningEveryMs } : {});
  const batches = data?.batches ?? [];
  const isRunning = batches.some(({ status, fault }) => status === "running" && fault === null);
  if (isRunning !== running) setRunning(isRunning);
  const [choice, setChoice] = useState<Choice>(useAsked());
  const [open, setOpen] = useState(choice.value !== "");
  const revert = (index: number): void => {
    setChoice({ ...noChoice, by: "of", value: String(index), reason: "mistaken" });
    setOpen(true);
  };
  useShortcuts(
    caller.may("bulk") ? [{ key: "n", does: "Begin a correction", run: () => setOpen(true) }] : [],
  );
  return (
    <PageFrame
      title="Corrections"
      lead={
        "A rule was wrong, or a campaign was seen too late: many decisions are corrected at once. Each " +
        "gets a sealed verdict of its own, is told to whom it concerns, and can be disputed."
      }
      actions={
        caller.may("bulk") &&
        !open && (
          <Button kind="primary" keys="n" onClick={() => setOpen(true)}>
            Begin a correction
          </Button>
        )
      }
    >
      {open && caller.may("bulk") && (
        <Begin
          // Another choice from outside is another form.
          key={`${choice.by} ${choice.value}`}
          first={choice}
          onDone={() => {
            setOpen(false);
            setChoice(noChoice);
          }}
        />
      )}
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && batches.length === 0 && !open && (
        <Empty title="Nothing was corrected at once yet.">
          {caller.may("bulk")
            ? "Begin one: nothing changes before you have seen what it would do."
            : "Whoever has the role reviewer or admin can begin one."}
        </Empty>
      )}
      {batches.map((batch) => (
        <BatchCard key={batch.index} batch={batch} onRevert={revert} />
      ))}
    </PageFrame>
  );
}

// Other pages lead here with what they are about: /corrections?sweep=campaign:c_4.
function useAsked(): Choice {
  const query = new URLSearchParams(useSearch());
  for (const batch of ["revert", "sweep"] as const) {
    const [name = "", ...rest] = (query.get(batch) ?? "").split(":");
    const selection = selections[batch].find(({ by }) => by === name);
    if (selection !== undefined) return { ...noChoice, batch, by: selection.by, value: rest.join(":") };
  }
  return noChoice;
}

function Begin({ first, onDone }: { readonly first: Choice; readonly onDone: () => void }): ReactElement {
  const [choice, setChoice] = useState(first);
  const [looked, setLooked] = useState<{ choice: Choice; preview: BatchPreview }>();
  const refresh = { refresh: ["/v1/batches"] };
  const look = useAct(async (of: Choice) => {
    const preview = await post<BatchPreview>("/v1/batches", wishOf(of, true));
    setLooked({ choice: of, preview });
  });
  const begin = useAct((of: Choice) => post<Batch>("/v1/batches", wishOf(of, false)), refresh);
  const change = (part: Partial<Choice>): void => {
    setChoice({ ...choice, ...part });
    // What was looked at is what is begun, and nothing else.
    setLooked(undefined);
  };
  const wrong = wrongIn(choice);
  const isReady =
    choice.value.trim() !== "" && choice.reason.trim() !== "" && Object.keys(wrong).length === 0;
  const send = (event: FormEvent): void => {
    event.preventDefault();
    look.mutate(choice);
  };
  return (
    <>
      <Card
        title="Begin a correction"
        actions={
          <Button kind="plain" onClick={onDone}>
            Leave it
          </Button>
        }
      >
        <form onSubmit={send}>
          <Fields choice={choice} wrong={wrong} onChange={change} />
          {look.error !== null && <ErrorNote error={look.error} />}
          <div className="actions">
            <Button
              type="submit"
              kind={looked === undefined ? "primary" : "plain"}
              busy={look.isPending}
              disabled={!isReady}
            >
              See what would change
            </Button>
          </div>
        </form>
      </Card>
      {looked !== undefined && (
        <PreviewCard
          preview={looked.preview}
          busy={begin.isPending}
          error={begin.error}
          onBegin={() => begin.mutate(looked.choice, { onSuccess: onDone })}
        />
      )}
    </>
  );
}

function Fields({
  choice,
  wrong,
  onChange,
}: {
  readonly choice: Choice;
  readonly wrong: { value?: string; reason?: string };
  readonly onChange: (part: Partial<Choice>) => void;
}): ReactElement {
  const { batch, by, value, from, to, reason } = choice;
  const selection = selections[batch].find((each) => each.by === by) ?? selections[batch][0];
  return (
    <>
      <div className="corrections-fields">
        <Select
          label="What is done"
          value={batch}
          onChange={(next) => onChange({ batch: next as Choice["batch"], by: "rule", value: "" })}
          options={[
            { value: "revert", title: "Take back what was decided" },
            { value: "sweep", title: "Remove what was let pass" },
          ]}
        />
        <Select
          label="Chosen by"
          value={by}
          onChange={(next) => onChange({ by: next as Choice["by"], value: "" })}
          options={selections[batch].map((each) => ({ value: each.by, title: each.title }))}
        />
        <TextField
          label={selection?.title ?? "Which"}
          hint={selection?.hint}
          wrong={wrong.value}
          value={value}
          onChange={(next) => onChange({ value: next })}
          required
        />
        <TextField
          label="From the day (may be empty)"
          type="date"
          value={from}
          onChange={(next) => onChange({ from: next })}
        />
        <TextField
          label="Until the day (may be empty)"
          type="date"
          value={to}
          onChange={(next) => onChange({ to: next })}
        />
        <TextField
          label="Reason"
          hint="A code that anyone may see, such as policy-changed."
          wrong={wrong.reason}
          value={reason}
          onChange={(next) => onChange({ reason: next })}
          required
        />
      </div>
      <More choice={choice} onChange={onChange} />
    </>
  );
}

function More({
  choice: { note, reviewed },
  onChange,
}: {
  readonly choice: Choice;
  readonly onChange: (part: Partial<Choice>) => void;
}): ReactElement {
  return (
    <>
      <TextField
        label="Note (sealed; may be empty)"
        value={note}
        onChange={(next) => onChange({ note: next })}
        maxLength={2000}
      />
      <p className="corrections-reviewed">
        <Checkbox
          label="Also decisions on which a person has spoken since"
          checked={reviewed}
          onChange={(next) => onChange({ reviewed: next })}
        />
      </p>
    </>
  );
}
