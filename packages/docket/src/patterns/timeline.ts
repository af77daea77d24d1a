// SPDX-License-Identifier: Apache-2.0
// An actor's timeline: what was decided of what they did, and everything that came after it, the newest
// first.
import { isCaseRecord, parseLeaf } from "@docket/protocol";
import type { CaseBody, RecordHeader } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type { Timeline, TimelineEntry, TimelineQuery } from "./contract.ts";

const dayMs = 86_400_000;
/** Most disputes, links and reports of an actor that figures are made of. */
const figureRecordsMax = 10_000;

/** Records that concern an actor. */
export const timelineKinds: readonly CaseBody["kind"][] = [
  "verdict",
  "measure",
  "lapse",
  "link",
  "report",
  "review",
  "dispute",
  "message",
  "ruling",
  "token-revoked",
  "applied",
  "quiet",
  "export",
];

/** What a timeline is read from. */
export type TimelineSource = Pick<SiteIndex, "decisions" | "caseRecords" | "actorFigures">;
/** A record of what comes after a decision. */
export type CaseRecord = RecordHeader & CaseBody;

/** A page of the timeline of an actor. */
export async function timelineOf(
  source: TimelineSource,
  actor: string,
  { before, limit, kinds }: TimelineQuery,
): Promise<Omit<Timeline, "standing">> {
  const order = "descending";
  const withDecisions = kinds?.includes("decision") ?? true;
  const cases = kinds === undefined ? timelineKinds : timelineKinds.filter((kind) => kinds.includes(kind));
  const [figures, rows, leaves, counted] = await Promise.all([
    source.actorFigures(actor),
    withDecisions ? source.decisions({ actor, before, order, limit: limit + 1 }) : [],
    source.caseRecords({ kinds: cases, about: actor, before, order, limit: limit + 1 }),
    source.caseRecords({ kinds: countedKinds, about: actor, limit: figureRecordsMax }),
  ]);
  const entries = [...rows.map(decisionEntry), ...leaves.map(caseOf).map(caseEntry)].sort(
    (a, b) => b.index - a.index,
  );
  const page = entries.slice(0, limit);
  const { fromMs, toMs, ...rest } = figures;
  const span = fromMs === undefined || toMs === undefined ? undefined : Math.max(dayMs, toMs - fromMs);
  return {
    actor,
    figures: {
      ...rest,
      from: timeText(fromMs),
      to: timeText(toMs),
      perDay: span === undefined ? null : Math.round((figures.decisions / (span / dayMs)) * 100) / 100,
      ...countedFigures(counted.map(caseOf), actor),
    },
    entries: page,
    next: entries.length > limit ? (page.at(-1)?.index ?? null) : null,
  };
}

/** Kinds that figures are made of. */
const countedKinds = ["link", "dispute", "ruling", "report"];

function countedFigures(
  records: readonly CaseRecord[],
  actor: string,
): Pick<Timeline["figures"], "linked" | "disputes" | "reports"> {
  const linked = new Set<string>();
  const disputes: Record<string, number> = {};
  let reports = 0;
  const count = (name: string): number => (disputes[name] = (disputes[name] ?? 0) + 1);
  for (const record of records) {
    if (record.kind === "link") {
      for (const other of record.actors) {
        if (record.change === "linked") linked.add(other);
        else linked.delete(other);
      }
    } else if (record.kind === "dispute") count("opened");
    else if (record.kind === "ruling") count(record.ruling);
    else if (record.kind === "report" && record.reporter !== actor) reports += 1;
  }
  linked.delete(actor);
  return { linked: [...linked], disputes, reports };
}

/** A record of what comes after a decision, of its leaf. */
export function caseOf(leaf: string): CaseRecord {
  const record = parseLeaf(leaf);
  if (!isCaseRecord(record)) throw new Error("the views keep such records alone under these kinds");
  return record;
}

/** A decision as an entry. */
export function decisionEntry(row: DecisionRow): TimelineEntry {
  const enforced = row.fired.filter((rule) => !rule.includes(":"));
  return {
    index: row.index,
    at: new Date(row.decidedMs).toISOString(),
    kind: "decision",
    says: decisionWords(row, enforced),
    outcome: row.outcome,
    rules: enforced,
    ...(row.campaign === undefined ? {} : { campaign: row.campaign }),
  };
}

