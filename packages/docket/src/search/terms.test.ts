// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { askedWordsMax, termsOf, termsPerTextMax, wantedTerms, wordLengthMax } from "./terms.ts";

const found = (text: string, asked: string): boolean => {
  const terms = termsOf({ text });
  return wantedTerms(asked, undefined).every(({ term, isPrefix }) =>
    terms.some((each) => (isPrefix ? each.startsWith(term) : each === term)),
  );
};

test("a text is found by its words, in any case and order", () => {
  assert.ok(found("Cheap WATCHES, for you!", "watches cheap"));
  assert.ok(found("Straße nach Köln", "STRASSE köln"));
  assert.ok(!found("Cheap watches", "watch"));
  assert.ok(found("Cheap watches", "watch*"));
  assert.ok(!found("Cheap watches", "cheap shoes"));
});

test("what is disguised is found by what it reads as", () => {
  assert.ok(found("fr33 m0ney", "free money"));
  assert.ok(found("ｖｉａｇｒａ", "viagra"));
});

test("scripts without spaces are found by pieces", () => {
  assert.ok(found("低价手表出售", "手表"));
  assert.ok(!found("低价手表出售", "手机"));
});

test("a link is found by its host and by what is above it", () => {
  const terms = termsOf({ text: "see https://a.b.shop.example/x?y and mail me@post.example" });
  for (const domain of ["a.b.shop.example", "B.shop.example", "shop.example", "https://shop.example/"]) {
    const [wanted] = wantedTerms(undefined, domain);
    assert.ok(wanted !== undefined && terms.includes(wanted.term), domain);
  }
  assert.ok(!terms.includes("@example"));
  assert.ok(!terms.includes("@nothop.example"));
});

test("what can't be looked for is refused", () => {
  for (const text of ["", "?!", "a b c d e f g h i", "x".repeat(201)]) {
    assert.throws(() => wantedTerms(text, undefined), { code: "schema_mismatch" }, text);
  }
  for (const domain of ["", "a b", "[", `${"a".repeat(64)}.`.repeat(5)]) {
    assert.throws(() => wantedTerms(undefined, domain), { code: "schema_mismatch" }, domain);
  }
  assert.equal(wantedTerms("a b c d e f g h", undefined).length, askedWordsMax);
});

test("any text has few and short terms, and is found by each of its words", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const terms = termsOf({ text });
      assert.ok(terms.length <= termsPerTextMax);
      assert.ok(terms.every((term) => term.startsWith("@") || term.length <= wordLengthMax));
      assert.equal(new Set(terms).size, terms.length);
    }),
    { numRuns: 200 },
  );
});
