// SPDX-License-Identifier: Apache-2.0
// What was posted, and what those who reported it wrote: not in the page until it is asked for. The claim is
// the reason for which it is opened, and the log says so, once for each claim.
import type { Event } from "@docket/protocol";
import type { ReactElement } from "react";
import { Badge } from "../../parts/badge.tsx";
import { Blurred } from "../../parts/blurred.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import type { Figure } from "../../parts/figures.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import type { CaseView, SaidReport } from "./answers.ts";

/** What was read of a case. */
export type Evidence = Pick<CaseView, "event" | "evidence" | "said">;

type Props = {
  /** Undefined until it was asked for. */
  readonly evidence: Evidence | undefined;
  readonly shown: boolean;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly mayRead: boolean;
  readonly reports: number;
  readonly onShow: () => void;
  readonly onHide: () => void;
};

/** The content of a case. */
export function ContentCard(props: Props): ReactElement {
  const { evidence, shown, busy, error, mayRead, reports, onShow, onHide } = props;
  return (
    <Card
      title="What was posted"
      actions={
        shown && (
          <Button kind="plain" onClick={onHide} keys="v">
            Hide it
          </Button>
        )
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {mayRead ? (
        <Blurred
          does={reports > 0 ? "Show it, and what reporters wrote" : "Show it"}
          keys="v"
          shown={shown && evidence !== undefined}
          busy={busy}
          onShow={onShow}
          hint="This claims the case. That you read it is recorded, once for each claim."
        >
          {evidence !== undefined && <Shown evidence={evidence} />}
        </Blurred>
      ) : (
        <p className="quiet">Your roles read cases, not what was posted.</p>
      )}
    </Card>
  );
}

function Shown({ evidence: { event, evidence, said } }: { readonly evidence: Evidence }): ReactElement {
  return (
    <div className="case-content">
      {event === null ? (
        <Note kind="open" title="What was posted is gone.">
          {evidence === "gone" ? "Its age was reached, or its user was erased." : ""}
        </Note>
      ) : (
        <EventView event={event} />
      )}
      {said.length > 0 && (
        <>
          <h3>What reporters say</h3>
          <ul className="case-said">
            {said.map((report) => (
              <Said key={report.index} report={report} />
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

/** What somebody posted: its text, and who posted it. */
export function EventView({ event }: { readonly event: Event }): ReactElement {
  const { actor, content, type } = event;
  const figures: Figure[] = [
    { label: "Account", value: <code>{actor.id}</code> },
    ...(actor.name === undefined ? [] : [{ label: "Name", value: actor.name }]),
    ...(actor.createdAt === undefined ? [] : [{ label: "Since", value: <Time at={actor.createdAt} /> }]),
    ...(actor.ip === undefined ? [] : [{ label: "Address", value: <code>{actor.ip}</code> }]),
    ...(content?.group === undefined ? [] : [{ label: "Where", value: <code>{content.group}</code> }]),
    { label: "What", value: type },
  ];
  return (
    <>
      {content?.title !== undefined && <h3>{content.title}</h3>}
      {content?.text === undefined ? (
        <Badge>no text</Badge>
      ) : (
        <blockquote className="case-text" tabIndex={0} aria-label="What was posted">
          {content.text}
        </blockquote>
      )}
      {content?.url !== undefined && <code>{content.url}</code>}
      <Figures figures={figures} />
      <details>
        <summary>The event as the app sent it</summary>
        <JsonView label="The event" value={event} />
      </details>
    </>
  );
}

function Said({ report }: { readonly report: SaidReport }): ReactElement {
  const { category, trusted, text, at } = report;
  return (
    <li>
      <Badge kind="open">{category}</Badge> {trusted && <Badge kind="accent">trusted flagger</Badge>}{" "}
      <span className="quiet">
        <Time at={at} />
      </span>
      {text !== null && <blockquote className="case-text">{text}</blockquote>}
    </li>
  );
}
