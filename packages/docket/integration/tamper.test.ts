// SPDX-License-Identifier: Apache-2.0
// The short form of the tamper campaign (`npm run campaign:tamper` is the long one).
import assert from "node:assert/strict";
import { test } from "node:test";
import { runTamper } from "../../../tools/campaigns/tamper/campaign.ts";

const changes = 1000;

test(`${changes} changes to logs and receipts are found, and blamed on what was changed`, async (t) => {
  const seed = process.env["DOCKET_SEED"] ?? String(Date.now());
  t.diagnostic(`seed ${seed}`);
  const result = await runTamper(
    seed,
    Array.from({ length: changes }, (_, number) => number),
  );
  const failures = result.failures.map(
    (failure) => `--seed ${seed} --only ${failure.number}: ${failure.said}`,
  );
  assert.deepEqual(failures, []);
  assert.equal(result.falseAlarms, 0);
  assert.ok(result.untouched > 50);
  const sum = (key: "made" | "detected" | "withSeen" | "identical"): number =>
    result.rows.reduce((all, row) => all + row[key], 0);
  assert.equal(sum("made"), changes);
  assert.equal(sum("detected") + sum("withSeen") + sum("identical"), changes);
  // Most changes matter, and what the key's holder does shows by `--seen` alone.
  assert.ok(sum("identical") < changes / 10, `${sum("identical")} changed nothing`);
  assert.ok(sum("withSeen") > 0);
});
