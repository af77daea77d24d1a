// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { asHash, signCheckpoint } from "@docket/tlog";
import { testOrigin, testSigner } from "../testing/test-log.ts";
import { openPrimacy, readNewest } from "./newest-state.ts";
import type { Primacy } from "./newest-state.ts";

test("the newest of the checkpoints that were written down is read again, also by the next process", (t) => {
  const { newestPath, open } = places(t);
  assert.equal(readNewest(newestPath), "none");
  const first = open();
  first.published(checkpoint(3));
  assert.equal(sizeAt(newestPath), 3);
  first.published(checkpoint(5));
  first.published(checkpoint(4));
  assert.equal(sizeAt(newestPath), 5);
  first.sync();
  first.close();
  const second = open();
  second.published(checkpoint(9));
  assert.equal(sizeAt(newestPath), 9);
  second.close();
});

test("a slot that is torn is passed over, and two torn ones are no state at all", (t) => {
  const { newestPath, open } = places(t);
  const primacy = open();
  primacy.published(checkpoint(3));
  primacy.published(checkpoint(5));
  primacy.close();
  const whole = readFileSync(newestPath);
  for (let place = 0; place < 300; place += 3) {
    const at = place < 150 ? 2 * place : 4096 + 2 * (place - 150);
    const torn = Buffer.from(whole);
    torn[at] = (torn[at] ?? 0) ^ 0x20;
    writeFileSync(newestPath, torn);
    const size = sizeAt(newestPath);
    assert.ok(size === 5 || size === 3, `byte ${at}: ${size}`);
  }
  whole.fill(0x55, 0, 100);
  whole.fill(0x55, 4096, 4196);
  writeFileSync(newestPath, whole);
  assert.equal(readNewest(newestPath), "unreadable");
});

test("who opened the log last may sign; who did before may not, nobody without the keys directory", (t) => {
  const { epochPath, open, raise } = places(t);
  const one = open();
  one.check();
  one.check();
  // The same number in another file: a backup of the keys that says the same.
  raise(1);
  one.check();
  raise(2);
  assert.throws(() => one.check(), { code: "log_fenced" });
  open(2).check();
  writeFileSync(epochPath, "{");
  assert.throws(() => open(2).check(), { code: "log_fenced" });
  rmSync(epochPath);
  assert.throws(() => open(2).check(), { code: "log_unproven" });
});

function places(t: TestContext): {
  epochPath: string;
  newestPath: string;
  open: (epoch?: number) => Primacy;
  raise: (epoch: number) => void;
} {
  const directory = mkdtempSync(join(tmpdir(), "docket-newest-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const epochPath = join(directory, "epoch");
  const newestPath = join(directory, "newest");
  const raise = (epoch: number): void => {
    writeFileSync(`${epochPath}.tmp`, `${JSON.stringify({ v: 1, epoch })}\n`);
    renameSync(`${epochPath}.tmp`, epochPath);
  };
  raise(1);
  return { epochPath, newestPath, raise, open: (epoch = 1) => openPrimacy({ epochPath, newestPath, epoch }) };
}

function checkpoint(size: number): Uint8Array {
  const root = asHash(new Uint8Array(32).fill(size));
  return signCheckpoint({ origin: testOrigin, size, root, extensions: [] }, [testSigner]);
}

function sizeAt(path: string): number | string {
  const newest = readNewest(path);
  return typeof newest === "string" ? newest : newest.checkpoint.size;
}
