// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BrakeFacts } from "@docket/protocol";
import { at } from "../testing/at.ts";
import { nothing, together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";
import type { Origin } from "./brake-state.ts";
import { Caps, cellsPerCap } from "./caps.ts";
import type { CapsState } from "./caps.ts";
import type { Cap } from "./declarations.ts";

const minute = 60_000;
const hour = 60 * minute;
const t0 = 1_700_000_000_000 - (1_700_000_000_000 % hour);
const three: Cap = { count: 3, perMs: hour };

test("a rule restricts so many actors in a time, and whom it restricted it may restrict again", () => {
  const caps = capsOf({ "p/r": three });
  for (let i = 0; i < 3; i++) {
    assert.equal(caps.isCapped("p/r", `a${i}`, t0 + i * minute), false);
    restrict(caps, `a${i}`, t0 + i * minute);
  }
  assert.equal(caps.isCapped("p/r", "a3", t0 + 3 * minute), true);
  assert.equal(caps.isCapped("p/r", "a0", t0 + 3 * minute), false);
  assert.equal(caps.isCapped("p/other", "a3", t0 + 3 * minute), false, "without a cap nothing is capped");
  assert.equal(caps.isCapped("p/r", "a3", t0 + hour - 1), true);
  assert.equal(caps.isCapped("p/r", "a3", t0 + hour), false, "the first one's time is over");
  restrict(caps, "a1", t0 + 30 * minute);
  assert.equal(caps.isCapped("p/r", "a4", t0 + hour + minute), false, "a1 counts from when it was last");
});

test("the brake is drawn once in a cap's time, a confirmation lifts the cap for as long", () => {
  const caps = capsOf({ "p/r": three, "p/ladder-3": three });
  for (let i = 0; i < 3; i++) restrict(caps, `a${i}`, t0);
  const first = caps.observe("a3", [], ["p/r"], t0 + minute, origin("release")).trips;
  assert.equal(first.length, 1);
  const [trip] = first as [BrakeFacts];
  const { what, cap, key, hits, least, from, to } = trip;
  assert.deepEqual([what, cap, key, hits, least], ["rule", true, "p/r", 3, 3]);
  assert.deepEqual([Date.parse(from), Date.parse(to)], [t0 + minute - hour, t0 + minute]);
  caps.brake(trip, null);
  assert.equal(caps.observe("a4", [], ["p/r"], t0 + 2 * minute, origin("release")).trips.length, 0);
  caps.observe("a4", [], ["p/r"], t0 + 2 * minute, origin("release"));
  assert.equal(caps.confirm(5, t0), undefined);
  caps.sealed(trip, 5);
  assert.deepEqual(caps.inForce(t0 + 2 * minute), [{ index: 5, facts: trip, hitsSince: 2 }]);
  assert.notEqual(caps.confirm(5, t0 + 3 * minute), undefined);
  assert.deepEqual(caps.inForce(t0 + 3 * minute), []);
  for (let i = 4; i < 30; i++) {
    assert.equal(caps.isCapped("p/r", `a${i}`, t0 + i * minute), false);
    restrict(caps, `a${i}`, t0 + i * minute);
  }
  assert.equal(caps.isCapped("p/r", "a30", t0 + 3 * minute + hour - 1), false);
  assert.equal(caps.isCapped("p/r", "a30", t0 + 3 * minute + hour), true, "after that it needs another look");
  const step = caps.observe("b", [], ["p/ladder-3"], t0, origin("release")).trips[0];
  assert.equal(step?.what, "step");
});

test("a cap that nobody looked at lapses with its time, and is drawn anew when it is reached again", () => {
  const caps = capsOf({ "p/r": three });
  const trip = at(caps.observe("a", [], ["p/r"], t0, origin("release")).trips, 0);
  caps.brake(trip, 5);
  assert.equal(caps.inForce(t0 + hour - 1).length, 1);
  assert.equal(caps.inForce(t0 + hour).length, 0);
  const again = at(caps.observe("b", [], ["p/r"], t0 + hour, origin("release")).trips, 0);
  caps.brake(again, 9);
  assert.deepEqual(caps.inForce(t0 + hour), [{ index: 9, facts: again, hitsSince: 0 }]);
});

test("a release that changes a cap changes it at once; what was counted stays", () => {
  const caps = capsOf({ "p/r": three });
  for (let i = 0; i < 3; i++) restrict(caps, `a${i}`, t0);
  const before = roundTrip(caps);
  const undo = caps.adopt(new Map([["p/r", { count: 4, perMs: hour }]]));
  assert.equal(caps.isCapped("p/r", "b", t0), false);
  undo();
  assert.deepEqual(roundTrip(caps), before);
  caps.adopt(new Map([["p/r", { count: 3, perMs: 2 * hour }]]));
  assert.equal(caps.isCapped("p/r", "b", t0), false, "over another time the counting begins anew");
  caps.adopt(new Map());
  assert.deepEqual(roundTrip(caps), []);
});

type Step = { aheadMs: number; actor: number; confirm: boolean; undo: number };

const step: fc.Arbitrary<Step> = fc.record({
  aheadMs: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 5 * minute }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * hour }) },
  ),
  actor: fc.integer({ min: 0, max: 9 }),
  confirm: fc.nat(19).map((each) => each === 0),
  undo: fc.nat(60).map((each) => (each < 5 ? each : 0)),
});

