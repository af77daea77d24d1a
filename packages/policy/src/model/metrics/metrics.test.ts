// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { suite, test } from "node:test";
import * as fc from "fast-check";
import { atCut, atCutBy } from "./at-cut.ts";
import { type ScoredTwice, compareAuc } from "./bootstrap.ts";
import { reliability } from "./reliability.ts";
import { oneMinusAuc, recallAtHamRate, rocPoints } from "./roc.ts";
import type { Scored } from "./scored.ts";
import { summariseScores } from "./summary.ts";

/** Few distinct scores, so that there are ties. */
const anyScored = fc.array(
  fc.record({ score: fc.integer({ min: 0, max: 12 }).map((tenth) => tenth / 12), spam: fc.boolean() }),
  { maxLength: 40 },
);
const bothClasses = anyScored.filter(
  (scored) => scored.some(({ spam }) => spam) && scored.some(({ spam }) => !spam),
);

suite("the area above the ROC curve", () => {
  test("is the share of pairs that are the wrong way round, ties half", () => {
    fc.assert(
      fc.property(bothClasses, (scored) => {
        assert.ok(Math.abs(oneMinusAuc(scored) - pairsTheWrongWay(scored)) < 1e-12);
      }),
    );
  });
  test("is 0 for who knows, 1 for who has it backwards, a half for who says nothing", () => {
    assert.equal(oneMinusAuc(scoredAs([1, 2], [3, 4])), 0);
    assert.equal(oneMinusAuc(scoredAs([3, 4], [1, 2])), 1);
    assert.equal(oneMinusAuc(scoredAs([1, 1], [1, 1])), 0.5);
    assert.ok(Number.isNaN(oneMinusAuc(scoredAs([], [1]))));
  });
  test("lies above the points of the curve, one for each score", () => {
    const points = rocPoints(scoredAs([1, 2], [2, 3]));
    assert.deepEqual(points, [
      { cut: Infinity, hamsFlagged: 0, spamsCaught: 0 },
      { cut: 3, hamsFlagged: 0, spamsCaught: 1 },
      { cut: 2, hamsFlagged: 1, spamsCaught: 2 },
      { cut: 1, hamsFlagged: 2, spamsCaught: 2 },
    ]);
  });
  test("refuses scores without rank", () => {
    assert.throws(() => oneMinusAuc(scoredAs([Number.NaN], [1])), RangeError);
  });
});

suite("recall at a rate of false positives", () => {
  test("is that of the obvious search over all cuts, with its ties", () => {
    fc.assert(
      fc.property(bothClasses, fc.integer({ min: 0, max: 1000 }), (scored, perThousand) => {
        assert.equal(recallAtHamRate(scored, perThousand).recall, bestRecall(scored, perThousand));
      }),
    );
  });
  test("does not catch spam on a level with the first ham that may not be flagged", () => {
    const scored = scoredAs([0.5, 0.1], [0.5, 0.6]);
    const { recall, hamsAllowed, hamsFlagged, above } = recallAtHamRate(scored, 10);
    assert.deepEqual(
      { recall, hamsAllowed, hamsFlagged, above },
      { recall: 0.5, hamsAllowed: 0, hamsFlagged: 0, above: 0.5 },
    );
  });
  test("counts hams exactly: 29 % of a hundred are 29", () => {
    const scored = scoredAs(
      Array.from({ length: 100 }, (_, i) => i),
      [70.5],
    );
    assert.equal(recallAtHamRate(scored, 290).hamsAllowed, 29);
    assert.equal(recallAtHamRate(scored, 290).recall, 1);
    assert.equal(recallAtHamRate(scored, 280).recall, 0);
  });
  test("may flag every ham at a thousand in a thousand", () => {
    assert.equal(recallAtHamRate(scoredAs([5], [1]), 1000).recall, 1);
    assert.throws(() => recallAtHamRate([], 0.5), RangeError);
  });
});

