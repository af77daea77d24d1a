// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadPolicies } from "../loading/load.ts";
import { runPolicyTests } from "../policy-tests.ts";
import { foldText } from "../text/fold.ts";
import { createList, createListView } from "./list.ts";
import { skeletonTerm } from "./terms.ts";

function view(...values: string[]): (text: string) => readonly string[] {
  const terms = createListView(
    "term",
    values.map((value) => ({ value })),
  );
  return (text) => terms.hits(foldText(text).skeleton, 0, "skeleton");
}

test("terms are found in skeletons, however they are written there and in the list", () => {
  const hits = view("Grátis", "free money", "viagra*", "сор", "москва", "schön", "оса");
  assert.deepEqual(hits("gr4tis!"), ["grátis"]);
  assert.deepEqual(hits("Fr€€ m0nеу, f r e e   m o n e y"), ["free money"]);
  assert.deepEqual(hits("ｖіаgrаs"), ["viagra*"]);
  assert.deepEqual(hits("Schön"), ["schön"]);
  // A word of another script that looks Latin stays what it is in a text of that script, and not elsewhere.
  assert.deepEqual(hits("жёлтая оса в Москва"), ["москва", "оса"]);
  assert.deepEqual(hits("оса"), ["оса"]);
  assert.deepEqual(hits("freemoney viagr"), []);
});

test("in texts that are no skeletons, terms are found as they are written only", () => {
  const terms = createListView("term", [{ value: "schön" }, { value: "schon" }]);
  assert.deepEqual(terms.hits("schön", 0), ["schön"]);
  assert.deepEqual(terms.hits("schon", 0), ["schon"]);
  assert.deepEqual(terms.hits("schon", 0, "skeleton"), ["schon", "schön"]);
});

test("what a list has gained since its tables were made is found, too", () => {
  const list = createList("term", [{ value: "grátis" }]).change({
    add: [{ value: "ca$h" }],
    remove: [],
  });
  assert.deepEqual(list.view.hits("cash gratis", 0, "skeleton"), ["ca$h", "grátis"]);
  const less = list.change({ add: [], remove: ["grátis"] });
  assert.deepEqual(less.view.hits("cash gratis", 0, "skeleton"), ["ca$h"]);
});

test("patterns are looked for in skeletons as they are", () => {
  const patterns = createListView("pattern", [{ value: String.raw`free\s+money` }]);
  assert.deepEqual(patterns.hits(foldText("fr33 mоnеу").skeleton, 0, "skeleton"), [String.raw`free\s+money`]);
});

test("a term that leaves nothing of itself stays what it is", () => {
  assert.equal(skeletonTerm("viagra*"), "viagra*");
  assert.equal(skeletonTerm("grátis*"), "gratis*");
  assert.equal(skeletonTerm("\u0301"), "\u0301");
});

test("a condition asks a list of terms for the skeleton", () => {
  const text = `
policy: comments
on: [comment]
lists: { words: { kind: term } }
rules:
  - { id: disguised, when: lists.words.hits(signals.skeleton).size() > 0, then: { outcome: hold } }
  - { id: plain, when: lists.words.hits(signals.normalised).size() > 0, then: { outcome: hold } }
tests:
  - given: { content: { text: "gr4tis" }, lists: { words: [grátis] } }
    expect: { outcome: hold, rules: [disguised] }
  - given: { content: { text: "gratis" }, lists: { words: [grátis] } }
    expect: { outcome: hold, rules: [disguised] }
  - given: { content: { text: "grátis" }, lists: { words: [grátis] } }
    expect: { outcome: hold, rules: [disguised, plain] }
`;
  const results = runPolicyTests(loadPolicies([{ path: "comments.yaml", text }]));
  assert.deepEqual(
    results.flatMap(({ failures }) => failures),
    [],
  );
});
