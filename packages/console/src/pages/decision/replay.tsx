// SPDX-License-Identifier: Apache-2.0
// The decision made again, when somebody asks for it.
import { useState } from "react";
import type { ReactElement } from "react";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import type { Replay } from "./answers.ts";

/** Makes a decision again and shows what came out. */
export function ReplayCard({ index }: { readonly index: number }): ReactElement {
  const [asked, setAsked] = useState(false);
  const path = `/v1/decisions/${index}/replay`;
  const { data, error, isFetching, refetch } = useGet<Replay>(asked ? path : undefined);
  const run = (): void => {
    if (asked) void refetch();
    else setAsked(true);
  };
  useShortcuts([{ key: "r", does: "Make this decision again", run }]);
  return (
    <Card
      title="Replay"
      actions={
        <Button keys="r" onClick={run} busy={isFetching}>
          Make this decision again
        </Button>
      }
    >
      {!asked && (
        <p className="quiet">
          Decides it anew from its recorded facts, under the policy of then, and compares everything.
        </p>
      )}
      {error !== null && <ErrorNote error={error} />}
      {asked && data === undefined && error === null && <Loading what="Deciding" />}
      {data !== undefined && <Result replay={data} />}
    </Card>
  );
}

function Result({ replay }: { readonly replay: Replay }): ReactElement {
  const { verdict, release, checked, findings, findingCount, unchecked } = replay;
  const isSame = verdict === "same";
  return (
    <div data-replay={verdict}>
      <Note
        kind={isSame ? "good" : "bad"}
        title={isSame ? "It comes out again, to the letter." : "It does not come out as it was recorded."}
      >
        Under release <code>{release.slice(0, 12)}</code>
        {!isSame && `, with ${findingCount === 1 ? "1 difference" : `${findingCount} differences`}`}.
      </Note>
      {findings.length > 0 && (
        <DataTable
          caption="Differences"
          rows={findings}
          rowKey={({ what }) => what}
          columns={[
            {
              title: "What",
              cell: ({ what, clause }) => (clause === undefined ? what : `${what} (${clause.rule})`),
            },
            { title: "Recorded", cell: ({ recorded }) => <code>{JSON.stringify(recorded)}</code> },
            { title: "Came out", cell: ({ replayed }) => <code>{JSON.stringify(replayed)}</code> },
          ]}
        />
      )}
      <div className="decision-halves decision-replayed">
        <div>
          <h3>Compared</h3>
          <ul>
            {checked.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
        <div>
          <h3>Not compared here</h3>
          <ul>
            {unchecked.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </div>
      </div>
    </div>
  );
}
