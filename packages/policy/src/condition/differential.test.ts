// SPDX-License-Identifier: Apache-2.0
// Random conditions: this engine and @bufbuild/cel say the same. The long form is `npm run fuzz:policy`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compareRandom, compareSource } from "../testing/differential.ts";
import { seededChance } from "../testing/expressions.ts";

const expressions = 1_000;

test("random conditions mean what @bufbuild/cel says they mean", (t) => {
  const chance = seededChance(20_261_123);
  const counts = { agreed: 0, refused: 0, allowed: 0 };
  for (let index = 0; index < expressions; index++) {
    const { kind, source, about } = compareRandom(chance);
    if (kind === "disagreed") assert.fail(`${source}: ${about}`);
    counts[kind] += 1;
  }
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.agreed > expressions / 2, "most are within the subset");
  assert.ok(counts.refused > 0, "some have a wrong type");
});

test("signs cancel in pairs, as in other parsers of CEL", () => {
  const smallest = new Map([["counters.posts", -9223372036854775808n]]);
  for (const source of [
    "--counters.posts == counters.posts",
    "-counters.posts == 0",
    "---5 == -5",
    "--5 == 5",
  ]) {
    assert.equal(compareSource(source, [smallest]).kind, "agreed", source);
  }
});
