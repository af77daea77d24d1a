// SPDX-License-Identifier: Apache-2.0
// Decisions as statements of reasons. They are made of what anyone may know: outcome, rules and their public
// reasons, measures with their ends; never of texts, facts or accounts, since the database takes no personal
// data.
import { formatTime, parseTime } from "@docket/protocol";
import type { DocketRecord, RecordedRestriction } from "@docket/protocol";
import type { DecisionRow } from "../views/decision-row.ts";
import {
  contentLanguages,
  explanationMax,
  factsMax,
  personalDataIn,
  shortTextMax,
  statementColumns,
  statementFaults,
  statementsPerRequestMax,
} from "./statement-schema.ts";
import type { Statement } from "./statement-schema.ts";

/** What a site says of itself where its records don't. */
export type StatementOptions = {
  /** Where its rules can be read. */
  readonly termsUrl?: string | undefined;
  readonly category: string;
  readonly contentType: string;
  readonly territories: readonly string[];
};

/** The public reason of a rule, in English if there is one. */
export type RuleReason = { readonly rule: string; readonly text: string };

/** A record that a statement is made of. */
export type StatementSource = {
  readonly record: Extract<DocketRecord, { kind: "decision" | "verdict" | "measure" }>;
  /** The decision that it is, or is about. */
  readonly decision: DecisionRow | undefined;
  readonly reasons: readonly RuleReason[];
  /** Whether the content had been reported, and by a trusted flagger. */
  readonly reported: "trusted" | "user" | undefined;
};

/** A record of which no statement can be made, and why. */
export type LeftOut = { index: number; why: string };

/** Whether a record is one that reasons are stated for: it restricts content or an account. */
export function needsStatement(record: DocketRecord, row: DecisionRow | undefined): boolean {
  if (record.kind === "decision") {
    // What was refused because of a restriction has its reasons in the statement of that.
    const refused =
      (record.outcome === "reject" || record.outcome === "hold") && row?.refusedBy === undefined;
    return refused || restrictsAccount(record.restrictions);
  }
  if (record.kind === "verdict") {
    const { verdict, restrictions } = record;
    return verdict === "remove" || verdict === "label" || restrictsAccount(restrictions);
  }
  return record.kind === "measure" && record.subjectKind === "actor" && restrictsAccount(record.restrictions);
}

/**
 * The statement of a record.
 *
 * @returns why there is none, where its texts look like personal data or the database would refuse it
 */
export function statementOf(
  origin: string,
  source: StatementSource,
  options: StatementOptions,
): Statement | LeftOut {
  const { record, decision } = source;
  const { index } = record;
  const appliedOn = record.time.slice(0, 10);
  const decidedOn = decision === undefined ? appliedOn : formatTime(decision.decidedMs).slice(0, 10);
  const statement: Statement = {
    puid: `${origin}-${index}`.replaceAll(/[^a-zA-Z0-9_-]/g, "-"),
    ...measuresOf(source),
    decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
    ...(options.termsUrl === undefined ? {} : { decision_ground_reference_url: options.termsUrl }),
    incompatible_content_ground: groundOf(source).slice(0, shortTextMax),
    incompatible_content_explanation: explanationOf(source).slice(0, explanationMax),
    incompatible_content_illegal: "No",
    content_type: [options.contentType],
    ...(options.contentType === "CONTENT_TYPE_OTHER" ? { content_type_other: "events of an app" } : {}),
    category: options.category,
    category_specification: ["KEYWORD_OTHER"],
    category_specification_other: "spam",
    territorial_scope: [...options.territories],
    content_language: languageOf(decision),
    // The content is as old as the decision on it, or older where it was decided late: then nobody knows.
    content_date: decidedOn < appliedOn ? decidedOn : appliedOn,
    application_date: appliedOn,
    ...endsOf(source),
    decision_facts: factsOf(origin, source).slice(0, factsMax),
    source_type: sourceOf(source),
    automated_detection: record.kind === "measure" && record.cause === "manual" ? "No" : "Yes",
    automated_decision: automationOf(record),
  };
  const faults = statementFaults(statement);
  const [fault] = faults;
  if (fault !== undefined) return { index, why: `${fault.field} ${fault.message}` };
  for (const field of ["incompatible_content_ground", "incompatible_content_explanation"] as const) {
    const what = personalDataIn(statement[field]);
    if (what !== undefined) return { index, why: `${field} has ${what} in it` };
  }
  return statement;
}

/** Statements as bodies of requests to `POST …/statements`, a line of JSON each. */
export function* requestLines(statements: readonly Statement[]): Generator<string> {
  for (let from = 0; from < statements.length; from += statementsPerRequestMax) {
    yield `${JSON.stringify({ statements: statements.slice(from, from + statementsPerRequestMax) })}\n`;
  }
}

