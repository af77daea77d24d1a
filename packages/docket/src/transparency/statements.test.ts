// SPDX-License-Identifier: Apache-2.0
// Statements of reasons, held against the documented rules and the database's own examples.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { plainRow } from "../testing/plain-row.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import {
  categories,
  contentLanguages,
  contentTypes,
  memberStates,
  personalDataIn,
  statementFaults,
  visibilities,
} from "./statement-schema.ts";
import type { Statement } from "./statement-schema.ts";
import { needsStatement, requestLines, statementOf, statementsCsv } from "./statements.ts";
import type { StatementOptions, StatementSource } from "./statements.ts";

const folder = "data/dsa-statements";
const origin = "docket-0011223344556677/main";
const actor = `a_${"q".repeat(22)}`;
const options: StatementOptions = {
  termsUrl: "https://example.org/rules",
  category: "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
  contentType: "CONTENT_TYPE_TEXT",
  territories: memberStates,
};
const header = {
  v: 1,
  index: 17,
  prev: "A".repeat(43),
  time: "2026-11-23T12:00:00.000Z",
  uncertaintyMs: null,
} as const;
const suspension = { id: `r_${"s".repeat(16)}`, kind: "suspend", until: "2026-11-30T00:00:00.000Z" } as const;
const row: DecisionRow = {
  ...plainRow,
  index: 17,
  actor,
  decidedMs: Date.UTC(2026, 10, 23, 11, 59),
  sealedMs: Date.UTC(2026, 10, 23, 12),
  outcome: "reject",
  content: "b".repeat(22),
  fingerprint: "f".repeat(22),
  rules: ["links"],
  fired: ["comments/links", "comments/new:shadow"],
  lists: [],
  strikes: 1,
  language: "de",
};
const decision = {
  ...header,
  kind: "decision",
  by: "k_appxxxxxxxxxxxxx",
  actor,
  outcome: "reject",
  rules: ["links"],
  restrictions: [],
  release: "A".repeat(43),
  parts: "A".repeat(43),
} as const;
const verdict = {
  ...header,
  kind: "verdict",
  by: "k_reviewerxxxxxxxx",
  role: "reviewer",
  of: 3,
  actor,
  verdict: "remove",
  cause: "review",
  restrictions: [],
  ended: [],
  reason: "spam",
  parts: "A".repeat(43),
} as const;
const measure = {
  ...header,
  kind: "measure",
  by: "k_reviewerxxxxxxxx",
  role: "reviewer",
  subject: actor,
  subjectKind: "actor",
  cause: "manual",
  of: [3],
  restrictions: [suspension],
  ended: [],
  reason: "spam",
  parts: "A".repeat(43),
} as const;

function source(record: object, over: Partial<StatementSource> = {}): StatementSource {
  const reasons = [{ rule: "comments/links", text: "New accounts may not post three or more links." }];
  return {
    record: record as StatementSource["record"],
    decision: row,
    reasons,
    reported: undefined,
    ...over,
  };
}

function made(record: object, over: Partial<StatementSource> = {}): Statement {
  const statement = statementOf(origin, source(record, over), options);
  assert.ok("puid" in statement, JSON.stringify(statement));
  assert.deepEqual(statementFaults(statement), []);
  return statement;
}

void test("a refused comment says what, why, by what, and nothing of the person", () => {
  const statement = made(decision);
  assert.deepEqual(statement, {
    puid: "docket-0011223344556677-main-17",
    decision_visibility: ["DECISION_VISIBILITY_CONTENT_REMOVED"],
    decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    decision_ground_reference_url: "https://example.org/rules",
    incompatible_content_ground: "The platform's rules against spam: comments/links.",
    incompatible_content_explanation: "New accounts may not post three or more links.",
    incompatible_content_illegal: "No",
    content_type: ["CONTENT_TYPE_TEXT"],
    category: "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
    category_specification: ["KEYWORD_OTHER"],
    category_specification_other: "spam",
    territorial_scope: [...memberStates],
    content_language: "DE",
    content_date: "2026-11-23",
    application_date: "2026-11-23",
    end_date_account_restriction: null,
    end_date_service_restriction: null,
    end_date_visibility_restriction: null,
    decision_facts:
      'An automated policy evaluated the comment when it was submitted, and its outcome was "reject". No ' +
      "person took part. The rules that fired: comments/links. Record 17 of the tamper-evident log " +
      "docket-0011223344556677/main, sealed 2026-11-23T12:00:00.000Z.",
    source_type: "SOURCE_VOLUNTARY",
    automated_detection: "Yes",
    automated_decision: "AUTOMATED_DECISION_FULLY",
  });
  const written = JSON.stringify(statement);
  for (const secret of [actor, "b".repeat(22), "f".repeat(22), "k_app", "shadow"]) {
    assert.ok(!written.includes(secret), secret);
  }
});

