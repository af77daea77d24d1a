// SPDX-License-Identifier: Apache-2.0
// One record of the log: what it says, when it was sealed, what names it, and its proof.
import type { ReactElement } from "react";
import { Link, useLocation, useParams } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Loading } from "../../parts/loading.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Time } from "../../parts/time.tsx";
import { useCaller } from "../../session/session.tsx";
import { ProofCard, useReceipt } from "../decision/proof.tsx";
import { grouped } from "../log/answers.ts";
import type { LogRecord, RecordsAnswer } from "../log/answers.ts";
import { noFilters } from "../log/filters.ts";
import { RecordList } from "../log/records.tsx";
import { fieldsOf } from "./fields.ts";
import "../decision/decision.css";
import "../log/log.css";

type Bound = { time: string; anchor: number; name: string } | null;
type IntervalAnswer = { notBefore: Bound; notAfter: Bound; widthMs: number | null };

/** `/log/:index`. */
export function Page(): ReactElement {
  const { index = "" } = useParams();
  const isIndex = /^(0|[1-9]\d{0,14})$/.test(index);
  const at = Number(index);
  const { data, error } = useGet<RecordsAnswer>(isIndex ? `/v1/records?before=${at + 1}&limit=1` : undefined);
  const found = data?.records[0];
  if (error !== null) {
    return (
      <PageFrame title="Record">
        <ErrorNote error={error} />
      </PageFrame>
    );
  }
  if (isIndex && data === undefined) return <Loading what="Loading the record" />;
  if (found?.record.index !== at) {
    const newest = (data?.size ?? 0) - 1;
    return (
      <PageFrame title="Record">
        <Empty title={`There is no record ${index}.`}>
          {newest >= 0 && <Link href={`/log/${newest}`}>The newest is record {grouped(newest)}.</Link>}{" "}
          <Link href="/log">All records</Link>
        </Empty>
      </PageFrame>
    );
  }
  return <OneRecord key={at} record={found.record} says={found.says} size={data?.size ?? 0} />;
}

function OneRecord({
  record,
  says,
  size,
}: {
  readonly record: LogRecord;
  readonly says: string;
  readonly size: number;
}): ReactElement {
  const { index } = record;
  const [, go] = useLocation();
  const receipt = useReceipt(index);
  const earlier = index > 0 ? index - 1 : undefined;
  const later = index + 1 < size ? index + 1 : undefined;
  useShortcuts([
    { key: "j", does: "The record before", run: () => earlier !== undefined && go(`/log/${earlier}`) },
    { key: "k", does: "The record after", run: () => later !== undefined && go(`/log/${later}`) },
    { key: "s", does: "Save the receipt", run: receipt.save },
  ]);
  return (
    <PageFrame
      title={`Record ${grouped(index)}`}
      lead={`${says.charAt(0).toUpperCase()}${says.slice(1)}.`}
      actions={
        <>
          {earlier !== undefined && (
            <Link className="button" href={`/log/${earlier}`}>
              Before
            </Link>
          )}
          {later !== undefined && (
            <Link className="button" href={`/log/${later}`}>
              After
            </Link>
          )}
          {record.kind === "decision" && (
            <Link className="button button-primary" href={`/decisions/${index}`}>
              Open the decision
            </Link>
          )}
          {receipt.ready && <Button onClick={receipt.save}>Save the receipt</Button>}
        </>
      }
    >
      <WhatItSays record={record} />
      <Card title="Records that name it">
        <RecordList filters={{ ...noFilters, of: String(index) }} none="No other record names it." />
      </Card>
      <ProofCard receipt={receipt} />
      <Card title="Its leaf, as it is hashed">
        <JsonView value={record} label="The record as JSON" />
      </Card>
    </PageFrame>
  );
}

function WhatItSays({ record }: { readonly record: LogRecord }): ReactElement {
  return (
    <Card title="What it says">
      <Figures
        figures={[
          { label: "Kind", value: record.kind },
          { label: "By", value: <code>{record.by}</code> },
          { label: "Sealed", value: <Sealed record={record} /> },
          ...fieldsOf(record).map(({ name, values }) => ({
            label: name,
            value: values.map(({ text, href }, place) => (
              <span key={text}>
                {place > 0 && ", "}
                {href === undefined ? text : <Link href={href}>{text}</Link>}
              </span>
            )),
          })),
        ]}
      />
    </Card>
  );
}

function Sealed({ record }: { readonly record: LogRecord }): ReactElement {
  const { uncertaintyMs, time, index } = record;
  const may = useCaller().may("readAnchors");
  const { data } = useGet<IntervalAnswer>(may ? `/v1/anchors/interval/${index}` : undefined);
  return (
    <>
      <Time at={time} exact /> {uncertaintyMs === null ? "" : `± ${uncertaintyMs.toLocaleString("en")} ms`}
      {data !== undefined && <Stamps interval={data} />}
    </>
  );
}

function Stamps({ interval: { notBefore, notAfter } }: { readonly interval: IntervalAnswer }): ReactElement {
  if (notBefore === null && notAfter === null)
    return <p className="quiet">No outside clock bounds it yet.</p>;
  return (
    <p className="quiet">
      {notBefore !== null && (
        <>
          after <Time at={notBefore.time} exact /> by{" "}
          <Link href={`/log/${notBefore.anchor}`}>{notBefore.name}</Link>{" "}
        </>
      )}
      {notAfter !== null && (
        <>
          before <Time at={notAfter.time} exact /> by{" "}
          <Link href={`/log/${notAfter.anchor}`}>{notAfter.name}</Link>
        </>
      )}
    </p>
  );
}
