// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresCsv, figuresOf } from "./figures.ts";
import { reportPage } from "./report-page.ts";
import { TransparencyWorld, worldActor } from "./testing/transparency-world.ts";
import { weeklyPage, weeklyRows } from "./weekly-page.ts";

const fromMs = Date.UTC(2026, 10, 17);
const toMs = Date.UTC(2026, 10, 24);
const options = {
  category: "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
  contentType: "CONTENT_TYPE_TEXT",
  territories: ["DE"],
};

void test("the report counts what happened in the period", async () => {
  const { desk } = new TransparencyWorld();
  const report = await desk.report(fromMs, toMs);
  assert.equal(report.decisions.total, 2);
  assert.deepEqual(report.decisions.byRule, [
    { rule: "comments/links", total: 2, byOutcome: report.decisions.byOutcome },
  ]);
  assert.deepEqual([report.decisions.automated, report.decisions.lookedAt], [2, 1]);
  assert.deepEqual(report.restrictions, {
    byAutomation: { suspend: 1 },
    byPeople: { suspend: 1 },
    ended: 0,
    unread: 0,
  });
  assert.deepEqual(report.verdicts.byVerdict, { remove: 1 });
  assert.deepEqual(report.reports, { total: 1, trusted: 1, byCategory: { spam: 1 } });
  assert.deepEqual(report.quiet, { total: 1, inForce: 1, byGround: { "court-order": 1 } });
  const empty = await desk.report(0, 1000);
  assert.deepEqual([empty.decisions.total, empty.verdicts.total, empty.quiet.total], [0, 0, 0]);
});

void test("page and table have every figure, and no pseudonym", async () => {
  const { desk } = new TransparencyWorld();
  const report = await desk.report(fromMs, toMs);
  const html = reportPage(report);
  const csv = figuresCsv(report);
  for (const { section, name } of figuresOf(report)) {
    assert.ok(html.includes(name.replaceAll("'", "&#39;")) || html.includes(name), name);
    assert.ok(csv.includes(`,${section},`), section);
  }
  assert.match(html, /<svg viewBox=[^>]*aria-label="Decisions by day and outcome"/);
  assert.match(html, /what reviews leave out/);
  assert.match(csv, /,spam missed,share,share,0\.02,0\.002,0\.07\r\n/);
  assert.match(csv, /,refused wrongly,share,share,,,\r\n/);
  for (const text of [html, csv]) assert.ok(!text.includes(worldActor));
  assert.ok(!/<script|https?:\/\//.test(html), "nothing runs, and nothing comes from elsewhere");
});

void test("the week is set beside the week before, and says what needs somebody", async () => {
  const { desk } = new TransparencyWorld();
  const { now, before } = await desk.weekly(toMs);
  const rows = weeklyRows(now, before);
  assert.deepEqual(rows[0], ["decisions", "2", "0"]);
  assert.ok(rows.some(([name, value]) => name.startsWith("spam missed") && value === "2.0% (0.20% to 7.0%)"));
  const html = weeklyPage({
    format: "docket-weekly/v1",
    origin: now.origin,
    from: now.from,
    to: now.to,
    now,
    before,
  });
  assert.match(html, /Nobody looked at a sample of what was refused/);
  assert.match(html, /1 notices are held back now/);
});

void test("statements of a period, of all that restricts, and their export is sealed", async () => {
  const world = new TransparencyWorld();
  const { statements, leftOut, index } = await world.desk.statements(
    { by: "k_auditorxxxxxxxxx", role: "auditor" },
    { fromMs, toMs },
    options,
  );
  assert.deepEqual(leftOut, []);
  assert.deepEqual(
    statements.map(({ puid, source_type }) => [puid.slice(-2), source_type]),
    [
      ["-0", "SOURCE_VOLUNTARY"],
      ["-1", "SOURCE_VOLUNTARY"],
      ["-3", "SOURCE_TRUSTED_FLAGGER"],
      ["-4", "SOURCE_VOLUNTARY"],
    ],
  );
  assert.ok(!JSON.stringify(statements).includes(worldActor));
  assert.match(world.leaves[index] ?? "", /"kind":"export","by":"k_auditorxxxxxxxxx".*"what":"statements"/);
  assert.match(world.plaintexts[0] ?? "", /"statements":4\}$/);
});
