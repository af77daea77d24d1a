// SPDX-License-Identifier: Apache-2.0
// The first three cards of a decision: what, when, who.
import type { DecisionBody, Facts, RecordHeader } from "@docket/protocol";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge, OutcomeBadge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { Figures } from "../../parts/figures.tsx";
import type { Figure } from "../../parts/figures.tsx";
import { exactText } from "../../parts/time-text.ts";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { AnchorInterval, CasePage } from "./answers.ts";

/** What was decided, and what holds now. */
export function WhatCard({ page }: { readonly page: CasePage }): ReactElement {
  const { record, facts, inForce, label, reports, explanation } = page;
  const campaign = facts?.values["campaign.id"];
  const verdict = inForce?.verdict;
  const figures: Figure[] = [
    { label: "Decided", value: <OutcomeBadge outcome={record.outcome} /> },
    {
      label: "In force now",
      value:
        inForce === null ? (
          <span className="quiet">hidden until you have reviewed it</span>
        ) : (
          <>
            <OutcomeBadge outcome={inForce.outcome} />
            {verdict !== undefined && (
              <>
                {" "}
                <Link href={`/log/${verdict.index}`}>
                  {verdict.verdict} after {verdict.cause}
                </Link>
              </>
            )}
          </>
        ),
    },
    { label: "Event", value: facts === null ? "facts are gone" : `${facts.event.type} (${facts.event.op})` },
  ];
  const next = explanation?.next ?? undefined;
  if (next !== undefined) figures.push({ label: "Next", value: next });
  if (facts !== null && facts.points > 0) figures.push({ label: "Points", value: facts.points });
  if (typeof campaign === "string") {
    figures.push({
      label: "Campaign",
      value: <Link href={`/campaigns/${encodeURIComponent(campaign)}`}>{campaign.slice(0, 12)}</Link>,
    });
  }
  if (label !== null) figures.push({ label: "Label", value: `${label.label}, by ${label.by}` });
  if (reports !== null) figures.push({ label: "Reports", value: reports.reports });
  if (facts?.late === true) figures.push({ label: "Late", value: "the app had acted before" });
  return (
    <Card title="What">
      <Figures figures={figures} />
    </Card>
  );
}

/** When it was decided and sealed, and how sure that is. */
export function WhenCard({
  index,
  record,
  facts,
}: {
  readonly index: number;
  readonly record: RecordHeader & DecisionBody;
  readonly facts: Facts | null;
}): ReactElement {
  const mayAnchors = useCaller().may("readAnchors");
  const { data: interval } = useGet<AnchorInterval>(mayAnchors ? `/v1/anchors/interval/${index}` : undefined);
  const { time, uncertaintyMs } = record;
  const figures: Figure[] = [];
  if (facts !== null) {
    figures.push({
      label: "Decided",
      value: (
        <>
          <Time at={facts.decidedAt} exact />
          <div className="quiet">
            {facts.clock === "event" ? "the time that the app gave" : "the time of receipt"}
          </div>
        </>
      ),
    });
  }
  figures.push({
    label: "Sealed",
    value: (
      <>
        <Time at={time} exact />
        <div className="quiet">
          {uncertaintyMs === null ? "how exact is not known" : `± ${uncertaintyMs} ms`}
        </div>
      </>
    ),
  });
  if (interval !== undefined) figures.push({ label: "Outside clocks say", value: anchored(interval) });
  return (
    <Card title="When">
      <Figures figures={figures} />
    </Card>
  );
}

function anchored({ notBefore, notAfter }: AnchorInterval): ReactElement {
  if (notBefore === null && notAfter === null) return <span className="quiet">nothing yet</span>;
  return (
    <>
      {notBefore !== null && (
        <div>
          not before {exactText(Date.parse(notBefore.time))}{" "}
          <Link href={`/log/${notBefore.anchor}`}>{notBefore.name}</Link>
        </div>
      )}
      {notAfter === null ? (
        <div className="quiet">no stamp after it yet</div>
      ) : (
        <div>
          not after {exactText(Date.parse(notAfter.time))}{" "}
          <Link href={`/log/${notAfter.anchor}`}>{notAfter.name}</Link>
        </div>
      )}
    </>
  );
}

/** Whose event it was, and how they stand. */
export function WhoCard({ page }: { readonly page: CasePage }): ReactElement {
  const { record, standing, facts } = page;
  const strikes = standing?.strikes.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return (
    <Card title="Who">
      <Figures
        figures={[
          {
            label: "Actor",
            value: (
              <Link href={`/actors/${record.actor}`}>
                <code>{record.actor}</code>
              </Link>
            ),
          },
          {
            label: "Stands now",
            value:
              standing === null ? (
                <span className="quiet">hidden until you have reviewed it</span>
              ) : (
                <>
                  {standing.restrictions.map(({ id, kind }) => (
                    <Badge key={id} kind="bad">
                      {kind}
                    </Badge>
                  ))}{" "}
                  {strikes === 0 && standing.restrictions.length === 0
                    ? "no strikes, no restrictions"
                    : `${strikes} strike${strikes === 1 ? "" : "s"}`}
                </>
              ),
          },
          {
            label: "Reported by",
            value: (
              <>
                <code>{record.by}</code>
                {facts !== null && <span className="quiet"> over {facts.source}</span>}
              </>
            ),
          },
        ]}
      />
    </Card>
  );
}
