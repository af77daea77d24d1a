// SPDX-License-Identifier: Apache-2.0
// Makes reports and statements of a period from the views, and from records where those hold too little.
import { formatTime, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord, RecordedRestriction } from "@docket/protocol";
import type { SiteDisputes } from "../disputes/contract.ts";
import { DocketError } from "../error.ts";
import type { PlainPart } from "../evidence/seal.ts";
import type { ReviewStatistics } from "../reviews/statistics.ts";
import type { DecisionRow } from "../views/decision-row.ts";
import type { SiteIndex } from "../views/site-index.ts";
import type {
  ExportAuthor,
  PublicFigures,
  SiteTransparency,
  StatementExport,
  TransparencyReport,
  WeeklyReport,
} from "./contract.ts";
import { PublicFiguresDesk } from "./public-figures.ts";
import {
  decisionFigures,
  isWithin,
  lookedAtIn,
  quietFigures,
  reportFigures,
  restrictionFigures,
  verdictFigures,
} from "./report.ts";
import { needsStatement, statementOf } from "./statements.ts";
import type { LeftOut, RuleReason, StatementOptions } from "./statements.ts";
import type { Statement } from "./statement-schema.ts";

/** Of so many decisions at most the record is read for the kinds of its restrictions. */
export const restrictingReadMax = 20_000;
/** Most statements of one export. */
export const statementsMax = 100_000;
/** Records and rows that are read at once. */
const atOnce = 10_000;
const weekMs = 7 * 86_400_000;
const actKinds = ["verdict", "measure", "report", "review"];

/** What transparency leans on. */
export type TransparencyPorts = {
  readonly origin: string;
  readonly views: Pick<SiteIndex, "decisions" | "decisionCounts" | "caseRecords">;
  /** Resolves when the views have all that was sealed. */
  readonly indexed: () => Promise<void>;
  /** A record. Rejects with `not_found`. */
  readonly recordOf: (index: number) => Promise<DocketRecord>;
  readonly reviews: (period: { fromMs: number; toMs: number }) => Promise<ReviewStatistics>;
  readonly disputes: Pick<SiteDisputes, "statistics">;
  /** The public reasons of a decision's rules, under the release that decided; none where it is gone. */
  readonly reasonsOf: (row: DecisionRow) => Promise<readonly RuleReason[]>;
  readonly seal: (body: BodyWithoutParts, parts: readonly PlainPart[]) => Promise<{ readonly index: number }>;
  readonly siteKey: Uint8Array;
  /** Over how many days the public is told; 0 tells nothing. */
  readonly publicDays: () => number;
  /** Ms since 1970. */
  readonly clock: () => number;
};

type Period = { readonly fromMs: number; readonly toMs: number };

/** Makes reports and statements. */
export class TransparencyDesk implements SiteTransparency {
  readonly #ports: TransparencyPorts;
  readonly #public: PublicFiguresDesk;