test("caps are those of a naive twin; changes are taken back exactly; state goes on the same", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.nat(80), (steps, restart) => {
      let caps = capsOf({ "p/r": three });
      let nowMs = t0;
      const done: { undo: Undo; before: CapsState; nowMs: number; twin: Twin }[] = [];
      let twin: Twin = { restricted: [], liftedMs: -Infinity, drawnMs: -Infinity, drawn: false };
      for (const [place, { aheadMs, actor, confirm, undo }] of steps.entries()) {
        const before = {
          before: roundTrip(caps),
          nowMs,
          twin: { ...twin, restricted: [...twin.restricted] },
        };
        nowMs += aheadMs;
        const capped = caps.isCapped("p/r", `a${actor}`, nowMs);
        assert.equal(capped, isCapped(twin, actor, nowMs));
        const [restricted, left] = capped ? [[], ["p/r"]] : [["p/r"], []];
        const { trips, undo: unobserve } = caps.observe(
          `a${actor}`,
          restricted,
          left,
          nowMs,
          origin("release"),
        );
        assert.equal(trips.length > 0, capped && !(twin.drawn && nowMs < twin.drawnMs + hour));
        if (trips.length > 0) twin = { ...twin, drawn: true, drawnMs: nowMs };
        if (!capped) twin.restricted.push({ actor, cell: cellOf(nowMs) });
        const undos = [unobserve, ...trips.map((trip) => caps.brake(trip, place))];
        const index = caps.inForce(nowMs)[0]?.index;
        if (confirm && typeof index === "number") {
          undos.push(caps.confirm(index, nowMs) ?? nothing);
          twin = { ...twin, drawn: false, liftedMs: nowMs };
        }
        done.push({ undo: together(undos), ...before });
        for (const last of done.splice(done.length - undo, undo).toReversed()) {
          last.undo();
          assert.deepEqual(roundTrip(caps), last.before);
          ({ nowMs, twin } = last);
        }
        if (place !== restart) continue;
        caps = new Caps(roundTrip(caps));
        done.length = 0;
      }
    }),
    { numRuns: 300 },
  );
});

type Twin = {
  restricted: { actor: number; cell: number }[];
  liftedMs: number;
  drawnMs: number;
  drawn: boolean;
};

function isCapped({ restricted, liftedMs }: Twin, actor: number, nowMs: number): boolean {
  if (nowMs < liftedMs + hour) return false;
  const recent = restricted.filter(({ cell }) => cell > cellOf(nowMs) - cellsPerCap);
  const actors = new Set(recent.map((each) => each.actor));
  return !actors.has(actor) && actors.size >= three.count;
}

function cellOf(atMs: number): number {
  return Math.floor(atMs / (hour / cellsPerCap));
}

function origin(release: string): Origin {
  return { release, by: "operator" };
}

function capsOf(declared: Record<string, Cap>): Caps {
  const caps = new Caps();
  caps.adopt(new Map(Object.entries(declared)));
  return caps;
}

function restrict(caps: Caps, actor: string, nowMs: number): void {
  caps.observe(actor, ["p/r"], [], nowMs, origin("release"));
}

function roundTrip(caps: Caps): CapsState {
  return JSON.parse(JSON.stringify(caps.state())) as CapsState;
}
