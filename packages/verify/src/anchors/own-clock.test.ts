// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckedAnchor } from "./interval.ts";
import { compareClocks, noteClaim } from "./own-clock.ts";
import type { LatestClaim } from "./own-clock.ts";

const startMs = Date.UTC(2026, 10, 23);

function claimsOf(...said: [index: number, ms: number, uncertaintyMs: number | null][]): LatestClaim[] {
  const claims: LatestClaim[] = [];
  for (const [index, ms, uncertaintyMs] of said) {
    noteClaim(claims, { index, time: new Date(startMs + ms).toISOString(), uncertaintyMs });
  }
  return claims;
}

function anchor(index: number, size: number, ms: number): CheckedAnchor {
  const source = { source: "rfc3161", name: "one" };
  return { index, size, ...source, earliestMs: startMs + ms - 1000, latestMs: startMs + ms + 1000 };
}

const own = (index: number, ms: number): ReadonlyMap<number, number> => new Map([[index, startMs + ms]]);

void test("a record that says a later time than a stamp over it tells of a clock that was ahead", () => {
  const claims = claimsOf([0, 0, null], [5, 60_000, null], [9, 61_000, null]);
  assert.deepEqual(compareClocks(claims, [anchor(8, 8, 10_000)], own(8, 90_000)), {
    ahead: { ms: 49_000, record: 5, anchor: 8, name: "one" },
    behind: null,
  });
  // Record 9 is not stamped, and what record 5 says within its uncertainty is no lie.
  const uncertain = claimsOf([0, 0, null], [5, 60_000, 50_000], [9, 61_000, null]);
  assert.equal(compareClocks(uncertain, [anchor(8, 8, 10_000)], own(8, 90_000)).ahead, null);
});

void test("a record that says an earlier time than the stamp in it tells of a clock that was behind", () => {
  const claims = claimsOf([0, 0, null]);
  assert.deepEqual(compareClocks(claims, [anchor(8, 8, 10_000)], own(8, 4000)), {
    ahead: null,
    behind: { ms: 5000, record: 8, anchor: 8, name: "one" },
  });
  assert.equal(compareClocks(claims, [anchor(8, 8, 10_000)], own(8, 8000)).behind, null);
});

void test("a clock that went back, and was right, hides nothing that it said before", () => {
  const claims = claimsOf([0, 500_000, null], [1, 1000, null], [2, 2000, null]);
  assert.equal(claims.length, 1);
  assert.equal(compareClocks(claims, [anchor(3, 3, 3000)], own(3, 3000)).ahead?.record, 0);
});

void test("within a second nothing is told", () => {
  const claims = claimsOf([0, 5000, null]);
  assert.deepEqual(compareClocks(claims, [anchor(3, 3, 3100)], own(3, 3000)), { ahead: null, behind: null });
});
