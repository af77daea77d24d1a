// SPDX-License-Identifier: Apache-2.0
// Decisions in the views: written row by row, and asked for by whatever finds the fewest.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { outcomes } from "@docket/protocol";
import type { Outcome } from "@docket/protocol";
import { spanRecords, telling } from "./views-schema.ts";
import type { DecisionCount, DecisionQuery, DecisionRow } from "../../views/decision-row.ts";

/** Most rows of one answer; a caller that wants more asks again after the last. */
const answeredRowsMax = 100_000;
/** How many shapes are remembered by their text. Languages, rules and releases are few; this is a bound. */
const shapesRememberedMax = 20_000;
const dayMs = 86_400_000;

/** A row as it is stored: its shape is an entry of `shapes`, `more` what few decisions have. */
export type StoredRow = {
  record: number;
  actor: string;
  decided: number;
  sealed: number;
  outcome: number;
  shape: number;
  content: string | null;
  fingerprint: string | null;
  campaign: string | null;
  more: string | null;
};
/**
 * What many decisions have alike. The outcome is in it so that whatever is asked of a shape's fields and the
 * outcome together is answered by the index of shapes alone.
 */
export type Shape = Pick<
  DecisionRow,
  "type" | "op" | "source" | "late" | "rules" | "fired" | "language" | "release" | "lists" | "outcome"
>;
type More = Partial<
  Pick<
    DecisionRow,
    | "strikes"
    | "restrictions"
    | "refusedBy"
    | "proposed"
    | "accountAgeMs"
    | "points"
    | "letters"
    | "holdUntilMs"
    | "otherwise"
    | "marks"
  >
>;

/** Writes decisions. */
export class DecisionWriter {
  readonly #insert: StatementSync;
  readonly #findShape: StatementSync;
  readonly #addShape: StatementSync;
  readonly #addRule: StatementSync;
  readonly #shapes = new Map<string, number>();

  constructor(views: DatabaseSync) {
    this.#insert = views.prepare("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#findShape = views.prepare("SELECT id FROM shapes WHERE shape = ?");
    this.#addShape = views.prepare("INSERT INTO shapes (shape) VALUES (?)");
    this.#addRule = views.prepare("INSERT OR IGNORE INTO shape_rules VALUES (?, ?)");
  }

  /** Forgets what a transaction that failed may have written. */
  forget(): void {
    this.#shapes.clear();
  }

  write(row: DecisionRow): void {
    this.writeEncoded(encodeDecision(row));
  }

  /** Writes a row that was encoded before, in another thread for example. */
  writeEncoded([index, actor, decided, sealed, outcome, shape, ...rest]: EncodedDecision): void {
    this.#insert.run(index, actor, decided, sealed, outcome, this.#shapeOf(shape), ...rest);
  }

  #shapeOf(text: string): number {
    let id = this.#shapes.get(text);
    if (id !== undefined) return id;
    const found = this.#findShape.get(text) as { id: number } | undefined;
    if (found === undefined) {
      id = Number(this.#addShape.run(text).lastInsertRowid);
      for (const rule of decodeShape(text).fired) this.#addRule.run(rule, id);
    } else {
      id = found.id;
    }
    if (this.#shapes.size >= shapesRememberedMax) this.#shapes.clear();
    this.#shapes.set(text, id);
    return id;
  }
}

/** Reads decisions. Made for a connection that may be read-only. */
export class DecisionReader {
  readonly #views: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #shapes = new Map<number, Shape>();

  constructor(views: DatabaseSync) {
    this.#views = views;
  }

  decisions(query: DecisionQuery): DecisionRow[] {
    const range = this.recordsOf(query);
    if (range.from >= range.to) return [];
    const { index, where, values } = conditionsOf(query, range);
    const order = query.order === "descending" ? "DESC" : "ASC";
    const limit = Math.max(0, Math.min(Math.trunc(query.limit), answeredRowsMax));
    const tail = `ORDER BY record ${order} LIMIT ?`;
    const from = `SELECT * FROM decisions ${index === undefined ? "" : `INDEXED BY decisions_${index}`}`;
    const alone = outcomesAlone(query);
    if (alone === undefined) {
      const rows = this.#statement(`${from} WHERE ${where} ${tail}`).all(...values, limit) as StoredRow[];
      return rows.map((row) => this.row(row));
    }
    // Each outcome's last are at the end of its part of the index: so nothing has to be sorted but these.
    const parts = alone.map(
      (outcome) => `SELECT * FROM (${from} WHERE outcome = ${outcome} AND outcome > 0 AND ${where} ${tail})`,
    );
    const all = alone.flatMap(() => [...values, limit]);
    const rows = this.#statement(`${parts.join(" UNION ALL ")} ${tail}`).all(...all, limit) as StoredRow[];
    return rows.map((row) => this.row(row));
  }

