// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ListView } from "@docket/policy";
import type { BrakeFacts } from "@docket/protocol";
import { together } from "./actor-cells.ts";
import type { Undo } from "./actor-cells.ts";
import type { Declarations } from "./declarations.ts";
import { RuleModes } from "./rule-modes.ts";
import type { ModesState, ObservedFacts } from "./rule-modes.ts";

const t0 = 1_700_000_000_000;
const origin = { release: "r1", by: "operator" };

test("what is held says why: a brake before a cold counter, that before a rollout", () => {
  let warming = new Set(["p/a", "p/b"]);
  const modes = newModes(() => warming);
  modes.adopt(declared(["p/a", "p/b", "p/c"], { "p/a": 0, "p/b": 0, "p/c": 0, "p/d": 0 }), origin);
  modes.brake(tripOf(modes, "p/a"));
  const held = modes.effectsFor("a", "comment", t0).held;
  assert.deepEqual(
    [...held].sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ["p/a", "brake"],
      ["p/b", "warming"],
      ["p/c", "rollout"],
      ["p/d", "rollout"],
    ],
  );
  modes.adopt(declared(["p/a", "p/b", "p/c"], {}), origin);
  warming = new Set();
  assert.deepEqual([...modes.effectsFor("a", "comment", t0).held], [["p/a", "brake"]]);
  const { held: same } = modes.effectsFor("b", "comment", t0);
  assert.equal(modes.effectsFor("a", "comment", t0).held, same, "nothing is made anew for each event");
});

test("a hit is what fired and isn't exempt or in shadow, held or not", () => {
  const modes = newModes();
  modes.adopt(declared(["p/r", "p/points-5"]), origin);
  const fired = { policy: "p", rule: "r", outcome: "reject" as const, clauses: "t" };
  const threshold = { policy: "p", points: 5 };
  const cases: [Partial<ObservedFacts>, number[]][] = [
    [{ fired: [{ ...fired, mode: "enforce" }] }, [1, 0]],
    [{ fired: [{ ...fired, mode: "rollout" }] }, [2, 0]],
    [{ fired: [{ ...fired, mode: "warming" }] }, [3, 0]],
    [{ fired: [{ ...fired, mode: "shadow" }] }, [3, 0]],
    [{ fired: [{ ...fired, mode: "exempt", exemption: "x" }] }, [3, 0]],
    [{ fired: [{ ...fired, mode: "brake", exemption: "x" }] }, [3, 0]],
    [{ thresholds: [{ ...threshold, mode: "enforce" }] }, [3, 1]],
    [{ thresholds: [{ ...threshold, mode: "brake" }] }, [3, 2]],
  ];
  for (const [facts, hits] of cases) {
    modes.observe("a", { ...nothingFired(t0), ...facts });
    assert.deepEqual(
      modes.watched().map((each) => each.hits),
      hits,
    );
  }
});

test("a held entry is found by no condition, and the others are", () => {
  const modes = newModes();
  modes.adopt(
    { ...declared([]), lists: [{ name: "bad", brake: { share: 100, least: 5 }, on: ["comment"] }] },
    origin,
  );
  const view: ListView = {
    kind: "domain",
    find: (value) => (value.endsWith("youtube.com") ? "youtube.com" : value),
    hits: (text) => text.split(" "),
  };
  const lists = new Map([
    ["bad", view],
    ["other", view],
  ]);
  assert.equal(modes.listsFor(lists), lists);
  for (let i = 0; i < 9; i++) modes.observe(`a${i}`, { ...nothingFired(t0), hits: ["bad:#youtube.com"] });
  const [trip] = modes.takeTrips();
  assert.equal(trip?.key, "bad:#youtube.com");
  modes.brake(trip);
  const left = modes.listsFor(lists);
  assert.equal(modes.listsFor(lists), left);
  assert.equal(left.get("bad")?.find("www.youtube.com", t0), undefined);
  assert.equal(left.get("bad")?.find("example.org", t0), "example.org");
  assert.deepEqual(left.get("bad")?.hits("youtube.com example.org", t0), ["example.org"]);
  assert.equal(left.get("other")?.find("www.youtube.com", t0), "youtube.com");
  assert.equal(left.get("bad")?.kind, "domain");
});

test("trips that nobody takes are forgotten, and taken trips are gone", () => {
  const modes = newModes();
  modes.adopt(declared(["p/r"]), origin);
  const trip = tripOf(modes, "p/r", false);
  assert.equal(trip?.key, "p/r");
  assert.deepEqual(modes.takeTrips(), []);
  modes.observe("a", hitting("p/r"));
  modes.observe("b", nothingFired(t0));
  assert.deepEqual(modes.takeTrips(), []);
});

type Step = {
  actor: number;
  aheadMs: number;
  keys: string[];
  restricting: boolean;
  confirm: boolean;
  adopt: boolean;
  fails: number;
};
const step: fc.Arbitrary<Step> = fc.record({
  actor: fc.integer({ min: 0, max: 30 }),
  aheadMs: fc.oneof(
    { weight: 40, arbitrary: fc.integer({ min: 0, max: 90_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 30 * 3_600_000 }) },
  ),
  keys: fc.constantFrom([], ["p/a"], ["p/a", "p/b"]),
  restricting: fc.boolean(),
  confirm: fc.nat(40).map((each) => each === 0),
  adopt: fc.nat(60).map((each) => each === 0),
  fails: fc.nat(30).map((each) => (each < 4 ? each : 0)),
});

