// SPDX-License-Identifier: Apache-2.0
// A case of the review queue: all that matters to it, and the answer, on one page and by keyboard. The next
// case is fetched meanwhile, without what was posted in it.
import { useCallback, useState } from "react";
import type { ReactElement } from "react";
import { Link, useLocation, useParams, useSearch } from "wouter";
import { get, post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Countdown } from "../../parts/countdown.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { WhyCard } from "../decision/why.tsx";
import "../decision/decision.css";
import { AddToList } from "./add-to-list.tsx";
import type { CaseView, Claim, Queue, Reviewed } from "./answers.ts";
import "./case.css";
import { caseAfter, doneText, taskText } from "./case-words.ts";
import { ContentCard } from "./content.tsx";
import type { Evidence } from "./content.tsx";
import { DecideCard } from "./decide.tsx";
import { LabelCard } from "./label.tsx";
import { ChainCard, StandingCard } from "./surroundings.tsx";

const queueEveryMs = 15_000;
const preloadedMax = 50;

/** What was decided last, and what was passed over: they outlive the page of one case. */
const passed = new Set<number>();
let lastDone: Reviewed | undefined;

/** `/queue/:index` */
export function Page(): ReactElement {
  const { index } = useParams<{ index: string }>();
  return /^\d{1,15}$/.test(index) ? (
    <CasePage key={index} of={Number(index)} />
  ) : (
    <Empty title="A case is named by the index of its decision.">
      <Link href="/queue">Go to the queue</Link>
    </Empty>
  );
}

function CasePage({ of }: { readonly of: number }): ReactElement {
  const caller = useCaller();
  const [, go] = useLocation();
  const task = new URLSearchParams(useSearch()).get("task");
  const query = task === null ? "" : `?task=${encodeURIComponent(task)}`;
  const view = useGet<CaseView>(`/v1/queue/${of}?content=false`);
  const queue = useGet<Queue>(
    `/v1/queue?limit=${preloadedMax}${task === null ? "" : `&task=${encodeURIComponent(task)}`}`,
    { every: queueEveryMs },
  );
  const next = caseAfter(queue.data?.cases ?? [], of, caller.id, passed);
  useGet<CaseView>(next === undefined ? undefined : `/v1/queue/${next}?content=false`);
  const goOn = useCallback(
    (to: number | undefined) => go(to === undefined ? `/queue${query}` : `/queue/${to}${query}`),
    [go, query],
  );
  const pass = (): void => {
    passed.add(of);
    goOn(next);
  };
  useShortcuts([
    { key: "j", does: "Pass over to the next case", run: pass },
    { key: "b", does: "Back to the queue", run: () => go(`/queue${query}`) },
  ]);
  const done = (reviewed: Reviewed): void => {
    lastDone = reviewed;
    passed.add(of);
    goOn(next);
  };
  const holdUntil = queue.data?.cases.find((each) => each.of === of)?.holdUntil ?? null;
  return (
    <PageFrame
      title={`Case ${of}`}
      lead="All that matters to a decision that waits for a person, and your answer to it."
      actions={
        <>
          <Link href={`/queue${query}`}>Queue</Link>
          <Button onClick={pass} keys="j">
            {next === undefined ? "Back" : "Next"}
          </Button>
        </>
      }
    >
      {lastDone !== undefined && lastDone.of !== of && (
        <Note kind="good" title={doneText(lastDone)}>
          <Link href={`/queue/${lastDone.of}`}>Look at it again</Link>
        </Note>
      )}
      {view.error !== null && <ErrorNote error={view.error} />}
      {view.isPending && <Loading />}
      {view.data !== undefined && <Body view={view.data} holdUntil={holdUntil} onDone={done} />}
    </PageFrame>
  );
}

type BodyProps = {
  readonly view: CaseView;
  readonly holdUntil: string | null;
  readonly onDone: (done: Reviewed) => void;
};

