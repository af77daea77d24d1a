// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { lockDirectory } from "./directory-lock.ts";

const locker = new URL("./directory-lock.ts", import.meta.url).href;
const script = `
  const { lockDirectory } = await import(${JSON.stringify(locker)});
  try {
    lockDirectory(process.argv[1], "here");
    console.log("held");
    setInterval(() => {}, 1000);
  } catch (error) { console.log(error.code); }
`;

test("a directory is held by one, and free again when it is released", (t) => {
  const path = lockPath(t);
  const lock = lockDirectory(path, "/data");
  assert.throws(() => lockDirectory(path, "/data"), {
    code: "directory_locked",
    message: /^\/data is in use/,
  });
  lock.release();
  lock.release();
  lockDirectory(path, "/data").release();
});

test("another process is refused while this one holds the directory", async (t) => {
  const path = lockPath(t);
  const lock = lockDirectory(path, "/data");
  assert.equal((await child(t, path)).said, "directory_locked");
  lock.release();
});

test("the kernel drops the lock of a process that is killed", async (t) => {
  const path = lockPath(t);
  const { said, kill } = await child(t, path);
  assert.equal(said, "held");
  assert.throws(() => lockDirectory(path, "/data"), { code: "directory_locked" });
  await kill();
  lockDirectory(path, "/data").release();
});

test("a directory that cannot be written is not said to be in use", () => {
  assert.throws(
    () => lockDirectory("/nowhere/at/all/lock.sqlite", "/data"),
    (error: Error & { code?: string }) => error.code === "usage" && /cannot be opened/.test(error.message),
  );
});

function lockPath(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-lock-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, "lock.sqlite");
}

async function child(t: TestContext, path: string): Promise<{ said: string; kill: () => Promise<void> }> {
  const flags = ["--conditions=@docket/source", "--input-type=module", "-e", script, path];
  const process_ = spawn(process.execPath, flags, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = async (): Promise<void> => {
    if (process_.exitCode !== null || process_.signalCode !== null) return;
    const exited = once(process_, "exit");
    process_.kill("SIGKILL");
    await exited;
  };
  t.after(kill);
  const [said] = (await once(process_.stdout, "data")) as [Buffer];
  return { said: said.toString().trim(), kill };
}
