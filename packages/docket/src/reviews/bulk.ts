// SPDX-License-Identifier: Apache-2.0
// Many cases of the queue decided at once: those that are named, or the open ones of a rule or a campaign.
import { DocketError } from "../error.ts";
import type { BatchWish } from "./batch-contract.ts";
import { batchDecisionsMax } from "./batch-plan.ts";
import type { Judgement, PlanPorts, Selection } from "./batch-plan.ts";
import { rowOf, rowsOf } from "./load-state.ts";
import type { ReviewDesk } from "./review-desk.ts";

/** What bulk decisions ask of the queue. */
export type BulkDesk = Pick<ReviewDesk, "seal" | "taskFor" | "following"> & {
  /** Decisions of open cases, in the order of the log. */
  readonly openCases: () => readonly number[];
};

/**
 * The cases of a bulk decision.
 *
 * @throws {DocketError} `usage` if it isn't said which, or what was found
 */
export async function bulkSelection(
  { views, outcomeOf }: PlanPorts,
  desk: BulkDesk,
  by: string,
  wish: BatchWish,
): Promise<Selection> {
  const { indexes, finding, rule, campaign, task, reason } = wish;
  if (finding === undefined) throw new DocketError("usage", "say what was found: spam, notSpam or unsure");
  if (indexes === undefined && rule === undefined && campaign === undefined && task === undefined) {
    throw new DocketError("usage", "name the cases: their indexes, a task, a rule or a campaign");
  }
  if (indexes !== undefined && indexes.length > batchDecisionsMax) {
    throw new DocketError("usage", `a batch takes ${batchDecisionsMax} cases at the most`);
  }
  const judge = async (of: number): Promise<Judgement> => {
    const open = desk.taskFor(by, of, task);
    // Blind reviews and steps of ladders are looked at one by one.
    if (open === undefined || open.blind || open.task === "ladder") return { leftOut: "closed" };
    const row = await rowOf(views, of);
    if (row === undefined) return { leftOut: "closed" };
    const following = await desk.following({ of, finding, reason });
    const { outcome: inForce } = await outcomeOf(of);
    return { row, inForce, ...(following ?? { verdict: "label", confirm: false, compensate: false }) };
  };
  const named = indexes === undefined ? undefined : [...new Set(indexes)].sort((a, b) => a - b);
  const words = [
    named === undefined ? "open cases" : "named cases",
    task === undefined ? undefined : `task ${task}`,
    rule === undefined ? undefined : `rule ${rule}`,
    campaign === undefined ? undefined : `campaign ${campaign}`,
  ].filter((word) => word !== undefined);
  return {
    words: words.join(", "),
    notes: [],
    judge,
    indexes: async function* () {
      if (rule === undefined && campaign === undefined) {
        yield* named ?? desk.openCases();
        return;
      }
      for await (const row of rowsOf(views, named ?? desk.openCases())) {
        const fires =
          rule === undefined || row.fired.some((each) => each === rule || each.endsWith(`/${rule}`));
        if (fires && (campaign === undefined || row.campaign === campaign)) yield row.index;
      }
    },
  };
}
