// SPDX-License-Identifier: Apache-2.0
// A record as people read it.
import type { DocketRecord, Facts } from "@docket/protocol";
import { alignColumns } from "./columns.ts";
import { printableLines } from "../printable.ts";
import { recordHeadline, recordRows } from "../records/record-words.ts";

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
  const rows = [["sealed", record.time], ["by", record.by], ...recordRows(record)];
  const parts = [`Record ${record.index}: ${recordHeadline(record)}\n`, alignColumns(indent(rows))];
  if (facts !== undefined) parts.push("\nFacts\n", alignColumns(indent(factRows(facts, counterNames))));
  if (note !== undefined) parts.push(`\nNote: ${note}.\n`);
  return printableLines(parts.join(""));
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
