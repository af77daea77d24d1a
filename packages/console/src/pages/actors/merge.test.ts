// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeActors } from "./merge.ts";
import type { ListedActor } from "./merge.ts";

function listed(actor: string, index: number, records: number): ListedActor {
  const last = { index, at: "", kind: "decision", says: "" };
  return { actor, last, records, strikes: 0, restrictions: [], links: 0 };
}

void test("an actor that comes again keeps its place and newest record, and its records add up", () => {
  const merged = mergeActors([
    [listed("a_one", 9, 2), listed("a_two", 8, 1)],
    [listed("a_two", 5, 3), listed("a_three", 4, 1)],
  ]);
  assert.deepEqual(
    merged.map(({ actor, last, records }) => [actor, last.index, records]),
    [
      ["a_one", 9, 2],
      ["a_two", 8, 4],
      ["a_three", 4, 1],
    ],
  );
  assert.deepEqual(mergeActors([]), []);
});