test("with failed batches and restarts on the way, state is that of a run without either", () => {
  let drawn = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), fc.nat(10), (steps, every) => {
      let modes = newModes();
      const plain = newModes();
      const first = declared(["p/a", "p/b"], { "p/a": 5000 });
      for (const each of [modes, plain]) each.adopt(first, origin);
      let nowMs = t0;
      let index = 0;
      for (const [place, each] of steps.entries()) {
        nowMs += each.aheadMs;
        // A batch that doesn't become durable, some events long, and is taken back.
        const failed: Undo[] = [];
        for (let i = 0; i < each.fails; i++)
          failed.push(run(modes, { ...each, actor: 40 + i }, nowMs + i, -1));
        for (const undo of failed.toReversed()) undo();
        for (const one of [modes, plain]) run(one, each, nowMs, index);
        index += 10;
        if (place % 10 === every) modes = restarted(modes, first);
        assert.deepEqual(roundTrip(modes), roundTrip(plain));
        drawn = Math.max(drawn, plain.inForce().length);
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(drawn >= 2, `at most ${drawn} brakes were in force`);
});

/** An event, with what the site does after it; gives back how all of it is undone. */
function run(modes: RuleModes, each: Step, nowMs: number, index: number): Undo {
  const undos: Undo[] = [];
  const { caps } = modes.effectsFor(`a${each.actor}`, "comment", nowMs);
  const capped = each.restricting && caps.has("p/a");
  const facts: ObservedFacts = {
    ...hitting(...each.keys),
    decidedAt: new Date(nowMs).toISOString(),
    ...(each.restricting && (capped ? { capped: ["p/a"] } : { restricting: ["p/a"] })),
  };
  undos.push(modes.observe(`a${each.actor}`, facts));
  for (const [i, trip] of modes.takeTrips().entries()) {
    undos.push(modes.brake(trip));
    // Records that fail get no index.
    if (index >= 0) modes.sealed(trip, index + i);
  }
  const [brake] = modes.inForce();
  if (each.confirm && typeof brake?.index === "number") {
    const undo = modes.confirm(brake.index);
    assert.notEqual(undo, undefined);
    undos.push(undo as Undo);
  }
  if (each.adopt) {
    const keys = each.actor % 2 === 0 ? ["p/a"] : ["p/a", "p/b"];
    undos.push(modes.adopt(declared(keys, {}), { release: `r${each.actor}`, by: "operator" }));
  }
  return together(undos);
}

function restarted(modes: RuleModes, fallback: Declarations): RuleModes {
  const state = roundTrip(modes);
  const again = newModes(undefined, state);
  const keys = state.brakes.things
    .map(([key]) => key)
    .filter((key) => fallback.things.some((t) => t.key === key));
  again.adopt(declared(keys, {}), state.origin);
  return again;
}

const noneWarming: ReadonlySet<string> = new Set();

function newModes(warming: () => ReadonlySet<string> = () => noneWarming, state?: ModesState): RuleModes {
  const hash = (purpose: string, value: string): Uint8Array =>
    createHmac("sha256", "key").update(`${purpose}\n${value}`).digest();
  return new RuleModes({ hash, entryHash: (_list, entry) => `#${entry}`, warming }, state);
}

function declared(keys: readonly string[], rollouts: Record<string, number> = {}): Declarations {
  const things = keys.map((key) => ({
    key,
    what: key.includes("/points-") ? ("threshold" as const) : ("rule" as const),
    hash: "1",
    brake: { share: 3000, least: 12 },
    on: ["comment"],
  }));
  const caps = new Map([["p/a", { count: 3, perMs: 3_600_000 }]]);
  return { things, lists: [], caps, rollouts: new Map(Object.entries(rollouts)) };
}

function tripOf(modes: RuleModes, key: string, taken = true): BrakeFacts {
  let trips: readonly BrakeFacts[] = [];
  for (let i = 0; i < 100 && trips.length === 0; i++) {
    modes.observe(`a${i}`, hitting(key));
    trips = modes.takeTrips();
  }
  assert.ok(trips[0] !== undefined && taken !== undefined);
  return trips[0];
}

function hitting(...keys: string[]): ObservedFacts {
  const fired = keys.map((key) => {
    const [policy = "", rule = ""] = key.split("/");
    return { policy, rule, mode: "enforce" as const, outcome: "reject" as const, clauses: "t" };
  });
  return { ...nothingFired(t0), fired };
}

function nothingFired(atMs: number): ObservedFacts {
  const event = { id: "", body: "", type: "comment", op: "create", time: null, inReplyTo: null };
  return { event, decidedAt: new Date(atMs).toISOString(), fired: [] };
}

function roundTrip(modes: RuleModes): ModesState {
  return JSON.parse(JSON.stringify(modes.state())) as ModesState;
}
