// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { post } from "../api/request.ts";
import { useAct } from "../api/use-act.ts";
import { useCaller } from "../session/session.tsx";
import { Button } from "./button.tsx";
import { download } from "./download.ts";
import { Checkbox } from "./field.tsx";
import { ReasonDialog } from "./reason-dialog.tsx";

type Made = {
  readonly index: number;
  readonly records: number;
  readonly json: string;
  readonly html: string;
};

/** Most records of a case file. */
const recordsMax = 300;

/** Makes a case file of records: a page, and the same as JSON, which verify without the server. */
export function CaseFileOfRecords({ records }: { readonly records: readonly number[] }): ReactElement | null {
  const [open, setOpen] = useState(false);
  const [withEvidence, setWithEvidence] = useState(false);
  const caller = useCaller();
  const taken = records.slice(0, recordsMax);
  const act = useAct((reason: string) => post<Made>("/v1/cases", { records: taken, reason, withEvidence }));
  if (!caller.may("exportCase") || taken.length === 0) return null;
  const keep = ({ index, html, json }: Made): void => {
    download(`docket-case-${index}.html`, html, "text/html");
    download(`docket-case-${index}.json`, json);
    setOpen(false);
  };
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
        onReason={(reason) => act.mutate(reason, { onSuccess: keep })}
      >
        <p>
          {taken.length} decisions and what came after them, in plain words and with their receipts: a page
          and the same as JSON, which anybody can verify without this server. That it was made is a record.
        </p>
        {caller.may("openReceipt") && (
          <Checkbox
            label="With the texts; each is recorded as an opening"
            checked={withEvidence}
            onChange={setWithEvidence}
          />
        )}
      </ReasonDialog>
    </>
  );
}
