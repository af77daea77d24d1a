// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import type { Changes } from "./answers.ts";
import { shortId } from "./words.ts";

type Props = {
  readonly changes: Pick<Changes, "release" | "since">;
  /** The release to go back to; the one before if left out. */
  readonly to?: string;
  readonly label?: string;
};

type Withdrawn = { readonly release: string; readonly rules: readonly string[] };

/** Withdraws the release in force by naming an earlier one. */
export function RollbackButton({ changes, to, label = "Go back" }: Props): ReactElement | null {
  const [open, setOpen] = useState(false);
  const act = useAct(
    (why: string) => post<Withdrawn>("/v1/policy/rollbacks", { why, ...(to !== undefined && { to }) }),
    {
      refresh: ["/v1/policy"],
    },
  );
  const target = to ?? changes.since?.previous ?? null;
  if (target === null || changes.release === null) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>{label}</Button>
      <ReasonDialog
        title={`Go back to release ${shortId(target)}`}
        open={open}
        onClose={() => {
          setOpen(false);
          act.reset();
        }}
        does="Go back"
        danger
        busy={act.isPending}
        error={act.error}
        onReason={(why) => act.mutate(why, { onSuccess: () => setOpen(false) })}
      >
        <Note kind="open" title={`Release ${shortId(changes.release)} is withdrawn at once.`}>
          Events are decided by the earlier release from its record on, with its lists as they were. What was
          decided meanwhile stands: Corrections take it back.
        </Note>
      </ReasonDialog>
    </>
  );
}
