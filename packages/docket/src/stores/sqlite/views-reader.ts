// SPDX-License-Identifier: Apache-2.0
// What is asked of the views beside the way of an event: decisions and what came after them.
import type { DatabaseSync } from "node:sqlite";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import type {
  ActorFigures,
  DecisionGroup,
  GroupQuery,
  OutcomeShare,
  Period,
  Series,
  SeriesQuery,
  ShareBy,
} from "../../views/pattern-queries.ts";
import type {
  DecisionSearch,
  DecisionTimes,
  FoundDecision,
  RecordRange,
} from "../../views/decision-search.ts";
import type { KeptQuery, RecordNumbersQuery } from "../../views/site-index.ts";
import type { Tallies, TallyQuery } from "../../views/tallies.ts";
import { ActReader } from "./act-table.ts";
import { CaseReader } from "./case-records.ts";
import { DecisionSearcher } from "./decision-search.ts";
import { DecisionReader } from "./decision-table.ts";
import { PatternReader } from "./pattern-reader.ts";
import { TallyReader } from "./tally-table.ts";

/** Answers queries; it writes nothing, so its connection may be read-only. */
export class ViewsReader {
  readonly #views: DatabaseSync;
  readonly #decisions: DecisionReader;
  readonly #searcher: DecisionSearcher;
  readonly #cases: CaseReader;
  readonly #acts: ActReader;
  readonly #patterns: PatternReader;
  readonly #tallies: TallyReader;

  constructor(views: DatabaseSync) {
    this.#views = views;
    this.#decisions = new DecisionReader(views);
    this.#searcher = new DecisionSearcher(views, this.#decisions);
    this.#cases = new CaseReader(views);
    this.#acts = new ActReader(views);
    this.#patterns = new PatternReader(views, this.#decisions);
    this.#tallies = new TallyReader(views, this.#decisions);
  }

  keptPage({ kind, from, limit, newestFirst = false }: KeptQuery): string[] {
    // A row of the index on kinds ends with the record, so that a page is read without sorting.
    const order = newestFirst ? "record <= ? ORDER BY record DESC" : "record >= ? ORDER BY record";
    const statement = this.#views.prepare(`SELECT leaf FROM kept WHERE kind = ? AND ${order} LIMIT ?`);
    return (statement.all(kind, from, limit) as { leaf: string }[]).map(({ leaf }) => leaf);
  }

  decisions(query: DecisionQuery): DecisionRow[] {
    return this.#decisions.decisions(query);
  }

  recordsBetween(query: DecisionTimes): RecordRange {
    return this.#decisions.recordsOf(query);
  }

  searchDecisions(query: DecisionSearch): FoundDecision[] {
    return this.#searcher.search(query);
  }

  decisionCounts(query: { fromMs: number; toMs: number }): DecisionCount[] {
    return this.#decisions.decisionCounts(query);
  }

  decisionTallies(query: TallyQuery): Tallies {
    return this.#tallies.decisionTallies(query);
  }

  decisionGroups(query: GroupQuery): DecisionGroup[] {
    return this.#patterns.decisionGroups(query);
  }

  decisionSeries(query: SeriesQuery): Series[] {
    return this.#patterns.decisionSeries(query);
  }

  actorFigures(actor: string): ActorFigures {
    return this.#patterns.actorFigures(actor);
  }

  outcomeShares(query: Period & { by: ShareBy }): OutcomeShare[] {
    return this.#patterns.outcomeShares(query);
  }

  caseRecords(query: CaseQuery): string[] {
    return this.#cases.caseRecords(query);
  }

  recordNumbers(query: RecordNumbersQuery): number[] {
    return this.#acts.recordNumbers(query);
  }
}
