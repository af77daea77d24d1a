// SPDX-License-Identifier: Apache-2.0
// How changes of the policy are shown: plain JSON, times as text.
import { formatTime } from "@docket/protocol";
import type { DutyLevel } from "@docket/protocol";
import { isFresh } from "./change-state.ts";
import type { Approval, BrokenListGlass, ChangeState, PastRelease, Proposal } from "./change-state.ts";
import type { ApprovalView, ChangesView, ListGlassView, ProposalView, ReleaseView } from "./contract.ts";
import { approvalsNeeded, comesAtMs, isApproved, stricterLevel } from "./duties.ts";
import type { Release } from "./release.ts";

/** How changes stand. `current` is the release in force where a site is open. */
export function changesView(state: ChangeState, current?: Pick<Release, "id">): ChangesView {
  const { level, inForce, provisional, proposals } = state;
  return {
    level,
    release: current?.id ?? inForce?.release ?? null,
    since: inForce === undefined ? null : releaseView(inForce.since),
    revertsAt: provisional === undefined ? null : formatTime(provisional.untilMs),
    revertsTo: provisional?.before ?? null,
    proposals: [...proposals.values()]
      .filter(({ ended }) => ended === undefined)
      .map((proposal) => proposalView(state, proposal)),
    listGlasses: [...state.listGlasses.values()]
      .filter(({ ended }) => ended === undefined)
      .map((glass) => listGlassView(state, glass)),
  };
}

/** A change of a list that reverts by itself. */
export function listGlassView(state: ChangeState, glass: BrokenListGlass): ListGlassView {
  const { index, by, atMs, untilMs, list, restrictsMore, approvals } = glass;
  return {
    index,
    by,
    at: formatTime(atMs),
    until: formatTime(untilMs),
    list: list.list,
    added: list.added,
    removed: list.removed,
    approvals: approvals.map(approvalView),
    approvalsNeeded: approvalsNeeded(state.level, restrictsMore),
  };
}

/** An approval. */
export function approvalView({ index, by, atMs, alone }: Approval): ApprovalView {
  return { index, by, at: formatTime(atMs), alone };
}

/** A proposal. */
export function proposalView(state: ChangeState, proposal: Proposal): ProposalView {
  const { index, by, atMs, candidate, level, base, restrictsMore, standby, list, approvals, ended } =
    proposal;
  const strictest: DutyLevel = level === undefined ? state.level : stricterLevel(state.level, level);
  // Entries of lists don't wait: docs/decisions/0070.
  const comes = list === undefined ? comesAtMs(strictest, proposal) : undefined;
  return {
    index,
    by,
    at: formatTime(atMs),
    candidate: candidate ?? null,
    level: level ?? null,
    base,
    restrictsMore,
    standby,
    list: list === undefined ? null : { ...list, why: null },
    state: stateOf(state, proposal, strictest, comes),
    approvals: approvals.map(approvalView),
    approvalsNeeded: approvalsNeeded(strictest, restrictsMore),
    comesAt: comes === undefined || ended !== undefined ? null : formatTime(comes),
    endedBy: ended?.index ?? null,
  };
}

/** A release that came into force. */
export function releaseView(past: PastRelease): ReleaseView {
  const { index, release, previous, via, by, atMs, of, alone } = past;
  return { index, release, previous, via: via ?? null, by, at: formatTime(atMs), of: of ?? null, alone };
}

function stateOf(
  state: ChangeState,
  proposal: Proposal,
  level: DutyLevel,
  comes: number | undefined,
): ProposalView["state"] {
  if (proposal.ended !== undefined) return proposal.ended.how;
  if (!isFresh(state, proposal)) return "stale";
  if (!isApproved(level, proposal, state.keys)) return "open";
  return comes === undefined ? "approved" : "waiting";
}
