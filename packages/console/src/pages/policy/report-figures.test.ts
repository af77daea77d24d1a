// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backtest, BacktestReport } from "./answers.ts";
import { leftMs, rulesOf, seriesOf, spanWords, stopped } from "./report-figures.ts";

const day = (name: string, before: number, after: number): BacktestReport["days"][number] => ({
  day: name,
  changed: Math.abs(after - before),
  before: { allow: 9, reject: before },
  after: { allow: 9, reject: after },
});

test("days without decisions are drawn as none", () => {
  const { times, before, after, changed } = seriesOf([day("2026-11-20", 1, 3), day("2026-11-22", 2, 2)]);
  assert.equal(times.length, 3);
  assert.deepEqual(
    [before, after, changed],
    [
      [1, 0, 2],
      [3, 0, 2],
      [2, 0, 0],
    ],
  );
  assert.deepEqual(seriesOf([]).times, []);
  assert.equal(stopped({ allow: 5, flag: 1, hold: 2, reject: 3 }), 5);
});

test("rules whose effect differs stand first", () => {
  const rule = (name: string, hits: number, gained: number): BacktestReport["rules"][number] => ({
    policy: "p",
    rule: name,
    mode: "enforce",
    before: { hits, effective: hits },
    after: { hits, effective: hits },
    changed: { gained, lost: 0 },
    alone: 0,
  });
  const names = rulesOf([rule("a", 9, 0), rule("b", 1, 1), rule("c", 0, 0)]).map((each) => each.rule);
  assert.deepEqual(names, ["b", "a"]);
});

test("what is left is told once it can be", () => {
  const job = { done: 50, total: 200, startedAt: "2026-11-23T10:00:00.000Z" } as Backtest;
  const startMs = Date.parse("2026-11-23T10:00:00.000Z");
  assert.equal(leftMs(job, startMs + 10_000), 30_000);
  assert.equal(leftMs(job, startMs + 10), undefined);
  assert.equal(leftMs({ ...job, done: 0 }, startMs + 10_000), undefined);
  assert.deepEqual([spanWords(30_000), spanWords(600_000)], ["30 s", "10 min"]);
});
