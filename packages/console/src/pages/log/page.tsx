// SPDX-License-Identifier: Apache-2.0
// The log: what it holds, its tree and checkpoints, who vouches for it, and who read what.
import type { ReactElement } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Badge } from "../../parts/badge.tsx";
import { Card } from "../../parts/card.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { Tabs } from "../../parts/tabs.tsx";
import { useCaller } from "../../session/session.tsx";
import { AccessTab } from "./access.tsx";
import { grouped } from "./answers.ts";
import type { LogAnswer, RecordsAnswer } from "./answers.ts";
import { Anchors } from "./anchors.tsx";
import { Checkpoints, Witnesses } from "./checkpoints.tsx";
import { Exports } from "./exports.tsx";
import { Records } from "./records.tsx";
import { TreePicture } from "./tree-picture.tsx";
import "./log.css";

/** How often it is looked how the log stands, in ms. */
const everyMs = 5_000;

/** The log as a whole; `/log/:index` is one record, `/log/verify` its verification. */
export function Page(): ReactElement {
  const caller = useCaller();
  const { data: log, error } = useGet<LogAnswer>("/v1/log", { every: everyMs });
  const search = useSearch();
  const [, go] = useLocation();
  const query = new URLSearchParams(search);
  const tab = query.get("tab") ?? "records";
  return (
    <PageFrame
      title="Log"
      lead={
        "Everything that was decided or done, in the order in which it was sealed. Nothing here can be " +
        "changed or taken away unnoticed."
      }
      actions={
        caller.may("readEntries") && (
          <Link className="button button-primary" href="/log/verify">
            Verify the whole log
          </Link>
        )
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {log === undefined && error === null && <Loading />}
      {log !== undefined && <State log={log} />}
      <Tabs
        label="Parts of the log"
        value={tab}
        onChange={(id) => go(id === "records" ? "/log" : `/log?tab=${id}`)}
        tabs={[
          { id: "records", title: "Records", content: <Records size={log?.publishedSize} /> },
          { id: "checkpoints", title: "Checkpoints", content: log && <Checkpoints log={log} /> },
          { id: "witnesses", title: "Witnesses", content: log && <Witnesses log={log} /> },
          { id: "anchors", title: "Outside stamps", content: <Anchors /> },
          { id: "access", title: "Who read what", content: <AccessTab /> },
          { id: "exports", title: "Take it out", content: <Exports log={log} /> },
        ]}
      />
    </PageFrame>
  );
}

function State({ log }: { readonly log: LogAnswer }): ReactElement {
  const { size, durableSize, integratedSize, publishedSize, cosigned, fault, alarms, origin } = log;
  const caller = useCaller();
  const anchors = useGet<RecordsAnswer>(
    caller.may("readAnchors") ? "/v1/records?kind=anchor&limit=20" : undefined,
  );
  const stamped = (anchors.data?.records ?? []).flatMap(({ record }) =>
    typeof record["size"] === "number" ? [record["size"]] : [],
  );
  return (
    <>
      {fault !== null && (
        <Note kind="bad" title="Nothing is sealed any more.">
          {fault}
        </Note>
      )}
      {alarms.map((alarm) => (
        <Note key={alarm} kind="bad" title="A witness contradicts this log.">
          {alarm}
        </Note>
      ))}
      <Card title="The tree" actions={<code className="quiet log-origin">{origin}</code>}>
        <Figures
          figures={[
            { label: "Records", value: grouped(size), hint: "Records that were answered" },
            { label: "Durable", value: figure(durableSize, size), hint: "They survive a loss of power" },
            { label: "In the tree", value: figure(integratedSize, size), hint: "A signed root covers them" },
            { label: "Published", value: figure(publishedSize, size), hint: "Anyone can check them" },
            {
              label: "Cosigned",
              value: cosigned === null ? "by nobody" : figure(cosigned.size, size),
              hint: "A quorum of witnesses vouches for them",
            },
          ]}
        />
        <TreePicture log={log} stamped={stamped} />
      </Card>
    </>
  );
}

function figure(size: number, of: number): ReactElement {
  if (size === of) return <>{grouped(size)}</>;
  return (
    <>
      {grouped(size)} <Badge kind="open">{grouped(of - size)} behind</Badge>
    </>
  );
}
