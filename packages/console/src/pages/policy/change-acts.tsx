// SPDX-License-Identifier: Apache-2.0
import type { ReactElement } from "react";
import { useLocation } from "wouter";
import { post } from "../../api/request.ts";
import { useAct } from "../../api/use-act.ts";
import { useGet } from "../../api/use-get.ts";
import { useShortcuts } from "../../keys/shortcuts.tsx";
import { Button } from "../../parts/button.tsx";
import { ErrorNote } from "../../parts/error-note.tsx";
import { useCaller } from "../../session/session.tsx";
import type { Backtest, Change, Changes } from "./answers.ts";

/** What can be done with a change now, by whoever looks at it. */
export function ChangeActs({ change: { record, proposal } }: { readonly change: Change }): ReactElement {
  const caller = useCaller();
  const [, go] = useLocation();
  const changes = useGet<Changes>("/v1/policy").data;
  const refresh = { refresh: ["/v1/policy"] };
  const of = record.index;
  const approve = useAct(() => post("/v1/policy/approvals", { of }), refresh);
  const cancel = useAct(() => post("/v1/policy/cancellations", { of }), refresh);
  const publish = useAct(() => post("/v1/policy/publications", { of }), refresh);
  const backtest = useAct(() => post<Backtest>("/v1/backtests", { of }), { refresh: ["/v1/backtests"] });
  const state = proposal?.state;
  const hasCandidate = proposal !== null && proposal.candidate !== null;
  const isOpen = state === "open" || state === "approved" || state === "waiting" || state === "stale";
  // A release that is in force for a time is confirmed like a proposal.
  const isNewest = record.kind === "release" && changes?.since?.index === of;
  const reverts = isNewest && changes.revertsAt !== null;
  const mayApprove = caller.may("approvePolicy") && (state === "open" || reverts);
  const mayPublish = caller.may("publishPolicy") && state === "approved" && proposal?.standby === false;
  useShortcuts([
    ...(mayApprove ? [{ key: "a", does: "Approve it", run: () => approve.mutate(undefined) }] : []),
    ...(mayPublish ? [{ key: "p", does: "Publish it", run: () => publish.mutate(undefined) }] : []),
  ]);
  const error = approve.error ?? cancel.error ?? publish.error ?? backtest.error;
  return (
    <>
      {caller.may("proposePolicy") && hasCandidate && (
        <Button
          busy={backtest.isPending}
          onClick={() => backtest.mutate(undefined, { onSuccess: ({ id }) => go(`/policy/backtests/${id}`) })}
        >
          Backtest it
        </Button>
      )}
      {isOpen && caller.may("proposePolicy") && (
        <Button busy={cancel.isPending} onClick={() => cancel.mutate(undefined)}>
          Cancel it
        </Button>
      )}
      {mayApprove && (
        <Button kind="primary" keys="a" busy={approve.isPending} onClick={() => approve.mutate(undefined)}>
          Approve
        </Button>
      )}
      {mayPublish && (
        <Button kind="primary" keys="p" busy={publish.isPending} onClick={() => publish.mutate(undefined)}>
          Publish
        </Button>
      )}
      {error !== null && <ErrorNote error={error} />}
    </>
  );
}
