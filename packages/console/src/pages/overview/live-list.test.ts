// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { keptMax, nothingYet, rateOf, told } from "./live-list.ts";
import type { Live } from "./live-list.ts";

function decisions(from: number, count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({ index: from + at, outcome: "allow" }));
}

function event(type: string, data: object): { id: undefined; type: string; data: string } {
  return { id: undefined, type, data: JSON.stringify(data) };
}

test("the newest decisions are kept, each once, however the stream came", () => {
  let live: Live = told(nothingYet, event("backlog", { decisions: decisions(0, 5) }), 0);
  assert.deepEqual(
    live.decisions.map(({ index }) => index),
    [4, 3, 2, 1, 0],
  );
  live = told(live, event("batch", { decisions: decisions(5, 2), outcomes: { allow: 2 } }), 1000);
  live = told(live, event("backlog", { decisions: decisions(3, 5) }), 2000);
  assert.deepEqual(
    live.decisions.slice(0, 4).map(({ index }) => index),
    [7, 6, 5, 4],
  );
  for (let at = 0; at < 20; at++) {
    live = told(
      live,
      event("batch", { decisions: decisions(10 + at * 20, 20), outcomes: { allow: 20 } }),
      3000,
    );
  }
  assert.deepEqual([live.decisions.length, live.seen], [keptMax, 402]);
  assert.equal(told(live, event("ghost", {}), 0), live);
});

test("the rate is that of the last ten seconds", () => {
  let live = told(nothingYet, event("batch", { decisions: [], outcomes: { allow: 50, reject: 50 } }), 0);
  assert.equal(rateOf(live, 0), 10);
  live = told(live, event("batch", { decisions: [], outcomes: { allow: 10 } }), 9000);
  assert.equal(rateOf(live, 9000), 11);
  assert.equal(rateOf(live, 10_000), 1);
  assert.equal(rateOf(live, 60_000), 0);
});

test("health is the newest that was told", () => {
  const live = told(nothingYet, event("health", { status: "degraded" }), 0);
  assert.equal(live.health?.status, "degraded");
});
