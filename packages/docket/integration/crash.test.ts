// SPDX-License-Identifier: Apache-2.0
// The short form of the crash campaign (`npm run campaign:crash` is the long one).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runScenario } from "../../../tools/campaigns/crash.ts";
import { seededRandom } from "../../../tools/campaigns/seeded-random.ts";

const kills = 8;

for (const mode of ["decide", "serve", "power"]) {
  test(`${mode}: killed ${kills} times, nothing answered is lost or decided twice`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "docket-crash-"));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const seed = `${Date.now()}`;
    t.diagnostic(`seed ${seed}`);
    const row = await runScenario(mode, directory, kills, seededRandom(seed));
    assert.deepEqual(
      { lost: row.lost, twice: row.twice, verified: row.verified },
      { lost: 0, twice: 0, verified: true },
    );
    assert.ok(row.answered > 0);
  });
}
