// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { BrakeFacts } from "@docket/protocol";
import { encodeBrakeFacts } from "@docket/protocol";
import type { Undo } from "./actor-cells.ts";
import { probationMs } from "./brake-state.ts";
import type { BrakesState, Origin } from "./brake-state.ts";
import { Brakes, recentMs, rememberedMs } from "./brakes.ts";
import { exceedsShare } from "./chance.ts";
import type { Declaration } from "./declarations.ts";
import { cellMs } from "./event-stream.ts";

const hour = 3_600_000;
const t0 = 1_700_000_000_000;

test("a new rule that hits too much trips, is held, and once confirmed never trips again", () => {
  const brakes = new Brakes();
  brakes.adopt(declared(thing("p/bad")), origin("r1"));
  const tripped = untilTrip(brakes, 1000, (i) => (i % 3 === 0 ? ["p/bad"] : []));
  assert.equal(tripped.trip?.key, "p/bad");
  assert.ok(tripped.events <= 170, `after ${tripped.events} events`);
  const { hits, events, actorsHit, actorsSeen, from, share, least } = tripped.trip;
  assert.deepEqual([hits, events, actorsHit, actorsSeen], [50, tripped.events, 50, tripped.events]);
  assert.deepEqual([from, share, least], [new Date(t0).toISOString(), 500, 50]);
  assert.ok(encodeBrakeFacts(tripped.trip).startsWith('{"v":1,"what":"rule","cap":false,"key":"p/bad",'));
  assert.equal(brakes.held.size, 0, "a trip alone takes nothing away");
  brakes.brake(tripped.trip, null);
  assert.deepEqual([...brakes.held], ["p/bad"]);
  assert.equal(brakes.confirm(7), undefined, "its index isn't known yet");
  brakes.sealed(tripped.trip, 7);
  brakes.observe("comment", "later", t0 + hour, { keys: ["p/bad"], entries: [] });
  assert.deepEqual(brakes.inForce(), [{ index: 7, facts: tripped.trip, hitsSince: 1 }]);
  assert.equal(brakes.confirm(8), undefined);
  assert.notEqual(brakes.confirm(7), undefined);
  assert.equal(brakes.held.size, 0);
  assert.equal(untilTrip(brakes, 2000, () => ["p/bad"], t0 + 2 * hour).trip, undefined);
  brakes.adopt(declared(thing("p/bad", "changed")), origin("r2"));
  assert.notEqual(untilTrip(brakes, 2000, () => ["p/bad"], t0 + 3 * hour).trip, undefined);
});

test("one account's flood draws no brake, nor do a handful's, nor a rule that hits as declared", () => {
  for (const [what, share, actorOf, hits] of [
    ["one actor sends half of all", 500, (i: number) => (i % 2 === 0 ? 0 : i), (i: number) => i % 2 === 0],
    ["four actors send all", 500, (i: number) => i % 4, () => true],
    ["a rule for 3 % of the events", 500, (i: number) => i, (i: number) => i % 33 === 0],
    ["a rule for exactly its share", 500, (i: number) => i, (i: number) => i % 20 === 0],
    ["a rule for a third that says so", 4000, (i: number) => i, (i: number) => i % 3 === 0],
    ["a hit in too few events", 500, (i: number) => i, (i: number) => i < 49],
  ] as const) {
    const brakes = new Brakes();
    brakes.adopt(declared(thing("p/r", "1", share)), origin("r1"));
    for (let i = 0; i < 5000; i++) {
      const keys = hits(i) ? ["p/r"] : [];
      const { trips } = brakes.observe("comment", `a${actorOf(i)}`, t0 + i * 1000, { keys, entries: [] });
      assert.deepEqual(trips, [], `${what}: event ${i}`);
    }
  }
});

