// SPDX-License-Identifier: Apache-2.0
// Phrases word by word: the same as looking for each at every place.
import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { normaliseText } from "../text/normalise.ts";
import { buildStepper } from "./automaton.ts";
import { buildPhraseFinder } from "./phrases.ts";
import { isPhrase, isWhole, readTerm } from "./terms.ts";

const parts = fc.array(
  fc.constantFrom("a", "b", "ab", " ", "-", "é", "界", "\u{1f600}", "\u0301", "１", "*"),
  {
    minLength: 1,
    maxLength: 6,
  },
);

test("phrases stand where each of them stands as whole words", () => {
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 12 }), fc.array(parts, { maxLength: 6 }), (written, texts) => {
      const cores = [...new Set(written.map((each) => normaliseText(each.join(""))))];
      const phrases = cores.filter((core) => core !== "" && isPhrase({ ...readTerm(core), core }));
      const finder = buildPhraseFinder(phrases);
      const text = normaliseText(texts.flat().join(""));
      const found: number[] = [];
      finder.scan(text, (phrase) => found.push(phrase));
      const expected: number[] = [];
      for (const [number, core] of phrases.entries()) {
        const term = { core, ...wholeEnds(core) };
        for (let start = text.indexOf(core); start >= 0; start = text.indexOf(core, start + 1)) {
          if (isWhole(term, text, start, start + core.length)) expected.push(number);
        }
      }
      assert.deepEqual(found.toSorted(ascending), expected.toSorted(ascending));
    }),
    { numRuns: 1_000 },
  );
});

test("what begins or ends with a space, or goes on within a word, is no phrase", () => {
  for (const written of ["buy now", "100%", "$$$", "界", "*.com", "a - b"]) {
    assert.equal(isPhrase(readTerm(written)), true, written);
  }
  for (const written of ["casino*", "*coin", "* a", "a *", `${"ab ".repeat(100)}c`]) {
    assert.equal(isPhrase(readTerm(written)), false, written);
  }
});

test("a text costs time in proportion to its length, however much phrases have in common", () => {
  const phrases = Array.from({ length: 100 }, (_, index) => `${"a ".repeat(index + 1)}b`);
  let found = 0;
  buildPhraseFinder(phrases).scan("a ".repeat(100_000), () => {
    found += 1;
  });
  assert.equal(found, 0);
});

test("sequences must be in order, not empty, and different", () => {
  const build = (words: readonly (readonly number[])[]): unknown =>
    buildStepper({
      count: words.length,
      lengthOf: (word) => words[word]?.length ?? 0,
      unitOf: (word, index) => words[word]?.[index] ?? 0,
      bitsBefore: 0,
    });
  assert.doesNotThrow(() => build([[1], [1, 2], [2]]));
  for (const words of [[[2], [1]], [[1], [1]], [[1, 2], [1]], [[]]]) {
    assert.throws(() => build(words), RangeError);
  }
});

function ascending(one: number, other: number): number {
  return one - other;
}

/** A phrase is looked for as whole words: `readTerm` would take a star at an end for one that goes on. */
function wholeEnds(core: string): { wholeBefore: boolean; wholeAfter: boolean } {
  const { wholeBefore } = readTerm(`${core.startsWith("*") ? "\\" : ""}${core}!`);
  const { wholeAfter } = readTerm(`!${core.endsWith("*") ? `${core.slice(0, -1)}\\*` : core}`);
  return { wholeBefore, wholeAfter };
}