void test("holds, suspensions, bans, throttles and labels have their own words and ends", () => {
  const held = made(
    { ...decision, outcome: "hold" },
    { decision: { ...row, outcome: "hold", holdUntilMs: Date.UTC(2026, 10, 24) } },
  );
  assert.deepEqual(held.decision_visibility, ["DECISION_VISIBILITY_CONTENT_DISABLED"]);
  assert.equal(held.end_date_visibility_restriction, "2026-11-24");
  const suspended = made({ ...decision, restrictions: [suspension] });
  assert.equal(suspended.decision_account, "DECISION_ACCOUNT_SUSPENDED");
  assert.equal(suspended.end_date_account_restriction, "2026-11-30");
  const banned = made({ ...measure, restrictions: [{ id: suspension.id, kind: "ban" }] });
  assert.deepEqual(
    [banned.decision_account, banned.end_date_account_restriction],
    ["DECISION_ACCOUNT_TERMINATED", null],
  );
  assert.deepEqual(
    [banned.automated_detection, banned.automated_decision],
    ["No", "AUTOMATED_DECISION_NOT_AUTOMATED"],
  );
  const over = { ...suspension, kind: "throttle", rate: "1/m", burst: 1, until: "2015-01-01T00:00:00.000Z" };
  const throttled = made({ ...decision, outcome: "allow", restrictions: [over] });
  assert.equal(throttled.decision_provision, "DECISION_PROVISION_PARTIAL_SUSPENSION");
  assert.equal(throttled.end_date_service_restriction, throttled.application_date);
  const removed = made(verdict, { reported: "trusted" });
  assert.deepEqual(
    [removed.source_type, removed.automated_decision],
    ["SOURCE_TRUSTED_FLAGGER", "AUTOMATED_DECISION_PARTIALLY"],
  );
  assert.equal(made(verdict, { reported: "user" }).source_type, "SOURCE_TYPE_OTHER_NOTIFICATION");
  const labelled = made({ ...verdict, verdict: "label" }, { decision: undefined, reasons: [] });
  assert.deepEqual(labelled.decision_visibility, ["DECISION_VISIBILITY_CONTENT_LABELLED"]);
  assert.equal(labelled.content_language, null);
});

void test("only what restricts needs a statement, and each restriction once", () => {
  const needs = (record: object, of: DecisionRow | undefined = row): boolean =>
    needsStatement(record as DocketRecord, of);
  assert.ok(needs(decision));
  assert.ok(!needs({ ...decision, outcome: "flag" }));
  assert.ok(!needs({ ...decision, outcome: "delay" }));
  assert.ok(!needs(decision, { ...row, refusedBy: suspension.id }), "the restriction has its own");
  assert.ok(needs({ ...decision, outcome: "allow", restrictions: [suspension] }));
  assert.ok(!needs({ ...decision, outcome: "allow", restrictions: [{ ...suspension, kind: "warn" }] }));
  assert.ok(needs(verdict));
  assert.ok(!needs({ ...verdict, verdict: "restore" }));
  assert.ok(needs(measure));
  assert.ok(!needs({ ...measure, subjectKind: "network" }));
  assert.ok(!needs({ ...measure, restrictions: [], ended: [suspension.id] }));
  assert.ok(!needs({ ...header, kind: "lapse" }));
});

void test("texts that look like personal data are left out, with the reason", () => {
  for (const [text, what] of [
    ["Write to bob@example.org.", "an e-mail address"],
    ["Posts from 192.0.2.7 are refused.", "an IPv4 address"],
    ["Posts from 2001:db8:0:1::7 are refused.", "an IPv6 address"],
    ["Call +49 30 1234567.", "a telephone number"],
    [`As ${actor} did.`, "a pseudonym of the log"],
  ] as const) {
    assert.equal(personalDataIn(text), what);
    const reasons = [{ rule: "comments/links", text }];
    assert.deepEqual(statementOf(origin, source(decision, { reasons }), options), {
      index: 17,
      why: `incompatible_content_explanation has ${what} in it`,
    });
  }
  assert.equal(personalDataIn("At most 3 links in 24 h; version 1.2.3 of our rules."), undefined);
});

