// SPDX-License-Identifier: Apache-2.0
// Who read what of the site: readings with their reasons, and evidence that was opened or taken out.
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { grouped } from "./answers.ts";
import { noFilters } from "./filters.ts";
import { RecordList } from "./records.tsx";

type Reading = {
  index: number;
  at: string;
  by: string;
  role: string;
  what: string;
  of: number | null;
  subject: string | null;
  count: number;
  reason: string | null;
};
const opened = { ...noFilters, kind: "opening,export" };

/** Readings, and what was opened or taken out. */
export function AccessTab(): ReactElement {
  const caller = useCaller();
  return (
    <>
      {caller.may("readReads") && <Readings />}
      <Card title="Evidence that was opened, and what was taken out">
        <RecordList filters={opened} none="Nothing was opened or taken out." />
      </Card>
    </>
  );
}

function Readings(): ReactElement {
  const { data, error } = useGet<{ reads: Reading[] }>("/v1/reads?limit=50");
  return (
    <Card title="Who looked at what">
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data?.reads.length === 0 && <Empty title="Nobody has read anything that leaves a record." />}
      {data !== undefined && data.reads.length > 0 && (
        <DataTable
          caption="Readings, the newest first"
          rows={data.reads}
          rowKey={({ index }) => index}
          columns={[
            {
              title: "Record",
              numeric: true,
              cell: ({ index }) => <Link href={`/log/${index}`}>{grouped(index)}</Link>,
            },
            { title: "When", cell: ({ at }) => <Time at={at} /> },
            {
              title: "Who",
              cell: ({ by, role }) => (
                <>
                  <code className="log-by">{by}</code> <span className="quiet">{role}</span>
                </>
              ),
            },
            {
              title: "What",
              cell: ({ what, count }) => (count === 1 ? what : `${what}, ${grouped(count)} times`),
            },
            { title: "Of", cell: About },
            { title: "Why", cell: ({ reason }) => reason ?? "" },
          ]}
        />
      )}
    </Card>
  );
}

function About({ of, subject }: Reading): ReactElement | string {
  if (of !== null) return <Link href={`/log/${of}`}>record {grouped(of)}</Link>;
  return subject === null ? "" : <Link href={`/actors/${subject}`}>{subject}</Link>;
}
