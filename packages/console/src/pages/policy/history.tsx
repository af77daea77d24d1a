// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { More } from "../../parts/more.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Changes, ChangeRecord } from "./answers.ts";
import { PolicyFrame } from "./frame.tsx";
import { RollbackButton } from "./rollback.tsx";
import { recordWords } from "./words.ts";

const pageRecords = 50;
const recordsMax = 1000;

/** Every step of every change, the newest first. */
export function HistoryPage(): ReactElement {
  const caller = useCaller();
  const [limit, setLimit] = useState(pageRecords);
  const { data, error, isFetching } = useGet<ChangeRecord[]>(`/v1/policy/log?limit=${limit}`, { keep: true });
  const changes = useGet<Changes>("/v1/policy").data;
  const inForce = data?.find(({ kind }) => kind === "release")?.index;
  return (
    <PolicyFrame
      title="History of the policy"
      lead="Each step of each change is a record: by whom, when, and why."
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.length === 0 && (
        <Empty title="Nothing was changed yet: the first event seals the first release." />
      )}
      {data !== undefined && data.length > 0 && (
        <div className="card">
          <DataTable
            caption="Records of changes of the policy"
            rows={data}
            rowKey={({ index }) => index}
            columns={[
              {
                title: "Record",
                cell: ({ index }) => <Link href={`/policy/changes/${index}`}>{index}</Link>,
              },
              { title: "Sealed", cell: ({ time }) => <Time at={time} /> },
              { title: "By", cell: ({ by }) => by },
              { title: "What", cell: (record) => recordWords(record) },
              {
                title: "Go back to it",
                cell: ({ kind, release, index }) =>
                  kind === "release" &&
                  release !== undefined &&
                  index !== inForce &&
                  release !== changes?.release &&
                  changes !== undefined &&
                  caller.may("publishPolicy") ? (
                    <RollbackButton changes={changes} to={release} label="Go back to this" />
                  ) : index === inForce ? (
                    "in force"
                  ) : (
                    ""
                  ),
              },
            ]}
          />
        </div>
      )}
      <More
        shown={data !== undefined && data.length >= limit && limit < recordsMax}
        busy={isFetching}
        onMore={() => setLimit(Math.min(recordsMax, limit + pageRecords))}
      />
    </PolicyFrame>
  );
}
