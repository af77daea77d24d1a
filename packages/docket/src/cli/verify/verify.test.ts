// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseVerifierKey } from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { directorySource } from "./directory.ts";
import { checkInstallation } from "./installation-checks.ts";
import { createSmallLog, verifierKey } from "./testing/small-log.ts";

const key = parseVerifierKey(verifierKey);

void test("an untouched log verifies at every size and in every state of its writer", async (t) => {
  for (const batches of [[], [1], [1, 2, 3], [255], [255, 1], [200, 100], [256, 256, 88]]) {
    const data = directory(t);
    const log = createSmallLog(data);
    await passes(data, "opened");
    log.seal(batches);
    await passes(data, `published ${batches}`);
    log.sync();
    await passes(data, `synced ${batches}`);
    log.seal([5], false);
    await passes(data, `with a tail ${batches}`);
    log.close();
  }
});

async function passes(data: string, what: string): Promise<void> {
  const report = await check(data);
  assert.equal(report.verdict, "verified", `${what}: ${JSON.stringify(report, null, 1)}`);
}

async function check(data: string): Promise<LogReport> {
  const source = await directorySource(data);
  return checkInstallation(source, await verifyLog(source, key));
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-verify-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
