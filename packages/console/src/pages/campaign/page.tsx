// SPDX-License-Identifier: Apache-2.0
// One campaign: when it came, what was decided, and who shares what with whom.
import type { ReactElement } from "react";
import { Link, useParams } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { CaseFileOfRecords } from "../../parts/case-file.tsx";
import { Card } from "../../parts/card.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { OutcomeBars } from "../../parts/outcome-bars.tsx";
import { OutcomeMix } from "../../parts/outcome-mix.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { SharingDrawn } from "../../parts/sharing.tsx";
import { shortName } from "../../parts/sharing-layout.ts";
import { Time } from "../../parts/time.tsx";
import type { CampaignView } from "../campaigns/answers.ts";
import "../campaigns/campaigns.css";
import "./campaign.css";

/** Most records that are listed; the case file and the decisions' page have more. */
const listedMax = 40;
/** The picture of its time has at least so many stretches. */
const bucketsMin = 24;

/** A campaign's page. */
export function Page(): ReactElement {
  const { id } = useParams<{ id: string }>();
  const path = `/v1/campaigns/${encodeURIComponent(id)}`;
  const { data, error } = useGet<CampaignView>(path);
  return (
    <PageFrame
      title={`Campaign ${shortName(id)}`}
      lead="Near copies, or texts that lead to one place: what was decided of them, and who shares what."
      actions={
        data === undefined ? undefined : (
          <>
            <CopyButton text={id} what="Copy its id" />
            <Link className="button" href={`/decisions?campaign=${encodeURIComponent(id)}`}>
              See the decisions
            </Link>
            <CaseFileOfRecords records={data.records} />
          </>
        )
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Shown campaign={data} />}
    </PageFrame>
  );
}

function Shown({ campaign }: { readonly campaign: CampaignView }): ReactElement {
  const { decisions, actors, outcomes, refused, restricted, from, to, series, bucketMs, sharing, looked } =
    campaign;
  const toMs = Math.floor(Date.parse(to) / bucketMs) * bucketMs + bucketMs;
  // What was over in a minute is a bar, and not a wall.
  const fromMs = Math.min(Date.parse(series[0]?.from ?? from), toMs - bucketsMin * bucketMs);
  return (
    <>
      <section className="card" aria-label="In numbers">
        <Figures
          figures={[
            { label: "Decisions", value: decisions },
            { label: "Accounts", value: actors },
            { label: "Stopped for their own sake", value: refused },
            { label: "Refused under a restriction", value: restricted },
            { label: "First", value: <Time at={from} /> },
            { label: "Last", value: <Time at={to} /> },
            { label: "Outcomes", value: <OutcomeMix outcomes={outcomes} /> },
          ]}
        />
        {looked < decisions && (
          <p className="campaign-about">What follows is made from its newest {looked} decisions.</p>
        )}
      </section>
      <Card title="Who shares what with whom">
        <SharingDrawn sharing={sharing} />
      </Card>
      <Card title="When it came">
        <OutcomeBars
          label="Decisions of the campaign over time"
          buckets={series}
          {...{ fromMs, toMs, bucketMs }}
        />
      </Card>
      <Rules campaign={campaign} />
      <Card title="Newest decisions">
        <p className="campaign-records">
          {campaign.records.slice(0, listedMax).map((index) => (
            <Link key={index} href={`/decisions/${index}`}>
              {index}
            </Link>
          ))}
        </p>
      </Card>
    </>
  );
}

function Rules({ campaign: { rules, looked } }: { readonly campaign: CampaignView }): ReactElement {
  return (
    <Card title="Rules that fired">
      {rules.length === 0 ? (
        <p className="campaign-about">None: no rule reads what these texts have in common.</p>
      ) : (
        <ul>
          {rules.map(({ rule, count }) => (
            <li key={rule}>
              <Link href={`/decisions?rule=${encodeURIComponent(rule)}`}>{rule}</Link> in {count} of {looked}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
