// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DocketRecord, Facts, FiredFact } from "@docket/protocol";
import { at } from "../testing/at.ts";
import { addEffects, countEffects, effectsPageRecordsMax } from "./effects.ts";
import type { DecisionReader } from "./effects.ts";

type Made = { outcome: string; fired: [string, FiredFact["mode"]][]; restrictions?: number; gone?: true };

function reader(made: readonly (Made | "start")[]): DecisionReader {
  return async (index) => {
    const one = at(made, index % made.length);
    if (one === "start") return { record: { index, kind: "start" } as DocketRecord, facts: undefined };
    const { outcome, fired, restrictions = 0, gone } = one;
    const record = {
      index,
      kind: "decision",
      outcome,
      restrictions: Array.from({ length: restrictions }, () => ({})),
    };
    const facts = { fired: fired.map(([rule, mode]) => ({ policy: "p", rule, mode })) } as unknown as Facts;
    return { record: record as unknown as DocketRecord, facts: gone === true ? undefined : facts };
  };
}

void test("counts decisions in which a rule had a part, not those where it was held", async () => {
  const read = reader([
    "start",
    { outcome: "reject", fired: [["a", "enforce"]], restrictions: 2 },
    { outcome: "reject", fired: [["b", "enforce"]] },
    { outcome: "allow", fired: [["a", "shadow"]] },
    {
      outcome: "flag",
      fired: [
        ["a", "enforce"],
        ["c", "enforce"],
      ],
    },
    { outcome: "reject", fired: [["a", "enforce"]], gone: true },
  ]);
  assert.deepEqual(await countEffects(read, { rules: new Set(["p/a", "p/c"]), from: 0, to: 6 }), {
    from: 0,
    next: null,
    decisions: 2,
    refused: 1,
    restrictions: 2,
    rules: { "p/a": 2, "p/c": 1 },
    first: 1,
    last: 4,
    unread: 1,
  });
});

void test("goes on a page at a time, and the pages come to the same", async () => {
  const read = reader([
    { outcome: "reject", fired: [["a", "enforce"]], restrictions: 1 },
    { outcome: "allow", fired: [] },
  ]);
  const query = { rules: new Set(["p/a"]), to: 2 * effectsPageRecordsMax + 10 };
  let asked = 0;
  let sum = await countEffects(read, { ...query, from: 0 }, () => ++asked < 3);
  assert.equal(sum.next, 64 * 3);
  while (sum.next !== null) sum = addEffects(sum, await countEffects(read, { ...query, from: sum.next }));
  assert.equal(sum.decisions, effectsPageRecordsMax + 5);
  assert.equal(sum.restrictions, sum.decisions);
  assert.equal(sum.first, 0);
  assert.equal(sum.last, query.to - 2);
});

void test("a count that may not go on takes at least one step", async () => {
  const read = reader([{ outcome: "allow", fired: [] }]);
  const page = await countEffects(read, { rules: new Set(), from: 64, to: 200 }, () => false);
  assert.ok((page.next ?? 0) > 64);
});
