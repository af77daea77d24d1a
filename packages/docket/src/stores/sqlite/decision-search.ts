// SPDX-License-Identifier: Apache-2.0
// Finds decisions by anything that the views know of them, a page at a time, in an order that no sorting
// makes: the index by which they are found ends with the record's number. What many decisions have alike
// stands in their shape, so rules, outcomes, types, operations, lists and languages together come to a set of
// shapes, whose parts of one index are merged: a page costs a look-up for each shape, however many decisions
// there are.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { parseLeaf } from "@docket/protocol";
import type { LabelValue } from "@docket/protocol";
import type {
  DecisionFilter,
  DecisionSearch,
  FoundDecision,
  foundDecisionsMax,
} from "../../views/decision-search.ts";
import type { DecisionReader, Shape, StoredRow } from "./decision-table.ts";
import { decodeShape } from "./decision-table.ts";

/** Most rows of one answer, as the contract has it. */
const rowsMax: typeof foundDecisionsMax = 1000;
/** Records of a shape that are read at once while shapes are merged. */
const mergedAtOnce = 64;
/** Columns that find decisions by themselves, those that find the fewest first. */
const ownColumns = ["actor", "campaign"] as const;

type Value = string | number;
/** Records from `from` on, and before `to`, in this order. */
type Walk = { readonly from: number; readonly to: number; readonly order: "ASC" | "DESC" };
/** Records of a shape, read so far and to read. */
type Run = { readonly shape: number; records: readonly number[]; at: number; isWhole: boolean };

/** Finds decisions. Made for a connection that may be read-only. */
export class DecisionSearcher {
  readonly #views: DatabaseSync;
  readonly #reader: DecisionReader;
  readonly #statements = new Map<string, StatementSync>();
  /** All shapes by number: few thousands, each of which is read once. */
  readonly #shapes = new Map<number, Shape>();
  #lastShape = 0;

  constructor(views: DatabaseSync, reader: DecisionReader) {
    this.#views = views;
    this.#reader = reader;
  }

  search(query: DecisionSearch): FoundDecision[] {
    const limit = Math.max(0, Math.min(Math.trunc(query.limit), rowsMax));
    const { from, to } = this.#reader.recordsOf(query);
    if (from >= to || limit === 0) return [];
    const isForward = query.after !== undefined && query.before === undefined;
    const walk: Walk = { from, to, order: isForward ? "ASC" : "DESC" };
    const shapes = this.#shapesOf(query);
    if (shapes?.length === 0) return [];
    const found = this.#find(query, walk, shapes, limit);
    if (isForward) found.reverse();
    return found.map((row) => ({ ...this.#reader.row(row), label: this.#labelOf(row.record) }));
  }

  #find(query: DecisionSearch, walk: Walk, shapes: number[] | undefined, limit: number): StoredRow[] {
    const isFound = query.among !== undefined || ownColumns.some((column) => query[column] !== undefined);
    if (!isFound && query.label !== undefined) return this.#byLabel(query, query.label, walk, shapes, limit);
    if (!isFound && shapes !== undefined) return this.#merged(query, walk, shapes, limit);
    const { index, where, values } = conditionsOf(query, walk, shapes);
    const by = index === undefined ? "" : `INDEXED BY decisions_${index}`;
    const sql = `SELECT * FROM decisions ${by} WHERE ${where} ORDER BY record ${walk.order} LIMIT ?`;
    return this.#statement(sql).all(...values, limit) as StoredRow[];
  }

  // Labels in force are fewer than decisions, and their index has them by what they say.
  #byLabel(
    query: DecisionSearch,
    label: LabelValue,
    walk: Walk,
    shapes: number[] | undefined,
    limit: number,
  ): StoredRow[] {
    const { where, values } = conditionsOf({ ...query, label: undefined }, undefined, shapes);
    const sql = `SELECT decisions.* FROM labels INDEXED BY labels_label
      CROSS JOIN decisions ON decisions.record = labels.decision
      WHERE json_extract(labels.leaf, '$.label') = ? AND labels.decision >= ? AND labels.decision < ?
        AND ${where} ORDER BY labels.decision ${walk.order} LIMIT ?`;
    return this.#statement(sql).all(label, walk.from, walk.to, ...values, limit) as StoredRow[];
  }

  // Each shape's records are in order: the next of all is the next of one of them.
  #merged(query: DecisionSearch, walk: Walk, shapes: readonly number[], limit: number): StoredRow[] {
    const isBefore = (one: number, other: number): boolean =>
      walk.order === "ASC" ? one < other : one > other;
    const runs: Run[] = shapes.map((shape) => ({ shape, records: [], at: 0, isWhole: false }));
    // The first of each alone: most of many shapes have none that is wanted.
    const heap = runs.filter((run) => this.#fill(run, walk, 1));
    heap.sort((one, other) => (isBefore(headOf(one), headOf(other)) ? -1 : 1));
    const row = this.#statement("SELECT * FROM decisions WHERE record = ?");
    const found: StoredRow[] = [];
    while (found.length < limit) {
      const run = heap[0];
      if (run === undefined) break;
      const stored = row.get(headOf(run)) as StoredRow;
      if (isWithin(stored, query)) found.push(stored);
      run.at += 1;
      if (run.at === run.records.length && !this.#fill(run, walk, mergedAtOnce)) heap.shift();
      sink(heap, isBefore);
    }
    return found;
  }

  // Whether there are more.
  #fill(run: Run, walk: Walk, limit: number): boolean {
    if (run.isWhole) return false;
    const last = run.records.at(-1);
    const from = walk.order === "ASC" && last !== undefined ? last + 1 : walk.from;
    const to = walk.order === "DESC" && last !== undefined ? last : walk.to;
    const sql = `SELECT record FROM decisions INDEXED BY decisions_shape
      WHERE shape = ? AND record >= ? AND record < ? ORDER BY record ${walk.order} LIMIT ?`;
    const rows = this.#statement(sql).all(run.shape, from, to, limit) as { record: number }[];
    run.records = rows.map(({ record }) => record);
    run.at = 0;
    run.isWhole = rows.length < limit;
    return rows.length > 0;
  }

  /** The shapes that are wanted; `undefined` where all are. */
  #shapesOf(query: DecisionFilter): number[] | undefined {
    const { outcomes, rule, type, op, list, language, release } = query;
    if ([outcomes, rule, type, op, list, language, release].every((asked) => asked === undefined)) {
      return undefined;
    }
    const sql = "SELECT id, shape FROM shapes WHERE id > ? ORDER BY id";
    for (const { id, shape } of this.#statement(sql).all(this.#lastShape) as {
      id: number;
      shape: string;
    }[]) {
      this.#shapes.set(id, decodeShape(shape));
      this.#lastShape = id;
    }
    const isWanted = shapeTest(query);
    const wanted: number[] = [];
    for (const [id, shape] of this.#shapes) if (isWanted(shape)) wanted.push(id);
    return wanted;
  }

