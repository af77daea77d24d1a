// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Brake, Brakes } from "./answers.ts";
import { percent, share } from "./words.ts";

/** What lost its power until a person has looked, and what is under watch since it is new or changed. */
export function BrakesCard({ brakes: { brakes, watched } }: { readonly brakes: Brakes }): ReactElement {
  return (
    <Card title="Brakes">
      {brakes.length === 0 && watched.length === 0 && (
        <p className="quiet">Nothing was stopped, and nothing is new enough to be watched.</p>
      )}
      {brakes.map((brake) => (
        <Stopped key={`${brake.key} ${brake.index}`} brake={brake} />
      ))}
      {watched.length > 0 && (
        <DataTable
          caption="What is new or changed, and how it fares"
          rows={watched}
          rowKey={({ key }) => key}
          columns={[
            { title: "Under watch", cell: ({ key }) => <code>{key}</code> },
            { title: "Since", cell: ({ since }) => (since === null ? "–" : <Time at={since} />) },
            { title: "Events", numeric: true, cell: ({ events }) => events.toLocaleString("en") },
            { title: "Hits", numeric: true, cell: ({ hits }) => hits.toLocaleString("en") },
            { title: "Share", numeric: true, cell: ({ hits, events }) => share(hits, events) },
          ]}
        />
      )}
    </Card>
  );
}

function Stopped({ brake }: { readonly brake: Brake }): ReactElement {
  const caller = useCaller();
  const [open, setOpen] = useState(false);
  const { index, key, cap, hits, events, actorsHit, actorsSeen, share: declared, least, hitsSince } = brake;
  const confirm = useAct((why: string) => post(`/v1/policy/brakes/${index}/confirmation`, { why }), {
    refresh: ["/v1/policy"],
  });
  const title = cap
    ? `${key} has reached its cap on restricted accounts.`
    : `${key} has no power to restrict.`;
  return (
    <Note kind="bad" title={title}>
      <p>
        {cap
          ? `${least} accounts in that time were declared; ${hitsSince} more were not restricted.`
          : `It hit ${hits} of ${events} events (${share(hits, events)}) and ${actorsHit} of ${actorsSeen} ` +
            `accounts, where ${percent(declared)} were declared. ${hitsSince} more since.`}{" "}
        It came with a change by {brake.changedBy}.
      </p>
      <p className="actions policy-said">
        {caller.may("readFacts") && (
          <Link href={`/decisions?rule=${encodeURIComponent(`${key}:brake`)}`}>Look at what it hit</Link>
        )}
        {index !== null && caller.may("confirmBrake") && (
          <Button onClick={() => setOpen(true)}>It is right: give it back its power</Button>
        )}
      </p>
      <ReasonDialog
        title={`Confirm ${key}`}
        open={open}
        onClose={() => {
          setOpen(false);
          confirm.reset();
        }}
        does="Confirm it"
        danger
        busy={confirm.isPending}
        error={confirm.error}
        onReason={(why) => confirm.mutate(why, { onSuccess: () => setOpen(false) })}
      >
        <p className="policy-said">
          From the next event on it restricts again, and is not stopped any more until it changes.
        </p>
      </ReasonDialog>
    </Note>
  );
}
