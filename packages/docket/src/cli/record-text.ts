// SPDX-License-Identifier: Apache-2.0
// A record as people read it.
import { isCaseRecord } from "@docket/protocol";
import type { DocketRecord, Facts } from "@docket/protocol";
import { caseHeadline, caseRows, restrictionText } from "./case-record-text.ts";
import { alignColumns } from "./columns.ts";
import { printableLines } from "../printable.ts";

/** A record and what is known of it. */
export type ShownRecord = {
  record: DocketRecord;
  facts: Facts | undefined;
  /** Why something is not shown. */
  note: string | undefined;
  /** Names of counters by their ids in the facts. */
  counterNames: ReadonlyMap<string, string>;
};

/** What a record says, a line for each thing, and below it what the decision read. */
export function recordText({ record, facts, note, counterNames }: ShownRecord): string {
  const rows = [["sealed", record.time], ["by", record.by], ...bodyRows(record)];
  const parts = [`Record ${record.index}: ${headline(record)}\n`, alignColumns(indent(rows))];
  if (facts !== undefined) parts.push("\nFacts\n", alignColumns(indent(factRows(facts, counterNames))));
  if (note !== undefined) parts.push(`\nNote: ${note}.\n`);
  return printableLines(parts.join(""));
}

function headline(record: DocketRecord): string {
  if (isCaseRecord(record)) return caseHeadline(record);
  switch (record.kind) {
    case "created":
      return `this log was created`;
    case "start":
      return `docket ${record.version} started`;
    case "stop":
      return "docket stopped";
    case "key-change":
      return "the log's keys were changed";
    case "promoted":
      return "the log was promoted: it was found to hold its newest signed state";
    case "release":
      return releaseHeadline(record);
    case "proposal":
      if (record.list !== undefined) return `a change of the list ${record.list} was proposed`;
      return record.level === undefined
        ? "a change of the policy was proposed"
        : `the level ${record.level} was proposed`;
    case "approval":
      return `record ${record.of} was approved${record.alone ? ", by whoever proposed it" : ""}`;
    case "cancel":
      return `the proposal of record ${record.of} was cancelled`;
    case "level":
      return `changes of the policy are of level ${record.level} from here on`;
    case "list":
      return `the list ${record.list} was changed: ${record.added} added, ${record.removed} removed`;
    case "access":
      return `an API key was ${record.change}`;
    case "opening":
      return `the evidence of record ${record.of} was opened`;
    case "brake":
      return record.cap
        ? "a rule has restricted as many accounts as it may without a second person"
        : "the emergency brake took away the power of something that hit too much";
    case "confirm":
      return (
        `the brake of record ${record.of} was lifted` + (record.alone ? ", by whoever made the change" : "")
      );
    case "label":
      return `the decision of record ${record.of} was labelled ${record.label}`;
    case "decision":
      return `${record.outcome}${record.rules.length === 0 ? "" : ` because of ${record.rules.join(", ")}`}`;
  }
}

function bodyRows(record: DocketRecord): string[][] {
  if (isCaseRecord(record)) return caseRows(record);
  switch (record.kind) {
    case "created":
      return [
        ["origin", record.origin],
        ["verifier key", record.key],
        ...(record.mlDsaKey === undefined ? [] : [["verifier key", record.mlDsaKey]]),
        ...(record.succeeds === undefined ? [] : [["goes on from", record.succeeds.origin]]),
      ];
    case "key-change":
      return [...record.old.map((key) => ["old key", key]), ...record.new.map((key) => ["new key", key])];
    case "promoted":
      return record.proofs.map(({ from, name, size }) => [
        "proof",
        `${name === null ? from : `${from} ${name}`}: size ${size}`,
      ]);
    case "start":
      return record.recovered === 0
        ? []
        : [["recovered", `${record.recovered} records that a crash left unpublished`]];
    case "stop":
      return [];
    case "release":
      return [
        ["release", record.release],
        ["before", record.previous ?? "none"],
        ...(record.of === undefined ? [] : [["follows", `record ${record.of}`]]),
        ...(record.until === undefined ? [] : [["until", `${record.until}, unless it is approved before`]]),
        ...(record.alone === true ? [["alone", "nobody else had a part in it"]] : []),
      ];
    case "proposal":
      return proposalRows(record);
    case "level":
      return [
        ["before", record.previous],
        ["follows", `record ${record.of}`],
      ];
    case "approval":
    case "cancel":
      return [];
    case "list":
      return [
        ["entries are", record.listKind],
        ["version", record.version],
        ["before", record.previous],
        ...(record.of === undefined ? [] : [["follows", `record ${record.of}`]]),
        ...(record.until === undefined ? [] : [["until", `${record.until}, unless it is approved before`]]),
      ];
    case "access":
      return [
        ["key", record.key],
        ["role", record.role],
      ];
    case "opening":
    case "confirm":
      return [];
    case "brake":
      return [["release", record.release]];
    case "label":
      return labelRows(record);
    case "decision":
      return [
        ["actor", record.actor],
        ["release", record.release],
        ...record.restrictions.map((restriction) => ["restriction", restrictionText(restriction)]),
      ];
  }
}

