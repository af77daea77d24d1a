// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StandingNow } from "../enforcement/contract.ts";
import { plainRow } from "../testing/plain-row.ts";
import { withImposed } from "./imposed.ts";

const actor = `a_${"0".repeat(22)}`;

function standing(restrictions: StandingNow["restrictions"]): StandingNow {
  return { actor, at: "", strikes: [], restrictions, links: [] };
}

void test("a restriction whose origin memory forgot is found in the log", async () => {
  const asked: number[] = [];
  const row = { ...plainRow, actor, decidedMs: 0 };
  const source = {
    decisions: async () => [
      { ...row, index: 9, sealedMs: 9_000, restrictions: 1 },
      { ...row, index: 8, sealedMs: 8_000, restrictions: 0 },
      { ...row, index: 7, sealedMs: 7_000, restrictions: 2 },
    ],
    restrictionsOf: async (index: number) => {
      asked.push(index);
      return index === 9 ? ["r_new"] : ["r_old", "r_other"];
    },
  };
  const byMeasure = { index: 3, kind: "measure", by: "k_one", at: "2026-11-23T12:00:00.000Z" };
  const known = { id: "r_known", kind: "ban" as const, imposed: byMeasure };
  const onNetwork = { id: "r_net", kind: "ban" as const, on: { subject: "s_x", kind: "network" as const } };
  const found = await withImposed(
    standing([{ id: "r_old", kind: "ban" }, { id: "r_gone", kind: "ban" }, known, onNetwork]),
    source,
  );
  assert.deepEqual(
    found.restrictions.map(({ imposed }) => imposed?.index),
    [7, undefined, 3, undefined],
  );
  assert.equal(found.restrictions[0]?.imposed?.at, "1970-01-01T00:00:07.000Z");
  assert.deepEqual(asked, [9, 7]);
  asked.length = 0;
  assert.equal((await withImposed(standing([known, onNetwork]), source)).restrictions.length, 2);
  assert.deepEqual(asked, [], "nothing is read where nothing is asked");
});
