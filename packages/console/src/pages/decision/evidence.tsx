// SPDX-License-Identifier: Apache-2.0
// What the user wrote: shown to whoever says why they need to read it, and that is a record before they do.
// It comes with its opening, so that this browser checks that it is what was sealed.
import type { Event } from "@docket/protocol";
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { ask } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { download } from "../../parts/download.ts";
import { Figures } from "../../parts/figures.tsx";
import type { Figure } from "../../parts/figures.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Note } from "../../parts/note.tsx";
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { useCaller } from "../../session/session.tsx";
import { AddToList } from "../case/add-to-list.tsx";
import { checkReceipt } from "../../parts/verify-receipt.ts";
import type { CheckedReceipt } from "../../parts/verify-receipt.ts";

type Opened = { readonly text: string; readonly checked: CheckedReceipt; readonly event: Event | undefined };

type Props = {
  readonly index: number;
  readonly asking: boolean;
  readonly onAsk: (asking: boolean) => void;
  /** Told the app's id of the account. */
  readonly onAccount: (account: string) => void;
  /** The log's keys, a line each. */
  readonly keys: string;
};

/** The evidence of a decision. */
export function EvidenceCard({ index, asking, onAsk, onAccount, keys }: Props): ReactElement {
  const [opened, setOpened] = useState<Opened>();
  const act = useAct(async (reason: string) => {
    const answer = await ask("POST", `/v1/receipts/${index}/opening`, { reason });
    return openedOf(await answer.text(), keys);
  });
  useEffect(() => {
    if (opened?.event !== undefined) onAccount(opened.event.actor.id);
  }, [opened, onAccount]);
  return (
    <Card
      title="Evidence"
      actions={
        opened === undefined ? (
          <Button keys="e" onClick={() => onAsk(true)}>
            Open the evidence
          </Button>
        ) : (
          <>
            <Button onClick={() => download(`docket-${index}-opened.json`, opened.text)}>
              Save the opened receipt
            </Button>
            <Button kind="plain" onClick={() => setOpened(undefined)}>
              Close it
            </Button>
          </>
        )
      }
    >
      {opened === undefined ? (
        <p className="quiet">
          What the user wrote is sealed with a key of their own. To read it, say why: that it was opened, by
          whom and why is a record of the log before it is shown.
        </p>
      ) : (
        <Shown index={index} opened={opened} />
      )}
      <ReasonDialog
        title={`Open the evidence of decision ${index}`}
        open={asking}
        onClose={() => onAsk(false)}
        does="Open it"
        busy={act.isPending}
        error={act.error}
        onReason={(reason) =>
          act.mutate(reason, {
            onSuccess: (found) => {
              setOpened(found);
              onAsk(false);
            },
          })
        }
      />
    </Card>
  );
}

function Shown({ index, opened }: { readonly index: number; readonly opened: Opened }): ReactElement {
  const { checked, event } = opened;
  const [adding, setAdding] = useState(false);
  const mayAdd = useCaller().may("changeLists");
  const isSealed = checked.report.verdict === "verified";
  return (
    <div className="decision-evidence">
      <Note
        kind={isSealed ? "good" : "bad"}
        title={
          isSealed
            ? "This is what was sealed: checked in this browser against the record's commitments."
            : "This could not be proven to be what was sealed."
        }
      >
        That you opened it is on record.
      </Note>
      {event === undefined ? (
        <p>The text itself is gone: its age was reached, or its user was erased.</p>
      ) : (
        <EventView event={event} />
      )}
      {mayAdd && event !== undefined && (
        <>
          <p className="actions decision-add">
            <Button onClick={() => setAdding(true)}>Add something of it to a list</Button>
          </p>
          <AddToList of={index} event={event} open={adding} onClose={() => setAdding(false)} />
        </>
      )}
    </div>
  );
}

function EventView({ event }: { readonly event: Event }): ReactElement {
  const { actor, content } = event;
  const figures: Figure[] = [
    { label: "Account", value: <code>{actor.id}</code> },
    ...(actor.name === undefined ? [] : [{ label: "Name", value: actor.name }]),
    ...(content?.id === undefined ? [] : [{ label: "Content", value: <code>{content.id}</code> }]),
    ...(event.time === undefined ? [] : [{ label: "The app's time", value: event.time }]),
  ];
  return (
    <>
      <Figures figures={figures} />
      {content?.text === undefined ? (
        <Badge>no text</Badge>
      ) : (
        <blockquote className="decision-text" tabIndex={0} aria-label="What the user wrote">
          {content.text}
        </blockquote>
      )}
      <details>
        <summary>The event as the app sent it</summary>
        <JsonView label="The event" value={event} />
      </details>
    </>
  );
}

function openedOf(text: string, keys: string): Opened {
  const checked = checkReceipt(text, keys);
  const content = checked.report.opened.find(({ name }) => name === "content");
  return { text, checked, event: content && (JSON.parse(content.plaintext) as { event: Event }).event };
}
