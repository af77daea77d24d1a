// SPDX-License-Identifier: Apache-2.0
// Changes of the policy as people read them.
import type { ChangesView, ProposalView, ReleaseView } from "../../releases/contract.ts";
import type { ChangePart, Preview } from "../../releases/review.ts";
import { alignColumns } from "../columns.ts";
import { counted } from "./check.ts";
import { changesText } from "./diff.ts";

/** Characters of a release's id that are shown: enough to name it, few enough to read. */
export const shownIdLength = 12;
/** Most rules whose hits are shown. */
const previewedRulesMax = 20;

/** How changes stand. */
export function viewText(view: ChangesView): string {
  const rows = [
    ["level", view.level],
    ["release", `${view.release ?? "none"}${view.since === null ? "" : ` (${sinceText(view.since)})`}`],
    ...(view.revertsAt === null
      ? []
      : [["until", `${view.revertsAt}, then ${idText(view.revertsTo)} again, unless it is approved`]]),
  ];
  const proposals = view.proposals.map((proposal) => `  ${proposalLine(proposal)}\n`);
  const open = proposals.length === 0 ? "No open proposals.\n" : `Open proposals:\n${proposals.join("")}`;
  return `${alignColumns(rows)}${open}`;
}

/** A proposal in one line. */
export function proposalLine(proposal: ProposalView): string {
  const { index, by, at, candidate, level, state, approvals, approvalsNeeded, comesAt, standby } = proposal;
  const what = level === null ? `release ${idText(candidate)}` : `level ${level}`;
  const stands = {
    open: `${approvals.length} of ${counted(approvalsNeeded, "approval")}`,
    approved: standby ? "approved, stands by" : "approved, can be published",
    waiting: `comes into force at ${comesAt ?? "?"} unless it is cancelled`,
    stale: "stale: another release came into force since; propose it again",
    published: `published by record ${proposal.endedBy}`,
    cancelled: `cancelled by record ${proposal.endedBy}`,
  };
  return `${index}: ${what}, by ${by} at ${at}: ${stands[state]}`;
}

/** What a change is: the rules that differ, what its tests gave, what it would have hit, and why. */
export function changePartText(change: ChangePart): string {
  const { why, changes, files, tests, preview, leftOut } = change;
  const parts: string[] = [];
  if (why !== null) parts.push(`Why: ${why}\n`);
  if (changes !== undefined) parts.push(changesText(changes, files?.length ?? 0));
  if (leftOut !== undefined) parts.push(`${leftOut} more differences are not listed here\n`);
  if (tests !== undefined) {
    const failed = tests.failed.length === 0 ? "all pass" : `${tests.failed.length} fail`;
    parts.push(tests.run === 0 ? "Tests: none\n" : `Tests: ${tests.run}, ${failed}\n`);
  }
  if (preview !== undefined) parts.push(previewText(preview));
  return parts.join("");
}

/** When and how a release came into force. */
export function sinceText({ index, via, by, at, of, alone }: ReleaseView): string {
  const how = via === null ? "" : `, ${via}${of === null ? "" : ` of ${of}`}`;
  return `record ${index} at ${at}${how}, by ${by}${alone ? " alone" : ""}`;
}

/** The beginning of an id. */
export function idText(id: string | null): string {
  return id === null ? "none" : id.slice(0, shownIdLength);
}

function previewText(preview: Preview): string {
  if (!preview.ran) return `Preview: not run (${preview.why})\n`;
  const { from, to, events, changed, rules, notes = [] } = preview;
  const head = `Preview: ${counted(events, "event")} from ${from} to ${to}, ${changed} decided otherwise\n`;
  const hits = rules.filter(({ before, after }) => before !== after);
  const rows = hits
    .slice(0, previewedRulesMax)
    .map(({ policy, rule, before, after }) => [`  ${policy}/${rule}`, String(before), "->", String(after)]);
  return `${head}${alignColumns(rows, new Set([1, 3]))}${notes.map((note) => `  ${note}\n`).join("")}`;
}