suite("figures at a cut", () => {
  test("count each text once", () => {
    fc.assert(
      fc.property(anyScored, fc.double({ min: 0, max: 1, noNaN: true }), (scored, cut) => {
        const { spamsCaught, spamsMissed, hamsFlagged, hamsPassed } = atCut(scored, cut);
        assert.equal(spamsCaught + spamsMissed + hamsFlagged + hamsPassed, scored.length);
        assert.equal(hamsFlagged, scored.filter(({ score, spam }) => !spam && score >= cut).length);
        assert.equal(spamsCaught, scored.filter(({ score, spam }) => spam && score >= cut).length);
      }),
    );
  });
  test("come to accuracy, precision, recall and F1", () => {
    const { accuracy, precision, recall, f1, hamRate } = atCut(scoredAs([1, 3, 1, 1], [3, 3, 1]), 2);
    assert.deepEqual([accuracy, precision, recall, f1, hamRate], [5 / 7, 2 / 3, 2 / 3, 2 / 3, 1 / 4]);
  });
  test("are given by group, the largest first", () => {
    const items = scoredAs([1, 3, 3], [3]).map((each, i) => ({
      ...each,
      script: i === 0 ? "Latin" : "Greek",
    }));
    const rows = atCutBy(items, 2, ({ script }) => script);
    assert.deepEqual(
      rows.map(({ group, figures }) => [group, figures.hamRate]),
      [
        ["Greek", 1],
        ["Latin", 0],
      ],
    );
  });
  test("stand in a summary", () => {
    const summary = summariseScores(scoredAs([1, 2], [3]), 3);
    assert.deepEqual([summary.hams, summary.spams, summary.oneMinusAuc, summary.own.f1], [2, 1, 0, 1]);
    assert.deepEqual([summary.at1In1000.recall, summary.at1In100.hamsAllowed], [1, 0]);
  });
});

suite("reliability", () => {
  test("agrees with sums written out", () => {
    fc.assert(
      fc.property(bothClasses, fc.integer({ min: 1, max: 15 }), (scored, bins) => {
        const found = reliability(scored, bins);
        const mean = (of: (item: Scored) => number): number =>
          scored.reduce((sum, item) => sum + of(item), 0) / scored.length;
        near(
          found.brier,
          mean(({ score, spam }) => (score - Number(spam)) ** 2),
        );
        near(
          found.ece,
          binnedError(scored, (score) => Math.min(bins - 1, Math.floor(score * bins))),
        );
        assert.equal(
          found.bins.reduce((sum, { count }) => sum + count, 0),
          scored.length,
        );
      }),
    );
  });
  test("is perfect for certainty that is right, and finite for certainty that is wrong", () => {
    const right = reliability(scoredAs([0, 0], [1]));
    assert.deepEqual([right.ece, right.eceEqualMass, right.brier, Math.abs(right.logLoss)], [0, 0, 0, 0]);
    near(reliability(scoredAs([1], [])).logLoss, -Math.log(1e-6));
  });
  test("of equal mass keeps equal scores together", () => {
    // Whoever says a half of everything is right on average, in whatever order the texts come.
    near(reliability(scoredAs([0.5, 0.5], [0.5, 0.5])).eceEqualMass, 0);
  });
  test("refuses what is no probability", () => {
    assert.throws(() => reliability(scoredAs([2], [])), RangeError);
  });
});

suite("the paired bootstrap", () => {
  test("finds the areas of the plain metric", () => {
    fc.assert(
      fc.property(bothClasses, (scored) => {
        const texts = scored.map((each, i) => twice(each.spam, each.score, -each.score, `${i}`));
        const { first, second, difference } = compareAuc(texts, 1, 3);
        near(first, oneMinusAuc(scored));
        near(second, 1 - oneMinusAuc(scored));
        near(difference, first - second);
      }),
      { numRuns: 40 },
    );
  });
  test("follows from its seed", () => {
    const texts = noisyTexts();
    assert.deepEqual(compareAuc(texts, 7, 50), compareAuc(texts, 7, 50));
    assert.notDeepEqual(compareAuc(texts, 7, 50), compareAuc(texts, 8, 50));
  });
  test("puts the better ahead, whichever it is, and of equals neither", () => {
    const texts = noisyTexts();
    const turned = texts.map(({ first, second, ...rest }) => ({ ...rest, first: second, second: first }));
    assert.equal(compareAuc(texts, 1, 400).ahead, "first");
    assert.equal(compareAuc(turned, 1, 400).ahead, "second");
    const same = compareAuc(
      texts.map((text) => ({ ...text, second: text.first })),
      1,
      100,
    );
    assert.deepEqual([same.ahead, same.low, same.high, same.firstBetter], ["neither", 0, 0, 0.5]);
  });
  test("draws copies together: a hundred copies of one text prove what one does", () => {
    const copies = Array.from({ length: 100 }, () => twice(true, 3, 1, "copied"));
    const others = [
      twice(false, 2, 2, "a"),
      twice(false, 2, 2, "b"),
      twice(true, 1, 3, "c"),
      twice(true, 1, 3, "d"),
    ];
    assert.equal(compareAuc([...copies, ...others], 1, 500).ahead, "neither");
    const apart = copies.map((copy, i) => ({ ...copy, group: `copy ${i}` }));
    assert.equal(compareAuc([...apart, ...others], 1, 500).ahead, "first");
  });
  test("has the spread of a bootstrap written out", () => {
    const texts = noisyTexts();
    const { low, high } = compareAuc(texts, 3, 2_000);
    const slow = slowBootstrap(texts, 2_000);
    assert.ok(
      Math.abs(low - slow.low) < 0.02 && Math.abs(high - slow.high) < 0.02,
      JSON.stringify({ low, high, slow }),
    );
  });
  test("needs two classes and two groups", () => {
    assert.throws(() => compareAuc([twice(true, 1, 1, "a")], 1), RangeError);
    assert.throws(() => compareAuc([twice(true, 1, 1, "a"), twice(false, 1, 1, "a")], 1), RangeError);
  });
});

