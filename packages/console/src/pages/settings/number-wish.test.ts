// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { changedNumbers, wrongWith } from "./number-wish.ts";

const known = [
  { name: "bulkCap", about: "", default: 100, least: 1, most: 1000 },
  { name: "claimMinutes", about: "", default: 15, least: 1, most: 1440 },
];

void test("only whole numbers within their bounds that differ are sent", () => {
  const settings = { bulkCap: 100, claimMinutes: 15 };
  assert.deepEqual(changedNumbers(settings, {}, known), {});
  assert.deepEqual(changedNumbers(settings, { bulkCap: "100", claimMinutes: " 20 " }, known), {
    claimMinutes: 20,
  });
  assert.deepEqual(changedNumbers(settings, { bulkCap: "0", claimMinutes: "1.5", other: "3" }, known), {});
});

void test("what is wrong is said", () => {
  for (const typed of ["", "0", "1001", "-1", "1e2", "ten", "1.0"]) {
    assert.equal(wrongWith(known[0] as (typeof known)[0], typed), "A whole number from 1 to 1000", typed);
  }
  for (const typed of [undefined, "1", "1000"]) {
    assert.equal(wrongWith(known[0] as (typeof known)[0], typed), undefined);
  }
});
