// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { moments, newMoments, readSample, stepsOf } from "./story.ts";

test("the sample is played in order, within the ten minutes that a server lets a clock lag", () => {
  const startMs = Date.UTC(2026, 0, 1);
  const steps = stepsOf(readSample(), startMs);
  assert.equal(steps.length, 364);
  assert.equal(new Set(steps.map(({ event }) => event.id)).size, 364);
  const times = steps.map(({ event }) => Date.parse(event.time as string));
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.ok(times.every((time) => time > startMs - 10 * 60_000 && time <= startMs));
});

test("the spammer comes among the others, in the order of its script", () => {
  const steps = stepsOf(readSample(), 0);
  const places = steps.flatMap(({ isSpammer }, place) => (isSpammer ? [place] : []));
  assert.equal(places.length, 14);
  assert.deepEqual(
    places.map((place) => steps[place]?.event.id),
    places.map((_, nth) => `synthetic-${String(nth + 1).padStart(3, "0")}`),
  );
  assert.equal(steps.at(-1)?.isSpammer, false, "others go on after it");
});

test("each moment is told once", () => {
  const refused = { outcome: "reject", rules: ["standing.suspended"], restrictions: [] } as never;
  assert.deepEqual(newMoments(refused, new Set()), ["refused"]);
  assert.deepEqual(newMoments(refused, new Set(["refused"])), []);
  const allowed = { outcome: "allow", rules: [], restrictions: [] } as never;
  assert.deepEqual(newMoments(allowed, new Set()), []);
  assert.deepEqual(Object.keys(moments), ["flag", "strike", "throttle", "delay", "suspend", "refused"]);
});
