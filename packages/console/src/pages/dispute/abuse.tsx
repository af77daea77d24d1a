// SPDX-License-Identifier: Apache-2.0
// Answers the abuse of disputes: a warning, and if it goes on after that, a limit for a time.
import { useState } from "react";
import type { ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { TextField } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";

const daysDefault = 30;
const daysMax = 183;

type Props = {
  readonly dispute: number;
  /** When they were warned, if they were. */
  readonly warned: string | undefined;
};

/** A button, and the dialog behind it. */
export function Abuse({ dispute, warned }: Props): ReactElement {
  const [asking, setAsking] = useState(false);
  const [days, setDays] = useState(String(daysDefault));
  const step = warned === undefined ? "warn" : "limit";
  const act = useAct(
    (note: string) =>
      post<{ index: number }>(`/v1/disputes/${dispute}/abuse`, { step, days: Number(days), note }),
    { refresh: [`/v1/disputes/${dispute}`] },
  );
  return (
    <>
      {act.data !== undefined && (
        <Note kind="good" title={`${step === "warn" ? "Warned" : "Limited"}, as record ${act.data.index}.`} />
      )}
      <Button kind="danger" onClick={() => setAsking(true)}>
        {step === "warn" ? "Warn: without substance" : "Take disputes from them for a time"}
      </Button>
      <ReasonDialog
        title={step === "warn" ? "Warn not to abuse disputes" : "Take the ability to dispute"}
        open={asking}
        onClose={() => setAsking(false)}
        does={step === "warn" ? "Warn" : "Limit"}
        danger
        busy={act.isPending}
        error={act.error}
        label="Note for your team"
        onReason={(note) => act.mutate(note, { onSuccess: () => setAsking(false) })}
      >
        <p>
          {step === "warn"
            ? "They are told that this is plainly without substance, and what follows if it goes on."
            : "They can't open new disputes until the end. Open ones go on, and this can be disputed itself."}
        </p>
        {step === "limit" && (
          <TextField
            label="Days"
            type="number"
            min={1}
            max={daysMax}
            value={days}
            onChange={setDays}
            required
          />
        )}
      </ReasonDialog>
    </>
  );
}
