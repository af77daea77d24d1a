// SPDX-License-Identifier: Apache-2.0
// Everything that waits for a second person, in one place.
import type { ReactElement, ReactNode } from "react";
import { Link } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { Loading } from "../../parts/loading.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { useCaller } from "../../session/session.tsx";
import { BatchCard } from "../corrections/batch-card.tsx";
import type { Batch } from "../corrections/answers.ts";
import { BrakesCard } from "../policy/brakes.tsx";
import type { Brakes, Changes } from "../policy/answers.ts";
import type { ListGlass, RequestView } from "./answers.ts";
import { GlassCards, ProposalCard } from "./changes.tsx";
import { RequestCard } from "./requests.tsx";
import "../policy/policy.css";
import "./approvals.css";

/** How often it is looked whether something new waits, in ms. */
const everyMs = 15_000;
type Policy = Changes & { readonly listGlasses: readonly ListGlass[] };

/** What waits for a second person: requests, proposals, corrections, brakes. */
export function Page(): ReactElement {
  const caller = useCaller();
  const may = (action: string, path: string): string | undefined => (caller.may(action) ? path : undefined);
  const requests = useGet<{ requests: RequestView[] }>(
    may("readRequests", "/v1/requests?open=true&limit=200"),
    { every: everyMs },
  );
  const policy = useGet<Policy>(may("readPolicy", "/v1/policy"), { every: everyMs });
  const brakes = useGet<Brakes>(may("readPolicy", "/v1/policy/brakes"), { every: everyMs });
  const batches = useGet<{ batches: Batch[] }>(may("readCases", "/v1/batches?limit=50"));
  const asked = [requests, policy, brakes, batches];
  const level = policy.data?.level;
  const alone = level === "solo";
  const pending = (batches.data?.batches ?? []).filter(({ status }) => status === "pending");
  const proposals = policy.data?.proposals ?? [];
  const glasses = policy.data?.listGlasses ?? [];
  const stopped = brakes.data?.brakes ?? [];
  const reverting = policy.data?.revertsAt !== null && policy.data?.revertsAt !== undefined;
  const waiting = requests.data?.requests ?? [];
  const count =
    waiting.length +
    proposals.length +
    glasses.length +
    pending.length +
    stopped.length +
    (reverting ? 1 : 0);
  const isLoaded = asked.every(({ isLoading }) => !isLoading);
  return (
    <PageFrame
      title="Approvals"
      lead={
        <>What takes a second person, with what it changes and whom it reaches. {levelWords[level ?? ""]}</>
      }
    >
      {asked.map(({ error }, place) => {
        // oxlint-disable-next-line react/no-array-index-key -- the questions are always these
        return error !== null && <ErrorNote key={place} error={error} />;
      })}
      {!isLoaded && <Loading />}
      {isLoaded && count === 0 && (
        <Empty title="Nothing waits for a second person.">
          Changes of the policy are proposed on <Link href="/policy">its page</Link>, corrections of many
          decisions begin <Link href="/corrections">here</Link>.
        </Empty>
      )}
      <Part title="In force for a time" shown={reverting || glasses.length > 0}>
        {policy.data !== undefined && <GlassCards changes={policy.data} glasses={glasses} alone={alone} />}
      </Part>
      <Part title="Stopped by a brake" shown={stopped.length > 0}>
        {brakes.data !== undefined && <BrakesCard brakes={{ ...brakes.data, watched: [] }} />}
      </Part>
      <Part title="Requests" shown={waiting.length > 0}>
        {waiting.map((request) => (
          <RequestCard key={request.index} request={request} alone={alone} />
        ))}
      </Part>
      <Part title="Changes of the policy and of lists" shown={proposals.length > 0}>
        {proposals.map((proposal) => (
          <ProposalCard key={proposal.index} proposal={proposal} alone={alone} />
        ))}
      </Part>
      <Part title="Corrections of many decisions" shown={pending.length > 0}>
        {pending.map((batch) => (
          <BatchCard key={batch.index} batch={batch} />
        ))}
      </Part>
    </PageFrame>
  );
}

const levelWords: Readonly<Record<string, string>> = {
  solo:
    "This site is at level solo: one person may do it alone, which is recorded, and what can't be undone " +
    "waits ten minutes.",
  pair: "This site is at level pair: somebody else approves.",
  strict: "This site is at level strict: others approve, and none of them may have had a part in it.",
};

function Part({
  title,
  shown,
  children,
}: {
  readonly title: string;
  readonly shown: boolean;
  readonly children: ReactNode;
}): ReactElement | null {
  if (!shown) return null;
  return (
    <section className="approvals-part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