test("small traffic trips over a day, a wave within the last hour; after a day nothing is watched", () => {
  const slow = new Brakes();
  slow.adopt(declared(thing("p/r")), origin("r1"));
  // 20 events an hour: an hour never has 50 hits.
  const found = untilTrip(slow, 460, (i) => (i % 4 === 0 ? ["p/r"] : []), t0, 180_000);
  assert.equal(found.events, 197);
  const sudden = new Brakes();
  sudden.adopt(declared(thing("p/r")), origin("r1"));
  assert.equal(untilTrip(sudden, 40_000, () => [], t0, 1000).trip, undefined);
  const wave = untilTrip(sudden, 1000, () => ["p/r"], t0 + 40_000_000, 1000);
  assert.ok(wave.events > 150 && wave.events < 300, `after ${wave.events} events`);
  const { from, to } = wave.trip as BrakeFacts;
  assert.ok(Date.parse(to) - Date.parse(from) <= recentMs, "of the last hour it is, since the change not");
  const quiet = new Brakes();
  quiet.adopt(declared(thing("p/r")), origin("r1"));
  // 20 events a day: its watch lasts until 1,000 of them have come.
  const late = untilTrip(quiet, 900, (i) => (i % 4 === 0 ? ["p/r"] : []), t0, probationMs / 20);
  assert.equal(late.events, 197);
  const settled = new Brakes();
  settled.adopt(declared(thing("p/r")), origin("r1"));
  untilTrip(settled, 1000, () => [], t0, 80_000);
  assert.equal(settled.watched().length, 1, "the day isn't over");
  assert.equal(untilTrip(settled, 2000, () => ["p/r"], t0 + probationMs + 60_000).trip, undefined);
  assert.equal(settled.watched().length, 0);
  assert.deepEqual(settled.state().streams, [], "nothing is watched, nothing is remembered");
});

test("what is watched counts from its first event to the last before its day is over", () => {
  const brakes = new Brakes();
  brakes.adopt(declared(thing("p/r")), origin("r1"));
  // The day ends in the minute that is the 1,440th after the one in which it began.
  const begun = t0 - (t0 % cellMs) + 50_000;
  for (let i = 0; i < 40; i++) brakes.observe("comment", `a${i}`, begun, { keys: ["p/r"], entries: [] });
  const late = begun + probationMs - 40_000;
  assert.equal(untilTrip(brakes, 1000, () => ["p/r"], late, 1).events, 10);
});

test("what comes back comes back as it was; what changed or went is let go", () => {
  const brakes = new Brakes();
  const [old, bad] = [thing("p/r", "old"), thing("p/r", "bad")];
  brakes.adopt(declared(old), origin("r1"));
  untilTrip(brakes, 1001, () => [], t0, probationMs / 1000);
  brakes.observe("comment", "a", t0 + probationMs + 60_000, { keys: [], entries: [] });
  brakes.adopt(declared(bad), origin("r2"));
  const { trip } = untilTrip(brakes, 1000, () => ["p/r"], t0 + probationMs);
  assert.equal(trip?.release, "r2");
  brakes.brake(trip, 12);
  brakes.adopt(declared(old), origin("r1"));
  assert.deepEqual([brakes.held.size, brakes.inForce(), brakes.watched()], [0, [], []]);
  brakes.adopt(declared(bad), origin("r3"));
  assert.deepEqual([[...brakes.held], brakes.inForce()[0]?.index], [["p/r"], 12]);
  brakes.adopt(declared(), origin("r4"));
  assert.equal(brakes.held.size, 0);
  brakes.observe("comment", "a", t0 + probationMs + rememberedMs + hour, { keys: [], entries: [] });
  brakes.adopt(declared(bad), origin("r5"));
  assert.deepEqual([[...brakes.held], brakes.watched().length], [["p/r"], 0], "a brake is not sat out");
  brakes.confirm(12);
  brakes.adopt(declared(old), origin("r6"));
  assert.deepEqual([brakes.held.size, brakes.watched().length], [0, 1], "settled long ago is begun anew");
  brakes.adopt(declared(bad), origin("r7"));
  assert.deepEqual([brakes.held.size, brakes.watched().length], [0, 0], "confirmed is confirmed");
});

