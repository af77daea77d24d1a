// SPDX-License-Identifier: Apache-2.0
// Reports by users. They put a content into the review queue, and never restrict anybody or train a model by
// themselves. Who reports appears as any actor: by a pseudonym, and what they wrote under their own key.
import type { ReportsRead } from "@docket/policy";
import { codePattern, formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { ActorEntry } from "../log/frame.ts";
import type { DecisionQuery, DecisionRow } from "../views/decision-row.ts";
import type {
  ReportedContent,
  ReporterView,
  ReportFlood,
  ReportPage,
  ReportReceived,
  ReportWeight,
  ReportWish,
} from "./contract.ts";
import { findFloods } from "./floods.ts";
import { categoriesOf, openReports, recordsListedMax, ReportState } from "./report-state.ts";
import type { Reported, ReportResults } from "./report-state.ts";

/** Longest text of a report, in characters. */
export const reportLengthMax = 10_000;
/** Most reported contents of one answer, and how many if nothing is said. */
export const reportedListedMax = 1000;
export const reportedListedDefault = 100;
/** Most decisions of a content that a report's result is taken from. */
const revisionsMax = 200;
/** Policies read the reports of so many days. */
export const readDays = 30;
/** Floods are looked for in the reports of so many days. */
const floodDays = 30;
const dayMs = 86_400_000;

/** An account as its records bear it. `forget` undoes what was made for it. */
export type Reporter = {
  readonly pseudonym: string;
  readonly key: Uint8Array;
  readonly entry: ActorEntry | undefined;
  readonly forget: () => void;
};

/** What the desk leans on. */
export type ReportDeskPorts = {
  readonly decisions: (query: DecisionQuery) => Promise<readonly DecisionRow[]>;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** The keyed hash of a content's id. */
  readonly hashOf: (contentId: string) => string;
  readonly actorOf: (accountId: string) => Promise<Reporter>;
  /** Seals a record, appended in the turn in which it is called. */
  readonly seal: (
    body: BodyWithoutParts,
    parts: readonly PlainPart[],
    hooks: { actors: readonly ActorEntry[]; undo: () => void },
  ) => Promise<{ readonly leaf: string }>;
  readonly reportsAnHour: () => number;
  readonly trustedPercent: () => number;
  /** Actors that are one with this one, without itself. */
  readonly linkedTo: (actor: string) => readonly string[];
  readonly clock: () => number;
};

/** The reports of a site. */
export class ReportDesk {
  readonly #ports: ReportDeskPorts;
  readonly #state = new ReportState();
  /** Reports on their way into the log, by content and reporter; and how many each reporter has there. */
  readonly #under = new Map<string, Promise<ReportReceived>>();
  readonly #underway = new Map<string, number>();

  constructor(ports: ReportDeskPorts) {
    this.#ports = ports;
  }

  /** Takes in what the log has: leaves of reports, reviews, verdicts and labels, in any order. */
  async load(leaves: readonly string[]): Promise<void> {
    const records = leaves.map(parseLeaf).sort((a, b) => a.index - b.index);
    if (!records.some(({ kind }) => kind === "report")) return;
    const named = new Set<number>();
    for (const record of records) {
      if (record.kind !== "report" || named.has(record.of)) continue;
      named.add(record.of);
      const row = await this.#row(record.of);
      if (row !== undefined) await this.#name(row);
    }
    for (const record of records) this.#state.take(record);
  }

  /** A record is durable. */
  takeRecord(record: DocketRecord): void {
    this.#state.take(record);
    // From here on the state counts it.
    if (record.kind === "report") this.#arrived(record.reporter);
  }

  /** A decision is durable. */
  takeDecision({ index, content, actor }: DecisionRow): void {
    if (content !== undefined && this.#state.contents.has(content)) {
      this.#state.name(content, actor, [index]);
    }
  }

  /**
   * Seals a report.
   *
   * @throws {DocketError} `not_found` if there is no such decision, `report_limit` if the reporter has
   *   reported too much within the hour, `usage` for a category that is no code or a text that is too long
   */
  async report(by: string, wish: ReportWish): Promise<ReportReceived> {
    checkWish(wish);
    const row = await this.#reported(wish);
    const key = await this.#name(row);
    const reporter = await this.#ports.actorOf(wish.reporter);
    // From here to the append nothing waits.
    const { pseudonym } = reporter;
    const open = this.#state.openReport(key, pseudonym);
    const name = `${key} ${pseudonym}`;
    const under = this.#under.get(name);
    if (open !== undefined || under !== undefined) {
      reporter.forget();
      if (under !== undefined) return { ...(await under), repeat: true };
      return this.#received(open as { index: number; of: number }, pseudonym, key, true);
    }
    this.#checkLimit(pseudonym, reporter.forget);
    this.#underway.set(pseudonym, (this.#underway.get(pseudonym) ?? 0) + 1);
    const sealed = this.#seal(by, wish, row, key, reporter);
    this.#under.set(name, sealed);
    try {
      return await sealed;
    } catch (error) {
      this.#arrived(pseudonym);
      throw error;
    } finally {
      this.#under.delete(name);
    }
  }

  /** How much the reports of a content weigh that nobody has looked at; by its keyed hash, or a decision. */
  weightOf(content: string | number): ReportWeight {
    const key = typeof content === "number" ? (this.#state.keyOf(content) ?? "") : content;
    return this.#state.weight(key, this.#ports.trustedPercent(), this.#ports.linkedTo);
  }

  /**
   * What policies read of reports: of those of the last {@link readDays} days that nobody has looked at yet.
   *
   * @param content its keyed hash
   */
  readAt(actor: string, content: string | undefined, atMs: number): ReportsRead {
    const percent = this.#ports.trustedPercent();
    const { linkedTo } = this.#ports;
    const of = this.#state.weightOfActor(actor, atMs - readDays * dayMs, percent, linkedTo);
    const read = { actor: of.weightPerMille, reporters: of.reporters };
    if (content === undefined) return read;
    return { ...read, content: this.#state.weight(content, percent, linkedTo).weightPerMille };
  }

  /** Reported contents after a first report's record. */
  list(after: number, limit: number, onlyOpen: boolean): ReportPage {
    const contents: ReportedContent[] = [];
    let next: number | null = null;
    for (const reported of this.#state.contents.values()) {
      const first = reported.reports[0];
      if (first === undefined || first.index <= after) continue;
      if (onlyOpen && openReports(reported).length === 0) continue;
      if (contents.length === limit) {
        next = (contents.at(-1) as ReportedContent).first;
        break;
      }
      contents.push(this.#view(reported));
    }
    return { contents, next };
  }

  /** How good somebody's reports were, by pseudonym. */
  reporter(pseudonym: string): ReporterView {
    return this.#state.reporter(pseudonym, this.#ports.trustedPercent());
  }

  /** Floods of the last 30 days. */
  floods(): ReportFlood[] {
    const since = this.#ports.clock() - floodDays * dayMs;
    const recent = [...this.#state.contents.values()].flatMap(({ actor, reports }) =>
      reports.filter(({ atMs }) => atMs >= since).map((report) => ({ ...report, actor })),
    );
    recent.sort((a, b) => a.index - b.index);
    return findFloods(recent, (reporter) => this.reporter(reporter).precisionPerMille);
  }

  /** Records after `after` that gave reports their result. */
  resultsAfter(after: number, limit: number): readonly number[] {
    return this.#state.resultsAfter(after, limit);
  }

  resultsAt(record: number): ReportResults | undefined {
    return this.#state.resultsAt(record);
  }

  /** For metrics: contents with reports that nobody has looked at, and all reports. */
  figures(): { open: number; reports: number } {
    let open = 0;
    let reports = 0;
    for (const content of this.#state.contents.values()) {
      if (openReports(content).length > 0) open += 1;
      reports += content.reports.length;
    }
    return { open, reports };
  }

  #arrived(reporter: string): void {
    const left = (this.#underway.get(reporter) ?? 0) - 1;
    if (left > 0) this.#underway.set(reporter, left);
    else this.#underway.delete(reporter);
  }

  async #reported({ content, index }: ReportWish): Promise<DecisionRow> {
    await this.#ports.indexed();
    const row = index === undefined ? await this.#latest(content as string) : await this.#row(index);
    if (row !== undefined) return row;
    const what = index === undefined ? `content ${JSON.stringify(content)}` : `record ${index}`;
    throw new DocketError("not_found", `there is no decision on ${what}, so there is nothing to report`);
  }

  async #latest(content: string): Promise<DecisionRow | undefined> {
    const query = { content: this.#ports.hashOf(content), order: "descending", limit: 1 } as const;
    return (await this.#ports.decisions(query))[0];
  }

  async #row(index: number): Promise<DecisionRow | undefined> {
    return (await this.#ports.decisions({ after: index - 1, before: index + 1, limit: 1 }))[0];
  }

  // Whatever is found of one of its revisions is the result.
  async #name({ index, content, actor }: DecisionRow): Promise<string> {
    const key = content ?? `record ${index}`;
    const query = { content, order: "descending", limit: revisionsMax } as const;
    const rows = content === undefined ? [] : await this.#ports.decisions(query);
    this.#state.name(key, actor, [index, ...rows.map((row) => row.index)]);
    return key;
  }

  #checkLimit(pseudonym: string, forget: () => void): void {
    const most = this.#ports.reportsAnHour();
    const recent = this.#state.recent(pseudonym, this.#ports.clock());
    if (recent + (this.#underway.get(pseudonym) ?? 0) < most) return;
    forget();
    throw new DocketError("report_limit", `a reporter has ${most} reports an hour; try again later`, {
      retryAfterSeconds: 600,
    });
  }

  async #seal(
    by: string,
    wish: ReportWish,
    row: DecisionRow,
    key: string,
    reporter: Reporter,
  ): Promise<ReportReceived> {
    const { pseudonym, entry, forget } = reporter;
    const { reporter: account, category, text, language } = wish;
    const trusted = wish.trusted === true || this.reporter(pseudonym).trusted;
    const said = { v: 1, account, ...(language && { language }), ...(text && { text }) };
    const plaintext = JSON.stringify(said);
    const part: PlainPart = { name: "content", subject: pseudonym, key: reporter.key, plaintext };
    const marked = trusted ? ({ trusted } as const) : {};
    const body = { kind: "report", by, of: row.index, reporter: pseudonym, category, ...marked } as const;
    const actors = entry === undefined ? [] : [entry];
    const { leaf } = await this.#ports.seal(body, [part], { actors, undo: forget });
    const record = parseLeaf(leaf);
    return this.#received({ index: record.index, of: row.index }, pseudonym, key, false);
  }

  #received(
    { index, of }: { index: number; of: number },
    reporter: string,
    key: string,
    repeat: boolean,
  ): ReportReceived {
    const content = this.#state.contents.get(key);
    const report = content?.reports.find((each) => each.index === index);
    const found = report?.late === true ? (content?.found?.finding ?? null) : null;
    return { index, of, reporter, repeat, trusted: report?.trusted ?? false, found };
  }

  #view(reported: Reported): ReportedContent {
    const first = reported.reports[0] as Reported["reports"][number];
    const last = reported.reports.at(-1) as Reported["reports"][number];
    return {
      ...this.weightOf(reported.key),
      of: last.of,
      actor: reported.actor,
      categories: categoriesOf(reported),
      firstAt: formatTime(first.atMs),
      lastAt: formatTime(last.atMs),
      first: first.index,
      records: reported.reports.slice(-recordsListedMax).map(({ index }) => index),
      found: reported.found ?? null,
    };
  }
}

const code = new RegExp(codePattern);

function checkWish({ content, index, category, text }: ReportWish): void {
  const fault = (why: string): DocketError => new DocketError("usage", why);
  if ((content === undefined) === (index === undefined)) {
    throw fault("name what is reported: a content, or the index of its decision, and not both");
  }
  if (!code.test(category)) throw fault(`a category is a code such as spam or scam: ${codePattern}`);
  if (text !== undefined && text.length > reportLengthMax) {
    throw fault(`a report has at most ${reportLengthMax} characters`);
  }
}