  #labelOf(decision: number): LabelValue | undefined {
    const row = this.#statement("SELECT leaf FROM labels WHERE decision = ?").get(decision);
    if (row === undefined) return undefined;
    const record = parseLeaf((row as { leaf: string }).leaf);
    return record.kind === "label" ? record.label : undefined;
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#views.prepare(sql)));
    return statement;
  }
}

function headOf({ records, at }: Run): number {
  return records[at] ?? 0;
}

function isWithin({ decided }: StoredRow, { fromMs, toMs }: DecisionFilter): boolean {
  return (fromMs === undefined || decided >= fromMs) && (toMs === undefined || decided < toMs);
}

// The first of a list that is sorted otherwise goes to its place.
function sink(heap: Run[], isBefore: (one: number, other: number) => boolean): void {
  const [first] = heap;
  if (first === undefined) return;
  const head = headOf(first);
  let low = 1;
  let high = heap.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(headOf(heap[middle] as Run), head)) low = middle + 1;
    else high = middle;
  }
  heap.copyWithin(0, 1, low);
  heap[low - 1] = first;
}

function shapeTest(query: DecisionFilter): (shape: Shape) => boolean {
  const { outcomes, rule, type, op, list, language, release } = query;
  const fired = rule === undefined ? undefined : ruleTest(rule);
  return (shape) =>
    (outcomes === undefined || outcomes.includes(shape.outcome)) &&
    (fired === undefined || shape.fired.some(fired)) &&
    (type === undefined || shape.type === type) &&
    (op === undefined || shape.op === op) &&
    (list === undefined || shape.lists.includes(list)) &&
    (language === undefined || shape.language === language) &&
    (release === undefined || shape.release === release);
}

function ruleTest(rule: string): (fired: string) => boolean {
  if (rule.includes("/")) return (fired) => fired === rule;
  return (fired) => {
    const name = fired.slice(fired.indexOf("/") + 1);
    return name === rule || name.startsWith(`${rule}:`);
  };
}

type Conditions = { index: string | undefined; where: string; values: Value[] };

function conditionsOf(
  query: DecisionSearch,
  walk: Walk | undefined,
  shapes: number[] | undefined,
): Conditions {
  const conditions: string[] = [];
  const values: Value[] = [];
  const only = (condition: string, ...given: Value[]): void => {
    conditions.push(condition);
    values.push(...given);
  };
  let index: string | undefined;
  if (walk !== undefined) only("record >= ? AND record < ?", walk.from, walk.to);
  // What finds few comes first: the planner knows no figures of these tables.
  if (query.among !== undefined) {
    only("record IN (SELECT value FROM json_each(?))", JSON.stringify(query.among));
  }
  for (const column of ownColumns) {
    const value = query[column];
    if (value === undefined) continue;
    if (query.among === undefined) index ??= column;
    only(`${index === column ? "" : "+"}${column} = ?`, value);
  }
  if (shapes !== undefined) only("+shape IN (SELECT value FROM json_each(?))", JSON.stringify(shapes));
  if (query.fromMs !== undefined) only("decided >= ?", query.fromMs);
  if (query.toMs !== undefined) only("decided < ?", query.toMs);
  if (query.label !== undefined) {
    const labelled = "SELECT 1 FROM labels WHERE decision = record AND json_extract(leaf, '$.label') = ?";
    only(`EXISTS (${labelled})`, query.label);
  }
  return { index, where: conditions.length === 0 ? "TRUE" : conditions.join(" AND "), values };
}
