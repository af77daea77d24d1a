// SPDX-License-Identifier: Apache-2.0
// Records of what comes after a decision, found by the records and persons that they name.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CaseQuery } from "../../views/decision-row.ts";

/** Finds records. */
export class CaseReader {
  readonly #views: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(views: DatabaseSync) {
    this.#views = views;
  }

  /** Leaves in the order of the log. */
  caseRecords({ kinds, of, subject, about, after = -1, before, order, limit }: CaseQuery): string[] {
    const conditions = ["kind IN (SELECT value FROM json_each(?))", "record > ?"];
    const values: (string | number)[] = [JSON.stringify(kinds), after];
    const only = (condition: string, ...given: (string | number)[]): void => {
      conditions.push(condition);
      values.push(...given);
    };
    if (of !== undefined) only("record IN (SELECT record FROM case_of WHERE named = ?)", of);
    if (subject !== undefined) {
      only("record IN (SELECT record FROM case_subjects WHERE subject = ?)", subject);
    }
    if (about !== undefined) only(`record IN (${aboutActor})`, about, about, about);
    if (before !== undefined) only("record < ?", before);
    const indexed = of !== undefined || subject !== undefined || about !== undefined;
    // Found by its number: the planner would rather go through all of the kind.
    const sql = `SELECT leaf FROM kept WHERE ${indexed ? "+" : ""}${conditions.join(" AND ")}
      ORDER BY record ${order === "descending" ? "DESC" : "ASC"} LIMIT ?`;
    const rows = this.#statement(sql).all(...values, limit) as { leaf: string }[];
    return rows.map(({ leaf }) => leaf);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#views.prepare(sql)));
    return statement;
  }
}

// What names the actor, and what names a decision of theirs or a record that names them: the reports and
// reviews of what they posted, the messages and the ruling of their dispute.
const aboutActor = `
  SELECT record FROM case_subjects WHERE subject = ?
  UNION SELECT case_of.record FROM decisions INDEXED BY decisions_actor
    JOIN case_of ON case_of.named = decisions.record WHERE decisions.actor = ?
  UNION SELECT case_of.record FROM case_subjects JOIN case_of ON case_of.named = case_subjects.record
    WHERE case_subjects.subject = ?`;
