// SPDX-License-Identifier: Apache-2.0
// The short form of the crash campaign (`npm run campaign:crash` is the long one).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { everyStep, randomCycles, runCycles, sampled } from "../../../tools/campaigns/crash/faults.ts";
import { runProcesses } from "../../../tools/campaigns/crash/processes.ts";
import { isClean } from "../../../tools/campaigns/crash/row.ts";
import type { CrashRow } from "../../../tools/campaigns/crash/row.ts";
import { runSyscalls, whyNoSyscalls } from "../../../tools/campaigns/crash/syscalls.ts";
import { seededRandom } from "../../../tools/campaigns/seeded-random.ts";

const seed = process.env["DOCKET_SEED"] ?? String(Date.now());
const random = seededRandom(seed);

test("80 of the faults at every step, and 20 by chance, take nothing that was answered", async (t) => {
  t.diagnostic(`seed ${seed}`);
  const cycles = [...sampled(everyStep(seed), 80, random), ...randomCycles(20, seed, random)];
  isKept(await runCycles(cycles));
});

for (const mode of ["decide", "serve", "opaque", "power"] as const) {
  test(`${mode}: a killed process loses nothing that was answered, and decides nothing twice`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    isKept([await runProcesses(mode, directory(t), 3, random)]);
  });
}

test("failing system calls take nothing that was answered", async (t) => {
  const why = whyNoSyscalls();
  if (why !== undefined) return t.skip(why);
  t.diagnostic(`seed ${seed}`);
  for (const kind of ["records", "opaque"] as const)
    isKept([await runSyscalls(directory(t), kind, 2, random)]);
});

function isKept(rows: readonly CrashRow[]): void {
  for (const row of rows) assert.ok(isClean(row), JSON.stringify(row));
  assert.ok(rows.some(({ answered }) => answered > 0));
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-crash-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
