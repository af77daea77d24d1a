// SPDX-License-Identifier: Apache-2.0
// A dispute, settled on this one page: what was decided and why, what the user says, what came of it, what a
// ruling would change, and the ruling. Each look at it is on record, so it is asked for once.
import type { Event } from "@docket/protocol";
import { useState } from "react";
import type { ReactElement } from "react";
import { Link, useLocation, useParams } from "wouter";
import { get } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { useOnce } from "../../api/use-once.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { Blurred } from "../../parts/blurred.tsx";
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
import "../case/case.css";
import { EventView } from "../case/content.tsx";
import { ChainCard, StandingCard, strikeText } from "../case/surroundings.tsx";
import type { ChainEntry } from "../decision/answers.ts";
import "../decision/decision.css";
import { WhyCard } from "../decision/why.tsx";
import { Abuse } from "./abuse.tsx";
import type { DisputeCase, DisputePage, RulingEffect } from "./answers.ts";
import { DialogueCard } from "./dialogue.tsx";
import "./dispute.css";
import { Effect, RulingCard } from "./ruling.tsx";
import { phaseKinds } from "./ruling-wish.ts";

const listEveryMs = 30_000;

/** `/disputes/:index` */
export function Page(): ReactElement {
  const { index } = useParams<{ index: string }>();
  return /^\d{1,15}$/.test(index) ? (
    <OneDispute key={index} index={Number(index)} />
  ) : (
    <Empty title="A dispute is named by the index of its record.">
      <Link href="/disputes">Go to the disputes</Link>
    </Empty>
  );
}