function labelRows({ role, source, reason }: DocketRecord & { kind: "label" }): string[][] {
  return [["role", role], ["source", source], ...(reason === undefined ? [] : [["reason", reason]])];
}

function proposalRows(record: DocketRecord & { kind: "proposal" }): string[][] {
  return [
    ...(record.candidate === undefined ? [] : [["candidate", record.candidate]]),
    ["in force", record.base ?? "none"],
    ["restricts more", record.restrictsMore ? "yes" : "no"],
    ...(record.list === undefined
      ? []
      : [["entries", `${record.added} to add, ${record.removed} to remove`]]),
    ...(record.standby ? [["standby", "once approved, it waits to be switched to"]] : []),
  ];
}

function releaseHeadline({ via }: DocketRecord & { kind: "release" }): string {
  const how = {
    start: ", with which the server was started",
    publish: ", as it was approved",
    rollback: ": the one after it was withdrawn",
    "break-glass": " by breaking the glass",
    revert: " again: the time of the one after it was over",
    lists: " with other versions of lists",
  };
  return `a release came into force${via === undefined ? "" : how[via]}`;
}

function factRows(facts: Facts, counterNames: ReadonlyMap<string, string>): string[][] {
  const { event, standing } = facts;
  const rows = [
    ["event", `${event.op} of type ${event.type}, from ${facts.source === "file" ? "a file" : "HTTP"}`],
    [
      "decided at",
      `${facts.decidedAt} (${facts.clock === "event" ? "the event's time" : "time of receipt"})`,
    ],
  ];
  if (event.time !== null) rows.push(["claimed time", event.time]);
  if (event.inReplyTo !== null) rows.push(["in reply to", `record ${event.inReplyTo}`]);
  for (const [path, value] of Object.entries(facts.values)) rows.push([path, JSON.stringify(value)]);
  for (const [id, value] of Object.entries(facts.counters)) {
    rows.push([counterNames.get(id) ?? `counter ${id}`, String(value)]);
  }
  rows.push(["strikes before", String(standing.strikes)]);
  for (const each of standing.restrictions) rows.push(["restriction before", `${each.kind} (${each.id})`]);
  for (const fired of facts.fired) {
    const mode = fired.mode === "enforce" ? (fired.outcome ?? "points") : `${fired.mode}, no effect`;
    rows.push(["fired", `${fired.policy}/${fired.rule} (${mode}; clauses ${fired.clauses})`]);
  }
  if (facts.points > 0) rows.push(["points", String(facts.points)]);
  if (facts.missing.length > 0) rows.push(["could not be decided", facts.missing.join(", ")]);
  if (facts.refusedBy !== null) rows.push(["refused by", facts.refusedBy]);
  for (const { policy, rule, count } of facts.strikes)
    rows.push(["strike", `${count} for ${policy}/${rule}`]);
  for (const name of facts.shadowed ?? []) rows.push(["would restrict", `${name} (in shadow)`]);
  if (facts.retryAfterMs !== null) rows.push(["try again after", `${facts.retryAfterMs} ms`]);
  if (facts.holdUntil !== null)
    rows.push(["held until", `${facts.holdUntil}, then ${facts.otherwise ?? "reviewed"}`]);
  return rows;
}

function indent(rows: readonly string[][]): string[][] {
  return rows.map(([name = "", ...rest]) => [`  ${name}`, ...rest]);
}
