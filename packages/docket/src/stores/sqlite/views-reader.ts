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
import { CaseReader } from "./case-records.ts";
import { DecisionReader } from "./decision-table.ts";
import { PatternReader } from "./pattern-reader.ts";

/** Answers queries; it writes nothing, so its connection may be read-only. */
export class ViewsReader {
  readonly #decisions: DecisionReader;
  readonly #cases: CaseReader;
  readonly #patterns: PatternReader;

  constructor(views: DatabaseSync) {
    this.#decisions = new DecisionReader(views);
    this.#cases = new CaseReader(views);
    this.#patterns = new PatternReader(views, this.#decisions);
  }

  decisions(query: DecisionQuery): DecisionRow[] {
    return this.#decisions.decisions(query);
  }

  decisionCounts(query: { fromMs: number; toMs: number }): DecisionCount[] {
    return this.#decisions.decisionCounts(query);
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
}