  constructor(ports: TransparencyPorts) {
    this.#ports = ports;
    this.#public = new PublicFiguresDesk({
      report: (fromMs, toMs) => this.report(fromMs, toMs),
      releases: () => this.#records(["release"]),
      days: ports.publicDays,
      clock: ports.clock,
    });
  }

  publicFigures(): Promise<PublicFigures | undefined> {
    return this.#public.figures();
  }

  async report(fromMs: number, toMs: number): Promise<TransparencyReport> {
    const { origin, views, reviews, disputes, indexed, clock } = this.#ports;
    await indexed();
    const period = { fromMs, toMs };
    const acts = (await this.#records(actKinds)).filter(({ time }) => isWithin(time, fromMs, toMs));
    const { restrictions, unread } = await this.#decidedRestrictions(period);
    const notes =
      unread === 0 ? [] : [`the restrictions of ${unread} decisions were not read, since they were too many`];
    return {
      format: "docket-transparency/v1",
      origin,
      from: formatTime(fromMs),
      to: formatTime(toMs),
      madeAt: formatTime(clock()),
      decisions: decisionFigures(await views.decisionCounts(period), lookedAtIn(acts)),
      restrictions: restrictionFigures(restrictions, unread, acts),
      verdicts: verdictFigures(acts),
      disputes: await disputes.statistics(fromMs, toMs),
      reviews: await reviews(period),
      reports: reportFigures(acts),
      quiet: quietFigures(await this.#records(["quiet"]), fromMs, toMs),
      notes,
    };
  }

  async weekly(toMs: number): Promise<WeeklyReport> {
    const now = await this.report(Math.max(0, toMs - weekMs), toMs);
    const before = await this.report(Math.max(0, toMs - 2 * weekMs), Math.max(0, toMs - weekMs));
    const { origin, from, to } = now;
    return { format: "docket-weekly/v1", origin, from, to, now, before };
  }

  async statements(
    { by, role }: ExportAuthor,
    period: Period,
    options: StatementOptions,
  ): Promise<StatementExport> {
    await this.#ports.indexed();
    const statements: Statement[] = [];
    const leftOut: LeftOut[] = [];
    for await (const record of this.#restricting(period)) {
      if (statements.length >= statementsMax) {
        throw new DocketError("usage", `more than ${statementsMax} statements; take a shorter period`);
      }
      const made = await this.#statement(record, options);
      if (made === undefined) continue;
      if ("puid" in made) statements.push(made);
      else leftOut.push(made);
    }
    const { origin, seal, siteKey } = this.#ports;
    const { fromMs, toMs } = period;
    const counts = { from: formatTime(fromMs), to: formatTime(toMs), statements: statements.length };
    const plaintext = JSON.stringify({ v: 1, why: `statements of reasons of ${origin}`, ...counts });
    const part = { name: "change", subject: "site", key: siteKey, plaintext } as const;
    // On record before anything is handed out.
    const { index } = await seal({ kind: "export", by, role, what: "statements" }, [part]);
    return { statements, leftOut, index };
  }

  /** Records of a period that may need a statement: decisions, then what came after them, by index each. */
  async *#restricting({ fromMs, toMs }: Period): AsyncGenerator<DocketRecord | DecisionRow> {
    for (let after = -1; ;) {
      const rows = await this.#ports.views.decisions({ fromMs, toMs, telling: true, after, limit: atOnce });
      yield* rows;
      after = rows.at(-1)?.index ?? after;
      if (rows.length < atOnce) break;
    }
    for (const record of await this.#records(["verdict", "measure"])) {
      if (isWithin(record.time, fromMs, toMs)) yield record;
    }
  }

  async #statement(
    found: DocketRecord | DecisionRow,
    options: StatementOptions,
  ): Promise<Statement | LeftOut | undefined> {
    const record = "kind" in found ? found : await this.#ports.recordOf(found.index);
    const decision = "kind" in found ? await this.#decisionOf(found) : found;
    if (!needsStatement(record, decision)) return undefined;
    if (record.kind !== "decision" && record.kind !== "verdict" && record.kind !== "measure")
      return undefined;
    const reasons = decision === undefined ? [] : await this.#ports.reasonsOf(decision);
    const reported = record.kind === "decision" ? undefined : await this.#reported(decision);
    return statementOf(this.#ports.origin, { record, decision, reasons, reported }, options);
  }

  async #decisionOf(record: DocketRecord): Promise<DecisionRow | undefined> {
    const of = record.kind === "verdict" ? record.of : record.kind === "measure" ? record.of[0] : undefined;
    if (of === undefined) return undefined;
    return (await this.#ports.views.decisions({ indexes: [of], limit: 1 }))[0];
  }

  async #reported(decision: DecisionRow | undefined): Promise<"trusted" | "user" | undefined> {
    if (decision === undefined) return undefined;
    const query = { kinds: ["report"], of: decision.index, limit: 1000 };
    const reports = (await this.#ports.views.caseRecords(query)).map(parseLeaf);
    if (reports.length === 0) return undefined;
    return reports.some((each) => each.kind === "report" && each.trusted === true) ? "trusted" : "user";
  }

  async #decidedRestrictions(
    period: Period,
  ): Promise<{ restrictions: RecordedRestriction[]; unread: number }> {
    const restrictions: RecordedRestriction[] = [];
    let read = 0;
    let unread = 0;
    for (let after = -1; ;) {
      const rows = await this.#ports.views.decisions({ ...period, telling: true, after, limit: atOnce });
      for (const { index } of rows.filter((row) => row.restrictions > 0)) {
        if (read >= restrictingReadMax) {
          unread += 1;
          continue;
        }
        read += 1;
        const record = await this.#ports.recordOf(index);
        if (record.kind === "decision") restrictions.push(...record.restrictions);
      }
      after = rows.at(-1)?.index ?? after;
      if (rows.length < atOnce) return { restrictions, unread };
    }
  }

  async #records(kinds: readonly string[]): Promise<DocketRecord[]> {
    const records: DocketRecord[] = [];
    for (let after = -1; ;) {
      const leaves = await this.#ports.views.caseRecords({ kinds, after, limit: atOnce });
      for (const leaf of leaves) records.push(parseLeaf(leaf));
      after = records.at(-1)?.index ?? after;
      if (leaves.length < atOnce) return records;
    }
  }
}
