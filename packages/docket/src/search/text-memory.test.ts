// SPDX-License-Identifier: Apache-2.0
// Texts in memory against a list of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { WantedTerm } from "./terms.ts";
import { bundleRecords, TextMemory } from "./text-memory.ts";
import type { TermedText } from "./text-memory.ts";

const word = fc.constantFrom("spam", "spammy", "free", "money", "@shop.example", "hello");
const textsArbitrary: fc.Arbitrary<TermedText[]> = fc.uniqueArray(
  fc.record({
    place: fc.nat(bundleRecords - 1),
    actor: fc.constantFrom("a_one", "a_two", "a_three"),
    terms: fc.uniqueArray(word),
  }),
  { selector: ({ place }) => place, maxLength: 20 },
);
const wantedArbitrary: fc.Arbitrary<WantedTerm[]> = fc.uniqueArray(
  fc.record({ term: fc.oneof(word, fc.constant("never")), isPrefix: fc.boolean() }),
  { selector: ({ term, isPrefix }) => `${term}${isPrefix}`, minLength: 1, maxLength: 8 },
);

const has = (terms: readonly string[], { term, isPrefix }: WantedTerm): boolean =>
  terms.some((each) => (isPrefix ? each.startsWith(term) : each === term));

test("texts are found as in a list, also those that come or go while one looks", () => {
  fc.assert(
    fc.property(
      fc.array(textsArbitrary, { minLength: 1, maxLength: 5 }),
      wantedArbitrary,
      fc.subarray(["a_one", "a_two"]),
      fc.nat(bundleRecords),
      fc.nat(bundleRecords),
      (bundles, wanted, erased, from, to) => {
        const memory = new TextMemory();
        const matcher = memory.matcher(wanted);
        for (const [bundle, texts] of bundles.entries()) {
          memory.put(bundle, bundleRecords, texts);
          memory.put(bundle, bundleRecords, texts);
        }
        const naively = (gone: readonly string[]): number[][] =>
          bundles.map((texts) =>
            texts
              .filter(({ actor }) => !gone.includes(actor))
              .filter(({ terms }) => wanted.every((each) => has(terms, each)))
              .map(({ place }) => place)
              .filter((place) => place >= from && place < to)
              .sort((one, other) => one - other),
          );
        const found = (): number[][] => bundles.map((_, bundle) => matcher.matches(bundle, from, to));
        assert.deepEqual(found(), naively([]));
        memory.forget(erased);
        assert.deepEqual(found(), naively(erased));
      },
    ),
    { numRuns: 300 },
  );
});

test("of an actor that is forgotten no word is left", () => {
  const memory = new TextMemory();
  memory.put(0, 2, [
    { place: 0, actor: "a_one", terms: ["secret", "hello"] },
    { place: 1, actor: "a_two", terms: ["hello"] },
  ]);
  memory.forget(["a_one"]);
  assert.equal(memory.terms, 1);
  memory.drop(0);
  assert.equal(memory.terms, 0);
  assert.equal(memory.texts, 0);
});

test("what was taken in first is let go first", () => {
  const memory = new TextMemory();
  for (let bundle = 0; bundle < 4; bundle++) {
    memory.put(bundle, 1, [{ place: 0, actor: "a_one", terms: [`term${bundle}`] }]);
  }
  memory.shrink(2, 0);
  assert.deepEqual(
    [0, 1, 2, 3].map((bundle) => memory.widthOf(bundle)),
    [1, 0, 0, 1],
  );
});
