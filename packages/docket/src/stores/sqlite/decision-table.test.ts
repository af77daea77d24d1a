// SPDX-License-Identifier: Apache-2.0
// Decisions in SQLite against a list of rows and a filter.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeBody, encodeLeaf, formatTime, outcomes, parseLeaf } from "@docket/protocol";
import type { BodyWithoutParts } from "@docket/protocol";
import * as fc from "fast-check";
import type { DecisionQuery, DecisionRow } from "../../views/decision-row.ts";
import { recordsNamed, subjectsNamed } from "../../views/named.ts";
import type { IndexEntry } from "../../views/site-index.ts";
import { repeatWindowMs } from "../../views/site-index.ts";
import { SqliteSiteIndex } from "./site-index.ts";

const startMs = Date.UTC(2026, 10, 1);
const hourMs = 3_600_000;

const rowArbitrary: fc.Arbitrary<Omit<DecisionRow, "index">> = fc.record({
  actor: fc.constantFrom("a_one", "a_two", "a_three"),
  decidedMs: fc.integer({ min: 0, max: 400 }).map((hours) => startMs + hours * hourMs),
  sealedMs: fc.constant(startMs),
  outcome: fc.constantFrom(...outcomes),
  type: fc.constantFrom("comment", "mail"),
  op: fc.constantFrom("create", "edit"),
  source: fc.constantFrom("http" as const, "file" as const),
  late: fc.boolean(),
  content: fc.constantFrom(undefined, "c1", "c2"),
  fingerprint: fc.constantFrom(undefined, "f1", "f2"),
  rules: fc.subarray(["link", "copy"]),
  fired: fc.subarray(["p/link", "p/copy", "p/quiet:shadow"]),
  lists: fc.subarray(["bad_domains", "friends"]),
  strikes: fc.nat(2),
  restrictions: fc.nat(1),
  refusedBy: fc.constantFrom(undefined, undefined, "r_x"),
  proposed: fc.subarray(["p/ladder-3"]),
  campaign: fc.constantFrom(undefined, "k1", "k2"),
  language: fc.constantFrom(undefined, "en", "de"),
  accountAgeMs: fc.constantFrom(undefined, 0, hourMs, 800 * hourMs),
  points: fc.nat(3),
  letters: fc.constantFrom(undefined, 3, 40),
  holdUntilMs: fc.constantFrom(undefined, startMs),
  otherwise: fc.constantFrom(undefined, "reject" as const),
  release: fc.constantFrom("rel1", "rel2"),
  marks: fc.subarray(["cnt1:k1", "cnt2:k2"]),
});
const queryArbitrary: fc.Arbitrary<DecisionQuery> = fc.record(
  {
    actor: fc.constantFrom("a_one", "a_nobody"),
    content: fc.constant("c1"),
    fingerprint: fc.constant("f1"),
    campaign: fc.constant("k1"),
    outcomes: fc.subarray([...outcomes]),
    rule: fc.constantFrom("p/link", "p/quiet:shadow"),
    type: fc.constant("mail"),
    language: fc.constant("en"),
    accountAge: fc.constantFrom({ fromMs: 0, belowMs: hourMs }, { fromMs: 1, belowMs: 900 * hourMs }),
    mark: fc.constant("cnt1:k1"),
    indexes: fc.array(fc.nat(700), { maxLength: 5 }),
    fromMs: fc.integer({ min: 0, max: 400 }).map((hours) => startMs + hours * hourMs),
    toMs: fc.integer({ min: 0, max: 400 }).map((hours) => startMs + hours * hourMs),
    after: fc.nat(600),
    before: fc.nat(600),
    order: fc.constantFrom("ascending" as const, "descending" as const),
    limit: fc.nat(50),
  },
  { requiredKeys: ["limit"] },
);