function OneDispute({ index }: { readonly index: number }): ReactElement {
  const [, go] = useLocation();
  const { data, error, isPending } = useOnce<DisputeCase>(`/v1/disputes/${index}?content=false`);
  const waiting = useGet<DisputePage>("/v1/disputes?state=open", { every: listEveryMs });
  const open = waiting.data?.disputes.filter(({ dispute }) => dispute !== index) ?? [];
  const next = (open.find(({ dispute }) => dispute > index) ?? open[0])?.dispute;
  const goOn = (): void => go(next === undefined ? "/disputes" : `/disputes/${next}`);
  useShortcuts([
    { key: "j", does: "Go to the next dispute", run: goOn },
    { key: "b", does: "Back to the disputes", run: () => go("/disputes") },
  ]);
  return (
    <PageFrame
      title={`Dispute ${index}`}
      lead={
        "What was decided, what the user says to it, and your " +
        "ruling, which is told to them and undoes what was wrong."
      }
      actions={
        <>
          <Link href="/disputes">Disputes</Link>
          <Button onClick={goOn} keys="j">
            {next === undefined ? "Back" : "Next"}
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {isPending && <Loading />}
      {data !== undefined && <Body view={data} />}
    </PageFrame>
  );
}

function Body({ view }: { readonly view: DisputeCase }): ReactElement {
  const caller = useCaller();
  const [done, setDone] = useState<RulingEffect>();
  const { phase, decision, standingNow, notBy, dispute, warned, texts } = view;
  const party = notBy.find(({ by }) => by === caller.id);
  const mayRule = caller.may("rule") && phase === "open";
  const language = texts[0]?.text?.language;
  return (
    <div className="case">
      <div className="case-main">
        <Head view={view} />
        <DialogueCard view={view} mayWrite={caller.may("rule")} language={language} />
        {decision !== undefined && <ContentCard dispute={dispute} />}
        {decision?.unexplained !== undefined && (
          <Note kind="open" title={`The decision is not explained: ${decision.unexplained}.`} />
        )}
        {decision?.explanation !== undefined && <WhyCard explanation={decision.explanation} />}
        {decision !== undefined && decision.rules.length > 0 && <RulesCard rules={decision.rules} />}
      </div>
      <aside className="case-side" aria-label="Ruling and surroundings">
        {done !== undefined && (
          <Effect title={`Decided: ${done.ruling}, as record ${done.index ?? ""}.`} effect={done} />
        )}
        {party !== undefined && phase === "open" && (
          <Note kind="open" title="Another person must decide this.">
            You had a part in it: <Link href={`/log/${party.index}`}>record {party.index}</Link> ({party.kind}
            ) is yours.
          </Note>
        )}
        {mayRule && party === undefined && <RulingCard view={view} language={language} onDone={setDone} />}
        <FollowedCard view={view} />
        <StandingCard standing={standingNow} />
        {view.standingThen !== undefined && <ThenCard standing={view.standingThen} />}
        <ChainCard chain={view.chain.map(chainEntry)} />
        <OthersCard view={view} />
        {caller.may("rule") && <Abuse dispute={dispute} warned={warned} />}
      </aside>
    </div>
  );
}

function Head({ view }: { readonly view: DisputeCase }): ReactElement {
  const { phase, opened, deadline, of, record, via, decision, ruling } = view;
  return (
    <Card title={`Against record ${of}, ${record.kind === "decision" ? "a decision" : `a ${record.kind}`}`}>
      <Figures
        figures={[
          { label: "State", value: <Badge kind={phaseKinds[phase] ?? "plain"}>{phase}</Badge> },
          {
            label: phase === "open" ? "To be answered" : "Answered",
            value:
              phase === "open" ? (
                <Countdown until={deadline} what="The deadline" />
              ) : (
                ruling !== undefined && <Time at={ruling.at} />
              ),
          },
          { label: "Opened", value: <Time at={opened} /> },
          { label: "How", value: via === "app" ? "through the app" : "with the token of the notice" },
          ...(decision === undefined
            ? []
            : [
                { label: "Decided", value: <OutcomeBadge outcome={decision.outcome.decided} /> },
                { label: "In force", value: <OutcomeBadge outcome={decision.outcome.outcome} /> },
                {
                  label: "Decision",
                  value: <Link href={`/decisions/${decision.record.index}`}>{decision.record.index}</Link>,
                },
              ]),
        ]}
      />
    </Card>
  );
}

// What was posted is asked for by itself: that it is read is on record, with the dispute as the reason.
function ContentCard({ dispute }: { readonly dispute: number }): ReactElement {
  const caller = useCaller();
  const [content, setContent] = useState<Event | "gone">();
  const [shown, setShown] = useState(false);
  const act = useAct<undefined, void>(async () => {
    const { decision } = await get<DisputeCase>(`/v1/disputes/${dispute}`);
    setContent(decision?.content ?? "gone");
  });
  const show = (): void => {
    setShown(true);
    if (content === undefined && !act.isPending) act.mutate(undefined);
  };
  const mayRead = caller.may("openReceipt");
  useShortcuts(
    mayRead
      ? [
          {
            key: "v",
            does: "Show or hide what was posted",
            run: () => (shown ? setShown(false) : show()),
          },
        ]
      : [],
  );
  if (!mayRead) return <Card title="What was posted">Your roles don't show it to you.</Card>;
  return (
    <Card
      title="What was posted"
      actions={
        shown && (
          <Button kind="plain" keys="v" onClick={() => setShown(false)}>
            Hide it
          </Button>
        )
      }
    >
      {act.error !== null && <ErrorNote error={act.error} />}
      <Blurred
        does="Show it"
        keys="v"
        shown={shown && content !== undefined}
        busy={act.isPending}
        onShow={show}
        hint="That you read it is recorded, with this dispute as the reason."
      >
        {content === "gone" && (
          <Note kind="open" title="What was posted is gone.">
            Its age was reached, or its user was erased.
          </Note>
        )}
        {content !== undefined && content !== "gone" && (
          <div className="case-content">
            <EventView event={content} />
          </div>
        )}
      </Blurred>
    </Card>
  );
}

function RulesCard({ rules }: Pick<NonNullable<DisputeCase["decision"]>, "rules">): ReactElement {
  return (
    <Card title="The rules, as they were then">
      {rules.map(({ policy, rule, place, text }) => (
        <details key={`${policy}/${rule}`}>
          <summary>
            <code>
              {policy}/{rule}
            </code>{" "}
            <span className="quiet">{place}</span>
          </summary>
          <pre tabIndex={0}>{text}</pre>
        </details>
      ))}
    </Card>
  );
}

function FollowedCard({
  view: { consequences = [], like = [] },
}: {
  readonly view: DisputeCase;
}): ReactElement | null {
  if (consequences.length + like.length === 0) return null;
  return (
    <Card title="What followed, and what is like it">
      <ul className="case-list">
        {consequences.map(({ index }) => (
          <li key={index}>
            <Link href={`/decisions/${index}`}>{index}</Link> was refused because of it
          </li>
        ))}
        {like.map(({ index, because }) => (
          <li key={index}>
            <Link href={`/queue/${index}`}>{index}</Link> is like it: the same {because}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ThenCard({
  standing,
}: {
  readonly standing: NonNullable<DisputeCase["standingThen"]>;
}): ReactElement {
  const restrictions = standing.restrictions.map(({ kind }) => kind);
  return (
    <Card title="The account as the decision found it">
      <p>
        It had {strikeText(standing.strikes)};{" "}
        {restrictions.length === 0 ? "no restriction" : restrictions.join(", ")}.
      </p>
    </Card>
  );
}

function OthersCard({ view: { others, warned } }: { readonly view: DisputeCase }): ReactElement | null {
  if (others.length === 0 && warned === undefined) return null;
  return (
    <Card title="Their other disputes">
      {warned !== undefined && (
        <p>
          Warned not to abuse disputes, <Time at={warned} />.
        </p>
      )}
      <ul className="case-list">
        {others.map(({ dispute, phase, opened }) => (
          <li key={dispute}>
            <Link href={`/disputes/${dispute}`}>{dispute}</Link>{" "}
            <Badge kind={phaseKinds[phase] ?? "plain"}>{phase}</Badge> <Time at={opened} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function chainEntry(record: DisputeCase["chain"][number]): ChainEntry {
  return { ...record, at: record.time };
}
