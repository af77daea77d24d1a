// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { agreementOf, majorityOf } from "./agreement.ts";
import type { Bounds } from "./agreement.ts";

const truthMs = 1000;
const margin = fc.double({ min: 0, max: 500, noNaN: true });
/** An honest source: its interval holds the true time. */
const honest = fc
  .tuple(margin, margin)
  .map(([below, above]): Bounds => ({ lowMs: truthMs - below, highMs: truthMs + above }));
/** A source that says anything. */
const liar = fc
  .tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 0, max: 1e6, noNaN: true }))
  .map(([lowMs, width]): Bounds => ({ lowMs, highMs: lowMs + width }));

test("with a majority of honest sources the result holds the true time, whatever the others say", () => {
  const property = fc.property(
    fc.array(honest, { minLength: 1, maxLength: 6 }),
    fc.array(liar, { maxLength: 5 }),
    fc.nat(4),
    fc.nat(4),
    (honests, liars, silentHonests, silentLiars) => {
      const asked = honests.length + liars.length + silentHonests + silentLiars;
      const needed = majorityOf(asked);
      fc.pre(honests.length + silentHonests >= needed);
      const result = agreementOf([...liars, ...honests], asked);
      if (honests.length >= needed) assert.ok(result !== undefined);
      if (result === undefined) return;
      assert.ok(result.lowMs <= truthMs && truthMs <= result.highMs);
      if (honests.length < needed) return;
      // And liars can't make it less exact than the worst of the honest.
      assert.ok(result.lowMs >= Math.min(...honests.map(({ lowMs }) => lowMs)));
      assert.ok(result.highMs <= Math.max(...honests.map(({ highMs }) => highMs)));
    },
  );
  fc.assert(property, { numRuns: 2000 });
});

test("without a majority that overlaps there is no result", () => {
  const [a, b] = [
    { lowMs: 0, highMs: 10 },
    { lowMs: 11, highMs: 20 },
  ];
  assert.equal(agreementOf([], 0), undefined);
  assert.equal(agreementOf([], 1), undefined);
  assert.equal(agreementOf([a, b], 2), undefined);
  assert.equal(agreementOf([a], 2), undefined, "a silent source is no agreeing one");
  assert.deepEqual(agreementOf([a], 1), { ...a, agreeing: 1 });
});

test("intervals that touch agree, and all that a majority covers is given, not its narrowest part", () => {
  const touching = agreementOf(
    [
      { lowMs: 0, highMs: 10 },
      { lowMs: 10, highMs: 20 },
    ],
    2,
  );
  assert.deepEqual(touching, { lowMs: 10, highMs: 10, agreeing: 2 });
  // One of three is silent: one of the two that answer may lie, so both are counted in.
  const two = agreementOf(
    [
      { lowMs: 0, highMs: 10 },
      { lowMs: 9, highMs: 30 },
    ],
    3,
  );
  assert.deepEqual(two, { lowMs: 0, highMs: 30, agreeing: 2 });
  // The true time may be 1, where the first two are honest: the part that all three cover must not be taken.
  const three = agreementOf(
    [
      { lowMs: 0, highMs: 10 },
      { lowMs: 0, highMs: 10 },
      { lowMs: 9, highMs: 11 },
    ],
    3,
  );
  assert.deepEqual(three, { lowMs: 0, highMs: 10, agreeing: 3 });
});
