// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Brakes, Changes, Proposal } from "./answers.ts";
import { BrakesCard } from "./brakes.tsx";
import { PolicyFrame } from "./frame.tsx";
import { RollbackButton } from "./rollback.tsx";
import { StandbyCard } from "./standby.tsx";
import { howInForce, shortId, stateOf } from "./words.ts";

const everyMs = 10_000;

/** What is in force, and what waits for somebody. */
export function InForcePage(): ReactElement {
  const caller = useCaller();
  const changes = useGet<Changes>("/v1/policy", { every: everyMs });
  const brakes = useGet<Brakes>("/v1/policy/brakes", { every: everyMs });
  const actions = (
    <>
      {caller.may("publishPolicy") && changes.data !== undefined && <RollbackButton changes={changes.data} />}
      <Link href="/policy/edit" className="button button-primary">
        {caller.may("proposePolicy") ? "Change the policy" : "Read the files"}
      </Link>
    </>
  );
  return (
    <PolicyFrame
      title="Policy"
      lead="The rules that events are decided by: what is in force now, and what waits for somebody."
      actions={actions}
    >
      {changes.error !== null && <ErrorNote error={changes.error} />}
      {changes.data === undefined && changes.error === null && <Loading />}
      {changes.data !== undefined && <Standing changes={changes.data} />}
      {brakes.data !== undefined && <BrakesCard brakes={brakes.data} />}
    </PolicyFrame>
  );
}

function Standing({ changes }: { readonly changes: Changes }): ReactElement {
  const { level, release, since, revertsAt, revertsTo, proposals } = changes;
  const ready = proposals.filter(({ standby, state }) => standby && state === "approved");
  const waiting = proposals.filter((proposal) => !ready.includes(proposal));
  return (
    <>
      {revertsAt !== null && (
        <Note kind="open" title="This release is in force for a time only.">
          It goes back to {revertsTo === null ? "the one before" : shortId(revertsTo)} by itself{" "}
          <Time at={revertsAt} /> (<Time at={revertsAt} exact />
          ), unless somebody else approves it:{" "}
          <Link href={`/policy/changes/${since?.index}`}>look at it</Link>.
        </Note>
      )}
      <Card title="In force">
        <Figures
          figures={[
            {
              label: "Release",
              value: (
                <code title={release ?? undefined}>{release === null ? "none yet" : shortId(release)}</code>
              ),
            },
            { label: "Since", value: since === null ? "–" : <Time at={since.at} /> },
            { label: "By", value: since === null ? "–" : since.by },
            { label: "How", value: since === null ? "–" : howInForce(since.via) },
            {
              label: "Record",
              value:
                since === null ? "–" : <Link href={`/policy/changes/${since.index}`}>{since.index}</Link>,
            },
            { label: "Level of duties", value: levelWords[level] ?? level },
          ]}
        />
      </Card>
      <StandbyCard changes={changes} ready={ready} />
      <Card title="Proposals">
        {waiting.length === 0 ? (
          <p className="quiet">Nothing waits for anybody.</p>
        ) : (
          <Proposals rows={waiting} />
        )}
      </Card>
    </>
  );
}

const levelWords: Readonly<Record<string, string>> = {
  solo: "solo: one person may do it, after ten minutes",
  pair: "pair: another person approves",
  strict: "strict: another person of another role approves",
};

function Proposals({ rows }: { readonly rows: readonly Proposal[] }): ReactElement {
  return (
    <DataTable
      caption="Proposals that are neither published nor cancelled"
      rows={rows}
      rowKey={({ index }) => index}
      columns={[
        {
          title: "What",
          cell: (row) => <Link href={`/policy/changes/${row.index}`}>{whatOf(row)}</Link>,
        },
        { title: "By", cell: ({ by }) => by },
        { title: "Made", cell: ({ at }) => <Time at={at} /> },
        { title: "Stands", cell: (row) => stateOf(row) },
        {
          title: "Reach",
          cell: ({ restrictsMore }) =>
            restrictsMore ? <Badge kind="open">may restrict more</Badge> : <Badge>restricts no more</Badge>,
        },
      ]}
    />
  );
}

function whatOf({ candidate, level, list, standby }: Proposal): string {
  if (list !== null) return `List ${list.list}: ${list.added} in, ${list.removed} out`;
  if (level !== null) return `Level ${level}`;
  return `${standby ? "Stand-by r" : "R"}elease ${shortId(candidate ?? "")}`;
}