test("entries: new ones are watched one by one, trip, are held, and go with the list's change", () => {
  const brakes = new Brakes();
  const bad = { name: "bad", brake: { share: 100, least: 20 }, on: ["comment"] };
  let lists = [{ ...bad, version: "v1" }];
  brakes.adopt({ things: [], lists }, origin("r1"));
  untilTrip(brakes, 2001, () => [], t0, probationMs / 2000);
  const at = t0 + probationMs + 60_000;
  assert.equal(untilTrip(brakes, 500, () => [], at, 1000, ["bad:old"]).trip, undefined, "not new any more");
  brakes.listChanged("bad", { added: ["new", "other"], removed: [], version: "v2" }, origin("r2"));
  lists = [{ ...bad, version: "v2" }];
  brakes.adopt({ things: [], lists }, origin("r2"));
  const { trip } = untilTrip(brakes, 500, () => [], at + hour, 1000, ["bad:old", "bad:new"]);
  assert.deepEqual([trip?.key, trip?.what, trip?.release], ["bad:new", "entry", "r2"]);
  brakes.brake(trip as BrakeFacts, 3);
  assert.deepEqual([...brakes.held], ["bad:new"]);
  brakes.adopt({ things: [], lists }, origin("r3"));
  assert.deepEqual([...brakes.held], ["bad:new"], "over a release that leaves the list alone");
  brakes.listChanged("bad", { added: [], removed: ["new"] }, origin("r4"));
  assert.equal(brakes.held.size, 0);
  const away = roundTrip(brakes);
  const undo = brakes.listChanged("bad", { added: ["new"], removed: [] }, origin("r5"));
  assert.deepEqual([...brakes.held], ["bad:new"], "it comes back as it went");
  undo();
  assert.deepEqual(roundTrip(brakes), away);
  // A version that no change was told of came with a file: all of it may be new.
  brakes.adopt({ things: [], lists: [{ ...bad, version: "v3" }] }, origin("r5"));
  assert.deepEqual([...brakes.held], ["bad:new"]);
  assert.equal(untilTrip(brakes, 500, () => [], at + 2 * hour, 1000, ["bad:old"]).trip?.key, "bad:old");
});

type Step =
  | { do: "event"; actor: number; aheadMs: number; keys: string[]; entries: string[] }
  | { do: "adopt"; hashes: Record<string, number> }
  | { do: "list"; added: string[]; removed: string[] }
  | { do: "confirm" };

const keys = ["p/a", "p/b", "q/c"];
const entries = ["l:x", "l:y"];
const anyEvent = fc.record({
  do: fc.constant("event" as const),
  actor: fc.integer({ min: 0, max: 12 }),
  aheadMs: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -60_000, max: 120_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: probationMs }) },
  ),
  keys: fc.subarray(keys),
  entries: fc.subarray(entries),
});
// A rule fires on events of its policy's types alone.
const event = anyEvent.map((each) => ({
  ...each,
  keys: each.keys.filter((key) => onOf(key).includes(typeOf(each))),
}));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 30, arbitrary: event },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("adopt" as const),
      hashes: fc.record({
        "p/a": fc.integer({ min: 0, max: 2 }),
        "p/b": fc.integer({ min: 0, max: 1 }),
        "q/c": fc.constant(1),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("list" as const),
      added: fc.subarray(["x", "y"]),
      removed: fc.subarray(["x", "y"]),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("confirm" as const) }) },
);

