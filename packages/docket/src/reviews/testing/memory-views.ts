// SPDX-License-Identifier: Apache-2.0
// The views in memory, and a small log whose records go into them.
import { encodeBody, encodeLeaf, formatTime, parseLeaf, parseTime } from "@docket/protocol";
import type { BodyWithoutParts, DocketRecord } from "@docket/protocol";
import { plainRow } from "../../testing/plain-row.ts";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import type { ReviewViews } from "../load-state.ts";

/** An actor of tests, by a letter. */
export function actorNamed(letter: string): string {
  return `a_${letter.repeat(22)}`;
}

/** A log of decisions and other records, an hour apart, and the views of it. */
export class MemoryViews implements ReviewViews {
  readonly rows: DecisionRow[] = [];
  readonly records: { record: DocketRecord; leaf: string }[] = [];
  size = 0;

  /** Appends a decision. */
  decide(facts: Partial<DecisionRow>): DecisionRow {
    const index = this.size++;
    const sealedMs = timeOf(index);
    const row: DecisionRow = {
      ...plainRow,
      actor: actorNamed("a"),
      decidedMs: sealedMs,
      sealedMs,
      ...facts,
      index,
    };
    this.rows.push(row);
    return row;
  }

  /** Appends another record. */
  seal(body: BodyWithoutParts, hasParts: boolean = true): DocketRecord {
    const index = this.size++;
    const time = formatTime(timeOf(index));
    const header = { v: 1, index, prev: digest, time, uncertaintyMs: null } as const;
    const leaf = encodeLeaf(header, encodeBody(body), hasParts ? digest : undefined);
    const record = parseLeaf(leaf);
    this.records.push({ record, leaf });
    return record;
  }

  async decisions(query: DecisionQuery): Promise<DecisionRow[]> {
    const { actor, content, fingerprint, campaign, outcomes, rule, fromMs, toMs, after = -1 } = query;
    const { before = Number.MAX_SAFE_INTEGER, indexes } = query;
    const found = this.rows.filter(
      (row) =>
        row.index > after &&
        row.index < before &&
        (indexes === undefined || indexes.includes(row.index)) &&
        (actor === undefined || row.actor === actor) &&
        (content === undefined || row.content === content) &&
        (fingerprint === undefined || row.fingerprint === fingerprint) &&
        (campaign === undefined || row.campaign === campaign) &&
        (outcomes === undefined || outcomes.includes(row.outcome)) &&
        (rule === undefined || row.fired.includes(rule)) &&
        (fromMs === undefined || row.decidedMs >= fromMs) &&
        (toMs === undefined || row.decidedMs < toMs),
    );
    if (query.order === "descending") found.reverse();
    return found.slice(0, query.limit);
  }

  async decisionCounts({ fromMs, toMs }: { fromMs: number; toMs: number }): Promise<DecisionCount[]> {
    return this.rows
      .filter(({ decidedMs }) => decidedMs >= fromMs && decidedMs < toMs)
      .map(({ decidedMs, outcome, type, late, rules, fired }) => {
        const day = new Date(decidedMs).toISOString().slice(0, 10);
        return { day, outcome, type, late, rules, fired, count: 1 };
      });
  }

  async caseRecords({ kinds, of, after = -1, limit }: CaseQuery): Promise<string[]> {
    return this.records
      .filter(({ record }) => record.index > after && kinds.includes(record.kind))
      .filter(({ record }) => of === undefined || namesOf(record).includes(of))
      .slice(0, limit)
      .map(({ leaf }) => leaf);
  }
}

const digest = "A".repeat(43);
const beganMs = Date.UTC(2026, 10, 1);

/** When a record of the log was sealed, in ms since 1970. */
export function timeOf(index: number): number {
  return parseTime(formatTime(beganMs + index * 3_600_000)) ?? 0;
}

function namesOf(record: DocketRecord): readonly number[] {
  const { of, for: whatFor } = record as { of?: number | number[]; for?: number };
  return [of ?? [], whatFor ?? []].flat();
}
