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
import type { Change, PolicyChange, Preview } from "./answers.ts";
import { ChangeActs } from "./change-acts.tsx";
import { DiffView } from "./diff-view.tsx";
import { PolicyFrame } from "./frame.tsx";
import { changeName, recordWords, shortId, stateOf, valueText } from "./words.ts";

/** One change: what differs, what its tests gave, what it would have done, and what can be done with it. */
export function ChangePage({ index }: { readonly index: string }): ReactElement {
  const { data, error } = useGet<Change>(`/v1/policy/records/${encodeURIComponent(index)}`);
  return (
    <PolicyFrame
      title={`Change ${index}`}
      lead={data === undefined ? "A change of the policy." : `${data.record.by} ${recordWords(data.record)}.`}
      actions={data !== undefined && <ChangeActs change={data} />}
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Shown change={data} />}
    </PolicyFrame>
  );
}

function Shown({ change: { record, proposal, change } }: { readonly change: Change }): ReactElement {
  return (
    <>
      <Card title="What it is">
        {change?.why !== undefined && change.why !== null && (
          <blockquote className="policy-why">{change.why}</blockquote>
        )}
        <Figures
          figures={[
            { label: "By", value: record.by },
            { label: "Sealed", value: <Time at={record.time} /> },
            ...(proposal === null ? [] : [{ label: "Stands", value: stateOf(proposal) }]),
            ...(proposal === null || proposal.candidate === null
              ? []
              : [{ label: "Release", value: <code>{shortId(proposal.candidate)}</code> }]),
            ...(proposal?.standby === true ? [{ label: "Kind", value: "stands by, to be switched to" }] : []),
            ...(record.of === undefined
              ? []
              : [
                  {
                    label: "About",
                    value: <Link href={`/policy/changes/${record.of}`}>record {record.of}</Link>,
                  },
                ]),
          ]}
        />
        {proposal !== null && proposal.approvals.length > 0 && (
          <ul className="policy-list">
            {proposal.approvals.map(({ index, by, at, alone }) => (
              <li key={index}>
                approved by {by} <Time at={at} /> {alone && <Badge kind="open">alone</Badge>}
              </li>
            ))}
          </ul>
        )}
        {proposal?.restrictsMore === true && (
          <Note kind="open" title="It may restrict somebody who is not restricted now." />
        )}
      </Card>
      {change?.preview !== undefined && <PreviewCard preview={change.preview} />}
      {change?.tests !== undefined && (
        <Card title="Tests">
          <p>
            {change.tests.run === 0
              ? "Its policies have no tests."
              : `${change.tests.run - change.tests.failed.length} of ${change.tests.run} passed.`}
          </p>
        </Card>
      )}
      {change?.changes !== undefined && change.changes.length > 0 && <Differences changes={change.changes} />}
      {change?.files !== undefined && change.files.length > 0 && (
        <Card title="Lines that differ">
          {change.files.map((file) => (
            <DiffView key={file.path} {...file} />
          ))}
        </Card>
      )}
    </>
  );
}

const restrictsWords = {
  more: "may restrict more",
  less: "restricts less",
  same: "restricts the same",
} as const;
const restrictsKinds = { more: "open", less: "good", same: "plain" } as const;

function Differences({ changes }: { readonly changes: readonly PolicyChange[] }): ReactElement {
  return (
    <Card title="What differs">
      <ul className="policy-list">
        {changes.map((change) => (
          <li key={changeName(change)}>
            {changeName(change)}{" "}
            <Badge kind={restrictsKinds[change.restricts]}>{restrictsWords[change.restricts]}</Badge>
            <dl className="policy-fields">
              {change.fields.map(({ field, before, after }) => (
                <div key={field}>
                  <dt>{field}</dt>
                  <dd>
                    {before !== undefined && <del>{valueText(before)}</del>}{" "}
                    {after !== undefined && <ins>{valueText(after)}</ins>}
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function PreviewCard({ preview }: { readonly preview: Preview }): ReactElement {
  if (!preview.ran) {
    return (
      <Card title="Preview on the last week">
        <p>It was not run: {preview.why}.</p>
      </Card>
    );
  }
  const { events, changed, rules, notes = [] } = preview;
  return (
    <Card title="Preview on the last week">
      <Figures
        large
        figures={[
          { label: "Events decided again", value: events.toLocaleString("en") },
          { label: "Come out otherwise", value: changed.toLocaleString("en") },
        ]}
      />
      {rules.length > 0 && (
        <DataTable
          caption="Hits of rules before and after"
          rows={rules}
          rowKey={({ policy, rule }) => `${policy}/${rule}`}
          columns={[
            { title: "Rule", cell: ({ policy, rule }) => <code>{`${policy}/${rule}`}</code> },
            { title: "Hits in force", numeric: true, cell: ({ before }) => before.toLocaleString("en") },
            { title: "Hits with it", numeric: true, cell: ({ after }) => after.toLocaleString("en") },
          ]}
        />
      )}
      {notes.map((note) => (
        <p key={note} className="quiet">
          {note}
        </p>
      ))}
    </Card>
  );
}