test("every change can be taken back exactly, and state that was put away goes on the same", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 80 }),
      fc.array(fc.integer({ min: 0, max: 80 }), { maxLength: 3 }),
      (steps, failures) => {
        let brakes = new Brakes();
        let nowMs = t0;
        const undos: { undo: Undo; before: BrakesState }[] = [];
        for (const [place, each] of steps.entries()) {
          const before = roundTrip(brakes);
          if (each.do === "event") nowMs += each.aheadMs;
          undos.push({ undo: take(brakes, each, nowMs, place), before });
          const again = new Brakes(roundTrip(brakes));
          assert.deepEqual(roundTrip(again), roundTrip(brakes));
          assert.deepEqual([...again.held].sort(), [...brakes.held].sort());
          if (!failures.includes(place)) continue;
          for (const { undo, before: state } of undos.splice(-5).toReversed()) {
            undo();
            assert.deepEqual(roundTrip(brakes), state);
          }
          brakes = new Brakes(roundTrip(brakes));
          undos.length = 0;
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("trips are those of a naive twin that looks through all events each time", () => {
  let trips = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 120 }), (steps) => {
      const brakes = new Brakes();
      const twin = new Twin();
      let nowMs = t0;
      const first: Step = { do: "adopt", hashes: { "p/a": 1, "p/b": 1, "q/c": 1 } };
      for (const [place, each] of [first, ...steps].entries()) {
        if (each.do === "list") continue;
        if (each.do === "event") nowMs += each.aheadMs;
        const found: string[] = [];
        const took = each.do === "event" ? { ...each, entries: [] } : each;
        take(brakes, took, nowMs, place, (trip) => found.push(trip.key));
        assert.deepEqual(found, twin.take(took, nowMs));
        assert.deepEqual([...brakes.held].sort(), [...twin.held].sort());
        trips += found.length;
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(trips > 20, `the streams made ${trips} trips`);
});

/** What brakes do, for rules alone, with nothing remembered but the events themselves. */
class Twin {
  readonly #events: { type: string; actor: number; nowMs: number; keys: string[] }[] = [];
  readonly #past = new Map<string, { stage: string; goneMs: number }>();
  #now = -Infinity;
  #things = new Map<string, { hash: number; stage: string; from: number; sinceMs: number }>();

  get held(): string[] {
    return [...this.#things].filter(([, { stage }]) => stage === "held").map(([key]) => key);
  }

  take(each: Step, atMs: number): string[] {
    if (each.do === "adopt") this.#adopt(each.hashes);
    if (each.do === "confirm") {
      const key = this.held.sort()[0];
      if (key !== undefined) this.#set(key, "confirmed");
    }
    return each.do === "event" ? this.#event(each, atMs) : [];
  }

  #event(each: Step & { do: "event" }, atMs: number): string[] {
    if (this.#now === -Infinity) {
      for (const one of this.#things.values()) one.sinceMs = atMs;
    }
    const before = this.#now;
    this.#now = Math.max(this.#now, atMs);
    if (Math.floor(before / cellMs) !== Math.floor(this.#now / cellMs)) this.#settle();
    const keysHit = each.keys;
    this.#events.push({ type: typeOf(each), actor: each.actor, nowMs: this.#now, keys: keysHit });
    const trips: string[] = [];
    for (const key of keysHit) {
      const one = this.#things.get(key);
      if (one?.stage !== "watched") continue;
      const since = this.#events.slice(one.from).filter(({ type }) => onOf(key).includes(type));
      const recent = since.filter(
        ({ nowMs }) => Math.floor(nowMs / cellMs) > Math.floor(this.#now / cellMs) - recentMs / cellMs,
      );
      if ([since, recent].some((events) => tooMuch(events, key))) trips.push(key);
    }
    for (const key of trips) this.#set(key, "held");
    return trips;
  }

  #settle(): void {
    for (const [key, { stage, sinceMs, from }] of this.#things) {
      const events = this.#events.slice(from).filter(({ type }) => onOf(key).includes(type)).length;
      const length = this.#now - sinceMs;
      const isOver = length >= probationMs && events >= (8 * 10_000) / 2000;
      if (stage === "watched" && isOver) this.#set(key, "settled");
    }
  }

  #adopt(hashes: Record<string, number>): void {
    for (const [key, one] of this.#things) {
      if (hashes[key] === one.hash) continue;
      this.#things.delete(key);
      if (one.stage !== "watched")
        this.#past.set(`${key} ${one.hash}`, { stage: one.stage, goneMs: this.#now });
    }
    for (const [key, hash] of Object.entries(hashes)) {
      if (hash === 0 || this.#things.has(key)) continue;
      const past = this.#past.get(`${key} ${hash}`);
      const old = past?.stage === "settled" && this.#now - past.goneMs >= rememberedMs;
      const fresh = past === undefined || old;
      const stage = fresh ? "watched" : past.stage;
      this.#things.set(key, { hash, stage, from: this.#events.length, sinceMs: this.#now });
    }
  }

  #set(key: string, stage: string): void {
    const one = this.#things.get(key);
    if (one !== undefined) one.stage = stage;
  }
}

function tooMuch(events: readonly { actor: number; keys: string[] }[], key: string): boolean {
  const hits = events.filter((each) => each.keys.includes(key));
  const actors = (of: readonly { actor: number }[]): number => new Set(of.map(({ actor }) => actor)).size;
  const [seen, hit] = [actors(events), actors(hits)];
  if (hits.length < 8 || hit < 5) return false;
  return exceedsShare(hits.length, events.length, 2000) && exceedsShare(hit, seen, 2000);
}

function onOf(key: string): string[] {
  return key.startsWith("q/") ? ["message"] : ["comment", "message"];
}

function typeOf({ actor }: { actor: number }): string {
  return actor % 3 === 0 ? "comment" : "message";
}

function take(
  brakes: Brakes,
  each: Step,
  nowMs: number,
  place: number,
  onTrip: (trip: BrakeFacts) => void = () => undefined,
): Undo {
  if (each.do === "event") {
    const { trips, undo } = brakes.observe(typeOf(each), `a${each.actor}`, nowMs, each);
    const undos = [undo];
    for (const [i, trip] of trips.entries()) {
      onTrip(trip);
      undos.push(brakes.brake(trip, place * 10 + i));
    }
    return () => {
      for (const one of undos.toReversed()) one();
    };
  }
  if (each.do === "adopt") {
    const things = Object.entries(each.hashes)
      .filter(([, hash]) => hash > 0)
      .map(([key, hash]) => ({ ...thing(key, String(hash), 2000, 8), on: onOf(key) }));
    const list = { name: "l", brake: { share: 2000, least: 8 }, on: ["comment", "message"] };
    return brakes.adopt({ things, lists: [list] }, origin(`r${place}`));
  }
  if (each.do === "list") return brakes.listChanged("l", each, origin(`r${place}`));
  const [oldest] = brakes.inForce().sort((a, b) => (a.facts.key < b.facts.key ? -1 : 1));
  return typeof oldest?.index !== "number" ? () => undefined : (brakes.confirm(oldest.index) as Undo);
}

function untilTrip(
  brakes: Brakes,
  events: number,
  hits: (i: number) => string[],
  fromMs: number = t0,
  everyMs = 1000,
  entriesHit: readonly string[] = [],
): { trip: BrakeFacts | undefined; events: number } {
  for (let i = 0; i < events; i++) {
    const seen = { keys: hits(i), entries: entriesHit };
    const { trips } = brakes.observe("comment", `a${fromMs + i}`, fromMs + i * everyMs, seen);
    if (trips[0] !== undefined) return { trip: trips[0], events: i + 1 };
  }
  return { trip: undefined, events };
}

function origin(release: string): Origin {
  return { release, by: "operator" };
}

function thing(key: string, hash = "1", share = 500, least = 50): Declaration {
  return { key, what: "rule", hash, brake: { share, least }, on: ["comment"] };
}

function declared(...things: Declaration[]): { things: Declaration[]; lists: [] } {
  return { things, lists: [] };
}

function roundTrip(brakes: Brakes): BrakesState {
  return JSON.parse(JSON.stringify(brakes.state())) as BrakesState;
}
