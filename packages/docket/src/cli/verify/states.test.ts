// SPDX-License-Identifier: Apache-2.0
// States that a crash leaves, which are no damage; and what an attacker who recomputes everything leaves,
// which is.
import assert from "node:assert/strict";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { parseVerifierKey } from "@docket/tlog";
import { verifyLog } from "@docket/verify";
import type { LogReport } from "@docket/verify";
import { directorySource } from "./directory.ts";
import type { DirectorySource } from "./directory.ts";
import { checkInstallation } from "./installation-checks.ts";
import { createSmallLog, openSmallLog, verifierKey } from "./testing/small-log.ts";
import type { SmallLog } from "./testing/small-log.ts";

const key = parseVerifierKey(verifierKey);
const journalOf = (data: string, segment = 1): string =>
  join(data, "sites/main/journal", `0000000${segment}.journal`);

void test("a batch that was cut short before it was answered is noted", async (t) => {
  const log = newLog(t, [20, 30]);
  const before = batchesEnd(journalOf(log.data));
  log.seal([3], false);
  log.close();
  const end = batchesEnd(journalOf(log.data));
  for (const length of [end - 1, before + 128, before + 127, before + 1]) {
    truncateSync(journalOf(log.data), length);
    const report = await check(log.data);
    assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
    assert.match(report.notes.join(), /00000001.journal at byte \d+: .* a crash left it/);
  }
});

void test("a batch that was published and is cut short is damage, with segment and byte", async (t) => {
  const log = newLog(t, [20, 30]);
  log.close();
  truncateSync(journalOf(log.data), batchesEnd(journalOf(log.data)) - 1);
  const report = await check(log.data);
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.place, "journal/00000001.journal");
  assert.equal(report.first?.index, 20);
  assert.ok((report.first?.offset ?? 0) > 0);
});

void test("what recovery left behind when it crashed itself is noted", async (t) => {
  const log = newLog(t, [20]);
  log.seal([5, 3], false);
  log.close();
  truncateSync(journalOf(log.data), batchesEnd(journalOf(log.data)) - 10);
  const again = openSmallLog(log.data);
  again.seal([4], false);
  again.close();
  const report = await check(log.data);
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
  assert.equal(report.records.published + report.records.beyond, 29);
  assert.match(report.notes.join(), /recovery passed over it/);

  // A flipped bit in the same segment, in records that were sealed, is not explained by any crash.
  const bytes = readFileSync(journalOf(log.data));
  const at = Math.floor(bytes.length * 0.7);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(journalOf(log.data), bytes);
  assert.equal((await check(log.data)).first?.place, "journal/00000001.journal");
});

void test("tiles and parts that were written before their checkpoint are no damage", async (t) => {
  const log = newLog(t, [250]);
  const checkpoint = readFileSync(log.paths.checkpoint);
  const kept = readdirSync(log.paths.keptCheckpoints);
  log.seal([20]);
  log.close();
  writeFileSync(log.paths.checkpoint, checkpoint);
  writeFileSync(`${log.paths.checkpoint}.tmp`, "");
  writeFileSync(join(log.paths.site, "tile/0/001.p/14.tmp"), "");
  for (const name of readdirSync(log.paths.keptCheckpoints)) {
    if (!kept.includes(name)) rmSync(join(log.paths.keptCheckpoints, name));
  }
  const parts = join(log.paths.parts, "001");
  for (const length of [statSync(parts).size, statSync(parts).size - 5, 0]) {
    truncateSync(parts, length);
    const report = await check(log.data);
    assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
    assert.deepEqual([report.records.published, report.records.beyond], [250, 20]);
  }
  writeFileSync(parts, Buffer.from([0, 0, 0, 1]));
  assert.equal((await check(log.data)).first?.place, "parts/001");
});

void test("a log that grows under the reader verifies", async (t) => {
  const log = newLog(t, [250]);
  log.sync();
  const source = await directorySource(log.data);
  const growing: DirectorySource = {
    ...source,
    async list(path) {
      if (path === "tile") {
        log.seal([20, 300]);
        log.sync();
      }
      return (await source.list?.(path)) ?? [];
    },
  };
  const report = await verifyLog(growing, key);
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
  assert.match(report.notes.join(), /grew to 570 records/);
  log.close();
});

void test("records that were changed with everything recomputed contradict what was signed", async (t) => {
  const log = newLog(t, [100, 30, 30]);
  log.sync();
  log.close();
  const other = newLog(t, [100, 30, 30]);
  other.sync();
  other.close();
  for (const name of ["tile", "parts", "journal", "materialised.json"]) {
    cpSync(join(other.paths.site, name), join(log.paths.site, name), { recursive: true });
  }
  const report = await check(log.data);
  assert.equal(report.verdict, "failed");
  const checks = new Set(report.faults.map((fault) => fault.check));
  assert.ok(checks.has("root") && checks.has("keptCheckpoints"));
  assert.match(report.first?.reason ?? "", /not that of the first 100 records/);
});

void test("an older checkpoint put back is found while anything newer is left", async (t) => {
  const log = newLog(t, [100, 30, 30]);
  log.sync();
  log.close();
  cpSync(join(log.paths.keptCheckpoints, "100"), log.paths.checkpoint);
  const report = await check(log.data);
  assert.equal(report.verdict, "failed");
  assert.equal(report.first?.place, "checkpoint");
});

void test("a missing record of the journal, or a segment out of the middle, is named", async (t) => {
  const log = newLog(t, [10]);
  log.seal([3], false);
  log.close();
  openSmallLog(log.data).close();
  openSmallLog(log.data).close();
  assert.equal((await check(log.data)).verdict, "verified");
  rmSync(journalOf(log.data, 2));
  assert.match((await check(log.data)).first?.reason ?? "", /segments between number 1 and 3 are missing/);
});

void test("a copy of what is published verifies, and the rest is said to be unchecked", async (t) => {
  const log = newLog(t, [100, 30]);
  log.sync();
  log.close();
  const copy = directory(t);
  for (const name of ["tile", "checkpoint", "checkpoints"]) {
    cpSync(join(log.paths.site, name), join(copy, name), { recursive: true });
  }
  const report = await check(copy);
  assert.equal(report.verdict, "verified", JSON.stringify(report.faults));
  const unchecked = report.checks.filter((found) => found.ok === null).map((found) => found.name);
  assert.deepEqual(unchecked, ["cosignatures", "seen", "parts", "journal", "state", "identity", "releases"]);
});

function newLog(t: TestContext, batches: readonly number[]): SmallLog {
  const log = createSmallLog(directory(t));
  log.seal(batches);
  return log;
}

async function check(data: string): Promise<LogReport> {
  const source = await directorySource(data);
  return checkInstallation(source, await verifyLog(source, key));
}

// What comes after are zeros: room for more.
function batchesEnd(path: string): number {
  return readFileSync(path).findLastIndex((byte) => byte !== 0) + 1;
}

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "docket-verify-"));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
