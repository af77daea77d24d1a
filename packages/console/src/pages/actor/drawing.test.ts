// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { drawTimeline } from "./drawing.ts";
import type { DrawnEntry } from "./drawing.ts";

const noon = Date.UTC(2026, 10, 22, 12);

function entry(index: number, minutes: number, kind: string, outcome?: string): DrawnEntry {
  const at = new Date(noon + minutes * 60_000).toISOString();
  return { index, at, kind, says: "", outcome };
}

void test("nothing is drawn of nothing", () => {
  assert.equal(drawTimeline([], [], 10), undefined);
});

void test("decisions are stacked, acts and voices stand apart, a ban has no end", () => {
  const drawing = drawTimeline(
    [
      entry(1, 0, "decision", "allow"),
      entry(2, 1, "decision", "reject"),
      entry(3, 60, "decision", "reject"),
      entry(4, 70, "measure"),
      entry(5, 120, "dispute"),
    ],
    [
      { id: "r_1", kind: "ban", imposed: { at: new Date(noon + 60 * 60_000).toISOString() } },
      { id: "r_2", kind: "warn", until: new Date(noon + 90 * 60_000).toISOString() },
    ],
    12,
  );
  assert.ok(drawing);
  assert.equal(drawing.most, 2);
  assert.deepEqual(
    drawing.bins.map(({ x, outcomes }) => [x, outcomes.map((each) => [each.outcome, each.from, each.to])]),
    [
      [
        0,
        [
          ["allow", 0, 0.5],
          ["reject", 0.5, 1],
        ],
      ],
      [0.5, [["reject", 0, 0.5]]],
    ],
  );
  assert.deepEqual(
    [drawing.acts, drawing.voices].map((marks) => marks.map((mark) => mark.entry.index)),
    [[4], [5]],
  );
  assert.deepEqual(
    drawing.bars.map(({ from, to, endless }) => [from, to, endless]),
    [
      [0.5, 1, true],
      [0, 0.75, false],
    ],
  );
  assert.deepEqual(
    drawing.ticks.map(({ words }) => words),
    ["12:00", "13:00", "14:00"],
  );
});

void test("everything lies within the picture, and no decision is lost", () => {
  const some = fc.array(
    fc.record({
      minutes: fc.nat({ max: 3_000_000 }),
      kind: fc.constantFrom("decision", "measure", "report"),
      outcome: fc.constantFrom("allow", "hold", "reject"),
    }),
    { minLength: 1, maxLength: 50 },
  );
  fc.assert(
    fc.property(some, fc.integer({ min: 1, max: 90 }), (given, binCount) => {
      const entries = given.map(({ minutes, kind, outcome }, index) => entry(index, minutes, kind, outcome));
      const drawing = drawTimeline(entries, [], binCount);
      assert.ok(drawing);
      const decisions = entries.filter(({ kind }) => kind === "decision").length;
      assert.equal(
        drawing.bins.reduce((total, { count }) => total + count, 0),
        decisions,
      );
      for (const { x } of [...drawing.bins, ...drawing.acts, ...drawing.voices, ...drawing.ticks]) {
        assert.ok(x >= 0 && x <= 1);
      }
      assert.ok(drawing.bins.every(({ outcomes }) => outcomes.every(({ to }) => to <= 1)));
      assert.ok(drawing.ticks.length <= 7);
    }),
  );
});
