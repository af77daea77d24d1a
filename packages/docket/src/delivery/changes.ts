// SPDX-License-Identifier: Apache-2.0
// From a record to the changes of what is in force that it orders. What follows from a decision at once (it
// was refused) is no change: its answer said so, unless the app had acted before.
import type { CaseBody, RecordedRestriction, RecordHeader, SubjectKind, Verdict } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import { actorName, contentName, eventOf, subjectName } from "./app-names.ts";
import type { Change, ChangeCause, ChangeType, EndedRestriction, LogView, SubjectName } from "./contract.ts";
import { restrictionsOf } from "./restrictions.ts";
import type { CaseRecord, ToldRecord } from "./told-records.ts";

/** Records other than decisions that order something. */
export const orderingKinds: readonly string[] = ["verdict", "measure", "lapse"];

/** Whether a decision orders something that its answer did not say, or that lasts. */
export function rowOrders({ restrictions, late, outcome }: DecisionRow): boolean {
  return restrictions > 0 || (late && (outcome === "reject" || outcome === "hold"));
}

/** Whether a record orders something. */
export function recordOrders(record: CaseBody): boolean {
  if (record.kind === "verdict") {
    const { verdict, restrictions, ended } = record;
    return contentChanges[verdict] !== undefined || restrictions.length > 0 || ended.length > 0;
  }
  return record.kind === "lapse" || record.kind === "measure";
}

/** The changes that a record orders, in their order. */
export async function changesOf(view: LogView, told: ToldRecord): Promise<Change[]> {
  const changes =
    "row" in told ? await changesOfDecision(view, told.row) : await changesOfRecord(view, told.record);
  return changes.map((change, place) => ({ ...change, place }));
}

type Common = Pick<Change, "record" | "at" | "by" | "cause" | "reason">;

async function changesOfDecision(view: LogView, row: DecisionRow): Promise<Change[]> {
  if (!rowOrders(row)) return [];
  const [record, event] = await Promise.all([view.record(row.index), eventOf(view, row.index)]);
  if (record.kind !== "decision") return [];
  const common = { record: row.index, at: record.time, by: record.by, reason: null };
  const subject = actorName(row.actor, event);
  const content = contentName(row.index, event);
  const changes: Change[] = [];
  const late = { reject: "removed", hold: "held" } as const;
  if (row.late && (row.outcome === "reject" || row.outcome === "hold")) {
    changes.push(change({ ...common, cause: "late" }, late[row.outcome], subject, { content }));
  }
  for (const restriction of record.restrictions) {
    changes.push(change({ ...common, cause: "decision" }, "restrictionStarted", subject, { restriction }));
  }
  return changes;
}

/** What a verdict makes of a content. */
const contentChanges: Readonly<Partial<Record<Verdict, ChangeType>>> = {
  remove: "removed",
  release: "released",
  restore: "restored",
};

async function changesOfRecord(view: LogView, record: CaseRecord): Promise<Change[]> {
  const { index, time: at, by } = record;
  if (record.kind === "verdict") {
    const event = await eventOf(view, record.of);
    const { cause, reason } = record;
    const common = { record: index, at, by, cause, reason };
    const subject = actorName(record.actor, event);
    const type = contentChanges[record.verdict];
    const content = contentName(record.of, event);
    const ofContent = type === undefined ? [] : [change(common, type, subject, { content })];
    return [...ofContent, ...(await changesOfStanding(view, record, common, subject))];
  }
  if (record.kind === "measure") {
    const { cause, reason, subjectKind: kind } = record;
    const subject = await subjectName(view, { index, subject: record.subject, kind });
    return changesOfStanding(view, record, { record: index, at, by, cause, reason }, subject);
  }
  if (record.kind !== "lapse") return [];
  const kind: SubjectKind = record.subject.startsWith("a_") ? "actor" : "network";
  const subject = await lapsedSubject(view, record, kind);
  const common = { record: index, at, by, cause: "lapse", reason: null } as const;
  return changesOfStanding(view, { ...record, restrictions: [] }, common, subject);
}

// What a subject that is no actor is, stands in the measure that restricted it.
async function lapsedSubject(
  view: LogView,
  { index, subject }: RecordHeader & { subject: string },
  kind: SubjectKind,
): Promise<SubjectName> {
  if (kind === "actor") return subjectName(view, { index, subject, kind });
  const measure = (await restrictionsOf(view, subject, index)).measures.at(-1);
  if (measure === undefined) return { kind, subject, account: null, value: null };
  return subjectName(view, { index: measure.index, subject, kind: measure.subjectKind });
}

async function changesOfStanding(
  view: LogView,
  record: RecordHeader & { ended: readonly string[]; restrictions: readonly RecordedRestriction[] },
  common: Common,
  subject: SubjectName,
): Promise<Change[]> {
  const { ended, restrictions } = record;
  const known =
    ended.length === 0 ? undefined : await restrictionsOf(view, subject.subject, record.index, ended);
  const over = ended.map((id): EndedRestriction => known?.byId.get(id) ?? { id });
  const changes: Change[] = [];
  const left = new Set(over);
  for (const restriction of restrictions) {
    // One of the same sort that ended in the same breath: it was shortened, or made milder.
    const before = over.find((each) => left.has(each) && sameSort(each, restriction));
    if (before === undefined) {
      changes.push(change(common, "restrictionStarted", subject, { restriction }));
    } else {
      left.delete(before);
      changes.push(change(common, "restrictionChanged", subject, { restriction, before }));
    }
  }
  for (const restriction of left) {
    changes.push(change(common, "restrictionEnded", subject, { restriction }));
  }
  return changes;
}

function sameSort(a: EndedRestriction, b: RecordedRestriction): boolean {
  if (!("kind" in a) || a.kind !== b.kind) return false;
  return a.kind !== "limit" || a.ability === (b as { ability?: string }).ability;
}

function change(
  common: Common & { cause: ChangeCause },
  type: ChangeType,
  subject: SubjectName,
  of: Partial<Pick<Change, "content" | "restriction" | "before">>,
): Change {
  const { record, at, by, cause, reason } = common;
  const { content = null, restriction = null, before = null } = of;
  return { record, place: 0, type, at, by, cause, reason, content, subject, restriction, before };
}
