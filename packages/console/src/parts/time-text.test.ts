// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { agoText, exactText } from "./time-text.ts";

const now = Date.UTC(2026, 10, 23, 20, 15, 7);

test("times in few words", () => {
  assert.equal(exactText(now), "2026-11-23 20:15:07 UTC");
  assert.equal(exactText(Number.NaN), "no time");
  assert.equal(agoText(now - 400, now), "now");
  assert.equal(agoText(now - 40_000, now), "40 s ago");
  assert.equal(agoText(now + 7_200_000, now), "in 2 h");
  assert.equal(agoText(now - 3 * 86_400_000, now), "3 d ago");
  assert.equal(agoText(now - 40 * 86_400_000, now), "2026-10-14");
});
