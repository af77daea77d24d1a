// SPDX-License-Identifier: Apache-2.0
// What the search finds, against a filter over all rows.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, encodeLeaf, formatTime, labelValues, outcomes } from "@docket/protocol";
import type { LabelValue } from "@docket/protocol";
import * as fc from "fast-check";
import { plainRow } from "../../testing/plain-row.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import type { DecisionSearch, FoundDecision } from "../../views/decision-search.ts";
import type { IndexEntry } from "../../views/site-index.ts";
import { repeatWindowMs } from "../../views/site-index.ts";
import { SqliteSiteIndex } from "./site-index.ts";

const startMs = Date.UTC(2026, 10, 1);
const hourMs = 3_600_000;
const size = 700;
const hour = fc.integer({ min: 0, max: 400 }).map((hours) => startMs + hours * hourMs);

const rowArbitrary: fc.Arbitrary<Omit<DecisionRow, "index">> = fc
  .record({
    actor: fc.constantFrom("a_one", "a_two", "a_three"),
    decidedMs: hour,
    outcome: fc.constantFrom(...outcomes),
    type: fc.constantFrom("comment", "mail"),
    op: fc.constantFrom("create", "edit"),
    fired: fc.subarray(["p/link", "q/link", "p/copy:shadow"]),
    lists: fc.subarray(["bad", "friends"]),
    campaign: fc.constantFrom(undefined, "k1", "k2"),
    language: fc.constantFrom(undefined, "en", "de"),
    release: fc.constantFrom("rel1", "rel2"),
  })
  .map((drawn) => ({ ...plainRow, sealedMs: startMs, ...drawn }));
const queryArbitrary: fc.Arbitrary<DecisionSearch> = fc.record(
  {
    actor: fc.constantFrom("a_one", "a_nobody"),
    outcomes: fc.subarray([...outcomes]),
    rule: fc.constantFrom("p/link", "link", "copy", "p/copy:shadow", "p/copy", "nothing"),
    type: fc.constantFrom("mail", "sms"),
    op: fc.constant("edit"),
    list: fc.constantFrom("bad", "none"),
    campaign: fc.constant("k1"),
    language: fc.constant("en"),
    release: fc.constant("rel1"),
    label: fc.constantFrom(...labelValues),
    fromMs: hour,
    toMs: hour,
    among: fc.array(fc.nat(size), { maxLength: 40 }),
    before: fc.nat(size),
    after: fc.nat(size),
    limit: fc.integer({ min: 1, max: 90 }),
  },
  { requiredKeys: ["limit"] },
);

test("what is found is what a filter over all finds, and pages follow each other", (t) => {
  const { index, rows, labels } = world(t);
  fc.assert(
    fc.property(queryArbitrary, (query) => {
      assert.deepEqual(index.reader.searchDecisions(query), naively(rows, labels, query));
    }),
    { numRuns: 600 },
  );
});

test("paged back and forth, everything comes once and in order", (t) => {
  const { index, rows, labels } = world(t);
  const wanted: DecisionSearch = { outcomes: ["reject", "hold"], rule: "link", limit: 7 };
  const all = naively(rows, labels, { ...wanted, limit: size });
  const backwards: FoundDecision[] = [];
  for (let before: number | undefined; ;) {
    const page = index.reader.searchDecisions({ ...wanted, before });
    if (page.length === 0) break;
    backwards.push(...page);
    before = page.at(-1)?.index;
  }
  assert.deepEqual(backwards, all);
  const forwards: FoundDecision[] = [];
  for (let after = -1; ;) {
    const page = index.reader.searchDecisions({ ...wanted, after });
    if (page.length === 0) break;
    forwards.unshift(...page);
    after = page[0]?.index ?? size;
  }
  assert.deepEqual(forwards, all);
});

