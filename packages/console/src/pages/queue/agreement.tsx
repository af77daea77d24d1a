// SPDX-License-Identifier: Apache-2.0
// How reviews go: what the policy misses and refuses wrongly, how far reviewers agree, how long cases wait.
import { useState } from "react";
import type { ReactElement } from "react";
import { useGet } from "../../api/use-get.ts";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { durationText } from "../../parts/time-text.ts";
import { taskText } from "../case/case-words.ts";
import { kappaText, shareText } from "./share-text.ts";
import type { Agreed, Interval } from "./share-text.ts";

type Estimate = Interval & { population: number; drawn: number; judged: number; hits: number };
type Statistics = {
  from: string;
  to: string;
  reviews: number;
  byTask: Record<string, { spam: number; notSpam: number; unsure: number }>;
  byReviewer: { by: string; reviews: number; agreement: Agreed }[];
  queueTime: { cases: number; medianMs: number | null; ninetiethMs: number | null };
  open: number;
  missed: Estimate;
  refusedWrongly: Estimate;
  agreement: Agreed;
  pairs: ({ first: string; second: string } & Agreed)[];
  rules: { rule: string; right: Interval & { of: number; count: number }; agreement: Agreed }[];
  notes: string[];
};

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const periods = [
  { value: "7", title: "the last 7 days" },
  { value: "30", title: "the last 30 days" },
  { value: "90", title: "the last 90 days" },
];

/** What reviews say of the policy and of each other. */
export function Agreement(): ReactElement {
  const [days, setDays] = useState("30");
  // To the hour, so that the same is asked again while the page is open.
  const [nowMs] = useState(() => Math.ceil(Date.now() / hourMs) * hourMs);
  const from = new Date(nowMs - Number(days) * dayMs).toISOString();
  const path = `/v1/reviews/statistics?from=${encodeURIComponent(from)}`;
  const { data, error, isPending } = useGet<Statistics>(path, { keep: true });
  return (
    <div className="queue">
      <div className="queue-filters">
        <Select label="Period" value={days} onChange={setDays} options={periods} />
      </div>
      {error !== null && <ErrorNote error={error} />}
      {isPending && <Loading />}
      {data !== undefined && data.reviews === 0 && (
        <Empty title="Nothing was reviewed in this time.">
          What reviewers find says how good the policy is, and how far they agree.
        </Empty>
      )}
      {data !== undefined && data.reviews > 0 && <Found found={data} />}
    </div>
  );
}

type FoundProps = { readonly found: Statistics };

function Found({ found }: FoundProps): ReactElement {
  return (
    <>
      <InFigures found={found} />
      <ByReviewer found={found} />
      <ByRule found={found} />
      <ByTask found={found} />
    </>
  );
}

function InFigures({ found }: FoundProps): ReactElement {
  const { queueTime, missed, refusedWrongly, agreement, notes } = found;
  return (
    <Card title="In a few figures">
      <Figures
        large
        figures={[
          { label: "Reviews", value: found.reviews },
          { label: "Waiting now", value: found.open },
          {
            label: "Half are answered within",
            value: queueTime.medianMs === null ? "no case" : durationText(queueTime.medianMs),
          },
          {
            label: "Nine of ten within",
            value: queueTime.ninetiethMs === null ? "no case" : durationText(queueTime.ninetiethMs),
          },
        ]}
      />
      <Figures
        figures={[
          {
            label: "Missed: spam among what was allowed",
            value: estimateText(missed),
            hint: `${missed.judged} of ${missed.drawn} drawn were looked at`,
          },
          {
            label: "Refused wrongly",
            value: estimateText(refusedWrongly),
            hint: `${refusedWrongly.judged} of ${refusedWrongly.drawn} drawn were looked at`,
          },
          { label: "Agreement of two who know nothing of each other", value: kappaText(agreement) },
        ]}
      />
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </Card>
  );
}

function ByReviewer({ found: { byReviewer, pairs } }: FoundProps): ReactElement {
  return (
    <Card title="By reviewer">
      <DataTable
        caption="Reviews and agreement by reviewer"
        rows={byReviewer}
        rowKey={({ by }) => by}
        columns={[
          { title: "Reviewer", cell: ({ by }) => <code>{by}</code> },
          { title: "Reviews", cell: ({ reviews }) => reviews, numeric: true },
          { title: "Agreement (kappa, 95% interval)", cell: ({ agreement: with_ }) => kappaText(with_) },
        ]}
      />
      {pairs.length > 0 && (
        <DataTable
          caption="Agreement by pair of reviewers"
          rows={pairs}
          rowKey={({ first, second }) => `${first} ${second}`}
          columns={[
            { title: "First", cell: ({ first }) => <code>{first}</code> },
            { title: "Second, blind", cell: ({ second }) => <code>{second}</code> },
            { title: "Agreement", cell: (pair) => kappaText(pair) },
          ]}
        />
      )}
    </Card>
  );
}

function ByRule({ found: { rules } }: FoundProps): ReactElement {
  return (
    <Card title="By rule">
      <DataTable
        caption="How many of a rule's reviewed cases were spam"
        rows={rules}
        rowKey={({ rule }) => rule}
        columns={[
          { title: "Rule", cell: ({ rule }) => <code>{rule}</code> },
          { title: "Reviewed", cell: ({ right }) => right.of, numeric: true },
          { title: "Spam", cell: ({ right }) => right.count, numeric: true },
          { title: "Share (95% interval)", cell: ({ right }) => shareText(right) },
          { title: "Agreement", cell: ({ agreement: with_ }) => kappaText(with_) },
        ]}
      />
    </Card>
  );
}

function ByTask({ found: { byTask } }: FoundProps): ReactElement {
  return (
    <Card title="By reason for asking">
      <DataTable
        caption="Findings by why the case was in the queue"
        rows={Object.entries(byTask)}
        rowKey={([task]) => task}
        columns={[
          { title: "Why it was here", cell: ([task]) => taskText({ task, blind: false }) },
          { title: "Spam", cell: ([, counts]) => counts.spam, numeric: true },
          { title: "Not spam", cell: ([, counts]) => counts.notSpam, numeric: true },
          { title: "Can't tell", cell: ([, counts]) => counts.unsure, numeric: true },
        ]}
      />
    </Card>
  );
}

function estimateText(estimate: Estimate): string {
  return estimate.judged === 0 ? "none was drawn and looked at" : shareText(estimate);
}
