// SPDX-License-Identifier: Apache-2.0
// A measure on an account, or the end of one: filled in, looked at, and sealed. What is shown before is what
// the server works out; it is asked anew whenever something is changed.
import { useState } from "react";
import type { FormEvent, ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Button } from "../../parts/button.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select, TextField } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import type { MeasurePreview, Reasons } from "./answers.ts";
import { emptyMeasure, endingWish, measureWish } from "./measure-wish.ts";
import type { MeasureForm, MeasureWish } from "./measure-wish.ts";

const kinds = [
  { value: "warn", title: "Warn: nothing but the word" },
  { value: "throttle", title: "Throttle: so many events a time" },
  { value: "limit", title: "Limit: one ability is taken away" },
  { value: "suspend", title: "Suspend: nothing until then" },
  { value: "ban", title: "Ban: nothing any more" },
] as const;
const lengths = [
  { value: "1", title: "1 hour" },
  { value: "24", title: "1 day" },
  { value: "168", title: "7 days" },
  { value: "720", title: "30 days" },
  { value: "2160", title: "90 days" },
] as const;

/** Longest note and longest text to the user, in characters. */
const noteLengthMax = 2_000;
const toldLengthMax = 1_000;

type Props = {
  readonly actor: string;
  /** The restriction that is to end; without it a new one is imposed. */
  readonly ends: string | undefined;
  readonly open: boolean;
  readonly onClose: () => void;
  /** Told the record's index. */
  readonly onDone: (index: number) => void;
};

/** The dialog of a measure. */
export function MeasureDialog({ actor, ends, open, onClose, onDone }: Props): ReactElement {
  const title = ends === undefined ? "Impose a measure" : "End a restriction";
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <MeasureSteps actor={actor} ends={ends} onDone={onDone} />
    </Dialog>
  );
}

function MeasureSteps({ actor, ends, onDone }: Pick<Props, "actor" | "ends" | "onDone">): ReactElement {
  const [form, setForm] = useState<MeasureForm>(
    ends === undefined ? emptyMeasure : { ...emptyMeasure, reason: "mistaken" },
  );
  const [shown, setShown] = useState<{ wish: MeasureWish; preview: MeasurePreview }>();
  const [lacks, setLacks] = useState<string>();
  const look = useAct((wish: MeasureWish) => post<MeasurePreview>("/v1/measures/preview", wish));
  const impose = useAct((wish: MeasureWish) => post<{ index: number }>("/v1/measures", wish), {
    refresh: ["/v1/actors", "/v1/queue"],
  });
  const change = (over: Partial<MeasureForm>): void => {
    setForm({ ...form, ...over });
    setShown(undefined);
    setLacks(undefined);
  };
  const preview = (event: FormEvent): void => {
    event.preventDefault();
    const wish = ends === undefined ? measureWish(actor, form) : endingWish(actor, ends, form);
    if ("lacks" in wish) setLacks(wish.lacks);
    else look.mutate(wish, { onSuccess: (found) => setShown({ wish, preview: found }) });
  };
  return (
    <form onSubmit={preview}>
      {ends === undefined && <RestrictionFields form={form} change={change} />}
      <WhyFields form={form} change={change} />
      {lacks !== undefined && <Note kind="bad" title={lacks} />}
      {look.error !== null && <ErrorNote error={look.error} />}
      {shown === undefined ? (
        <Button kind="primary" type="submit" busy={look.isPending}>
          See what it would do
        </Button>
      ) : (
        <div className="actor-preview">
          <Preview preview={shown.preview} />
          {impose.error !== null && <ErrorNote error={impose.error} />}
          <Button
            kind={ends === undefined ? "danger" : "primary"}
            autoFocus
            busy={impose.isPending}
            onClick={() => impose.mutate(shown.wish, { onSuccess: ({ index }) => onDone(index) })}
          >
            {ends === undefined ? "Impose it" : "End it"}
          </Button>
        </div>
      )}
    </form>
  );
}

type FieldsProps = { readonly form: MeasureForm; readonly change: (over: Partial<MeasureForm>) => void };

function RestrictionFields({ form, change }: FieldsProps): ReactElement {
  const { kind } = form;
  return (
    <>
      <Select
        label="Measure"
        value={kind}
        options={kinds}
        onChange={(value) => change({ kind: value as MeasureForm["kind"] })}
      />
      {kind === "throttle" && (
        <TextField
          label="How much"
          hint="1/m is one a minute; units are s, m, h and d."
          value={form.rate}
          onChange={(rate) => change({ rate })}
        />
      )}
      {kind === "limit" && (
        <TextField
          label="What may not be done"
          hint="An ability that your policy reads as standing.limited, such as links."
          value={form.ability}
          onChange={(ability) => change({ ability })}
        />
      )}
      {kind !== "ban" && (
        <Select
          label="For how long"
          value={form.hours}
          options={lengths}
          onChange={(hours) => change({ hours })}
        />
      )}
    </>
  );
}

function WhyFields({ form, change }: FieldsProps): ReactElement {
  const { data } = useGet<Reasons>("/v1/reasons");
  const reasons = data?.reasons ?? [];
  const text = reasons.find(({ code }) => code === form.reason)?.text.en;
  const options =
    reasons.length === 0
      ? [{ value: form.reason, title: form.reason }]
      : reasons.map(({ code }) => ({ value: code, title: code }));
  return (
    <>
      <Select
        label="Reason"
        hint={text === undefined ? undefined : `The user is told: ${text}`}
        value={form.reason}
        options={options}
        onChange={(reason) => change({ reason })}
      />
      <TextField
        label="Tell the user this instead"
        hint="In English. May be left empty."
        value={form.told}
        maxLength={toldLengthMax}
        onChange={(told) => change({ told })}
        lines={2}
      />
      <TextField
        label="Note for those who look at it later"
        hint="Sealed with the record; the user does not see it. May be left empty."
        value={form.note}
        maxLength={noteLengthMax}
        onChange={(note) => change({ note })}
        lines={2}
      />
    </>
  );
}

function Preview({ preview }: { readonly preview: MeasurePreview }): ReactElement {
  const { restrictions, ended, collateral } = preview;
  return (
    <Note kind="open" title="This is what it would do">
      {restrictions.map(({ id, kind, until }) => (
        <p key={id}>
          A {kind},{" "}
          {until === undefined ? (
            "without end"
          ) : (
            <>
              until <Time at={until} exact />
            </>
          )}
        </p>
      ))}
      {ended.length > 0 && (
        <p>It ends {ended.length === 1 ? "one restriction" : `${ended.length} restrictions`}.</p>
      )}
      <Figures
        figures={[
          { label: `Of the last ${collateral.looked} events, by it`, value: collateral.events },
          { label: "Of these, allowed", value: collateral.allowed },
        ]}
      />
      {restrictions.length > 0 && collateral.events > 0 && collateral.actorsNeverRefused > 0 && (
        <p>
          <strong>None of its events was refused so far.</strong>
        </p>
      )}
    </Note>
  );
}
