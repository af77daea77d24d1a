// SPDX-License-Identifier: Apache-2.0
// Everything that concerns an account: drawn, and listed with the newest first.
import { useRef, useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useRowKeys } from "../../keys/row-keys.ts";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { Time } from "../../parts/time.tsx";
import type { Standing } from "../decision/answers.ts";
import type { TimelineEntry } from "./answers.ts";
import { Picture } from "./picture.tsx";
import { useTimeline } from "./use-timeline.ts";

const filters = [
  { value: "", title: "Everything" },
  { value: "decision", title: "Decisions" },
  { value: "verdict,measure,lapse,link,applied", title: "What was done about it" },
  { value: "report,review", title: "Reports and reviews" },
  { value: "dispute,message,ruling,token-revoked", title: "Disputes" },
] as const;

/** The timeline of an actor. */
export function TimelineCard({
  actor,
  standing,
}: {
  readonly actor: string;
  readonly standing: Standing;
}): ReactElement {
  const [kinds, setKinds] = useState("");
  const timeline = useTimeline(actor, kinds === "" ? undefined : kinds);
  const { entries } = timeline;
  return (
    <Card
      title="Timeline"
      actions={<Select quiet label="Show" value={kinds} onChange={setKinds} options={filters} />}
    >
      {timeline.error !== null && <ErrorNote error={timeline.error} />}
      {timeline.first === undefined && timeline.isLoading && <Loading />}
      {timeline.first !== undefined && entries.length === 0 && <Empty title="Nothing of this kind." />}
      {entries.length > 0 && (
        <>
          <Picture entries={entries} standing={standing} />
          <Entries entries={entries} />
        </>
      )}
      <More shown={timeline.hasMore} busy={timeline.isLoading} onMore={timeline.more} />
    </Card>
  );
}

function Entries({ entries }: { readonly entries: readonly TimelineEntry[] }): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  useRowKeys(box, "entry");
  return (
    <div ref={box}>
      <DataTable
        caption="Timeline"
        rows={entries}
        rowKey={({ index }) => index}
        columns={[
          {
            title: "When",
            cell: ({ at }) => (
              <span className="actor-when">
                <Time at={at} />
              </span>
            ),
          },
          { title: "Record", numeric: true, cell: ({ index }) => index },
          {
            title: "What",
            cell: (entry) => (
              <span className="actor-says">
                {entry.outcome !== undefined && <OutcomeBadge outcome={entry.outcome} />}{" "}
                <Link href={linkOf(entry)}>{entry.says}</Link>
              </span>
            ),
          },
        ]}
      />
    </div>
  );
}

function linkOf({ kind, index, of }: TimelineEntry): string {
  if (kind === "decision") return `/decisions/${index}`;
  if (kind === "dispute") return `/disputes/${index}`;
  if ((kind === "message" || kind === "ruling") && of !== undefined) return `/disputes/${of}`;
  return `/log/${index}`;
}
