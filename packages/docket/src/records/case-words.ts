// SPDX-License-Identifier: Apache-2.0
// Records of what came after decisions, as people read them.
import type { CaseBody, RecordedRestriction } from "@docket/protocol";

/** What such a record says, in a sentence. */
export function caseHeadline(record: CaseBody): string {
  switch (record.kind) {
    case "verdict":
      return `${verdictWords[record.verdict]} the content of record ${record.of} (${record.cause})`;
    case "measure":
      return measureHeadline(record);
    case "lapse":
      return `the time of ${counted(record.ended.length, "restriction")} is over`;
    case "link":
      return `${record.actors.length} actors were ${record.change} (${record.relation})`;
    case "report":
      return `a user reported the content of record ${record.of} as ${record.category}`;
    case "review":
      return `a reviewer found the content of record ${record.of} to be ${findingWords[record.finding]}`;
    case "dispute":
      return `the affected user objects to record ${record.of}`;
    case "message":
      return `a message in the dispute of record ${record.of}, from the ${record.from}`;
    case "ruling":
      return `the dispute of record ${record.of} was ${record.ruling}`;
    case "token-revoked":
      return `the dispute tokens of record ${record.of} were revoked`;
    case "batch":
      return (
        `a ${record.batch} of ${counted(record.count, "decision")}` +
        (record.pending ? " waits for a second person" : "")
      );
    case "batch-step":
      return `the batch of record ${record.of} is ${record.step}; ${counted(record.made, "verdict")} made`;
    case "applied":
      return `the app has done what ${counted(record.of.length, "record")} ordered`;
    case "quiet":
      return `the actor of record ${record.of} is not told of it before ${record.until}`;
    case "digest":
      return `the day's ${counted(record.repeats, "repeated refusal")} can be told`;
    case "webhook":
      return `a webhook was ${record.change}`;
    case "export":
      return `records went out: ${record.what}${record.of === undefined ? "" : ` of record ${record.of}`}`;
    case "settings":
      return `settings of the site changed`;
  }
}

/** What it says besides, a row for each thing. */
export function caseRows(record: CaseBody): string[][] {
  const rows: string[][] = "role" in record ? [["role", record.role]] : [];
  if (record.kind === "verdict" || record.kind === "dispute") rows.push(["actor", record.actor]);
  if (record.kind === "measure") rows.push([record.subjectKind, record.subject]);
  if (record.kind === "lapse") rows.push(["subject", record.subject]);
  if (record.kind === "report") rows.push(["reporter", record.reporter]);
  if (record.kind === "link") rows.push(...record.actors.map((actor) => ["actor", actor]));
  if ("reason" in record) rows.push(["reason", record.reason]);
  if (record.kind === "quiet") rows.push(["ground", record.ground]);
  if ("for" in record && record.for !== undefined) rows.push(["came of", `record ${record.for}`]);
  if ("of" in record && Array.isArray(record.of) && record.of.length > 0) {
    rows.push(["records", record.of.join(", ")]);
  }
  if ("restrictions" in record) {
    rows.push(...record.restrictions.map((each) => ["restriction", restrictionText(each)]));
  }
  if ("ended" in record) rows.push(...record.ended.map((id) => ["ended", id]));
  if (record.kind === "webhook") rows.push(["webhook", record.id]);
  if (record.kind === "settings") {
    rows.push(...Object.entries(record.values).map(([name, value]) => [name, String(value)]));
  }
  return rows;
}

/** A restriction in words. */
export function restrictionText(restriction: RecordedRestriction): string {
  const { id, kind } = restriction;
  if (kind === "ban") return `ban (${id})`;
  const { until } = restriction;
  if (kind === "limit") return `no ${restriction.ability} until ${until} (${id})`;
  if (kind === "throttle") {
    return `throttle to ${restriction.rate}, ${restriction.burst} at once, until ${until} (${id})`;
  }
  return `${kind} until ${until} (${id})`;
}

const verdictWords = {
  release: "release",
  remove: "remove",
  restore: "restore",
  label: "label",
  keep: "keep the outcome of",
};
const findingWords = { spam: "spam", notSpam: "no spam", unsure: "neither for sure" };

function measureHeadline({ restrictions, ended, subjectKind }: CaseBody & { kind: "measure" }): string {
  const done = [
    ...(restrictions.length === 0 ? [] : [`${counted(restrictions.length, "restriction")} imposed`]),
    ...(ended.length === 0 ? [] : [`${counted(ended.length, "restriction")} ended`]),
  ];
  const subject = subjectKind === "actor" ? "an actor" : `a ${subjectKind}`;
  return `${done.join(", ") || "nothing changed"} on ${subject}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
