// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import * as fc from "fast-check";
import { plainRow } from "../../testing/plain-row.ts";
import type { DecisionRow } from "../../views/decision-row.ts";
import { repeatWindowMs } from "../../views/site-index.ts";
import type { IndexEntry } from "../../views/site-index.ts";
import { SqliteSiteIndex } from "./site-index.ts";
import { countedRecordsMax, tallyBucketsMax, tallySpanMs } from "./tally-table.ts";

const hourMs = 3_600_000;
const startMs = Date.UTC(2026, 10, 1);

const rowArbitrary: fc.Arbitrary<Omit<DecisionRow, "index">> = fc.record({
  ...Object.fromEntries(Object.entries(plainRow).map(([key, value]) => [key, fc.constant(value)])),
  actor: fc.constantFrom("a_one", "a_two"),
  decidedMs: fc.nat(40 * 60).map((minutes) => startMs + minutes * 60_000),
  sealedMs: fc.constant(startMs),
  outcome: fc.constantFrom("allow" as const, "flag" as const, "hold" as const, "reject" as const),
  fired: fc.subarray(["p/link", "p/copy", "p/quiet:shadow"]),
}) as unknown as fc.Arbitrary<Omit<DecisionRow, "index">>;

/** What tallies should be, from the rows themselves. */
function naively(
  rows: readonly DecisionRow[],
  { fromMs, toMs, bucketMs, rulesMax }: { fromMs: number; toMs: number; bucketMs: number; rulesMax: number },
): unknown {
  const within = rows.filter(({ decidedMs }) => decidedMs >= fromMs && decidedMs < toMs);
  const count = (some: readonly DecisionRow[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { outcome } of some) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  };
  const buckets = new Map<number, DecisionRow[]>();
  for (const row of within) {
    const at = row.decidedMs - (row.decidedMs % bucketMs);
    buckets.set(at, [...(buckets.get(at) ?? []), row]);
  }
  const rules = ["p/link", "p/copy", "p/quiet:shadow"]
    .map((rule) => ({ rule, count: within.filter(({ fired }) => fired.includes(rule)).length }))
    .filter((each) => each.count > 0)
    .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
  return {
    fromMs,
    decisions: within.length,
    outcomes: count(within),
    buckets: [...buckets]
      .sort(([a], [b]) => a - b)
      .map(([at, some]) => ({ fromMs: at, outcomes: count(some) })),
    rules: rules.slice(0, rulesMax),
  };
}

test("tallies are the counts of the rows, whatever the batches and however often they came", (t) => {
  const index = newIndex(t);
  const rows = fc.sample(rowArbitrary, { numRuns: 700, seed: 8 }).map((row, at) => ({ ...row, index: at }));
  index.apply(rows.slice(0, 300).map(entryOf));
  index.apply(rows.slice(100, 301).map(entryOf));
  index.apply(rows.slice(250).map(entryOf));
  fc.assert(
    fc.property(
      fc.constantFrom(60_000, 300_000, tallySpanMs, hourMs, 6 * hourMs),
      fc.nat(20),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 3 }),
      (bucketMs, begin, hours, rulesMax) => {
        const fromMs = startMs + begin * hourMs;
        const query = { fromMs, toMs: fromMs + hours * hourMs, rulesMax };
        const wide = (query.toMs - fromMs) / bucketMs > tallyBucketsMax ? tallySpanMs : bucketMs;
        const tallies = index.reader.decisionTallies({ ...query, bucketMs });
        assert.deepEqual(tallies, naively(rows, { ...query, bucketMs: wide }));
      },
    ),
    { numRuns: 60 },
  );
});

test("of a busy hour the newest records are counted, and it says from when on", (t) => {
  const index = newIndex(t);
  const busy = countedRecordsMax + 500;
  for (let first = 0; first < busy; first += 20_000) {
    const count = Math.min(20_000, busy - first);
    const rows = Array.from({ length: count }, (_, place) => {
      const at = first + place;
      return { ...plainRow, index: at, actor: "a_one", decidedMs: startMs + at * 10, sealedMs: startMs };
    });
    index.apply(rows.map(entryOf));
  }
  const period = { fromMs: startMs, toMs: startMs + hourMs, bucketMs: 60_000, rulesMax: 5 };
  const tallies = index.reader.decisionTallies(period);
  assert.equal(tallies.decisions, countedRecordsMax);
  assert.equal(tallies.fromMs, startMs + 500 * 10);
  assert.equal(index.reader.decisionTallies({ ...period, bucketMs: tallySpanMs }).decisions, busy);
  const nothing = index.reader.decisionTallies({ ...period, fromMs: 0, toMs: hourMs });
  assert.deepEqual([nothing.decisions, nothing.buckets, nothing.rules], [0, [], []]);
});

function newIndex(t: TestContext): SqliteSiteIndex {
  const directory = mkdtempSync(join(tmpdir(), "docket-tallies-"));
  const index = new SqliteSiteIndex(
    join(directory, "identity.sqlite"),
    join(directory, "views.sqlite"),
    repeatWindowMs,
  );
  t.after(() => {
    index.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return index;
}

function entryOf(decision: DecisionRow): IndexEntry {
  const { index, decidedMs, sealedMs } = decision;
  const nothing = { actors: [], event: undefined, body: undefined, standing: undefined, release: undefined };
  return { index, decidedMs, sealedMs, ...nothing, decision };
}