test("shapes that came after the first search are searched, too", (t) => {
  const { index } = world(t);
  assert.deepEqual(index.reader.searchDecisions({ rule: "new", limit: 9 }), []);
  const row = { ...plainRow, index: size, actor: "a_new", sealedMs: 0, decidedMs: startMs, fired: ["p/new"] };
  index.apply([entryOf(row)]);
  assert.deepEqual(
    index.reader.searchDecisions({ rule: "new", limit: 9 }).map((found) => found.index),
    [size],
  );
});

type World = {
  index: SqliteSiteIndex;
  rows: readonly DecisionRow[];
  labels: ReadonlyMap<number, LabelValue>;
};

function world(t: TestContext): World {
  const directory = mkdtempSync(join(tmpdir(), "docket-search-"));
  const path = (name: string): string => join(directory, name);
  const index = new SqliteSiteIndex(path("identity.sqlite"), path("views.sqlite"), repeatWindowMs);
  t.after(() => {
    index.close();
    rmSync(directory, { recursive: true });
  });
  const drawn = fc.sample(rowArbitrary, { numRuns: size - 100, seed: 5 });
  const rows = drawn.map((row, at) => ({ ...row, index: at }));
  index.apply(rows.map(entryOf));
  const labels = new Map<number, LabelValue>();
  for (let at = drawn.length; at < size; at++) {
    const of = (at * 37) % drawn.length;
    const label = labelValues[at % labelValues.length] ?? "spam";
    labels.set(of, label);
    index.apply([labelEntry(at, of, label)]);
  }
  return { index, rows, labels };
}

function naively(
  rows: readonly DecisionRow[],
  labels: ReadonlyMap<number, LabelValue>,
  query: DecisionSearch,
): FoundDecision[] {
  const { rule, label, before = Infinity, after = -1, fromMs = 0, toMs = Infinity } = query;
  const isFired = (fired: string): boolean =>
    fired === rule || fired.slice(2) === rule || fired.slice(2).split(":")[0] === rule;
  const found = rows.filter(
    (row) =>
      (query.actor === undefined || row.actor === query.actor) &&
      (query.outcomes === undefined || query.outcomes.includes(row.outcome)) &&
      (rule === undefined || row.fired.some(isFired)) &&
      (query.type === undefined || row.type === query.type) &&
      (query.op === undefined || row.op === query.op) &&
      (query.list === undefined || row.lists.includes(query.list)) &&
      (query.campaign === undefined || row.campaign === query.campaign) &&
      (query.language === undefined || row.language === query.language) &&
      (query.release === undefined || row.release === query.release) &&
      (label === undefined || labels.get(row.index) === label) &&
      (query.among === undefined || query.among.includes(row.index)) &&
      row.decidedMs >= fromMs &&
      row.decidedMs < toMs &&
      row.index < before &&
      row.index > after,
  );
  const isForward = query.after !== undefined && query.before === undefined;
  const page = isForward ? found.slice(0, query.limit).reverse() : found.reverse().slice(0, query.limit);
  return page.map((row) => ({ ...row, label: labels.get(row.index) }));
}

function entryOf(row: DecisionRow): IndexEntry {
  const nothing = { event: undefined, body: undefined, standing: undefined, release: undefined };
  const { index, decidedMs, sealedMs } = row;
  return { ...nothing, index, decidedMs, sealedMs, actors: [], decision: row };
}

function labelEntry(index: number, of: number, label: LabelValue): IndexEntry {
  const said = { by: "operator", role: "operator", source: "moderator" } as const;
  const body = encodeBody({ kind: "label", ...said, of, label });
  const time = formatTime(startMs);
  const header = { v: 1, index, prev: "A".repeat(43), time, uncertaintyMs: null } as const;
  const leaf = encodeLeaf(header, body, "A".repeat(43));
  const nothing = { event: undefined, body: undefined, standing: undefined, release: undefined };
  return { ...nothing, index, decidedMs: 0, sealedMs: startMs, actors: [], kept: { kind: "label", leaf } };
}
