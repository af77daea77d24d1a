// SPDX-License-Identifier: Apache-2.0
// One correction of many decisions: how far it is, whom it reaches, and what can be done with it.
import { useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import type { BadgeKind } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { batchTitle } from "./answers.ts";
import type { Batch, BatchDetail } from "./answers.ts";
import "./corrections.css";

const refresh = { refresh: ["/v1/batches"] };
const states: Readonly<Record<Batch["status"], { kind: BadgeKind; title: string }>> = {
  pending: { kind: "open", title: "waits for a second person" },
  running: { kind: "accent", title: "running" },
  stopped: { kind: "plain", title: "ended before its end" },
  done: { kind: "good", title: "done" },
};
/** Decisions of a correction that are named one by one. */
const namedMax = 60;

/** A correction, with its progress and its buttons. */
export function BatchCard({
  batch,
  onRevert,
}: {
  readonly batch: Batch;
  /** Takes it back; left out where that can't be begun. */
  readonly onRevert?: (index: number) => void;
}): ReactElement {
  const { index, by, status, count, made, passed, fault, secondsLeft } = batch;
  const caller = useCaller();
  const [open, setOpen] = useState(status === "pending");
  const approve = useAct(() => post(`/v1/batches/${index}/approve`), refresh);
  const stop = useAct(() => post(`/v1/batches/${index}/stop`), refresh);
  const { kind, title } = states[status];
  const mayAct = caller.may("bulk");
  const error = approve.error ?? stop.error;
  const canRevert = (status === "done" || status === "stopped") && made > 0 && batch.revertedBy.length === 0;
  return (
    <Card title={batchTitle(batch)} actions={<Badge kind={kind}>{title}</Badge>}>
      <Who batch={batch} />
      <progress
        className="corrections-progress"
        aria-label={`Decisions of correction ${index} that are done`}
        max={count}
        value={made + passed}
      />
      <p role={status === "running" ? "status" : undefined}>
        {made.toLocaleString("en")} of {count.toLocaleString("en")} corrected
        {passed > 0 && `, ${passed.toLocaleString("en")} passed over`}
        {status === "running" && secondsLeft !== null && `, about ${secondsLeft} s left`}.
      </p>
      {fault !== null && (
        <Note kind="bad" title="It stands still.">
          {fault}
        </Note>
      )}
      {status === "pending" && by === caller.id && (
        <Note kind="open">This is yours: another person has to approve it.</Note>
      )}
      {error !== null && <ErrorNote error={error} />}
      <div className="actions corrections-begin">
        {mayAct && status === "pending" && by !== caller.id && (
          <Button kind="primary" busy={approve.isPending} onClick={() => approve.mutate(undefined)}>
            Approve
          </Button>
        )}
        {mayAct && (status === "pending" || status === "running") && (
          <Button kind="danger" busy={stop.isPending} onClick={() => stop.mutate(undefined)}>
            {status === "pending" ? "Drop it" : "End it here"}
          </Button>
        )}
        {mayAct && canRevert && onRevert !== undefined && (
          <Button onClick={() => onRevert(index)}>Take it back</Button>
        )}
        <Button kind="plain" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Hide its decisions" : "Show its decisions"}
        </Button>
      </div>
      {open && <Detail index={index} />}
    </Card>
  );
}

function Who({ batch }: { readonly batch: Batch }): ReactElement {
  const { index, by, at, reason, approvedBy, endedAt } = batch;
  return (
    <p>
      <code>{by}</code>, <Time at={at} />, because of <code>{reason}</code>:{" "}
      <Link href={`/log/${index}`}>record {index}</Link>.{" "}
      {approvedBy !== null && (
        <>
          Approved by <code>{approvedBy}</code>.{" "}
        </>
      )}
      {endedAt !== null && (
        <>
          Ended <Time at={endedAt} />.{" "}
        </>
      )}
      {batch.revertedBy.map((other) => (
        <span key={other}>
          Taken back by <Link href={`/log/${other}`}>record {other}</Link>.{" "}
        </span>
      ))}
    </p>
  );
}

function Detail({ index }: { readonly index: number }): ReactElement {
  const { data, error } = useGet<BatchDetail>(`/v1/batches/${index}`);
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  const { selection, note, indexes } = data;
  return (
    <div className="corrections-detail">
      <p>It is about {selection}.</p>
      {note !== null && <blockquote>{note}</blockquote>}
      <p className="corrections-indexes">
        {indexes.slice(0, namedMax).map((each) => (
          <Link key={each} href={`/decisions/${each}`}>
            {each}
          </Link>
        ))}
        {indexes.length > namedMax && (
          <span className="quiet">and {(indexes.length - namedMax).toLocaleString("en")} more</span>
        )}
      </p>
    </div>
  );
}
