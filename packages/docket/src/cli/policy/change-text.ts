// SPDX-License-Identifier: Apache-2.0
// Changes of the policy as people read them.
import type { ChangesView, ListGlassView, ProposalView, ReleaseView } from "../../releases/contract.ts";
import type { ChangePart, Preview } from "../../releases/review.ts";
import { alignColumns } from "../columns.ts";
import { counted } from "./check.ts";
import { changesText } from "./diff.ts";

/** Characters of a release's id that are shown: enough to name it, few enough to read. */
export const shownIdLength = 12;
/** Most rules whose hits are shown. */
const previewedRulesMax = 20;
/** Most entries of a list's change that are shown. */
const shownEntriesMax = 40;

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
  const glasses = view.listGlasses.map((glass) => `  ${glassLine(glass)}\n`);
  const broken = glasses.length === 0 ? "" : `Lists for a time:\n${glasses.join("")}`;
  return `${alignColumns(rows)}${open}${broken}`;
}

/** A proposal in one line. */
export function proposalLine(proposal: ProposalView): string {
  const { index, by, at, candidate, level, state, approvals, approvalsNeeded, comesAt, standby, list } =
    proposal;
  const release = level === null ? `release ${idText(candidate)}` : `level ${level}`;
  const what = list === null ? release : listText(list);
  const stands = {
    open: `${approvals.length} of ${counted(approvalsNeeded, "approval")}`,
    approved: standby ? "approved, stands by" : "approved, can be published",
    waiting: `comes into force at ${comesAt ?? "?"} unless it is cancelled`,
    stale:
      list === null
        ? "stale: another release came into force since; propose it again"
        : "stale: the same entries were changed since; propose it again",
    published: `published by record ${proposal.endedBy}`,
    cancelled: `cancelled by record ${proposal.endedBy}`,
  };
  const why = typeof list?.why === "string" ? ` (${plain(list.why)})` : "";
  return `${index}: ${what}${why}, by ${by} at ${at}: ${stands[state]}`;
}

/** A change of a list, in a few words. */
export function listText({
  list,
  added,
  removed,
}: {
  list?: string;
  added?: number;
  removed?: number;
}): string {
  return `list ${list}: ${added} to add, ${removed} to remove`;
}

function glassLine({ index, by, until, list, added, removed }: ListGlassView): string {
  const what = `list ${list}, ${added} added, ${removed} removed, by ${by}`;
  return `${index}: ${what}: reverts at ${until} unless it is approved`;
}

/** What somebody wrote, without what would move the cursor of whoever reads it. */
export function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, " ");
}

// The lines of a change of a list that say what goes and what comes.
function entriesText(change: string): string {
  const lines = change.split("\n").filter((line) => /^[+-]/.test(line));
  const shown = lines.slice(0, shownEntriesMax).map((line) => `  ${line[0]} ${plain(line.slice(1))}\n`);
  const more = lines.length > shown.length ? `  and ${lines.length - shown.length} more\n` : "";
  return `Entries:\n${shown.join("")}${more}`;
}

/** What a change is: the rules that differ, what its tests gave, what it would have hit, and why. */
export function changePartText(change: ChangePart): string {
  const { why, changes, files, tests, preview, leftOut } = change;
  const parts: string[] = [];
  if (why !== null) parts.push(`Why: ${why}\n`);
  if (change.change !== undefined) parts.push(entriesText(change.change));
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
