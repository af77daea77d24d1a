// SPDX-License-Identifier: Apache-2.0
// Records in plain words: from the leaf alone, which anyone may see.
import { isCaseRecord, isCustodyRecord } from "@docket/protocol";
import type { DocketRecord } from "@docket/protocol";
import { caseHeadline, caseRows, restrictionText } from "./case-words.ts";
import { custodyHeadline, custodyRows } from "./custody-words.ts";

/** What a record says, in a sentence without its end. */
export function recordHeadline(record: DocketRecord): string {
  if (isCaseRecord(record)) return caseHeadline(record);
  if (isCustodyRecord(record)) return custodyHeadline(record);
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

/** What it says besides, a row for each thing: its name, and what it is. */
export function recordRows(record: DocketRecord): string[][] {
  if (isCaseRecord(record)) return caseRows(record);
  if (isCustodyRecord(record)) return custodyRows(record);
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
      return accessRows(record);
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

function accessRows({ key, role, scopes, from, until }: DocketRecord & { kind: "access" }): string[][] {
  return [
    ["key", key],
    ["role", role],
    ...(scopes === undefined ? [] : [["may only", scopes.join(", ")]]),
    ...(from === undefined ? [] : [["in place of", from]]),
    ...(until === undefined ? [] : [["until", until]]),
  ];
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
