// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { download } from "../../parts/download.ts";
import { Checkbox } from "../../parts/field.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { useCaller } from "../../session/session.tsx";

type Made = { readonly index: number; readonly records: number; readonly html: string };

/** Makes a case file of an actor: one page that verifies offline. */
export function CaseFileButton({ actor }: { readonly actor: string }): ReactElement {
  const [open, setOpen] = useState(false);
  const [withEvidence, setWithEvidence] = useState(false);
  const mayOpen = useCaller().may("openReceipt");
  const act = useAct((reason: string) => post<Made>("/v1/cases", { actor, reason, withEvidence }));
  return (
    <>
      <Button onClick={() => setOpen(true)}>Make a case file</Button>
      <ReasonDialog
        title="Make a case file"
        open={open}
        onClose={() => setOpen(false)}
        does="Make it"
        busy={act.isPending}
        error={act.error}
        onReason={(reason) =>
          act.mutate(reason, {
            onSuccess: ({ index, html }) => {
              download(`docket-case-${index}.html`, html, "text/html");
              setOpen(false);
            },
          })
        }
      >
        <p className="actor-about">
          One page with what was decided of this account, why, and the receipts. It verifies without this
          server. That it was made is a record, and so is each text in it.
        </p>
        {mayOpen && (
          <p className="actor-about">
            <Checkbox label="With what the user wrote" checked={withEvidence} onChange={setWithEvidence} />
          </p>
        )}
      </ReasonDialog>
    </>
  );
}