function Body({ view, holdUntil, onDone }: BodyProps): ReactElement {
  const caller = useCaller();
  const mayReview = caller.may("review");
  const { of, tasks, explanation, standing, chain, reports } = view;
  const { claim, evidence, shown, show, hide, claiming, opening } = useClaim(view);
  const [adding, setAdding] = useState(false);
  const mayAdd = caller.may("changeLists");
  useShortcuts([
    ...(mayReview
      ? [
          { key: "v", does: "Show or hide what was posted", run: () => (shown ? hide() : show()) },
          { key: "c", does: "Claim the case", run: () => claiming.mutate(undefined) },
        ]
      : []),
    ...(mayAdd ? [{ key: "a", does: "Add to a list", run: () => setAdding(true) }] : []),
  ]);
  const others = claim !== null && claim.by !== caller.id;
  return (
    <div className="case">
      <div className="case-main">
        <Head view={view} claim={claim} holdUntil={holdUntil} />
        <ContentCard
          evidence={evidence}
          shown={shown}
          busy={opening.isPending}
          error={opening.error}
          mayRead={mayReview}
          reports={reports?.reports ?? 0}
          onShow={show}
          onHide={hide}
        />
        <WhyCard explanation={explanation} />
      </div>
      <aside className="case-side" aria-label="Answer and surroundings">
        {others && (
          <Note kind="open" title="Somebody else looks at this case.">
            <code>{claim.by}</code>, until <Time at={claim.until} />
          </Note>
        )}
        {claiming.error !== null && <ErrorNote error={claiming.error} />}
        {mayReview && tasks.length > 0 && <DecideCard view={view} onDone={onDone} />}
        {tasks.length === 0 && (
          <Note kind="plain" title="Nothing is asked of you here.">
            It was answered, or you have said what you found and another looks now.
          </Note>
        )}
        {tasks.length === 0 && caller.may("label") && <LabelCard of={of} label={view.label?.label} />}
        {mayAdd && (
          <div className="actions">
            <Button onClick={() => setAdding(true)} keys="a">
              Add to a list
            </Button>
          </div>
        )}
        <AddToList
          of={of}
          open={adding}
          onClose={() => setAdding(false)}
          event={shown ? (evidence?.event ?? undefined) : undefined}
        />
        {standing !== null && <StandingCard standing={standing} />}
        <ChainCard chain={chain} />
      </aside>
    </div>
  );
}

function Head({
  view,
  claim,
  holdUntil,
}: {
  readonly view: CaseView;
  readonly claim: Claim | null;
  readonly holdUntil: string | null;
}): ReactElement {
  const caller = useCaller();
  const { of, tasks, record, inForce, label, reports, facts } = view;
  const giveBack = useAct(() => post(`/v1/queue/${of}/release`), { refresh: ["/v1/queue"] });
  const mine = claim?.by === caller.id;
  const end = holdUntil ?? facts?.holdUntil ?? null;
  const isHeld = inForce?.outcome === "hold" && end !== null;
  return (
    <Card
      title={tasks.length === 0 ? "Answered" : `Here because: ${tasks.map(taskText).join(", ")}`}
      actions={
        mine && (
          <>
            <Countdown until={claim.until} what="Your claim ends" />
            <Button kind="plain" onClick={() => giveBack.mutate(undefined)}>
              Give it back
            </Button>
          </>
        )
      }
    >
      <Figures
        figures={[
          { label: "Decided", value: <Time at={record.time} /> },
          { label: "Outcome", value: <OutcomeBadge outcome={record.outcome} /> },
          ...(inForce === null || inForce.outcome === record.outcome
            ? []
            : [{ label: "In force", value: <OutcomeBadge outcome={inForce.outcome} /> }]),
          ...(isHeld
            ? [{ label: "The hold ends", value: <Countdown until={end} what="The hold ends" /> }]
            : []),
          ...(label === null ? [] : [{ label: "Label", value: <Badge kind="accent">{label.label}</Badge> }]),
          ...(reports === null
            ? []
            : [
                {
                  label: "Reports",
                  value: `${reports.reports}, ${reports.trusted} trusted, weight ${reports.weightPerMille}`,
                },
              ]),
          { label: "Decision", value: <Link href={`/decisions/${of}`}>{of}</Link> },
        ]}
      />
    </Card>
  );
}

type Claiming = {
  readonly claim: Claim | null;
  readonly evidence: Evidence | undefined;
  readonly shown: boolean;
  readonly show: () => void;
  readonly hide: () => void;
  readonly claiming: ReturnType<typeof useAct<undefined, Claim>>;
  readonly opening: ReturnType<typeof useAct<undefined, Evidence>>;
};

// What was posted is asked for under a claim: that is the reason for which it is read. It is kept by this
// page alone, and gone with it.
function useClaim(view: CaseView): Claiming {
  const caller = useCaller();
  const { of, tasks } = view;
  const [evidence, setEvidence] = useState<Evidence>();
  const [shown, setShown] = useState(false);
  const { claim } = view;
  const claiming = useAct<undefined, Claim>(() => post<Claim>(`/v1/queue/${of}/claim`), {
    refresh: ["/v1/queue"],
  });
  const opening = useAct<undefined, Evidence>(async () => {
    const isOpen = tasks.length > 0 && (claim === null || claim.by === caller.id);
    if (isOpen && claim === null) await claiming.mutateAsync(undefined);
    const { event, evidence: state, said } = await get<CaseView>(`/v1/queue/${of}`);
    const read = { event, evidence: state, said };
    setEvidence(read);
    return read;
  });
  const show = (): void => {
    setShown(true);
    if (evidence === undefined && !opening.isPending) opening.mutate(undefined);
  };
  return { claim, evidence, shown, show, hide: () => setShown(false), claiming, opening };
}
