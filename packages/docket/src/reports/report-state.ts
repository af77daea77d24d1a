// SPDX-License-Identifier: Apache-2.0
// What reports come to, record by record: which contents are reported and not looked at, what their result
// was, and how good each reporter's word is. All of it follows from the log.
import type { DocketRecord, ReportBody, RecordHeader, ReviewFinding } from "@docket/protocol";
import type { ReportedContent, ReporterView, ReportWeight } from "./contract.ts";
import { wilson } from "../share.ts";

/** Reports that must have a result before a reporter counts as trusted by what came out. */
export const trustedReportsMin = 10;
/** Most records of reports that are listed of one content. */
export const recordsListedMax = 100;
/** Most reporters that are told one result. */
export const toldReportersMax = 1000;
const hourMs = 3_600_000;

/** A report as it is remembered. */
export type Report = {
  readonly index: number;
  readonly of: number;
  readonly reporter: string;
  readonly category: string;
  readonly trusted: boolean;
  readonly atMs: number;
  /** Somebody had looked at the content before: the report proves nothing of its reporter. */
  readonly late: boolean;
};
/** A content that was reported. */
export type Reported = {
  readonly key: string;
  readonly actor: string;
  readonly reports: Report[];
  found: { finding: ReviewFinding; record: number } | undefined;
};
/** The reports that a record gave a result, or another one. */
export type ReportResults = { readonly finding: ReviewFinding; readonly reports: readonly Report[] };

/** Actors that are one with an actor, without itself. */
type LinkedTo = (actor: string) => readonly string[];

type Reporter = { reports: number; right: number; wrong: number; recentMs: number[] };

/** The state of a site's reports. */
export class ReportState {
  /** By key: the content's keyed hash, or the decision. In the order of first reports. */
  readonly contents: Map<string, Reported> = new Map();
  /** Keys of an actor's contents that were reported. */
  readonly #keysOf = new Map<string, Set<string>>();
  /** Which reported content a decision is on. */
  readonly #names = new Map<number, { key: string; actor: string }>();
  readonly #reporters = new Map<string, Reporter>();
  /** By the record that brought them. */
  readonly #results = new Map<number, ReportResults>();

  /** Names the decisions of an actor's content that is reported, or is about to be. */
  name(key: string, actor: string, decisions: readonly number[]): void {
    for (const decision of decisions) this.#names.set(decision, { key, actor });
  }

  keyOf(decision: number): string | undefined {
    return this.#names.get(decision)?.key;
  }

  /** Takes in a record, in the order of the log. Reports of decisions that nobody named are passed over. */
  take(record: DocketRecord): void {
    const named = record.kind === "report" ? this.#names.get(record.of) : undefined;
    if (record.kind === "report" && named !== undefined) this.#report(record, named.key, named.actor);
    else if (findingKinds.includes(record.kind)) this.#find(record);
  }

