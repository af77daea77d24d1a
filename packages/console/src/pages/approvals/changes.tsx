// SPDX-License-Identifier: Apache-2.0
// Changes of the policy and of lists that wait for a person: what differs, what it would have hit, and what
// is in force for a time only.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Change, Changes, Proposal } from "../policy/answers.ts";
import { DiffView } from "../policy/diff-view.tsx";
import { changeName, stateOf } from "../policy/words.ts";
import type { ListGlass } from "./answers.ts";

const refresh = { refresh: ["/v1/policy", "/v1/lists"] };

/** A proposal that is neither published nor cancelled. */
export function ProposalCard({
  proposal,
  alone,
}: {
  readonly proposal: Proposal;
  readonly alone: boolean;
}): ReactElement {
  const { index, by, at, state, list, level, approvals, restrictsMore, standby } = proposal;
  const caller = useCaller();
  const detail = useGet<Change>(`/v1/policy/records/${index}`);
  const of = { of: index };
  const approve = useAct(() => post("/v1/policy/approvals", of), refresh);
  const cancel = useAct(() => post("/v1/policy/cancellations", of), refresh);
  const publish = useAct(() => post("/v1/policy/publications", of), refresh);
  const own = by === caller.id;
  const mayApprove =
    caller.may("approvePolicy") &&
    state === "open" &&
    (!own || alone) &&
    !approvals.some((each) => each.by === caller.id);
  const error = approve.error ?? cancel.error ?? publish.error;
  return (
    <Card
      title={titleOf(proposal)}
      actions={<Badge kind={state === "approved" ? "good" : "open"}>{stateOf(proposal)}</Badge>}
    >
      <p>
        Proposed by <code>{by}</code> <Time at={at} />.{" "}
        {list === null && level === null && (
          <Link href={`/policy/changes/${index}`}>All of what differs</Link>
        )}{" "}
        {approvals.map((each) => (
          <span key={each.index}>
            Approved by <code>{each.by}</code>.{" "}
          </span>
        ))}
      </p>
      {restrictsMore && <Note kind="open" title="It may restrict somebody who is not restricted now." />}
      {standby && <Note kind="plain">Once approved it waits to be switched to.</Note>}
      {detail.error !== null && <ErrorNote error={detail.error} />}
      {detail.isPending && <Loading />}
      {detail.data !== undefined && <Differences change={detail.data} />}
      {own && !alone && state === "open" && (
        <Note kind="open">This is yours: another person has to approve it.</Note>
      )}
      {error !== null && <ErrorNote error={error} />}
      <div className="actions approvals-acts">
        {mayApprove && (
          <Button kind="primary" busy={approve.isPending} onClick={() => approve.mutate(undefined)}>
            Approve
          </Button>
        )}
        {state === "approved" && caller.may("publishPolicy") && (
          <Button kind="primary" busy={publish.isPending} onClick={() => publish.mutate(undefined)}>
            {standby ? "Switch to it for a day" : "Publish"}
          </Button>
        )}
        {caller.may("proposePolicy") && (
          <Button busy={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
            Cancel it
          </Button>
        )}
      </div>
    </Card>
  );
}

function testsText({ run, failed }: { run: number; failed: readonly unknown[] }): string {
  return run === 0 ? "none" : `${run - failed.length} of ${run} passed`;
}

function titleOf({ list, level, standby }: Proposal): string {
  if (level !== null) return `Changes shall take the level ${level}`;
  if (list !== null) return `Change of the list ${list.list}: ${list.added} in, ${list.removed} out`;
  return standby ? "A stricter release to stand by" : "A change of the policy";
}

function Differences({ change: { change, proposal } }: { readonly change: Change }): ReactElement | null {
  if (change === null) return <p className="quiet">What it changes is gone with its key.</p>;
  const { why, files = [], changes = [], preview, tests } = change;
  return (
    <div className="approvals-asked">
      {why !== null && <blockquote>{why}</blockquote>}
      {preview?.ran === true && (
        <Figures
          figures={[
            { label: "Events of the last week", value: preview.events.toLocaleString("en") },
            { label: "Would come out otherwise", value: preview.changed.toLocaleString("en") },
            ...(tests === undefined ? [] : [{ label: "Tests", value: testsText(tests) }]),
          ]}
        />
      )}
      {preview?.ran === false && <p className="quiet">It was not tried on the past: {preview.why}.</p>}
      {changes.length > 0 && (
        <ul>
          {changes.map((each) => (
            <li key={changeName(each)}>
              {changeName(each)} {each.restricts === "more" && <Badge kind="open">may restrict more</Badge>}
            </li>
          ))}
        </ul>
      )}
      {proposal?.list !== null && proposal?.list !== undefined && (
        <p className="quiet">Its entries are on the list&rsquo;s page: entries may be about persons.</p>
      )}
      {files.length > 0 && (
        <details>
          <summary>Lines that differ</summary>
          {files.map((file) => (
            <DiffView key={file.path} {...file} />
          ))}
        </details>
      )}
    </div>
  );
}

/** A release, or a change of a list, that reverts by itself unless it is approved. */
export function GlassCards({
  changes,
  glasses,
  alone,
}: {
  readonly changes: Changes;
  readonly glasses: readonly ListGlass[];
  readonly alone: boolean;
}): ReactElement {
  const { since, revertsAt } = changes;
  return (
    <>
      {since !== null && revertsAt !== null && (
        <Glass title="The release in force" index={since.index} by={since.by} until={revertsAt} alone={alone}>
          <Link href={`/policy/changes/${since.index}`}>What differs</Link>
        </Glass>
      )}
      {glasses.map(({ index, by, until, list, added, removed }) => (
        <Glass key={index} title={`The list ${list}`} index={index} by={by} until={until} alone={alone}>
          {added} put in, {removed} taken out
        </Glass>
      ))}
    </>
  );
}

function Glass({
  title,
  index,
  by,
  until,
  alone,
  children,
}: {
  readonly title: string;
  readonly index: number;
  readonly by: string;
  readonly until: string;
  readonly alone: boolean;
  readonly children: React.ReactNode;
}): ReactElement {
  const caller = useCaller();
  const approve = useAct(() => post("/v1/policy/approvals", { of: index }), refresh);
  const may = caller.may("approvePolicy") && (by !== caller.id || alone);
  return (
    <Card title={`${title} is in force for a time`} actions={<Badge kind="open">reverts by itself</Badge>}>
      <p>
        <code>{by}</code> put it in force alone. It reverts <Time at={until} /> unless it is approved.{" "}
        <Link href={`/log/${index}`}>Record {index}</Link>. {children}.
      </p>
      {approve.error !== null && <ErrorNote error={approve.error} />}
      {may && (
        <div className="actions approvals-acts">
          <Button kind="primary" busy={approve.isPending} onClick={() => approve.mutate(undefined)}>
            Approve that it stays
          </Button>
        </div>
      )}
    </Card>
  );
}
