// SPDX-License-Identifier: Apache-2.0
// One account: how it stands, everything that concerns it drawn and listed, and measures.
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Link, useLocation, useParams } from "wouter";
import { Button } from "../../parts/button.tsx";
import { Card } from "../../parts/card.tsx";
import { CopyButton } from "../../parts/copy-button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Figures } from "../../parts/figures.tsx";
import { Loading } from "../../parts/loading.tsx";
import { Note } from "../../parts/note.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { SharingPicture } from "../../parts/sharing.tsx";
import { Time } from "../../parts/time.tsx";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { useCaller } from "../../session/session.tsx";
import type { ActorFigures, Timeline } from "./answers.ts";
import { CaseFileButton } from "./case-file.tsx";
import { MeasureDialog } from "./measures.tsx";
import { CampaignsCard, LinksCard, StandingCard } from "./standing.tsx";
import { TimelineCard } from "./timeline.tsx";
import { useTimeline } from "./use-timeline.ts";
import "./actor.css";

/** `/actors/:id`, by the app's id of the account or by its pseudonym. */
export function Page(): ReactElement {
  const { id = "" } = useParams();
  const name = decodeURIComponent(id);
  const [, go] = useLocation();
  const timeline = useTimeline(name, undefined);
  const { first, error } = timeline;
  // The pseudonym stands in the address, and not what the app knows the person by.
  useEffect(() => {
    if (first !== undefined && first.actor !== name) go(`/actors/${first.actor}`, { replace: true });
  }, [first, name, go]);
  if (error?.code === "not_found") {
    return (
      <PageFrame title="Actor">
        <Empty title="No event of this account was ever decided.">
          Look whether the id is written as the app sends it, or <Link href="/actors">list actors</Link>.
        </Empty>
      </PageFrame>
    );
  }
  if (error !== null) {
    return (
      <PageFrame title="Actor">
        <ErrorNote error={error} />
      </PageFrame>
    );
  }
  if (first === undefined || first.actor !== name) return <Loading what="Loading the account" />;
  return <Actor key={first.actor} timeline={first} refresh={timeline.refresh} />;
}

type Dialogs = "measure" | { readonly ends: string } | undefined;

function Actor({
  timeline,
  refresh,
}: {
  readonly timeline: Timeline;
  readonly refresh: () => void;
}): ReactElement {
  const { actor, figures, standing } = timeline;
  const caller = useCaller();
  const [open, setOpen] = useState<Dialogs>();
  const [sealed, setSealed] = useState<number>();
  const mayRestrict = caller.may("restrict");
  useShortcuts(mayRestrict ? [{ key: "m", does: "Impose a measure", run: () => setOpen("measure") }] : []);
  return (
    <PageFrame
      title="Actor"
      lead={
        <>
          <code>{actor}</code> <CopyButton text={actor} />
        </>
      }
      actions={
        <>
          {mayRestrict && (
            <Button kind="primary" keys="m" onClick={() => setOpen("measure")}>
              Impose a measure
            </Button>
          )}
          <Link className="button" href={`/decisions?actor=${actor}`}>
            Its decisions
          </Link>
          {caller.may("exportCase") && <CaseFileButton actor={actor} />}
        </>
      }
    >
      {sealed !== undefined && (
        <Note kind="good" title="Sealed.">
          The measure is <Link href={`/log/${sealed}`}>record {sealed}</Link> of the log, and in force.
        </Note>
      )}
      <FiguresCard figures={figures} />
      <div className="actor-halves">
        <StandingCard standing={standing} onEnd={mayRestrict ? (ends) => setOpen({ ends }) : undefined} />
        <div className="actor-stack">
          <LinksCard actor={actor} standing={standing} mayLink={mayRestrict} onDone={refresh} />
          <CampaignsCard figures={figures} />
        </div>
      </div>
      <TimelineCard actor={actor} standing={standing} />
      <SharingCard actor={actor} />
      <MeasureDialog
        actor={actor}
        ends={typeof open === "object" ? open.ends : undefined}
        open={open !== undefined}
        onClose={() => setOpen(undefined)}
        onDone={(index) => {
          setSealed(index);
          setOpen(undefined);
          refresh();
        }}
      />
    </PageFrame>
  );
}

function SharingCard({ actor }: { readonly actor: string }): ReactElement {
  const [asked, setAsked] = useState(false);
  return (
    <Card
      title="What it shares with others"
      actions={!asked && <Button onClick={() => setAsked(true)}>Show it</Button>}
    >
      {asked ? (
        <SharingPicture path={`/v1/shared?actor=${actor}`} />
      ) : (
        <p className="quiet">
          Texts, domains, networks and whatever else counters count by, and who has the same.
        </p>
      )}
    </Card>
  );
}

function FiguresCard({ figures }: { readonly figures: ActorFigures }): ReactElement {
  const { decisions, outcomes, restricted, perDay, disputes, reports, from, to } = figures;
  const refused = (outcomes["reject"] ?? 0) + (outcomes["hold"] ?? 0);
  return (
    <div className="actor-figures">
      <Card title="In figures">
        <Figures
          large
          figures={[
            { label: "Decisions", value: decisions },
            { label: "Held or refused", value: refused },
            { label: "Refused under a restriction", value: restricted },
            { label: "A day", value: perDay ?? "–" },
            { label: "Disputes", value: disputesText(disputes["opened"] ?? 0, disputes["overturned"] ?? 0) },
            { label: "Reported by others", value: reports },
            { label: "First", value: from === null ? "–" : <Time at={from} /> },
            { label: "Last", value: to === null ? "–" : <Time at={to} /> },
          ]}
        />
      </Card>
    </div>
  );
}

function disputesText(opened: number, overturned: number): string {
  return overturned === 0 ? String(opened) : `${opened}, ${overturned} overturned`;
}
