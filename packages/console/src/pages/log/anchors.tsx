// SPDX-License-Identifier: Apache-2.0
// Stamps of clocks that the operator does not control.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { grouped } from "./answers.ts";
import type { RecordsAnswer } from "./answers.ts";

type Outcome = { name: string; state: "asked" | "anchored" | "failed"; fault: string | null };
type Stamped = { size: number; outcomes: Outcome[] };
const path = "/v1/records?kind=anchor&limit=20";

/** The newest stamps, and a button to have one more. */
export function Anchors(): ReactElement {
  const caller = useCaller();
  const { data, error } = useGet<RecordsAnswer>(path);
  const stamp = useAct(() => post<Stamped>("/v1/anchors"), { refresh: [path, "/v1/log"] });
  const button = caller.may("anchor") && (
    <Button onClick={() => stamp.mutate(undefined)} busy={stamp.isPending}>
      Have the log stamped now
    </Button>
  );
  if (error !== null) return <ErrorNote error={error} />;
  if (data === undefined) return <Loading />;
  return (
    <>
      {stamp.error !== null && <ErrorNote error={stamp.error} />}
      {stamp.data?.outcomes.map(({ name, state, fault }) => (
        <Note key={name} kind={state === "failed" ? "bad" : "good"} title={`${name}: ${state}`}>
          {fault}
        </Note>
      ))}
      {data.records.length === 0 ? (
        <Empty title="No outside clock has stamped this log yet.">
          <p>
            A stamp bounds when records were there by a clock that the operator does not control. Section{" "}
            <code>anchors</code> of <code>docket.yaml</code> names the clocks.
          </p>
          {button}
        </Empty>
      ) : (
        <>
          <p className="log-lead">{button}</p>
          <DataTable
            caption="Stamps of outside clocks, the newest first"
            rows={data.records.map(({ record }) => record)}
            rowKey={({ index }) => index}
            columns={[
              {
                title: "Record",
                numeric: true,
                cell: ({ index }) => <Link href={`/log/${index}`}>{grouped(index)}</Link>,
              },
              { title: "Clock", cell: (record) => String(record["name"]) },
              { title: "Kind", cell: (record) => <Badge>{String(record["source"])}</Badge> },
              {
                title: "Covers records",
                numeric: true,
                cell: (record) => grouped(Number(record["size"])),
              },
              { title: "Sealed", cell: ({ time }) => <Time at={time} exact /> },
            ]}
          />
        </>
      )}
    </>
  );
}
