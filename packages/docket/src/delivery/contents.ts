// SPDX-License-Identifier: Apache-2.0
// What is in force for a content: the last step of its chain. The chain are the decisions on its revisions
// and the later verdicts on those, in the order of the log.
import type { Outcome, Verdict, VerdictBody, RecordHeader } from "@docket/protocol";
import { formatTime } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import { appliedOf } from "./change-feed.ts";
import type { ContentState, ContentStep, LogView } from "./contract.ts";
import { caseRecordOf } from "./told-records.ts";

/** Most decisions of a chain that are shown, the latest. */
export const chainDecisionsMax = 200;
const verdictsMax = 1000;

/** What a content's state is made of. */
export type ContentPorts = {
  readonly view: LogView;
  /** The keyed hash of a content's id. */
  readonly hashOf: (contentId: string) => string;
  readonly reportsOf: (content: string) => ContentState["reports"];
};

type VerdictRecord = RecordHeader & VerdictBody;
type Step = { index: number } & ({ row: DecisionRow } | { verdict: VerdictRecord });

/**
 * The chain of a content, by the app's id.
 *
 * @throws {DocketError} `not_found` if no event with that content was decided
 */
export async function contentState(
  { view, hashOf, reportsOf }: ContentPorts,
  id: string,
): Promise<ContentState> {
  const content = hashOf(id);
  const limit = chainDecisionsMax + 1;
  await view.size();
  const rows = await view.decisions({ content, order: "descending", limit });
  const shown = rows.slice(0, chainDecisionsMax).reverse();
  const latest = shown.at(-1);
  if (latest === undefined) {
    throw new DocketError("not_found", `no event with the content ${JSON.stringify(id)} was decided`);
  }
  const verdicts = (await Promise.all(shown.map((row) => verdictsOn(view, row.index)))).flat();
  const steps: Step[] = [
    ...shown.map((row) => ({ index: row.index, row })),
    ...verdicts.map((verdict) => ({ index: verdict.index, verdict })),
  ].sort((a, b) => a.index - b.index);
  const { outcome, by } = inForce(steps);
  return {
    id,
    outcome,
    by,
    actor: latest.actor,
    chain: await Promise.all(steps.map((step) => shownStep(view, step))),
    more: rows.length > chainDecisionsMax,
    reports: reportsOf(content),
  };
}

/** The outcome after all steps: `label` and `keep` leave it as it is. */
function inForce(steps: readonly Step[]): { outcome: Outcome; by: number } {
  let now: { outcome: Outcome; by: number } = { outcome: "allow", by: -1 };
  for (const step of steps) {
    const outcome = "row" in step ? step.row.outcome : verdictOutcomes[step.verdict.verdict];
    if (outcome !== undefined) now = { outcome, by: step.index };
  }
  return now;
}

/** What verdicts make of a content. */
export const verdictOutcomes: Readonly<Partial<Record<Verdict, Outcome>>> = {
  release: "allow",
  restore: "allow",
  remove: "reject",
};

async function verdictsOn(view: LogView, decision: number): Promise<VerdictRecord[]> {
  const leaves = await view.caseRecords({ kinds: ["verdict"], of: decision, limit: verdictsMax });
  return leaves
    .map(caseRecordOf)
    .filter((record): record is VerdictRecord => record.kind === "verdict" && record.of === decision);
}

async function shownStep(view: LogView, step: Step): Promise<ContentStep> {
  const applied = await appliedOf(view, step.index);
  if ("row" in step) {
    const { index, sealedMs, op, outcome } = step.row;
    const { by } = await view.record(index);
    return { record: index, at: formatTime(sealedMs), by, kind: "decision", op, outcome, applied };
  }
  const { index, time, by, verdict, of, cause, reason } = step.verdict;
  const outcome = verdictOutcomes[verdict];
  const said = outcome === undefined ? {} : { outcome };
  return { record: index, at: time, by, kind: "verdict", ...said, verdict, of, cause, reason, applied };
}
