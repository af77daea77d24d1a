// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { sortedByWeight } from "./reported.ts";
import type { Reported } from "./reported.ts";

test("the weightiest come first, of equals the oldest", () => {
  const content = (first: number, weightPerMille: number): Reported => ({
    of: first,
    actor: "a_1",
    reports: 1,
    reporters: 1,
    trusted: 0,
    weightPerMille,
    categories: { spam: 1 },
    firstAt: "2026-11-23T12:00:00.000Z",
    lastAt: "2026-11-23T12:00:00.000Z",
    first,
    found: null,
  });
  const sorted = sortedByWeight([content(9, 500), content(3, 500), content(12, 1500)]);
  assert.deepEqual(
    sorted.map(({ first }) => first),
    [12, 3, 9],
  );
});
