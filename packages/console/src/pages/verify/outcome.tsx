// SPDX-License-Identifier: Apache-2.0
// What verification found, as a page.
import type { LogReport } from "@docket/verify";
import type { ReactElement } from "react";
import { Link } from "wouter";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { DataTable } from "../../parts/data-table.tsx";
import { download } from "../../parts/download.ts";
import { Figures } from "../../parts/figures.tsx";
import { Note } from "../../parts/note.tsx";
import { Time } from "../../parts/time.tsx";
import type { VerifyDone } from "./job.ts";
import { checkName, localChecks, numberText, tookText, verdictOf } from "./words.ts";

type Props = { readonly done: VerifyDone; readonly tookMs: number; readonly fromServer: boolean };

/** The verdict, the checks that it rests on, and what could not be checked. */
export function Outcome({ done, tookMs, fromServer }: Props): ReactElement {
  const { report, bytes, requests, checkpoint } = done;
  const verdict = verdictOf(report, fromServer);
  return (
    <>
      <Note kind={verdict.kind} title={verdict.title}>
        {verdict.more}{" "}
        {report.first?.index !== null && report.first?.index !== undefined && (
          <Link href={`/log/${report.first.index}`}>Look at record {numberText(report.first.index)}</Link>
        )}
      </Note>
      <Card
        title="What was checked"
        actions={
          <>
            <Button onClick={() => download("verification.json", JSON.stringify(report, null, 2))}>
              Save the report
            </Button>
            {checkpoint !== undefined && (
              <Button onClick={() => download(`checkpoint-${report.size ?? 0}`, checkpoint, "text/plain")}>
                Save the checkpoint
              </Button>
            )}
          </>
        }
      >
        <Figures
          figures={[
            { label: "Records", value: numberText(report.records.published) },
            { label: "Took", value: tookText(tookMs) },
            {
              label: "Read",
              value: `${(bytes / 1_048_576).toFixed(1)} MiB in ${numberText(requests)} requests`,
            },
            { label: "First record", value: timeOr(report.records.firstTime) },
            { label: "Last record", value: timeOr(report.records.lastTime) },
            { label: "Log", value: report.origin ?? "unknown" },
          ]}
        />
        <Checks report={report} />
      </Card>
      <Findings report={report} />
    </>
  );
}

function Checks({ report }: { readonly report: LogReport }): ReactElement {
  const shown = report.checks.filter(({ name, ok }) => ok !== null || !localChecks.has(name));
  return (
    <DataTable
      caption="Checks"
      rows={shown}
      rowKey={({ name }) => name}
      columns={[
        { title: "Check", cell: checkName },
        {
          title: "Result",
          cell: ({ ok }) => {
            if (ok === null) return <Badge>not checked</Badge>;
            return ok ? <Badge kind="good">holds</Badge> : <Badge kind="bad">fails</Badge>;
          },
        },
        { title: "What was found", cell: ({ detail }) => detail },
      ]}
    />
  );
}

function Findings({ report }: { readonly report: LogReport }): ReactElement {
  const { faults, faultCount, limits, notes, records } = report;
  const kinds = Object.entries(records.byKind).sort(([, one], [, other]) => other - one);
  return (
    <>
      {faults.length > 0 && (
        <Card title={`What is wrong (${numberText(faultCount)})`}>
          <ul>
            {faults.map(({ place, index, reason }, at) => (
              <li key={`${place} ${index ?? at}`}>
                {index === null ? place : <Link href={`/log/${index}`}>record {index}</Link>}: {reason}
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Card title="What this can't say">
        <ul>
          {[...limits, ...notes].map((each) => (
            <li key={each}>{each}</li>
          ))}
          <li>
            Sealed parts, which only the server holds: <code>docket verify DIRECTORY</code> checks them.
          </li>
        </ul>
      </Card>
      {kinds.length > 0 && (
        <Card title="Records by kind">
          <Figures figures={kinds.map(([label, count]) => ({ label, value: numberText(count) }))} />
        </Card>
      )}
    </>
  );
}

function timeOr(at: string | null): ReactElement | string {
  return at === null ? "none" : <Time at={at} exact />;
}