/** Statements as a table (RFC 4180); lists are JSON. */
export function statementsCsv(statements: readonly Statement[]): string {
  const cell = (value: unknown): string => {
    if (value === undefined || value === null) return "";
    const written = typeof value === "string" ? value : JSON.stringify(value);
    return /[",\r\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
  };
  const lines = statements.map((each) => statementColumns.map((column) => cell(each[column])).join(","));
  return [statementColumns.join(","), ...lines].map((line) => `${line}\r\n`).join("");
}

function restrictsAccount(restrictions: readonly RecordedRestriction[]): boolean {
  return restrictions.some(({ kind }) => kind !== "warn");
}

function measuresOf({
  record,
}: StatementSource): Pick<Statement, "decision_visibility" | "decision_provision" | "decision_account"> {
  const kinds = new Set(record.restrictions.map(({ kind }) => kind));
  const visibility = visibilityOf(record);
  const ended = kinds.has("ban") ? "TERMINATED" : "SUSPENDED";
  return {
    ...(visibility === undefined ? {} : { decision_visibility: [visibility] }),
    ...(kinds.has("throttle") || kinds.has("limit")
      ? { decision_provision: "DECISION_PROVISION_PARTIAL_SUSPENSION" }
      : {}),
    ...(kinds.has("ban") || kinds.has("suspend") ? { decision_account: `DECISION_ACCOUNT_${ended}` } : {}),
  };
}

function visibilityOf(
  record: StatementSource["record"],
): NonNullable<Statement["decision_visibility"]>[number] | undefined {
  if (record.kind === "decision") {
    if (record.outcome === "reject") return "DECISION_VISIBILITY_CONTENT_REMOVED";
    return record.outcome === "hold" ? "DECISION_VISIBILITY_CONTENT_DISABLED" : undefined;
  }
  if (record.kind !== "verdict") return undefined;
  if (record.verdict === "remove") return "DECISION_VISIBILITY_CONTENT_REMOVED";
  return record.verdict === "label" ? "DECISION_VISIBILITY_CONTENT_LABELLED" : undefined;
}

// Of an event of long ago, decided now, a measure may be over before it was applied: it ends on that day.
function endsOf({
  record,
  decision,
}: StatementSource): Pick<
  Statement,
  "end_date_account_restriction" | "end_date_service_restriction" | "end_date_visibility_restriction"
> {
  const until = (kinds: readonly string[]): string | null => {
    const ends = record.restrictions.filter(({ kind }) => kinds.includes(kind));
    if (ends.length === 0 || ends.some(({ kind }) => kind === "ban")) return null;
    const latest = Math.max(...ends.map((each) => ("until" in each ? (parseTime(each.until) ?? 0) : 0)));
    return dayNotBefore(latest, record.time);
  };
  const held = record.kind === "decision" && record.outcome === "hold" ? decision?.holdUntilMs : undefined;
  return {
    end_date_account_restriction: until(["suspend", "ban"]),
    end_date_service_restriction: until(["throttle", "limit"]),
    end_date_visibility_restriction: held === undefined ? null : dayNotBefore(held, record.time),
  };
}

function dayNotBefore(ms: number, time: string): string {
  const [day, first] = [formatTime(ms).slice(0, 10), time.slice(0, 10)];
  return day < first ? first : day;
}

function groundOf({ record, decision, reasons }: StatementSource): string {
  const rules = reasons.map(({ rule }) => rule);
  const named = rules.length > 0 ? rules : (decision?.fired ?? []).filter((rule) => !rule.includes(":"));
  if (record.kind === "measure") return `A measure against the account, for the reason "${record.reason}".`;
  if (named.length === 0) return "The platform's rules against spam.";
  return `The platform's rules against spam: ${named.slice(0, 20).join(", ")}.`;
}

function explanationOf({ record, reasons }: StatementSource): string {
  const texts = [...new Set(reasons.map(({ text }) => text))];
  if (texts.length > 0) return texts.join(" ");
  if (record.kind === "decision") return "The content matched the platform's rules against spam.";
  return `The content or the account's conduct was found to break the rules against spam (${record.reason}).`;
}

function factsOf(origin: string, { record, decision }: StatementSource): string {
  const about = `Record ${record.index} of the tamper-evident log ${origin}, sealed ${record.time}.`;
  const type = decision?.type ?? "item";
  switch (record.kind) {
    case "decision":
      return (
        `An automated policy evaluated the ${type} when it was submitted, and its outcome was ` +
        `"${record.outcome}". No person took part. The rules that fired: ${firedWords(decision)}. ${about}`
      );
    case "verdict":
      return (
        `A ${type} that an automated policy had evaluated was looked at again (${record.cause}), and the ` +
        `result was "${record.verdict}". The rules that had fired: ${firedWords(decision)}. ${about}`
      );
    case "measure":
      return (
        `A person restricted the account (${record.cause}), relying on ${record.of.length} records. ` + about
      );
  }
}

function firedWords(decision: DecisionRow | undefined): string {
  const fired = (decision?.fired ?? []).filter((rule) => !rule.includes(":"));
  return fired.length === 0 ? "none" : fired.join(", ");
}

function languageOf(decision: DecisionRow | undefined): string | null {
  const language = decision?.language?.slice(0, 2).toUpperCase();
  return language !== undefined && contentLanguages.includes(language) ? language : null;
}

function sourceOf({ record, reported }: StatementSource): string {
  // What a rule decided at once was nobody's notice.
  if (record.kind === "decision" || reported === undefined) return "SOURCE_VOLUNTARY";
  return reported === "trusted" ? "SOURCE_TRUSTED_FLAGGER" : "SOURCE_TYPE_OTHER_NOTIFICATION";
}

function automationOf(record: StatementSource["record"]): string {
  if (record.kind === "decision" || record.by === "docket") return "AUTOMATED_DECISION_FULLY";
  if (record.kind === "measure" && record.cause === "manual") return "AUTOMATED_DECISION_NOT_AUTOMATED";
  return "AUTOMATED_DECISION_PARTIALLY";
}