test("decisions are found as a filter over all of them finds them", (t) => {
  const index = newIndex(t);
  const rows = fc.sample(rowArbitrary, { numRuns: 600, seed: 17 }).map((row, at) => ({ ...row, index: at }));
  index.apply(rows.slice(0, 300).map(entryOf));
  index.apply(rows.slice(300).map(entryOf));
  fc.assert(
    fc.property(queryArbitrary, (query) => {
      assert.deepEqual(index.reader.decisions(query), naively(rows, query));
    }),
    { numRuns: 300 },
  );
});

test("counts and groups are those of a list", (t) => {
  const index = newIndex(t);
  const rows = fc.sample(rowArbitrary, { numRuns: 500, seed: 4 }).map((row, at) => ({ ...row, index: at }));
  index.apply(rows.map(entryOf));
  const period = { fromMs: startMs + 50 * hourMs, toMs: startMs + 300 * hourMs };
  const within = rows.filter(({ decidedMs }) => decidedMs >= period.fromMs && decidedMs < period.toMs);
  const counts = index.reader.decisionCounts(period);
  assert.equal(
    counts.reduce((sum, { count }) => sum + count, 0),
    within.length,
  );
  const some = counts[0];
  assert.ok(some !== undefined);
  const alike = within.filter(
    (row) =>
      new Date(row.decidedMs).toISOString().startsWith(some.day) &&
      ["outcome", "type", "late", "rules", "fired"].every(
        (key) => JSON.stringify(row[key as keyof DecisionRow]) === JSON.stringify(some[key as "day"]),
      ),
  );
  const same = counts.filter(
    (each) => JSON.stringify({ ...each, count: 0 }) === JSON.stringify({ ...some, count: 0 }),
  );
  assert.equal(
    same.reduce((sum, { count }) => sum + count, 0),
    alike.length,
  );

  const least = { decisionsMin: 1, actorsMin: 1, refusedMin: 0, outcomesMin: 1, limit: 10 };
  const groups = index.reader.decisionGroups({ ...period, ...least, by: "campaign" });
  for (const group of groups) {
    const members = within.filter(({ campaign }) => campaign === group.key);
    assert.equal(group.decisions, members.length);
    assert.equal(group.actors, new Set(members.map(({ actor }) => actor)).size);
    const refused = members.filter(({ outcome }) => ["delay", "hold", "reject"].includes(outcome));
    assert.equal(group.refused, refused.filter(({ refusedBy }) => refusedBy === undefined).length);
    assert.equal(group.restricted, members.filter(({ refusedBy }) => refusedBy !== undefined).length);
  }
  assert.deepEqual(groups.map(({ key }) => key).sort(), ["k1", "k2"]);
  const figures = index.reader.actorFigures("a_one");
  const own = rows.filter(({ actor }) => actor === "a_one");
  assert.equal(figures.decisions, own.length);
  assert.equal(figures.outcomes.flag, own.filter(({ outcome }) => outcome === "flag").length);
  assert.equal(
    figures.rules.find(({ rule }) => rule === "p/link")?.count,
    own.filter(({ fired }) => fired.includes("p/link")).length,
  );
  assert.deepEqual(
    figures.campaigns.map(({ campaign, own: count, decisions, actors }) => [
      campaign,
      count,
      decisions,
      actors,
    ]),
    ["k1", "k2"].map((key) => [
      key,
      own.filter(({ campaign }) => campaign === key).length,
      rows.filter(({ campaign }) => campaign === key).length,
      3,
    ]),
  );
  const differing = index.reader.decisionGroups({ ...period, ...least, by: "fingerprint", outcomesMin: 2 });
  assert.equal(differing.length, 2);
  assert.deepEqual(index.reader.decisionGroups({ ...period, ...least, by: "actor", decisionsMin: 500 }), []);
});