void test("requests of at most a hundred, and a table", () => {
  const statement = made(decision);
  const lines = [...requestLines(Array.from({ length: 201 }, () => statement))];
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { statements: unknown[] }).statements.length),
    [100, 100, 1],
  );
  const csv = statementsCsv([statement]);
  const [head = "", first = "", rest] = csv.split("\r\n");
  assert.match(head, /^puid,decision_visibility,/);
  assert.match(first, /^docket-0011223344556677-main-17,"\[""DECISION_VISIBILITY_CONTENT_REMOVED""\]",/);
  assert.equal(rest, "");
});

void test("what the database would refuse is found", () => {
  const good: Record<string, unknown> = { ...made(decision) };
  const wrong: [object, string][] = [
    [{ puid: "a b" }, "puid"],
    [{ puid: undefined }, "puid"],
    [{ decision_visibility: ["REMOVED"] }, "decision_visibility"],
    [{ decision_visibility: [] }, "decision_visibility"],
    [{ decision_ground: "DECISION_GROUND_ILLEGAL_CONTENT" }, "illegal_content_legal_ground"],
    [{ incompatible_content_explanation: "x".repeat(2001) }, "incompatible_content_explanation"],
    [{ content_type: ["CONTENT_TYPE_OTHER"] }, "content_type_other"],
    [{ category: "SPAM" }, "category"],
    [{ territorial_scope: ["US"] }, "territorial_scope"],
    [{ territorial_scope: [] }, "territorial_scope"],
    [{ content_date: "2026-02-30" }, "content_date"],
    [{ content_date: "1999-12-31" }, "content_date"],
    [{ application_date: "23.11.2026" }, "application_date"],
    [{ end_date_account_restriction: "2026-11-22" }, "end_date_account_restriction"],
    [{ decision_facts: "x".repeat(5001) }, "decision_facts"],
    [{ source_type: "SOURCE" }, "source_type"],
    [{ automated_detection: true }, "automated_detection"],
    [{ automated_decision: "AUTOMATED" }, "automated_decision"],
    [{ content_id: { "EAN-13": "12" } }, "content_id"],
    [{ content_language: "de" }, "content_language"],
    [{ decision_ground_reference_url: "our rules" }, "decision_ground_reference_url"],
  ];
  for (const [over, field] of wrong) {
    assert.equal(statementFaults({ ...good, ...over })[0]?.field, field, JSON.stringify(over).slice(0, 80));
  }
  assert.deepEqual(statementFaults([]), [{ field: "", message: "is an object" }]);
});

void test("the database's own examples pass, and its lists are ours", (t) => {
  const path = sharedPath(folder);
  if (path === undefined) return t.skip(skipReason(folder));
  const read = (name: string): unknown => JSON.parse(readFileSync(`${path}/${name}`, "utf8"));
  // In some of the made-up examples a restriction ends before it begins, which the documentation forbids.
  const found = (statement: unknown): string[] =>
    statementFaults(statement)
      .filter(({ message }) => message !== "is not before application_date")
      .map(({ field, message }) => `${field} ${message}`);
  assert.deepEqual(found(read("example_statement.json")), []);
  const { statements } = read("example_multi_statements.json") as { statements: unknown[] };
  for (const statement of statements) assert.deepEqual(found(statement), []);
  const lists = read("statements.json") as Record<string, string[]>;
  const withoutOther = (values: readonly string[]): string[] =>
    values.filter((value) => !value.endsWith("_OTHER")).sort();
  assert.deepEqual(withoutOther(visibilities), lists["decision_visibility"]?.sort());
  assert.deepEqual(withoutOther(contentTypes), lists["content_type"]?.sort());
  assert.deepEqual([...categories].sort(), lists["categories"]?.sort());
  assert.deepEqual([...contentLanguages].sort(), lists["content_language"]?.sort());
  assert.deepEqual([...memberStates].sort(), lists["territorial_scope"]?.sort());
});
