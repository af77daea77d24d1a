// SPDX-License-Identifier: Apache-2.0
// Tallies of decisions by ten minutes and by what they have alike. They are written with the decisions that
// they count, in the same transaction, once a batch.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { outcomes } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import type { Tallies, TallyBucket, TallyQuery } from "../../views/tallies.ts";
import type { DecisionReader } from "./decision-table.ts";

/** Tallies are kept for so long each, aligned to the epoch, in ms. */
export const tallySpanMs: number = 600_000;
/** What is finer than tallies are is counted over so many of the newest records at most. */
export const countedRecordsMax: number = 200_000;
/** Most buckets of one answer. */
export const tallyBucketsMax: number = 1000;

type Counts = Partial<Record<Outcome, number>>;
type CountedRow = { bucket: number; outcome: number; shape: number; count: number };

/** Counts decisions that were just written. */
export class TallyWriter {
  readonly #count: StatementSync;

  constructor(views: DatabaseSync) {
    this.#count = views.prepare(
      `INSERT INTO tallies SELECT decided / ${tallySpanMs} AS span, outcome, shape, count(*) AS count
       FROM decisions WHERE record >= ? AND record <= ? GROUP BY span, outcome, shape
       ON CONFLICT (span, outcome, shape) DO UPDATE SET count = count + excluded.count`,
    );
  }

  /** Counts the decisions of these records, which were not counted before. */
  count(first: number, last: number): void {
    this.#count.run(first, last);
  }
}

/** Reads tallies. */
export class TallyReader {
  readonly #decisions: DecisionReader;
  readonly #kept: StatementSync;
  readonly #fine: StatementSync;
  readonly #size: StatementSync;
  readonly #decidedAt: StatementSync;

  constructor(views: DatabaseSync, decisions: DecisionReader) {
    this.#decisions = decisions;
    // Numbers are bound as real ones: what they divide is cut to whole buckets.
    this.#kept = views.prepare(
      `SELECT CAST(span * ${tallySpanMs} / ? AS INTEGER) AS bucket, outcome, shape, sum(count) AS count
       FROM tallies WHERE span >= ? AND span < ? GROUP BY bucket, outcome, shape ORDER BY bucket`,
    );
    this.#fine = views.prepare(
      `SELECT CAST(decided / ? AS INTEGER) AS bucket, outcome, shape, count(*) AS count FROM decisions
       WHERE record >= ? AND record < ? AND decided >= ? AND decided < ?
       GROUP BY bucket, outcome, shape ORDER BY bucket`,
    );
    this.#size = views.prepare("SELECT size FROM position");
    this.#decidedAt = views.prepare(
      "SELECT decided FROM decisions WHERE record >= ? ORDER BY record LIMIT 1",
    );
  }

  decisionTallies(query: TallyQuery): Tallies {
    const bucketMs = bucketOf(query);
    const { rows, fromMs } =
      bucketMs % tallySpanMs === 0 ? this.#fromTallies(query, bucketMs) : this.#counted(query, bucketMs);
    const total: Counts = {};
    const rules = new Map<string, number>();
    const buckets: TallyBucket[] = [];
    let current: { fromMs: number; outcomes: Counts } | undefined;
    let decisions = 0;
    for (const { bucket, outcome, shape, count } of rows) {
      const name = outcomes[outcome] as Outcome;
      if (current?.fromMs !== bucket * bucketMs) {
        buckets.push((current = { fromMs: bucket * bucketMs, outcomes: {} }));
      }
      current.outcomes[name] = (current.outcomes[name] ?? 0) + count;
      total[name] = (total[name] ?? 0) + count;
      decisions += count;
      for (const rule of this.#decisions.shape(shape).fired) rules.set(rule, (rules.get(rule) ?? 0) + count);
    }
    const fired = [...rules].map(([rule, count]) => ({ rule, count }));
    fired.sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
    return { fromMs, decisions, outcomes: total, buckets, rules: fired.slice(0, query.rulesMax) };
  }

  #fromTallies({ fromMs, toMs }: TallyQuery, bucketMs: number): { rows: CountedRow[]; fromMs: number } {
    const first = Math.floor(fromMs / tallySpanMs);
    const end = Math.ceil(toMs / tallySpanMs);
    const rows = this.#kept.all(bucketMs, first, end) as CountedRow[];
    return { rows, fromMs: first * tallySpanMs };
  }

  // Of a busy hour only the newest records: this is looked at again and again.
  #counted({ fromMs, toMs }: TallyQuery, bucketMs: number): { rows: CountedRow[]; fromMs: number } {
    const { from, to } = this.#decisions.recordsOf({ fromMs, toMs });
    const { size } = this.#size.get() as { size: number };
    const first = Math.max(from, Math.min(to, size) - countedRecordsMax);
    const cut = first > from ? (this.#decidedAt.get(first) as { decided: number } | undefined) : undefined;
    const rows = this.#fine.all(bucketMs, first, to, fromMs, toMs) as CountedRow[];
    return { rows, fromMs: Math.max(fromMs, cut?.decided ?? fromMs) };
  }
}

// No answer has more buckets than a picture has room for.
function bucketOf({ fromMs, toMs, bucketMs }: TallyQuery): number {
  const wanted = Math.max(1000, Math.trunc(bucketMs));
  if ((toMs - fromMs) / wanted <= tallyBucketsMax) return wanted;
  return Math.ceil((toMs - fromMs) / tallyBucketsMax / tallySpanMs) * tallySpanMs;
}