test("series count by the hour, and shares by language and age", (t) => {
  const index = newIndex(t);
  const rows = fc.sample(rowArbitrary, { numRuns: 500, seed: 5 }).map((row, at) => ({ ...row, index: at }));
  index.apply(rows.map(entryOf));
  const period = { fromMs: startMs, toMs: startMs + 401 * hourMs };
  const asked = { ...period, sinceMs: startMs, countMin: 1, limit: 10 };
  const total = (counts: readonly (readonly [number, number])[]): number =>
    counts.reduce((sum, [, count]) => sum + count, 0);
  const [all] = index.reader.decisionSeries({ ...asked, by: "all" });
  assert.equal(total(all?.counts ?? []), 500);
  for (const { key, counts } of index.reader.decisionSeries({ ...asked, by: "rule" })) {
    const fired = rows.filter((row) => row.fired.includes(key));
    assert.ok(total(counts) <= fired.length);
    assert.ok(total(counts) >= accountHours(fired));
  }
  const marks = index.reader.decisionSeries({ ...asked, by: "mark" });
  assert.equal(marks.length, 2);
  for (const { key, counts } of marks) {
    const marked = rows.filter((row) => row.marks.includes(key));
    assert.ok(total(counts) <= marked.length);
    assert.ok(total(counts) >= accountHours(marked));
  }
  assert.deepEqual(index.reader.decisionSeries({ ...asked, by: "mark", countMin: 501 }), []);
  const languages = index.reader.outcomeShares({ ...period, by: "language" });
  assert.deepEqual(
    languages.map(({ group, decisions }) => [group, decisions]),
    ["de", "en"].map((code) => [code, rows.filter(({ language }) => language === code).length]),
  );
  const ages = index.reader.outcomeShares({ ...period, by: "accountAge" });
  assert.deepEqual(
    ages.map(({ group }) => group),
    ["under an hour", "under a day", "under a year"],
  );
});

test("records of what came after are found by whom and what they name", (t) => {
  const index = newIndex(t);
  const digest = "A".repeat(43);
  const pseudonym = `a_${"x".repeat(22)}`;
  const rows = fc.sample(rowArbitrary, { numRuns: 3, seed: 6 });
  index.apply(rows.map((row, at) => entryOf({ ...row, index: at, actor: at === 1 ? pseudonym : "a_other" })));
  const bodies: BodyWithoutParts[] = [
    { kind: "report", by: "operator", of: 1, reporter: `a_${"r".repeat(22)}`, category: "spam" },
    { kind: "dispute", by: "token", of: 1, actor: pseudonym, via: "token" },
    { kind: "ruling", by: "operator", role: "operator", of: 4, ruling: "upheld", reason: "spam" },
    { kind: "applied", by: "operator", of: [0, 1] },
    { kind: "report", by: "operator", of: 2, reporter: pseudonym, category: "spam" },
  ];
  index.apply(bodies.map((body, at) => keptEntry(3 + at, body, digest)));
  const kinds = ["report", "dispute", "ruling", "applied"];
  const found = (query: object): number[] =>
    index.reader
      .caseRecords({ kinds, limit: 100, ...query })
      .map((leaf) => (JSON.parse(leaf) as { index: number }).index);
  assert.deepEqual(found({}), [3, 4, 5, 6, 7]);
  assert.deepEqual(found({ of: 1 }), [3, 4, 6]);
  assert.deepEqual(found({ of: 0 }), [6]);
  assert.deepEqual(found({ subject: pseudonym }), [4, 7]);
  assert.deepEqual(found({ about: pseudonym }), [3, 4, 5, 6, 7]);
  assert.deepEqual(found({ about: pseudonym, after: 4, limit: 2 }), [5, 6]);
  assert.deepEqual(found({ of: 1, subject: pseudonym, kinds: ["dispute"] }), [4]);
  assert.deepEqual(found({ about: "a_nobody" }), []);
  const numbers = (query: object): number[] =>
    index.reader.recordNumbers({ before: 100, limit: 100, ...query });
  assert.deepEqual(numbers({}), [], "nothing finds all of them: they are the log");
  assert.deepEqual(numbers({ kinds: ["report"] }), [7, 3]);
  assert.deepEqual(numbers({ kinds: ["report", "decision", "stop"] }), [7, 3, 2, 1, 0]);
  assert.deepEqual(numbers({ kinds: ["report", "decision"], limit: 3 }), [7, 3, 2]);
  assert.deepEqual(numbers({ kinds: ["report", "decision"], before: 3 }), [2, 1, 0]);
  assert.deepEqual(numbers({ by: "operator" }), [7, 6, 5, 3]);
  assert.deepEqual(numbers({ by: "operator", kinds: ["ruling", "applied", "dispute"] }), [6, 5]);
  assert.deepEqual(numbers({ of: 1 }), [6, 4, 3]);
  assert.deepEqual(numbers({ of: 1, kinds: ["dispute"], by: "token", subject: pseudonym }), [4]);
  assert.deepEqual(numbers({ subject: pseudonym }), [7, 4, 1]);
  assert.deepEqual(numbers({ subject: pseudonym, kinds: ["report"] }), [7]);
  assert.deepEqual(numbers({ subject: pseudonym, kinds: ["decision"] }), [1]);
  assert.deepEqual(numbers({ subject: pseudonym, by: "operator" }), [7]);
});

