// SPDX-License-Identifier: Apache-2.0
// One decision: what, when, who, why, what followed; its evidence, its proof, and whether it comes out again.
import { useEffect, useState } from "react";
import type { ReactElement } from "react";
import { Link, useParams } from "wouter";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { OutcomeBadge } from "../../parts/badge.tsx";
import { Button } from "../../parts/button.tsx";
import { Empty } from "../../parts/empty.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { JsonView } from "../../parts/json-view.tsx";
import { Loading } from "../../parts/loading.tsx";
import { PageFrame } from "../../parts/page-frame.tsx";
import { useCaller } from "../../session/session.tsx";
import type { CasePage } from "./answers.ts";
import { EvidenceCard } from "./evidence.tsx";
import { DisputesCard, FollowedCard } from "./followed.tsx";
import { ProofCard, ProofLine, useReceipt } from "./proof.tsx";
import type { ReceiptHere } from "./proof.tsx";
import { ReplayCard } from "./replay.tsx";
import { WhatCard, WhenCard, WhoCard } from "./summary.tsx";
import { WhyCard } from "./why.tsx";
import "./decision.css";

/** `/decisions/:index`. */
export function Page(): ReactElement {
  const { index = "" } = useParams();
  const isIndex = /^\d{1,15}$/.test(index);
  const { data, error, isPending } = useGet<CasePage>(
    isIndex ? `/v1/queue/${index}?content=false` : undefined,
  );
  if (!isIndex || error?.code === "not_found") {
    return (
      <PageFrame title="Decision">
        <Empty title={`There is no decision ${index}.`}>
          <p>
            It may be a record of another kind: <Link href={`/log/${index}`}>look at record {index}</Link>.
          </p>
          <p>
            Or <Link href="/decisions">search the decisions</Link>.
          </p>
        </Empty>
      </PageFrame>
    );
  }
  if (error !== null) {
    return (
      <PageFrame title={`Decision ${index}`}>
        <ErrorNote error={error} />
      </PageFrame>
    );
  }
  if (isPending) return <Loading what="Loading the decision" />;
  return <Decision key={data.of} page={data} />;
}

function Decision({ page }: { readonly page: CasePage }): ReactElement {
  const { of: index, record, facts, explanation, chain } = page;
  const caller = useCaller();
  const receipt = useReceipt(index);
  const [asking, setAsking] = useState(false);
  const [account, setAccount] = useState<string>();
  const mayOpen = caller.may("openReceipt");
  useEffect(() => setAccount(undefined), [index]);
  useShortcuts([
    ...(mayOpen ? [{ key: "e", does: "Open the evidence", run: () => setAsking(true) }] : []),
    { key: "s", does: "Save the receipt", run: receipt.save },
  ]);
  return (
    <PageFrame
      title={`Decision ${index}`}
      lead={<Lead page={page} receipt={receipt} />}
      actions={
        <>
          {page.tasks.length > 0 && caller.may("review") && (
            <Link className="button button-primary" href={`/queue/${index}`}>
              Review it
            </Link>
          )}
          <Button keys="s" onClick={receipt.save} disabled={!receipt.ready}>
            Save the receipt
          </Button>
        </>
      }
    >
      <div className="decision-cards">
        <WhatCard page={page} />
        <WhenCard index={index} record={record} facts={facts} />
        <WhoCard page={page} />
      </div>
      <WhyCard explanation={explanation} />
      <div className="decision-halves">
        <FollowedCard page={page} />
        <DisputesCard index={index} chain={chain} blind={page.blind} account={account} />
      </div>
      {mayOpen && (
        <EvidenceCard
          index={index}
          asking={asking}
          onAsk={setAsking}
          onAccount={setAccount}
          keys={receipt.keys}
        />
      )}
      <ProofCard receipt={receipt} />
      <ReplayCard index={index} />
      <details className="decision-raw">
        <summary>The record and its facts, as they are</summary>
        <JsonView label="The record and its facts" value={{ record, facts }} />
      </details>
    </PageFrame>
  );
}

function Lead({ page, receipt }: { readonly page: CasePage; readonly receipt: ReceiptHere }): ReactElement {
  const { record, facts, inForce } = page;
  const outcome = inForce?.outcome ?? record.outcome;
  return (
    <>
      {facts?.event.type ?? "An event"} by{" "}
      <Link href={`/actors/${record.actor}`}>{shortActor(record.actor)}</Link> ·{" "}
      <OutcomeBadge outcome={record.outcome} />
      {outcome !== record.outcome && (
        <>
          {" "}
          and then <OutcomeBadge outcome={outcome} />
        </>
      )}{" "}
      · <ProofLine receipt={receipt} />
    </>
  );
}

/** A pseudonym as far as it is needed to tell it from others on a page. */
function shortActor(actor: string): string {
  return `${actor.slice(0, 10)}…`;
}
