// SPDX-License-Identifier: Apache-2.0
// Whatever a condition's text is, loading it ends with a condition or with problems that have a place.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipReason } from "../../../../tools/shared-data.ts";
import { seededChance } from "../testing/expressions.ts";
import { loadHostile, randomHostile } from "../testing/hostile.ts";

test("hostile texts are conditions or problems", () => {
  const chance = seededChance(3);
  const counts = { condition: 0, problems: 0 };
  for (let index = 0; index < 3_000; index++) {
    const source = randomHostile(chance);
    try {
      counts[loadHostile(source)] += 1;
    } catch (error) {
      throw new Error(`loading ${JSON.stringify(source)} threw`, { cause: error });
    }
  }
  assert.ok(counts.condition > 0 && counts.problems > 1_000, JSON.stringify(counts));
});

test("naughty strings are conditions or problems", (t) => {
  const path = "vectors/naughty-strings/blns.json";
  const file = sharedPath(path);
  if (file === undefined) return t.skip(skipReason(path));
  for (const text of JSON.parse(readFileSync(file, "utf8")) as string[]) {
    loadHostile(text);
    loadHostile(`content.text == ${JSON.stringify(text)}`);
    loadHostile(`content.text.matches(${JSON.stringify(text)})`);
  }
});

test("nesting is bounded, and so is the number of parts", () => {
  for (const [open, close] of [
    ["(", ")"],
    ["[", "]"],
    ["!", ""],
    ["-", ""],
    ["size(", ")"],
    ["true ? ", " : false"],
    ["[1].exists(x, ", ")"],
  ] as const) {
    for (const depth of [40, 60, 500]) {
      assert.match(
        loadHostile(`${open.repeat(depth)}true${close.repeat(depth)}`),
        /^(?:condition|problems)$/,
      );
    }
  }
  assert.equal(loadHostile(Array.from({ length: 3_000 }, () => "!").join("")), "problems");
});
