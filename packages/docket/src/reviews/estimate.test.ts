// SPDX-License-Identifier: Apache-2.0
// Estimates from samples: without bias, and with intervals that hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import { estimateFrom } from "./estimate.ts";
import { clopperPearson } from "./intervals.ts";
import { seededRandom } from "../testing/seeded-random.ts";

test("one share throughout: the plain share, with the exact interval", () => {
  const found = estimateFrom([{ share: 0.01, drawn: 120, judged: 100, hits: 3 }], 12_345);
  const exact = clopperPearson(3, 100);
  assert.deepEqual([found.share, found.low, found.high], [0.03, exact?.low, exact?.high]);
  assert.deepEqual([found.count, found.population, found.judged], [370, 12_345, 100]);
});

test("two shares: each case stands for as many as its share says, by hand", () => {
  // 100 drawn at 1 % stand for 10,000, 200 drawn at 10 % for 2,000: (10,000*0.1 + 2,000*0.5) / 12,000.
  const found = estimateFrom(
    [
      { share: 0.01, drawn: 100, judged: 50, hits: 5 },
      { share: 0.1, drawn: 200, judged: 100, hits: 50 },
    ],
    12_000,
  );
  assert.equal(found.count, 2000);
  assert.ok(found.low !== null && found.high !== null && found.low < 1 / 6 && found.high > 1 / 6);
  // Fewer cases count than were judged, since few of them stand for most.
  const plain = clopperPearson(25, 150);
  assert.ok(found.high - found.low > (plain?.high ?? 0) - (plain?.low ?? 0));
});

test("no hit still has an upper bound, and nothing judged has no estimate", () => {
  const none = estimateFrom([{ share: 0.001, drawn: 300, judged: 300, hits: 0 }], 300_000);
  assert.deepEqual([none.share, none.low], [0, 0]);
  assert.ok(none.high !== null && none.high > 0.01 && none.high < 0.0124);
  assert.equal(estimateFrom([{ share: 0.5, drawn: 9, judged: 0, hits: 0 }], 20).share, null);
  assert.equal(estimateFrom([], 0).judged, 0);
  assert.throws(() => estimateFrom([{ share: 0.5, drawn: 9, judged: 10, hits: 0 }], 20), RangeError);
  assert.throws(() => estimateFrom([{ share: 0, drawn: 0, judged: 0, hits: 0 }], 20), RangeError);
});

test("over many draws of one population the estimate is right, and the interval covers it", () => {
  const random = seededRandom(6);
  // The share was raised in the middle, and later events are worse: without weights it would be too high.
  const truth = (8000 * 0.02 + 2000 * 0.1) / 10_000;
  let [sum, covered] = [0, 0];
  const runs = 400;
  for (let run = 0; run < runs; run++) {
    const draw = (count: number, share: number, rate: number) => {
      let [drawn, hits] = [0, 0];
      for (let each = 0; each < count; each++) {
        if (random() >= share) continue;
        drawn += 1;
        if (random() < rate) hits += 1;
      }
      return { share, drawn, judged: drawn, hits };
    };
    const found = estimateFrom([draw(8000, 0.05, 0.02), draw(2000, 0.2, 0.1)], 10_000);
    sum += found.share ?? 0;
    if ((found.low ?? 1) <= truth && truth <= (found.high ?? 0)) covered += 1;
  }
  assert.ok(Math.abs(sum / runs - truth) < 0.001, `mean ${sum / runs}, truth ${truth}`);
  assert.ok(covered / runs >= 0.94, `covered ${covered / runs}`);
});