  decisionCounts({ fromMs, toMs }: { fromMs: number; toMs: number }): DecisionCount[] {
    const { from, to } = this.recordsOf({ fromMs, toMs });
    const counted = this.#statement(
      `SELECT decided / ${dayMs} AS day, outcome, shape, count(*) AS count FROM decisions
       WHERE record >= ? AND record < ? AND decided >= ? AND decided < ? GROUP BY day, outcome, shape`,
    ).all(from, to, fromMs, toMs) as { day: number; outcome: number; shape: number; count: number }[];
    return counted.map(({ day, outcome, shape, count }) => {
      const { type, late, rules, fired } = this.shape(shape);
      const date = new Date(day * dayMs).toISOString().slice(0, 10);
      return { day: date, outcome: outcomes[outcome] as Outcome, type, late, rules, fired, count };
    });
  }

  /** Between which records all lie that were decided in a time: by blocks, so there may be others. */
  recordsOf({ fromMs, toMs, after = -1, before }: Partial<DecisionQuery>): { from: number; to: number } {
    const all = Number.MAX_SAFE_INTEGER;
    const first = "SELECT min(first) AS at FROM spans WHERE latest >= ?";
    const last = `SELECT max(first) + ${spanRecords} AS at FROM spans WHERE earliest < ?`;
    const from = fromMs === undefined ? 0 : ((this.#statement(first).get(fromMs) as At).at ?? all);
    const to = toMs === undefined ? all : ((this.#statement(last).get(toMs) as At).at ?? 0);
    return { from: Math.max(from, after + 1), to: Math.min(to, before ?? all) };
  }

  /** A row as it was written. */
  row(stored: StoredRow): DecisionRow {
    const more = stored.more === null ? undefined : (JSON.parse(stored.more) as More);
    return {
      index: stored.record,
      actor: stored.actor,
      decidedMs: stored.decided,
      sealedMs: stored.sealed,
      ...this.shape(stored.shape),
      content: stored.content ?? undefined,
      fingerprint: stored.fingerprint ?? undefined,
      campaign: stored.campaign ?? undefined,
      strikes: more?.strikes ?? 0,
      restrictions: more?.restrictions ?? 0,
      refusedBy: more?.refusedBy,
      proposed: more?.proposed ?? [],
      accountAgeMs: more?.accountAgeMs,
      points: more?.points ?? 0,
      letters: more?.letters,
      holdUntilMs: more?.holdUntilMs,
      otherwise: more?.otherwise,
      marks: more?.marks ?? [],
    };
  }

  /** What decisions of a shape have alike. */
  shape(id: number): Shape {
    let shape = this.#shapes.get(id);
    if (shape === undefined) {
      const row = this.#statement("SELECT shape FROM shapes WHERE id = ?").get(id) as { shape: string };
      if (this.#shapes.size >= shapesRememberedMax) this.#shapes.clear();
      this.#shapes.set(id, (shape = decodeShape(row.shape)));
    }
    return shape;
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      if (this.#statements.size >= statementsMax) this.#statements.clear();
      this.#statements.set(sql, (statement = this.#views.prepare(sql)));
    }
    return statement;
  }
}

/** Prepared statements that are kept: a query's text says which of its fields there are, and the limit. */
const statementsMax = 200;

type At = { at: number | null };

/** A row as it is stored, with its shape's text: plain values, so that threads can hand them over. */
export type EncodedDecision = readonly [
  index: number,
  actor: string,
  decided: number,
  sealed: number,
  outcome: number,
  shape: string,
  content: string | null,
  fingerprint: string | null,
  campaign: string | null,
  more: string | null,
];

/** Encodes a row. */
export function encodeDecision(row: DecisionRow): EncodedDecision {
  return [
    row.index,
    row.actor,
    row.decidedMs,
    row.sealedMs,
    outcomes.indexOf(row.outcome),
    encodeShape(row),
    row.content ?? null,
    row.fingerprint ?? null,
    row.campaign ?? null,
    encodeMore(row),
  ];
}

/** How a shape is kept: one text for all that are alike. */
function encodeShape(row: Shape): string {
  const { type, op, source, late, rules, fired, language, release, lists, outcome } = row;
  const encoded = [type, op, source, late ? 1 : 0, rules, fired, language ?? null, release, lists, outcome];
  return JSON.stringify(encoded);
}

/** Reads a shape's text. */
export function decodeShape(text: string): Shape {
  type Common = [string, string, Shape["source"], number, string[], string[], string | null, string];
  const read = JSON.parse(text) as [...Common, string[], Outcome];
  const [type, op, source, late, rules, fired, language, release, lists, outcome] = read;
  const known = { type, op, source, late: late === 1, rules, fired, release, lists, outcome };
  return { ...known, language: language ?? undefined };
}

/** What few decisions have, without what is nothing; `null` if all of it is. */
function encodeMore(row: DecisionRow): string | null {
  const more: { -readonly [Key in keyof More]: More[Key] } = {};
  if (row.strikes > 0) more.strikes = row.strikes;
  if (row.restrictions > 0) more.restrictions = row.restrictions;
  if (row.refusedBy !== undefined) more.refusedBy = row.refusedBy;
  if (row.proposed.length > 0) more.proposed = row.proposed;
  if (row.accountAgeMs !== undefined) more.accountAgeMs = row.accountAgeMs;
  if (row.points !== 0) more.points = row.points;
  if (row.letters !== undefined) more.letters = row.letters;
  if (row.holdUntilMs !== undefined) more.holdUntilMs = row.holdUntilMs;
  if (row.otherwise !== undefined) more.otherwise = row.otherwise;
  if (row.marks.length > 0) more.marks = row.marks;
  const text = JSON.stringify(more);
  return text === "{}" ? null : text;
}

type Conditions = { index: string | undefined; where: string; values: (string | number)[] };

// The planner knows no figures of these tables, so it is told by which index to find the rows: that of the
// first condition here that is asked.
function conditionsOf(query: DecisionQuery, { from, to }: { from: number; to: number }): Conditions {
  const conditions: string[] = ["record >= ?", "record < ?"];
  const values: (string | number)[] = [from, to];
  let index: string | undefined;
  for (const column of ["actor", "content", "fingerprint", "campaign"] as const) {
    const value = query[column];
    if (value === undefined) continue;
    index ??= column;
    conditions.push(`${column} = ?`);
    values.push(value);
  }
  if (query.indexes !== undefined) {
    conditions.push("record IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(query.indexes));
  }
  if (query.rule !== undefined) {
    index ??= "shape";
    conditions.push("shape IN (SELECT shape FROM shape_rules WHERE rule = ?)");
    values.push(query.rule);
  }
  if (query.mark !== undefined) {
    conditions.push("instr(more, ?) > 0");
    values.push(JSON.stringify(query.mark));
  }
  if (query.telling === true) {
    index ??= "telling";
    conditions.push(telling);
  }
  if (query.type !== undefined) {
    conditions.push("+shape IN (SELECT id FROM shapes WHERE json_extract(shape, '$[0]') = ?)");
    values.push(query.type);
  }
  if (query.language !== undefined) {
    conditions.push("+shape IN (SELECT id FROM shapes WHERE json_extract(shape, '$[6]') = ?)");
    values.push(query.language);
  }
  if (query.accountAge !== undefined) {
    const { fromMs, belowMs } = query.accountAge;
    conditions.push("json_extract(more, '$.accountAgeMs') >= ? AND json_extract(more, '$.accountAgeMs') < ?");
    values.push(fromMs, belowMs);
  }
  if (query.outcomes !== undefined && outcomesAlone(query) === undefined) {
    conditions.push("+outcome IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(query.outcomes.map((outcome) => outcomes.indexOf(outcome))));
  } else if (query.outcomes !== undefined) {
    index = "outcome";
  }
  for (const [compared, value] of [
    [">=", query.fromMs],
    ["<", query.toMs],
  ] as const) {
    if (value === undefined) continue;
    conditions.push(`decided ${compared} ?`);
    values.push(value);
  }
  return { index, where: conditions.join(" AND "), values };
}

// Outcomes by which decisions are found, if by nothing else; most are allowed, and no index finds those.
function outcomesAlone(query: DecisionQuery): number[] | undefined {
  const { actor, content, fingerprint, campaign, rule, indexes } = query;
  const others = [actor, content, fingerprint, campaign, rule, indexes];
  if (query.outcomes === undefined || others.some((other) => other !== undefined)) return undefined;
  if (query.outcomes.length === 0 || query.outcomes.includes("allow")) return undefined;
  return [...new Set(query.outcomes)].map((outcome) => outcomes.indexOf(outcome));
}
