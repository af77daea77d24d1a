// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTally, decideMargin, marginsOf, pieces, tallyPlace } from "./margin.ts";
import { explainScore, loadModel, scoreText } from "./model.ts";
import type { Example } from "./training/example.ts";
import { trainModel } from "./training/train.ts";

/** A tally of one group of content whose pieces have these sums and so many known features each. */
function tallyOf(sums: readonly number[], known: number): ReturnType<typeof createTally> {
  const tally = createTally(3);
  sums.forEach((sum, piece) => {
    const place = tallyPlace(0, piece + 1);
    tally.sums[place] = (tally.sums[place - 1] ?? 0) + sum;
    tally.counts[place] = (tally.counts[place - 1] ?? 0) + known;
  });
  return tally;
}

const plain = (_: number, sum: number): number => sum;

test("the best beginning or end counts, but no stretch in the middle", () => {
  assert.deepEqual(marginsOf(tallyOf([5, 5, -9, -9, -9, -9, -9, 4], 100), 1, plain), {
    whole: -30,
    stretch: 11,
    from: 0,
    to: 2,
  });
  const atEnd = marginsOf(tallyOf([-9, -9, -9, -9, -9, 3, 3, 3], 100), 0, plain);
  assert.deepEqual([atEnd.stretch, atEnd.from, atEnd.to], [9, 5, pieces]);
});

test("a stretch needs features enough, and so does a text", () => {
  assert.equal(marginsOf(tallyOf([5, 5, -9, -9, -9, -9, -9, 4], 24), 0, plain).stretch, -Infinity);
  const three = marginsOf(tallyOf([5, 5, -9, -9, -9, -9, -9, 4], 40), 0, plain);
  assert.deepEqual([three.stretch, three.from, three.to], [1, 0, 3]);
});

test("a stretch pays its cost, and counts half above the bound", () => {
  const margins = { whole: 2, stretch: 10, from: 0, to: 2 };
  assert.equal(decideMargin(margins, { stretchCost: 3, stretchMost: 100 }), 7);
  assert.equal(decideMargin(margins, { stretchCost: 3, stretchMost: 4 }), 5.5);
  assert.equal(decideMargin(margins, { stretchCost: 9, stretchMost: 4 }), 2);
  const short = { whole: 2, stretch: -Infinity, from: 0, to: pieces };
  assert.equal(decideMargin(short, { stretchCost: 0, stretchMost: 4 }), 2);
});

const adverts = [
  "cheap pills by mail",
  "claim your free prize",
  "win money this night",
  "a loan without papers",
];
const notes = ["the meeting is moved", "see you at lunch", "the report is attached", "who has the old keys"];

/** Texts of so many lines, which no other text has in this order. */
function lines(from: readonly string[], seed: number, count: number): string {
  const picked = Array.from({ length: count }, (_, line) => {
    const word = String.fromCodePoint(97 + ((seed * 7 + line * 5) % 26));
    return `${from[(seed + line * line) % from.length] ?? ""} ${word.repeat(3)}`;
  });
  return picked.join(". ");
}

for (const kind of ["message", "email"] as const) {
  test(`spam before innocent text is told by its beginning: ${kind}`, () => {
    const examples = Array.from({ length: 80 }, (_, index): Example => {
      const spam = index % 2 === 0;
      return { text: lines(spam ? adverts : notes, index, 20), spam };
    });
    const { bytes } = trainModel(kind, examples);
    assert.deepEqual(trainModel(kind, examples).bytes, bytes);
    const model = loadModel(bytes);
    const innocent = lines(notes, 91, 20);
    const padded = `${lines(adverts, 90, 16)}. ${innocent}`;
    const [alone, hidden] = [scoreText(model, { text: innocent }), scoreText(model, { text: padded })];
    assert.ok(hidden.margin > alone.margin && Number.isInteger(hidden.margin));
    // An explanation is of what decided.
    const found = explainScore(model, { text: padded }, 30).map(({ feature }) => feature);
    assert.ok(
      found.some((feature) => /pills|prize|money|loan/.test(feature)),
      found.join("; "),
    );
  });
}

test("a word cut in two is known as the word", () => {
  const examples = Array.from({ length: 60 }, (_, index): Example => {
    const spam = index % 2 === 0;
    return { text: `${index} ${spam ? "medicine discount" : "tomorrow football"} ${index * 7}`, spam };
  });
  const model = loadModel(trainModel("message", examples).bytes);
  for (const cut of ["-", ".", "/", "*", "_", " "]) {
    const known = explainScore(model, { text: `medi${cut}cine` }, 50).map(({ feature }) => feature);
    assert.ok(known.includes("word medicine"), `${cut}: ${known.join("; ")}`);
  }
});