  #report(record: RecordHeader & ReportBody, key: string, actor: string): void {
    const { index, of, reporter, category, trusted = false, time } = record;
    const known = this.contents.get(key);
    const content = known ?? { key, actor, reports: [], found: undefined };
    if (known === undefined) this.#begin(content);
    const atMs = Date.parse(time);
    const late = content.found !== undefined;
    content.reports.push({ index, of, reporter, category, trusted, atMs, late });
    const person = this.#reporter(reporter);
    person.reports += 1;
    person.recentMs = [...person.recentMs.filter((ms) => ms > atMs - hourMs), atMs];
  }

  #begin(content: Reported): void {
    const { key, actor } = content;
    this.contents.set(key, content);
    const keys = this.#keysOf.get(actor);
    if (keys === undefined) this.#keysOf.set(actor, new Set([key]));
    else keys.add(key);
  }

  // A person said what a content is.
  #find(record: DocketRecord): void {
    const finding = findingOf(record);
    if (finding === undefined || !("of" in record) || typeof record.of !== "number") return;
    const key = this.keyOf(record.of);
    const content = key === undefined ? undefined : this.contents.get(key);
    if (content === undefined || content.found?.finding === finding) return;
    const told = content.reports.filter(({ index }) => index < record.index);
    for (const { reporter, late } of told) {
      if (late) continue;
      const person = this.#reporter(reporter);
      count(person, content.found?.finding, -1);
      count(person, finding, 1);
    }
    content.found = { finding, record: record.index };
    if (told.length === 0) return;
    const seen = new Set<string>();
    const reports = told.filter(({ reporter }) => !seen.has(reporter) && seen.add(reporter));
    this.#results.set(record.index, { finding, reports: reports.slice(0, toldReportersMax) });
  }

  /** The records after `after` that brought results, in the order of the log. */
  resultsAfter(after: number, limit: number): number[] {
    const found: number[] = [];
    for (const record of this.#results.keys()) {
      if (record > after) found.push(record);
      if (found.length >= limit) break;
    }
    return found;
  }

  resultsAt(record: number): ReportResults | undefined {
    return this.#results.get(record);
  }

  /** Reports of somebody within the last hour. */
  recent(reporter: string, nowMs: number): number {
    const times = this.#reporters.get(reporter)?.recentMs ?? [];
    return times.filter((ms) => ms > nowMs - hourMs).length;
  }

  /** The report of somebody on a content that nobody has looked at since. */
  openReport(key: string, reporter: string): Report | undefined {
    const content = this.contents.get(key);
    return content && openReports(content).find((report) => report.reporter === reporter);
  }

  /** How good somebody's reports were. */
  reporter(reporter: string, trustedPercent: number): ReporterView {
    const { reports = 0, right = 0, wrong = 0 } = this.#reporters.get(reporter) ?? {};
    const precisionPerMille = Math.round((1000 * (2 * right + 1)) / (2 * (right + wrong) + 2));
    const sure =
      right + wrong >= trustedReportsMin && (wilson(right, right + wrong).low ?? 0) * 100 >= trustedPercent;
    return { reporter, reports, right, wrong, precisionPerMille, trusted: sure };
  }

  /**
   * How much the reports of a content weigh that nobody has looked at since. Each reporter's word counts
   * once, and that of linked ones as one: the best of theirs.
   */
  weight(key: string, trustedPercent: number, linkedTo: LinkedTo): ReportWeight {
    return this.#weigh([key], Number.NEGATIVE_INFINITY, trustedPercent, linkedTo);
  }

  /** The same of all contents of an actor, of reports since a time. */
  weightOfActor(actor: string, sinceMs: number, trustedPercent: number, linkedTo: LinkedTo): ReportWeight {
    return this.#weigh(this.#keysOf.get(actor) ?? [], sinceMs, trustedPercent, linkedTo);
  }

  #weigh(keys: Iterable<string>, sinceMs: number, trustedPercent: number, linkedTo: LinkedTo): ReportWeight {
    const open: Report[] = [];
    for (const key of keys) {
      const content = this.contents.get(key);
      if (content !== undefined) open.push(...openReports(content).filter(({ atMs }) => atMs >= sinceMs));
    }
    const groups = new Map<string, { weight: number; trusted: boolean }>();
    for (const report of open) {
      const group = [report.reporter, ...linkedTo(report.reporter)].sort()[0] as string;
      const person = this.reporter(report.reporter, trustedPercent);
      const trusted = report.trusted || person.trusted;
      const worth = trusted
        ? Math.max(person.precisionPerMille, trustedPercent * 10)
        : person.precisionPerMille;
      const before = groups.get(group);
      groups.set(group, {
        weight: Math.max(before?.weight ?? 0, worth),
        trusted: trusted || before?.trusted === true,
      });
    }
    const all = [...groups.values()];
    return {
      reports: open.length,
      reporters: all.length,
      trusted: all.filter(({ trusted }) => trusted).length,
      weightPerMille: all.reduce((sum, { weight }) => sum + weight, 0),
    };
  }

  #reporter(name: string): Reporter {
    let reporter = this.#reporters.get(name);
    if (reporter === undefined) {
      reporter = { reports: 0, right: 0, wrong: 0, recentMs: [] };
      this.#reporters.set(name, reporter);
    }
    return reporter;
  }
}

/** Reports since somebody looked at the content. */
export function openReports({ reports, found }: Reported): Report[] {
  return found === undefined ? reports : reports.filter(({ index }) => index > found.record);
}

/** Reports of a content by their category. */
export function categoriesOf({ reports }: Reported): ReportedContent["categories"] {
  const categories: Record<string, number> = {};
  for (const { category } of reports) categories[category] = (categories[category] ?? 0) + 1;
  return categories;
}

/** Kinds of records by which somebody may say what a content is. */
export const findingKinds: readonly string[] = ["review", "verdict", "label"];

/** What a record says that a content is; what Docket does by itself, or a user says, is no finding. */
function findingOf(record: DocketRecord): ReviewFinding | undefined {
  if (record.by === "docket") return undefined;
  if (record.kind === "review") return record.finding;
  if (record.kind === "label") return record.source === "user" ? undefined : record.label;
  if (record.kind !== "verdict") return undefined;
  const { verdict } = record;
  if (verdict === "remove") return "spam";
  return verdict === "release" || verdict === "restore" ? "notSpam" : undefined;
}

function count(person: Reporter, finding: ReviewFinding | undefined, by: number): void {
  if (finding === "spam") person.right += by;
  if (finding === "notSpam") person.wrong += by;
}