function accountHours(rows: readonly DecisionRow[]): number {
  return new Set(rows.map(({ actor, decidedMs }) => `${actor} ${Math.floor(decidedMs / hourMs)}`)).size;
}

function naively(rows: readonly DecisionRow[], query: DecisionQuery): DecisionRow[] {
  const found = rows.filter(
    (row) =>
      (["actor", "content", "fingerprint", "campaign", "type"] as const).every(
        (key) => query[key] === undefined || row[key] === query[key],
      ) &&
      (query.outcomes === undefined || query.outcomes.includes(row.outcome)) &&
      (query.mark === undefined || row.marks.includes(query.mark)) &&
      (query.indexes === undefined || query.indexes.includes(row.index)) &&
      (query.rule === undefined || row.fired.includes(query.rule)) &&
      (query.language === undefined || row.language === query.language) &&
      (query.accountAge === undefined ||
        (row.accountAgeMs !== undefined &&
          row.accountAgeMs >= query.accountAge.fromMs &&
          row.accountAgeMs < query.accountAge.belowMs)) &&
      row.decidedMs >= (query.fromMs ?? 0) &&
      row.decidedMs < (query.toMs ?? Infinity) &&
      row.index > (query.after ?? -1) &&
      row.index < (query.before ?? Infinity),
  );
  if (query.order === "descending") found.reverse();
  return found.slice(0, query.limit);
}

function entryOf(decision: DecisionRow): IndexEntry {
  const { index, decidedMs, sealedMs } = decision;
  const nothing = { event: undefined, body: undefined, standing: undefined, release: undefined };
  return { index, decidedMs, sealedMs, actors: [], ...nothing, decision };
}

function keptEntry(index: number, body: BodyWithoutParts, parts: string): IndexEntry {
  const header = { v: 1, index, prev: "A".repeat(43), time: formatTime(0), uncertaintyMs: null } as const;
  const withParts = !["applied", "report"].includes(body.kind);
  const leaf = encodeLeaf(header, encodeBody(body), withParts ? parts : undefined);
  const nothing = { event: undefined, body: undefined, standing: undefined, release: undefined };
  const { kind, by } = body;
  const record = parseLeaf(leaf);
  const act = { kind, by, named: recordsNamed(record), subjects: subjectsNamed(record) };
  return { index, decidedMs: 0, sealedMs: 0, actors: [], ...nothing, kept: { kind, leaf }, act };
}

function newIndex(t: TestContext): SqliteSiteIndex {
  const directory = mkdtempSync(join(tmpdir(), "docket-views-"));
  const index = new SqliteSiteIndex(join(directory, "i"), join(directory, "v"), repeatWindowMs);
  t.after(() => {
    index.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return index;
}
