// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Undo } from "./actor-cells.ts";
import { exceedsShare } from "./chance.ts";
import { cellMs, EventStream, keptEvents } from "./event-stream.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const keys = ["a", "b", "c"];

type Step =
  | { do: "event"; actor: string; aheadMs: number; hits: string[] }
  | { do: "watch" | "unwatch"; key: string }
  | { do: "undo"; steps: number };
type Noted = { actor: string; minute: number; hits: string[] };

const aheadMs = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 20_000 }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 2 * hourMs }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2 * dayMs }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      actor: fc.integer({ min: 0, max: 5 }).map((each) => `actor ${each}`),
      aheadMs,
      hits: fc.subarray(keys),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom("watch", "unwatch"), key: fc.constantFrom(...keys) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("undo" as const), steps: fc.integer({ min: 1, max: 8 }) }),
  },
);

test("statistics since a watch began, and of the last hour, are those of a naive twin; undo is exact", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const run = startRun();
      for (const each of steps) {
        take(run, each);
        compareWithTwin(run);
      }
      while (run.done.length > 0) undoLast(run);
    }),
    { numRuns: 300 },
  );
});

test("a stream comes back from its state, and goes on as if it had not been away", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.array(step, { maxLength: 40 }), (before, after) => {
      const run = startRun();
      for (const each of before) take(run, each);
      const again = {
        ...run,
        stream: new EventStream(roundTrip(run.stream)),
        done: [],
        watched: new Map(run.watched),
        noted: [...run.noted],
      };
      run.done = [];
      for (const each of after) {
        take(run, each);
        take(again, each);
        assert.deepEqual(roundTrip(again.stream), roundTrip(run.stream));
      }
    }),
    { numRuns: 100 },
  );
});

test("with more actors than are remembered, the part of them that is hit stays about right", () => {
  const stream = new EventStream(undefined, { actorsMax: 1000, keptEvents });
  stream.watch("third");
  const undos: Undo[] = [];
  const before = roundTrip(stream);
  for (let i = 0; i < 30_000; i++) {
    const actor = `a_${(i * 7919).toString(36)}`;
    undos.push(stream.event(actor, i * 100));
    if (i % 3 === 0) undos.push(stream.hit("third", actor));
  }
  assert.ok(stream.sampling >= 5, `one of 2^${stream.sampling} is remembered`);
  const { actorsSeen, actorsHit, events, hits } = stream.since("third", 0);
  assert.deepEqual([events, hits], [30_000, 10_000]);
  assert.ok(actorsSeen + actorsHit <= 1000 && actorsSeen > 300, `${actorsSeen} remembered`);
  assert.ok(Math.abs(actorsHit / actorsSeen - 1 / 3) < 0.06, `${actorsHit} of ${actorsSeen}`);
  for (const undo of undos.toReversed()) undo();
  assert.deepEqual(roundTrip(stream), before, "also what the sample left out comes back");
});

test("what is older than a day, and has many events after it, is let go; undo brings it back", () => {
  const stream = new EventStream(undefined, { actorsMax: 1000, keptEvents: 10 });
  stream.watch("a");
  const note = (actor: string, nowMs: number): Undo => {
    const undos = [stream.event(actor, nowMs), stream.hit("a", actor)];
    return () => {
      for (const undo of undos.toReversed()) undo();
    };
  };
  for (let i = 0; i < 8; i++) note(`a${i}`, i * hourMs);
  note("later", 3 * dayMs);
  assert.equal(stream.since("a", 0).events, 9, "old, but too few events came after it");
  for (let i = 0; i < 8; i++) note(`b${i}`, 3 * dayMs + i);
  const before = roundTrip(stream);
  const undo = note("c", 4 * dayMs);
  assert.deepEqual(stream.since("a", 0), { events: 11, hits: 11, actorsSeen: 11, actorsHit: 11 });
  assert.equal(stream.total, 18, "the counting goes on");
  undo();
  assert.deepEqual(roundTrip(stream), before);
});

test("a share is exceeded when chance doesn't explain it", () => {
  assert.equal(exceedsShare(50, 1000, 500), false, "exactly the share");
  assert.equal(exceedsShare(60, 1000, 500), false, "one and a half standard deviations above");
  assert.equal(exceedsShare(75, 1000, 500), true);
  assert.equal(exceedsShare(600, 10_000, 500), true, "the same 6 % are no chance in more events");
  assert.equal(exceedsShare(1000, 1000, 10_000), false, "what may hit everything never hits too much");
  assert.equal(exceedsShare(1, 1000, 0), true);
  assert.equal(exceedsShare(0, 0, 500), false);
});

type Run = {
  stream: EventStream;
  nowMs: number;
  noted: Noted[];
  watched: Map<string, { cell: number; at: number }>;
  done: { undo: Undo; state: unknown; nowMs: number; noted: number; watched: Run["watched"] }[];
};

function startRun(): Run {
  return { stream: new EventStream(), nowMs: 10 * hourMs, noted: [], watched: new Map(), done: [] };
}

function take(run: Run, each: Step): void {
  if (each.do === "undo") {
    for (let i = 0; i < each.steps; i++) undoLast(run);
    return;
  }
  const { stream, nowMs, noted } = run;
  const undos: Undo[] = [];
  const before = { state: roundTrip(stream), nowMs, noted: noted.length, watched: new Map(run.watched) };
  if (each.do === "event") {
    run.nowMs += each.aheadMs;
    undos.push(stream.event(each.actor, run.nowMs));
    const hits = each.hits.filter((key) => run.watched.has(key));
    for (const key of hits) undos.push(stream.hit(key, each.actor));
    noted.push({ actor: each.actor, minute: Math.floor(run.nowMs / cellMs), hits });
  } else if (each.do === "watch" && !run.watched.has(each.key)) {
    const { cell, undo } = stream.border();
    undos.push(undo, stream.watch(each.key));
    run.watched.set(each.key, { cell, at: noted.length });
  } else if (each.do === "unwatch") {
    undos.push(stream.unwatch(each.key));
    run.watched.delete(each.key);
  }
  const undo = (): void => {
    for (const one of undos.toReversed()) one();
  };
  run.done.push({ undo, ...before });
}

function undoLast(run: Run): void {
  const last = run.done.pop();
  if (last === undefined) return;
  last.undo();
  assert.deepEqual(roundTrip(run.stream), last.state);
  run.nowMs = last.nowMs;
  run.noted.length = last.noted;
  run.watched = last.watched;
}

function compareWithTwin({ stream, noted, watched }: Run): void {
  const newest = noted.at(-1)?.minute ?? 0;
  for (const [key, { cell, at }] of watched) {
    const kept = noted.slice(at);
    assert.deepEqual(stream.since(key, cell), twin(kept, key));
    const recent = kept.filter(({ minute }) => minute > newest - 60);
    if (stream.recent(hourMs) >= cell)
      assert.deepEqual(stream.since(key, stream.recent(hourMs)), twin(recent, key));
  }
}

function twin(noted: readonly Noted[], key: string): ReturnType<EventStream["since"]> {
  const hit = noted.filter(({ hits }) => hits.includes(key));
  const actors = (of: readonly Noted[]): number => new Set(of.map(({ actor }) => actor)).size;
  return { events: noted.length, hits: hit.length, actorsSeen: actors(noted), actorsHit: actors(hit) };
}

function roundTrip(stream: EventStream): ReturnType<EventStream["state"]> {
  return JSON.parse(JSON.stringify(stream.state())) as ReturnType<EventStream["state"]>;
}
