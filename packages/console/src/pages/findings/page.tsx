// SPDX-License-Identifier: Apache-2.0
// What many decisions show together, each with the records that show it.
import { useState } from "react";
import type { ReactElement } from "react";
import { Link, useSearchParams } from "wouter";
import { useOnce } from "../../api/use-once.ts";
import { Badge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { CaseFileOfRecords } from "../../parts/case-file.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Checkbox, Select } from "../../parts/field.tsx";
import { Loading } from "../../parts/loading.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { SharingPicture } from "../../parts/sharing.tsx";
import { shortName } from "../../parts/sharing-layout.ts";
import { Time } from "../../parts/time.tsx";
import { findingsPath, kinds, subjectPath } from "./finding.ts";
import type { Finding, Findings } from "./finding.ts";
import "./findings.css";

/** Most findings of a kind that are shown at first, and records that one names. */
const shownMax = 10;
const recordsNamedMax = 12;
const times = [
  { value: "day", title: "Since a day ago" },
  { value: "week", title: "7 days before the last decision" },
  { value: "month", title: "Since 30 days ago" },
] as const;

/** Findings of a time. */
export function Page(): ReactElement {
  const [search, setSearch] = useSearchParams();
  const { data, error, isFetching, refetch } = useOnce<Findings>(findingsPath(search));
  const wished = (search.get("kind") ?? "").split(",").filter((kind) => kind !== "");
  const put = (name: string, value: string): void => {
    const next = new URLSearchParams(search);
    if (value === "") next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };
  const toggle = (kind: string, on: boolean): void =>
    put("kind", (on ? [...wished, kind] : wished.filter((each) => each !== kind)).join(","));
  return (
    <PageFrame
      title="Findings"
      lead="What many decisions show together, with the records that show it: who acts together, what grows."
      actions={
        <Button busy={isFetching} onClick={() => void refetch()}>
          Look again
        </Button>
      }
    >
      <form className="card findings-filter" onSubmit={(event) => event.preventDefault()}>
        <Select
          label="Time"
          value={search.get("time") ?? "week"}
          onChange={(value) => put("time", value)}
          options={times}
        />
        <fieldset>
          <legend>Only these kinds (none chosen: all)</legend>
          {kinds.map(({ kind, title }) => (
            <Checkbox
              key={kind}
              label={title}
              checked={wished.includes(kind)}
              onChange={(on) => toggle(kind, on)}
            />
          ))}
        </fieldset>
      </form>
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && <Found findings={data} />}
    </PageFrame>
  );
}

function Found({ findings: { findings, limits, from, to } }: { readonly findings: Findings }): ReactElement {
  return (
    <>
      <p className="findings-about" role="status">
        {findings.length === 1 ? "1 finding" : `${findings.length} findings`} in decisions from{" "}
        <Time at={from} exact /> to <Time at={to} exact />.
      </p>
      {findings.length === 0 && (
        <Empty title="Nothing stands out.">
          No pattern is strong enough to be called one in this time. Look at a longer one, or at{" "}
          <Link href="/campaigns">smaller campaigns</Link>.
        </Empty>
      )}
      {kinds.map(({ kind, title, about }) => {
        const some = findings.filter((finding) => finding.kind === kind);
        return some.length === 0 ? null : <Kind key={kind} title={title} about={about} findings={some} />;
      })}
      {limits.length > 0 && (
        <Card title="What could not be judged">
          <ul>
            {limits.map((limit) => (
              <li key={limit}>{limit}</li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

type KindProps = { readonly title: string; readonly about: string; readonly findings: readonly Finding[] };

function Kind({ title, about, findings }: KindProps): ReactElement {
  const [all, setAll] = useState(false);
  const shown = all ? findings : findings.slice(0, shownMax);
  return (
    <Card title={title} actions={<Badge>{findings.length}</Badge>}>
      <p className="findings-about">{about}</p>
      <ul className="findings-list">
        {shown.map((finding) => (
          <One key={`${finding.subject} ${finding.from} ${finding.says}`} finding={finding} />
        ))}
      </ul>
      {shown.length < findings.length && (
        <Button onClick={() => setAll(true)}>Show all {findings.length}</Button>
      )}
    </Card>
  );
}

function One({ finding }: { readonly finding: Finding }): ReactElement {
  const { subject, says, from, to, records, recordCount } = finding;
  const [drawn, setDrawn] = useState(false);
  const path = subjectPath(finding);
  const name = shortName(subject);
  const named = records.slice(0, recordsNamedMax);
  return (
    <li>
      <h3>{path === undefined ? name : <Link href={path}>{name}</Link>}</h3>
      <p>{says}</p>
      <p className="findings-about">
        <Time at={from} exact /> to <Time at={to} exact /> · records{" "}
        {named.map((index) => (
          <Link key={index} className="findings-record" href={`/decisions/${index}`}>
            {index}
          </Link>
        ))}
        {recordCount > named.length && ` and ${recordCount - named.length} more`}
      </p>
      <div className="actions">
        <Button aria-expanded={drawn} onClick={() => setDrawn(!drawn)}>
          {drawn ? "Hide the picture" : "Who shares what"}
        </Button>
        <CaseFileOfRecords records={records} />
      </div>
      {drawn && <SharingPicture path={`/v1/shared?records=${records.slice(0, 200).join(",")}`} />}
    </li>
  );
}
