// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { openWitnessFiles } from "./witness-files.ts";
import type { WitnessFileSystem } from "./witness-files.ts";

const [first, second] = [Buffer.from("first\n"), Buffer.from("second\n")];

function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-witness-files-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The file system, with calls counted, and told before each sync of the directory. */
function watched(directory: string, calls: string[], beforeSync: () => Promise<void>): WitnessFileSystem {
  return {
    readFile,
    async rename(from, to) {
      calls.push("rename");
      await rename(from, to);
    },
    async open(path, ...rest) {
      const handle = await open(path, ...rest);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        calls.push(path === directory ? "sync directory" : "sync file");
        if (path === directory) await beforeSync();
        await sync();
      };
      return handle;
    },
  };
}

test("a note is kept, and the one after it takes its place", async (t) => {
  const directory = directoryFor(t);
  const store = await openWitnessFiles(directory);
  assert.equal(await store.read("a"), undefined);
  assert.deepEqual(await store.replace("a", first), { outcome: "kept" });
  assert.deepEqual(await store.read("a"), first);
  assert.deepEqual(await store.replace("a", second), { outcome: "kept" });
  await store.close();
  const again = await openWitnessFiles(directory);
  assert.deepEqual(await again.read("a"), second);
  assert.deepEqual(readdirSync(directory), ["a"]);
  await again.close();
});

test("file, name, directory: each is synced before the next, the directory at the start too", async (t) => {
  const calls: string[] = [];
  const directory = directoryFor(t);
  const store = await openWitnessFiles(
    directory,
    watched(directory, calls, async () => undefined),
  );
  await store.replace("a", first);
  assert.deepEqual(calls, ["sync directory", "sync file", "rename", "sync directory"]);
  await store.close();
});

test("what waits for the directory shares the next sync, never the one that runs", async (t) => {
  const calls: string[] = [];
  const gates = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  let syncs = 0;
  const directory = directoryFor(t);
  const files = watched(directory, calls, async () => gates[syncs++]?.promise);
  gates[0]?.resolve();
  const store = await openWitnessFiles(directory, files);
  const done: string[] = [];
  const replace = (name: string): Promise<unknown> => store.replace(name, first).then(() => done.push(name));
  const all = [replace("a")];
  const count = (call: string): number => calls.filter((each) => each === call).length;
  while (count("sync directory") < 2) await new Promise((resolve) => setImmediate(resolve));
  all.push(replace("b"), replace("c"));
  while (count("rename") < 3) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(done, []);
  gates[1]?.resolve();
  await all[0];
  assert.deepEqual(done, ["a"]);
  gates[2]?.resolve();
  await Promise.all(all);
  assert.equal(syncs, 3);
  await store.close();
});

test("what cannot be written leaves what was there", async (t) => {
  const directory = directoryFor(t);
  const store = await openWitnessFiles(directory);
  await store.replace("a", first);
  symlinkSync("/dev/full", join(directory, "a.tmp"));
  const full = await store.replace("a", second);
  assert.equal(full.outcome, "refused");
  assert.equal((full as { error: NodeJS.ErrnoException }).error.code, "ENOSPC");
  mkdirSync(join(directory, "b"));
  assert.equal((await store.replace("b", second)).outcome, "refused");
  assert.deepEqual(await store.read("a"), first);
  await assert.rejects(store.read("b"), { code: "EISDIR" });
  rmSync(join(directory, "a.tmp"));
  assert.deepEqual(await store.replace("a", second), { outcome: "kept" });
  await store.close();
});

test("after a sync of the directory failed, no later one is believed", async (t) => {
  let fails = false;
  const directory = directoryFor(t);
  const files = watched(directory, [], async () => {
    if (fails) throw new Error("EIO");
  });
  const store = await openWitnessFiles(directory, files);
  fails = true;
  const outcomes = await Promise.all(["a", "b"].map((name) => store.replace(name, first)));
  fails = false;
  outcomes.push(await store.replace("c", first));
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    ["unknown", "unknown", "unknown"],
  );
  await store.close();
});

test("a directory that is not there, or cannot be synced, is not opened", async (t) => {
  const directory = directoryFor(t);
  await assert.rejects(openWitnessFiles(join(directory, "nowhere")), { code: "ENOENT" });
  const files = watched(directory, [], async () => {
    throw new Error("EIO");
  });
  await assert.rejects(openWitnessFiles(directory, files), /EIO/);
});
