// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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
import {
  append,
  checkedFiles,
  dice,
  extra,
  flip,
  isNobodysWord,
  mayBeGone,
  remove,
  swap,
  truncate,
} from "./testing/tamper.ts";
import type { Mutation } from "./testing/tamper.ts";

const key = parseVerifierKey(verifierKey);

void test("an untouched log verifies at every size and in every state of its writer", async (t) => {
  for (const batches of [[], [1], [1, 2, 3], [255], [255, 1], [200, 100], [256, 256, 88]]) {
    const data = directory(t);
    const log = createSmallLog(data);
    await passes(data, "opened");
    log.seal(batches);
    await passes(data, `published ${batches.join()}`);
    log.sync();
    await passes(data, `synced ${batches.join()}`);
    log.seal([5], false);
    await passes(data, `with a tail ${batches.join()}`);
    log.close();
  }
});

void test("one bit flipped anywhere is found, and its file named", async (t) => {
  const data = finishedLog(t);
  const seed = Number(process.env["DOCKET_SEED"] ?? Math.trunc(Date.now() / 1000));
  t.diagnostic(`seed ${seed} (set DOCKET_SEED to repeat)`);
  const roll = dice(seed);
  for (const file of checkedFiles(data)) {
    const size = contentBytes(data, file);
    const places = new Set([0, size - 1, ...Array.from({ length: flipsPerFile }, () => roll(size))]);
    for (const offset of places) {
      if (!isNobodysWord(file, offset)) await isFound(data, flip(data, file, offset, roll(8)));
    }
  }
  await passes(data, "after all was undone");
});

void test("a file cut short, lengthened, gone, exchanged or added is found and named", async (t) => {
  const data = finishedLog(t);
  for (const file of checkedFiles(data)) {
    if (file.startsWith("sites/main/recent/")) {
      // Rows are not synced, and nothing says how many there were.
      await isNoted(data, truncate(data, file, contentBytes(data, file) - 1), /a row that a crash cut short/);
      await isNoted(data, append(data, file, 0), /a row that a crash cut short/);
      continue;
    }
    await isFound(data, truncate(data, file, contentBytes(data, file) - 1));
    await isFound(data, truncate(data, file, 0));
    // What follows a journal's last batch is what a crash would leave, and is said to be.
    if (file.endsWith(".journal"))
      await isNoted(data, append(data, file, 1), /no batch header stands here; a crash/);
    else await isFound(data, append(data, file, 0));
    if (!mayBeGone(file, logSize)) await isFound(data, remove(data, file));
  }
  await isFound(data, swap(data, site("tile/entries/000"), site("tile/entries/001.p/40")));
  await isFound(data, swap(data, site("tile/0/000"), site("tile/0/001.p/40")));
  await isFound(data, swap(data, site("parts/000"), site("parts/001")));
  for (const name of [
    "tile/0/003",
    "tile/0/000.x",
    "tile/9/000",
    "parts/009",
    "checkpoints/x",
    "journal/a",
    "releases/a",
  ]) {
    const mutation = extra(data, site(name.startsWith("tile/9") ? "tile/entries/009" : name));
    await isFound(data, mutation);
  }
  await passes(data, "after all was undone");
});

const flipsPerFile = 2;
const logSize = 296;

/**
 * A log of 556 records in two full bundles and a partial one, synced, with partial tiles of several sizes.
 */
function finishedLog(t: TestContext): string {
  const data = directory(t);
  const log = createSmallLog(data);
  log.seal([1, 100, 155]);
  log.sync();
  log.seal([30, 10]);
  log.sync();
  log.close();
  return data;
}

async function isFound(data: string, mutation: Mutation): Promise<void> {
  const { kind, file, what } = mutation;
  const report = await check(data);
  mutation.undo();
  const summary = `${kind} of ${file}, ${what}: ${JSON.stringify(report.faults.slice(0, 3))}`;
  assert.equal(report.verdict, "failed", summary);
  const name = file.replace("sites/main/", "");
  assert.ok(
    report.faults.some(
      (fault) => fault.place === name || (fault.place === "journal" && name.startsWith("journal/")),
    ),
    summary,
  );
  if (kind === "flip") assert.equal(report.first?.place, name, summary);
}

// A journal ends in zeros, room for more: they say nothing.
function contentBytes(data: string, file: string): number {
  const bytes = readFileSync(join(data, file));
  return file.endsWith(".journal") ? bytes.findLastIndex((byte) => byte !== 0) + 1 : bytes.length;
}

function site(name: string): string {
  return join("sites/main", name);
}

async function isNoted(data: string, mutation: Mutation, note: RegExp): Promise<void> {
  const report = await check(data);
  mutation.undo();
  assert.equal(report.verdict, "verified");
  assert.match(report.notes.join("\n"), note);
}

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
