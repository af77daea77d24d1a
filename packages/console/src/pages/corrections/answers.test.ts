// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { batchTitle, leftOutText, noChoice, wishOf, wrongIn } from "./answers.ts";

test("a form becomes a wish: days as times, both of them whole", () => {
  const choice = { ...noChoice, value: " comments/links ", from: "2026-11-20", to: "2026-11-21" };
  assert.deepEqual(wishOf({ ...choice, reason: "policy-changed" }, true), {
    batch: "revert",
    rule: "comments/links",
    from: "2026-11-20T00:00:00Z",
    to: "2026-11-22T00:00:00.000Z",
    reason: "policy-changed",
    preview: true,
  });
  assert.deepEqual(
    wishOf({ ...noChoice, by: "of", value: "117", reason: "mistaken", note: "n", reviewed: true }, false),
    { batch: "revert", of: 117, reviewed: true, reason: "mistaken", note: "n" },
  );
});

test("what is wrong with a form is said beside its field", () => {
  assert.deepEqual(wrongIn(noChoice), {});
  assert.deepEqual(Object.keys(wrongIn({ ...noChoice, by: "of", value: "x", reason: "Two words" })), [
    "value",
    "reason",
  ]);
});

test("what is left out, and what a correction is, are said in words", () => {
  assert.equal(
    leftOutText({ unchanged: 2, reviewed: 0, later: 1 }),
    "2 because nothing would change, 1 because later",
  );
  assert.equal(batchTitle({ batch: "revert", of: 7 }), "Correction 7 taken back");
  assert.equal(batchTitle({ batch: "revert", of: null }), "Decisions taken back");
});