const outcomeWords: Readonly<Record<DecisionRow["outcome"], string>> = {
  allow: "allowed",
  flag: "allowed, and put in the review queue",
  challenge: "challenged",
  delay: "delayed",
  hold: "held",
  reject: "rejected",
};

function decisionWords(row: DecisionRow, enforced: readonly string[]): string {
  const { type, op, outcome, refusedBy, strikes, restrictions, proposed, late } = row;
  const because = refusedBy === undefined ? "" : `, because of restriction ${refusedBy}`;
  const isOwn = refusedBy === undefined && outcome !== "allow" && enforced.length > 0;
  const rules = !isOwn ? "" : ` by ${enforced.join(", ")}`;
  const follows = [
    ...(strikes > 0 ? [`${strikes} strike${strikes === 1 ? "" : "s"}`] : []),
    ...(restrictions > 0 ? [`${restrictions} restriction${restrictions === 1 ? "" : "s"} imposed`] : []),
    ...proposed.map((step) => `${step} waits for a person`),
    ...(late && outcome !== "allow" && outcome !== "flag" ? ["decided after the app had acted"] : []),
  ];
  const then = follows.length === 0 ? "" : `; ${follows.join(", ")}`;
  return `${type} (${op}) ${outcomeWords[outcome]}${because}${rules}${then}`;
}

/** A record of what came after as an entry. */
export function caseEntry(record: CaseRecord): TimelineEntry {
  const of = "of" in record && typeof record.of === "number" ? record.of : undefined;
  return {
    index: record.index,
    at: record.time,
    kind: record.kind,
    says: caseWords(record),
    ...(of === undefined ? {} : { of }),
    by: record.by,
  };
}

/** What a record says, in one sentence. */
function caseWords(record: CaseRecord): string {
  switch (record.kind) {
    case "verdict":
      return (
        `verdict on ${record.of}: ${record.verdict}, after ${record.cause} (${record.reason})` +
        measures(record)
      );
    case "measure":
      return (
        `measure on ${record.subjectKind} ${record.subject}, ${record.cause} (${record.reason})` +
        measures(record)
      );
    case "lapse":
      return `over: ${record.ended.join(", ")}`;
    case "link":
      return `${record.change}: ${record.actors.join(", ")} as ${record.relation} (${record.reason})`;
    case "report":
      return (
        `${record.of} reported by ${record.reporter} as ${record.category}` +
        (record.trusted === true ? ", a trusted flagger" : "")
      );
    case "review":
      return `${record.of} reviewed (${record.task}): ${record.finding} (${record.reason})`;
    case "dispute":
      return (
        `dispute against ${record.of} opened, by ` +
        (record.via === "token" ? "the user" : "the app for the user")
      );
    case "message":
      return `message in dispute ${record.of}, from the ${record.from}`;
    case "ruling":
      return `dispute ${record.of} ended: ${record.ruling} (${record.reason})`;
    case "token-revoked":
      return `dispute tokens of ${record.of} taken back`;
    case "applied":
      return (
        "the app applied what " +
        (record.of.length === 1 ? "a record ordered" : `${record.of.length} records ordered`)
      );
    case "quiet":
      return `not told of ${record.of} before ${record.until} (${record.ground})`;
    case "export":
      return `given out: ${record.what}`;
    case "batch":
    case "batch-step":
    case "digest":
    case "settings":
    case "webhook":
      return record.kind;
  }
}

function measures({
  restrictions,
  ended,
}: Pick<CaseBody & { kind: "verdict" }, "restrictions" | "ended">): string {
  const imposed = restrictions.map((each) =>
    "until" in each ? `${each.kind} until ${each.until}` : each.kind,
  );
  const parts = [
    ...(imposed.length === 0 ? [] : [`imposed ${imposed.join(", ")}`]),
    ...(ended.length === 0 ? [] : [`ended ${ended.join(", ")}`]),
  ];
  return parts.length === 0 ? "" : `; ${parts.join("; ")}`;
}

function timeText(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
