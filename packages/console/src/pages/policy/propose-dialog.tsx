// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { useLocation } from "wouter";
import { ask } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Checkbox, Select } from "../../parts/field.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { useCaller } from "../../session/session.tsx";
import type { File, Proposal } from "./answers.ts";
import { keepDraft } from "./drafts.ts";

/** The server previews a proposal on the last week before it answers: so long that may take, in ms. */
const answerMsMax = 180_000;
const hourMs = 3_600_000;

type How = "propose" | "standby" | "glass";
type Props = {
  readonly files: readonly File[];
  /** The release that they were made from. */
  readonly base: string;
  readonly open: boolean;
  readonly onClose: () => void;
};

/** Proposes the files, keeps them ready, or puts them in force at once and for a time. */
export function ProposeDialog({ files, base, open, onClose }: Props): ReactElement {
  const caller = useCaller();
  const [, go] = useLocation();
  const [how, setHow] = useState<How>("propose");
  const [sure, setSure] = useState(false);
  const [forMs, setForMs] = useState(String(hourMs));
  const act = useAct(
    async (why: string): Promise<{ index: number }> => {
      const options = { endless: true, signal: AbortSignal.timeout(answerMsMax) };
      const [path, more] =
        how === "glass"
          ? ["/v1/policy/break-glass", { forMs: Number(forMs) }]
          : ["/v1/policy/proposals", how === "standby" ? { standby: true } : {}];
      const answer = await ask("POST", path, { files, why, ...more }, options);
      return (await answer.json()) as Pick<Proposal, "index">;
    },
    { refresh: ["/v1/policy"] },
  );
  const ways = [
    { value: "propose", title: "Propose it: others approve, then it is published" },
    { value: "standby", title: "Keep it ready: approved beforehand, to be switched to" },
    ...(caller.may("breakGlass")
      ? [{ value: "glass", title: "Break the glass: in force at once, for a time" }]
      : []),
  ];
  return (
    <ReasonDialog
      title="Propose these files"
      open={open}
      onClose={() => {
        onClose();
        act.reset();
      }}
      does={
        act.isPending ? "Being checked on the last week…" : how === "glass" ? "Put it in force" : "Propose"
      }
      danger={how === "glass"}
      busy={act.isPending || (how === "glass" && !sure)}
      error={act.error}
      onReason={(why) =>
        act.mutate(why, {
          onSuccess: ({ index }) => {
            keepDraft(base, undefined);
            go(`/policy/changes/${index}`);
          },
        })
      }
    >
      <Select label="How" value={how} onChange={(value) => setHow(value as How)} options={ways} />
      {how === "glass" && (
        <>
          <Note kind="bad" title="Nobody else has looked at it.">
            It goes back by itself after that time, unless it is approved before.
          </Note>
          <Select
            label="For how long"
            value={forMs}
            onChange={setForMs}
            options={[1, 4, 24].map((hours) => ({ value: String(hours * hourMs), title: `${hours} h` }))}
          />
          <Checkbox label="This is an emergency" checked={sure} onChange={setSure} />
        </>
      )}
    </ReasonDialog>
  );
}
