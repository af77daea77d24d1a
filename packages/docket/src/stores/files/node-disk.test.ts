// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { disk } from "./node-disk.ts";

for (const count of [0, 1, 40, 300]) {
  void test(`${count} files are synced, and one that is not there is told`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), "docket-disk-"));
    t.after(() => rmSync(directory, { recursive: true }));
    const paths = Array.from({ length: count }, (_, place) =>
      join(directory, String(place % 3), `f${place}`),
    );
    for (const name of ["0", "1", "2"]) mkdirSync(join(directory, name));
    for (const path of paths) writeFileSync(path, path);
    await disk.syncFiles?.(paths);
    if (count < 256) {
      await assert.rejects(disk.syncFiles?.([...paths, join(directory, "none")]) ?? Promise.resolve(), {
        code: "ENOENT",
      });
    }
  });
}

void test("without the program that syncs a file system, each file is synced", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "docket-disk-"));
  const path = process.env["PATH"];
  process.env["PATH"] = directory;
  t.after(() => {
    process.env["PATH"] = path;
    rmSync(directory, { recursive: true });
  });
  const paths = Array.from({ length: 300 }, (_, place) => join(directory, `f${place}`));
  for (const each of paths) writeFileSync(each, "");
  await disk.syncFiles?.(paths);
  await assert.rejects(disk.syncFiles?.([...paths, join(directory, "none")]) ?? Promise.resolve(), {
    code: "ENOENT",
  });
});
