// SPDX-License-Identifier: Apache-2.0
// Finds the open cases again: from the views, when a site is opened and when there is room for cases that had
// none. It takes the newest of each task, and says how many it looked at and left.
import type { DocketRecord, Outcome } from "@docket/protocol";
import { parseLeaf } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import { emptyCase, openTasks } from "./case.ts";
import type { ReviewCase } from "./case.ts";
import { likeDecisions, overturns } from "./like-cases.ts";
import { casesOf, casesPerTaskMax, describeCase, reviewKinds } from "./review-state.ts";
import type { ReviewState } from "./review-state.ts";

/** The views that cases are found in. */
export type ReviewViews = Pick<SiteIndex, "decisions" | "caseRecords">;

/** Records, and rows, that are asked for at once. */
const recordsAtOnce = 10_000;
const rowsAtOnce = 5_000;
/** Rows that are asked for by their indexes at once. */
const indexesAsked = 500;
/** Refusals among which steps of ladders that wait are looked for, the newest. */
const stepRowsMax = 100_000;
/** Indexes that are hashed before others get their turn. */
const indexesAtOnce = 100_000;
/** Overturned disputes whose like cases are looked for, the newest. */
const overturnsMax = 200;

type Found = {
  readonly views: ReviewViews;
  readonly state: ReviewState;
  /** Cases of which more is known than a verdict. */
  readonly cases: Map<number, ReviewCase>;
  /** The newest verdicts of all others: as numbers, since holds that ended may be many. */
  readonly verdicts: { readonly any: Map<number, number>; readonly undone: Map<number, number> };
  /** Disputes that overturned a decision: the verdict's record by the decision. */
  readonly overturned: Map<number, number>;
};

/**
 * Fills an empty state with all open cases.
 *
 * @param sampledFrom the first record whose decisions are shown because they were drawn
 * @param size records that the views have
 */
export async function loadReviews(
  state: ReviewState,
  views: ReviewViews,
  { sampledFrom, size }: { sampledFrom: number; size: number },
): Promise<void> {
  const found: Found = {
    views,
    state,
    cases: new Map(),
    verdicts: { any: new Map(), undone: new Map() },
    overturned: new Map(),
  };
  await readRecords(found);
  for (const task of ["flag", "hold"] as const) await readRows(found, task);
  await readSteps(found);
  await readDrawn(found, sampledFrom, size);
  await readLike(found);
  await readRowsOfOthers(found);
  for (const each of [...found.cases.values()].sort((a, b) => a.of - b.of)) state.restore(each);
}

async function readRecords(found: Found): Promise<void> {
  const { views, state } = found;
  for (let after = -1; ;) {
    const leaves = await views.caseRecords({ kinds: reviewKinds, after, limit: recordsAtOnce });
    for (const leaf of leaves) {
      const record = parseLeaf(leaf);
      after = record.index;
      takeRecord(found, state, record);
    }
    if (leaves.length < recordsAtOnce) return;
  }
}

function takeRecord(found: Found, state: ReviewState, record: DocketRecord): void {
  if (record.kind === "settings") return state.takeRecord(record);
  if (overturns(record)) found.overturned.set(record.of, record.index);
  for (const of of casesOf(record)) {
    const known = found.cases.get(of);
    if (known !== undefined) {
      state.markCase(known, record);
      continue;
    }
    const each = caseWithVerdicts(found, of);
    if (state.markCase(each, record) || each.steppedAt !== undefined) {
      found.cases.set(of, each);
      continue;
    }
    if (each.verdictAt !== undefined) found.verdicts.any.set(of, each.verdictAt);
    if (each.undoneAt !== undefined) found.verdicts.undone.set(of, each.undoneAt);
  }
}

function caseWithVerdicts({ verdicts }: Found, of: number): ReviewCase {
  const each = emptyCase(of);
  each.verdictAt = verdicts.any.get(of);
  each.undoneAt = verdicts.undone.get(of);
  return each;
}

