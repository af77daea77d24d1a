// SPDX-License-Identifier: Apache-2.0
// Requests for what takes a second person, with what exactly they ask for and whom that reaches.
import { useState } from "react";
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
import { ReasonDialog } from "../../parts/reason-dialog.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { actWords, valuesOf } from "./answers.ts";
import type { RequestDetail, RequestView } from "./answers.ts";

const refresh = { refresh: ["/v1/requests"] };
type Step = "approve" | "refuse" | "withdraw";
const words: Readonly<Record<Step, { does: string; title: string; danger: boolean }>> = {
  approve: { does: "Approve it", title: "Approve this request", danger: false },
  refuse: { does: "Refuse it", title: "Refuse this request", danger: true },
  withdraw: { does: "Withdraw it", title: "Withdraw your request", danger: true },
};

/** One request that waits, or is approved and not done. */
export function RequestCard({
  request,
  alone,
}: {
  readonly request: RequestView;
  /** One person may do such things alone here. */
  readonly alone: boolean;
}): ReactElement {
  const { index, act, by, state } = request;
  const caller = useCaller();
  const [step, setStep] = useState<Step>();
  const detail = useGet<RequestDetail>(`/v1/requests/${index}`);
  const take = useAct(async (why: string) => {
    const { hash } = detail.data ?? {};
    const body = step === "approve" ? { why, ...(hash === undefined ? {} : { hash }) } : { why };
    await post(`/v1/requests/${index}/${step}`, body);
    setStep(undefined);
  }, refresh);
  const own = by === caller.id;
  const mayJudge = caller.may("approveRequest") && state === "waiting" && (!own || alone);
  return (
    <Card
      title={actWords(act)}
      actions={<Badge kind={state === "approved" ? "good" : "open"}>{state}</Badge>}
    >
      <WhoAsked request={request} />
      {detail.error !== null && <ErrorNote error={detail.error} />}
      {detail.isPending && <Loading />}
      {detail.data !== undefined && <Asked request={detail.data} />}
      {state === "approved" && <Approved request={request} />}
      {own && state === "waiting" && !alone && (
        <Note kind="open">This is yours: another person has to approve it.</Note>
      )}
      <div className="actions approvals-acts">
        {mayJudge && detail.data !== undefined && (
          <Button kind="primary" onClick={() => setStep("approve")}>
            Approve
          </Button>
        )}
        {mayJudge && <Button onClick={() => setStep("refuse")}>Refuse</Button>}
        {own && caller.may("makeRequest") && <Button onClick={() => setStep("withdraw")}>Withdraw</Button>}
      </div>
      <ReasonDialog
        title={words[step ?? "approve"].title}
        does={words[step ?? "approve"].does}
        danger={words[step ?? "approve"].danger}
        open={step !== undefined}
        onClose={() => setStep(undefined)}
        busy={take.isPending}
        error={take.error}
        onReason={(why) => take.mutate(why)}
      >
        <p>
          {actWords(act)}, as <code>{by}</code> asks for it.
        </p>
      </ReasonDialog>
    </Card>
  );
}

function WhoAsked({ request }: { readonly request: RequestView }): ReactElement {
  const { index, of, subject, by, role, at, expires } = request;
  return (
    <p>
      Asked for by <code>{by}</code> ({role}) <Time at={at} />,{" "}
      <Link href={`/log/${index}`}>record {index}</Link>
      {of !== null && (
        <>
          , about <Link href={`/log/${of}`}>record {of}</Link>
        </>
      )}
      {subject !== null && (
        <>
          , about <Link href={`/actors/${subject}`}>{subject}</Link>
        </>
      )}
      .{" "}
      {expires !== null && (
        <>
          It ends by itself <Time at={expires} />.
        </>
      )}
    </p>
  );
}

function Approved({ request: { index, from } }: { readonly request: RequestView }): ReactElement {
  return (
    <Note kind="good" title="It is approved.">
      Whoever asked does it now: they ask for the same again and name request {index}.
      {from !== null && (
        <>
          {" "}
          From <Time at={from} exact /> on.
        </>
      )}
    </Note>
  );
}

function Asked({ request: { what, reach, why, hash } }: { readonly request: RequestDetail }): ReactElement {
  return (
    <div className="approvals-asked">
      <blockquote>{why}</blockquote>
      <h3>What exactly</h3>
      <Figures figures={valuesOf(what)} />
      <h3>Whom and what it reaches</h3>
      {reach === null ? (
        <p className="quiet">Nothing was counted beforehand.</p>
      ) : (
        <Figures figures={valuesOf(reach)} />
      )}
      <p className="quiet">
        Approved is exactly this: <code>{hash}</code>
      </p>
    </div>
  );
}
