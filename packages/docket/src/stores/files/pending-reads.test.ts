// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { keepPendingRead, pendingReadings, pendingReadsPath } from "./pending-reads.ts";

void test("readings wait in files until they are sealed, whatever became of the files", async (t) => {
  const site = mkdtempSync(join(tmpdir(), "docket-reads-"));
  t.after(() => rmSync(site, { recursive: true }));
  const pending = pendingReadings(site);
  assert.deepEqual(await pending.take(), []);
  keepPendingRead(site, { what: "facts", of: 17 }, 1000);
  keepPendingRead(site, { what: "labelledTexts", count: 40, reason: "train" }, 2000);
  const folder = pendingReadsPath(site);
  const [first = ""] = readdirSync(folder);
  assert.equal(statSync(join(folder, first)).mode & 0o777, 0o600);
  writeFileSync(join(folder, `${"3".repeat(13)}-${"a".repeat(16)}.json`), '{"what":');
  writeFileSync(join(folder, "other.txt"), "not ours");
  const taken = await pending.take();
  assert.deepEqual(
    taken.map(({ what, of, count }) => [what, of, count]),
    [
      ["facts", 17, 1],
      ["labelledTexts", undefined, 40],
      ["", undefined, 1],
    ],
  );
  await pending.drop(taken.slice(0, 2).map(({ name }) => name));
  assert.equal((await pending.take()).length, 1);
  assert.ok(readdirSync(folder).includes("other.txt"));
});

void test("where nothing can be written, nothing can be read", () => {
  assert.throws(() => keepPendingRead("/nonexistent/site", { what: "facts" }, 0), {
    code: /ENOENT|EACCES|EROFS/,
  });
});
