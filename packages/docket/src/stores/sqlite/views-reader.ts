// SPDX-License-Identifier: Apache-2.0
// What is asked of the views beside the way of an event: decisions and what came after them.
import type { DatabaseSync } from "node:sqlite";
import type { CaseQuery, DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import { CaseReader } from "./case-records.ts";
import { DecisionReader } from "./decision-table.ts";

/** Answers queries; it writes nothing, so its connection may be read-only. */
export class ViewsReader {
  readonly #decisions: DecisionReader;
  readonly #cases: CaseReader;

  constructor(views: DatabaseSync) {
    this.#decisions = new DecisionReader(views);
    this.#cases = new CaseReader(views);
  }

  decisions(query: DecisionQuery): DecisionRow[] {
    return this.#decisions.decisions(query);
  }

  decisionCounts(query: { fromMs: number; toMs: number }): DecisionCount[] {
    return this.#decisions.decisionCounts(query);
  }

  caseRecords(query: CaseQuery): string[] {
    return this.#cases.caseRecords(query);
  }
}