/** Gives a case its decision; keeps it if that opens it. */
function takeRow(found: Found, row: DecisionRow): boolean {
  const each = found.cases.get(row.index) ?? caseWithVerdicts(found, row.index);
  if (each.row === undefined) describeCase(each, row, found.state.askedBy(row));
  const isOpen = openTasks(each).length > 0;
  if (isOpen) found.cases.set(row.index, each);
  return isOpen;
}

async function readRows(found: Found, outcome: "flag" | "hold"): Promise<void> {
  let open = 0;
  for (let before = Number.MAX_SAFE_INTEGER; ;) {
    const rows = await newest(found, [outcome], before);
    for (const row of rows) if (takeRow(found, row)) open += 1;
    if (rows.length < rowsAtOnce) return;
    before = (rows.at(-1) as DecisionRow).index;
    // Whether what is older is open nobody knows without looking; it is looked at once there is room.
    if (open >= casesPerTaskMax) return found.state.leave(outcome, 1);
  }
}

async function readSteps(found: Found): Promise<void> {
  let seen = 0;
  for (let before = Number.MAX_SAFE_INTEGER; seen < stepRowsMax;) {
    const rows = await newest(found, refusing, before);
    for (const row of rows) if (row.proposed.length > 0) takeRow(found, row);
    if (rows.length < rowsAtOnce) return;
    before = (rows.at(-1) as DecisionRow).index;
    seen += rows.length;
  }
}

// Drawn by their index alone, so nothing has to be read of those that were not.
async function readDrawn(found: Found, from: number, size: number): Promise<void> {
  const { state } = found;
  let open = 0;
  for (let to = size; to > from && open < casesPerTaskMax; to -= indexesAtOnce) {
    const drawn: number[] = [];
    for (let index = to - 1; index >= Math.max(from, to - indexesAtOnce); index--) {
      if (state.isDrawn("allowed", index) || state.isDrawn("refused", index)) drawn.push(index);
    }
    for await (const row of rowsOf(found.views, drawn)) if (takeRow(found, row)) open += 1;
  }
}

async function readLike(found: Found): Promise<void> {
  const newestFirst = [...found.overturned].sort(([, a], [, b]) => b - a).slice(0, overturnsMax);
  for (const [of, verdict] of newestFirst) {
    for (const row of await likeDecisions(found.views, of, verdict)) {
      const each = found.cases.get(row.index) ?? caseWithVerdicts(found, row.index);
      each.likeAt = Math.max(each.likeAt ?? -1, verdict);
      found.cases.set(row.index, each);
    }
  }
}

// Cases that are open because of what people said.
async function readRowsOfOthers(found: Found): Promise<void> {
  const lacking = [...found.cases.values()].filter(({ row }) => row === undefined).map(({ of }) => of);
  for await (const row of rowsOf(found.views, lacking)) takeRow(found, row);
}

/** The rows of decisions by index, those that there are, many at a time. */
export async function* rowsOf(views: ReviewViews, indexes: readonly number[]): AsyncGenerator<DecisionRow> {
  for (let at = 0; at < indexes.length; at += indexesAsked) {
    const asked = indexes.slice(at, at + indexesAsked);
    yield* await views.decisions({ indexes: asked, limit: asked.length });
  }
}

/**
 * The first record from which on all decisions were sealed at or after a time: records are sealed in order,
 * whatever the time that their events claim.
 */
export async function firstSealedSince(
  views: Pick<SiteIndex, "decisions">,
  sinceMs: number,
  size: number,
): Promise<number> {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = await views.decisions({ after: middle - 1, limit: 1 });
    if (next === undefined || next.sealedMs >= sinceMs) high = middle;
    else low = next.index + 1;
  }
  return low;
}

/** The row of one decision; `undefined` if that record is none. */
export async function rowOf(views: ReviewViews, index: number): Promise<DecisionRow | undefined> {
  const [row] = await views.decisions({ indexes: [index], limit: 1 });
  return row;
}

function newest({ views }: Found, outcomes: readonly Outcome[], before: number): Promise<DecisionRow[]> {
  return views.decisions({ outcomes, before, order: "descending", limit: rowsAtOnce });
}

const refusing: readonly Outcome[] = ["reject", "challenge"];
