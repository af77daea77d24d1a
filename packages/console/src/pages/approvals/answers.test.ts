// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { actWords, valuesOf } from "./answers.ts";

test("what is asked for is said in words, and its values as they are", () => {
  assert.equal(actWords("erasure"), "Erase an account's data for good");
  assert.equal(actWords("later"), "later");
  assert.deepEqual(valuesOf({ role: "admin", count: 7, lists: ["a"] }), [
    { label: "role", value: "admin" },
    { label: "count", value: "7" },
    { label: "lists", value: '["a"]' },
  ]);
});