function scoredAs(hams: readonly number[], spams: readonly number[]): Scored[] {
  return [...hams.map((score) => ({ score, spam: false })), ...spams.map((score) => ({ score, spam: true }))];
}

function twice(spam: boolean, first: number, second: number, group: string): ScoredTwice {
  return { spam, first, second, group };
}

/** Texts that the first score tells apart better than the second. */
function noisyTexts(): ScoredTwice[] {
  return Array.from({ length: 60 }, (_, i) => {
    const spam = i % 3 === 0;
    const noise = (i * 37) % 60;
    return twice(spam, (spam ? 55 : 0) + noise, (spam ? 15 : 0) + noise, `${Math.floor(i / 2)}`);
  });
}

function pairsTheWrongWay(scored: readonly Scored[]): number {
  let wrong = 0;
  let pairs = 0;
  for (const one of scored.filter(({ spam }) => spam)) {
    for (const other of scored.filter(({ spam }) => !spam)) {
      pairs += 1;
      wrong += one.score < other.score ? 1 : one.score === other.score ? 0.5 : 0;
    }
  }
  return wrong / pairs;
}

/** Tries every ham's score and "below all" as what one has to be above. */
function bestRecall(scored: readonly Scored[], perThousand: number): number {
  const spams = scored.filter(({ spam }) => spam);
  const hams = scored.filter(({ spam }) => !spam);
  const recalls = [...hams.map(({ score }) => score), -1].map((above) => {
    // Ties with the bound count as flagged when it is asked whether the rate is kept, and not as caught.
    const fits = hams.filter(({ score }) => score > above).length * 1000 <= perThousand * hams.length;
    return fits ? spams.filter(({ score }) => score > above).length / spams.length : 0;
  });
  return Math.max(...recalls);
}

function binnedError(scored: readonly Scored[], binOf: (score: number) => number): number {
  let error = 0;
  for (const items of Map.groupBy(scored, ({ score }) => binOf(score)).values()) {
    const said = items.reduce((sum, { score }) => sum + score, 0);
    const found = items.filter(({ spam }) => spam).length;
    error += Math.abs(said - found) / scored.length;
  }
  return error;
}

/** A bootstrap with another generator and whole lists. */
function slowBootstrap(texts: readonly ScoredTwice[], rounds: number): { low: number; high: number } {
  const groups = [...Map.groupBy(texts, ({ group }) => group).values()];
  let state = 12345;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % limit;
  };
  const differences: number[] = [];
  while (differences.length < rounds) {
    const drawn = groups.flatMap(() => groups[below(groups.length)] ?? []);
    const of = (score: "first" | "second"): number =>
      oneMinusAuc(drawn.map((text) => ({ score: text[score], spam: text.spam })));
    const difference = of("first") - of("second");
    if (!Number.isNaN(difference)) differences.push(difference);
  }
  differences.sort((left, right) => left - right);
  const at = (share: number): number => differences[Math.floor(share * rounds)] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} is not ${expected}`);
}
