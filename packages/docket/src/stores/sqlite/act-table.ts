// SPDX-License-Identifier: Apache-2.0
// Records of all kinds by what finds them: kind, maker, and what they name. Decisions are in a table of their
// own; of them only the actor finds them here.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { RecordAct, RecordNumbersQuery } from "../../views/site-index.ts";

/** Most records of one answer. */
const answeredRecordsMax = 1000;

/** Writes what records but decisions are found by. */
export class ActWriter {
  readonly #addAct: StatementSync;
  readonly #addNamed: StatementSync;
  readonly #addSubject: StatementSync;

  constructor(views: DatabaseSync) {
    this.#addAct = views.prepare("INSERT OR REPLACE INTO acts VALUES (?, ?, ?)");
    this.#addNamed = views.prepare("INSERT OR IGNORE INTO case_of VALUES (?, ?)");
    this.#addSubject = views.prepare("INSERT OR IGNORE INTO case_subjects VALUES (?, ?)");
  }

  write(record: number, { kind, by, named, subjects }: RecordAct): void {
    this.#addAct.run(record, kind, by);
    for (const each of named) this.#addNamed.run(each, record);
    for (const subject of subjects) this.#addSubject.run(subject, record);
  }
}

/** Finds records. Made for a connection that may be read-only. */
export class ActReader {
  readonly #views: DatabaseSync;

  constructor(views: DatabaseSync) {
    this.#views = views;
  }

  /** Indexes of records, the newest first. */
  recordNumbers(query: RecordNumbersQuery): number[] {
    const limit = Math.max(0, Math.min(Math.trunc(query.limit), answeredRecordsMax));
    const parts = partsOf(query);
    if (parts.length === 0) return [];
    // Each part reads its end of an index, so that nothing has to be sorted but what they give.
    const limited = parts.map(({ sql }) => `SELECT * FROM (${sql} ORDER BY record DESC LIMIT ${limit})`);
    const values = parts.flatMap((part) => part.values);
    const rows = this.#views
      .prepare(`${limited.join(" UNION ALL ")} ORDER BY record DESC LIMIT ${limit}`)
      .all(...values) as { record: number }[];
    return rows.map(({ record }) => record);
  }
}

type Part = { sql: string; values: (string | number)[] };

function partsOf(query: RecordNumbersQuery): Part[] {
  const { kinds, by, of, subject, before } = query;
  if (of !== undefined || subject !== undefined) return [namingPart(query), ...actorPart(query)];
  const actKinds = kinds?.filter((kind) => kind !== "decision");
  if (by !== undefined) {
    if (actKinds === undefined) {
      const sql = "SELECT record FROM acts INDEXED BY acts_by WHERE by = ? AND record < ?";
      return [{ sql, values: [by, before] }];
    }
    const sql = "SELECT record FROM acts INDEXED BY acts_by_kind WHERE by = ? AND kind = ? AND record < ?";
    return actKinds.map((kind) => ({ sql, values: [by, kind, before] }));
  }
  if (kinds === undefined || actKinds === undefined) return [];
  const sql = "SELECT record FROM acts INDEXED BY acts_kind WHERE kind = ? AND record < ?";
  const parts: Part[] = actKinds.map((kind) => ({ sql, values: [kind, before] }));
  if (kinds.includes("decision"))
    parts.push({ sql: "SELECT record FROM decisions WHERE record < ?", values: [before] });
  return parts;
}

// Records that name one record, or one subject, are few enough to be looked at one by one.
function namingPart({ kinds, by, of, subject, before }: RecordNumbersQuery): Part {
  const values: (string | number)[] = [];
  const conditions: string[] = [];
  const only = (condition: string, value: string | number): void => {
    conditions.push(condition);
    values.push(value);
  };
  const from = of === undefined ? "case_subjects" : "case_of";
  if (of !== undefined) {
    only("named = ?", of);
    if (subject !== undefined) {
      only("record IN (SELECT record FROM case_subjects WHERE subject = ?)", subject);
    }
  } else if (subject !== undefined) only("subject = ?", subject);
  only("record < ?", before);
  // The planner is told where to begin: CROSS JOIN keeps the order.
  if (by !== undefined) only("acts.by = ?", by);
  if (kinds !== undefined) only("acts.kind IN (SELECT value FROM json_each(?))", JSON.stringify(kinds));
  const sql = `SELECT record FROM ${from} CROSS JOIN acts USING (record) WHERE ${conditions.join(" AND ")}`;
  return { sql, values };
}

function actorPart({ kinds, by, of, subject, before }: RecordNumbersQuery): Part[] {
  if (subject === undefined || of !== undefined || by !== undefined) return [];
  if (kinds !== undefined && !kinds.includes("decision")) return [];
  const sql = "SELECT record FROM decisions INDEXED BY decisions_actor WHERE actor = ? AND record < ?";
  return [{ sql, values: [subject, before] }];
}
