// SPDX-License-Identifier: Apache-2.0
// The real commands that watch a log: against a server of docket, against static files, and killed midway.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { followedKey, publish, testEntries } from "../src/follow/testing/log-files.ts";
import type { PublishedFiles } from "../src/follow/testing/log-files.ts";
import { binary, docket, postEvent, startServer } from "./testing/docket.ts";
import type { RunningServer } from "./testing/docket.ts";

const withinMs = 60_000;

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-following-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function post(server: RunningServer, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    const event = { id, type: "comment", actor: { id: "alice" }, content: { text: `text ${id}` } };
    assert.equal((await postEvent(server, event)).status, 200);
  }
}

/** The files of a directory, by their paths in it. */
function filesBelow(directory: string): PublishedFiles {
  const found = globSync("**/*", { cwd: directory, withFileTypes: true }).filter((each) => each.isFile());
  const paths = found.map((each) => join(each.parentPath, each.name));
  return new Map(paths.map((path) => [path.slice(directory.length + 1), readFileSync(path)]));
}

/** A server of static files that may be changed; it answers so many requests, and lets the others wait. */
async function serveFiles(
  t: TestContext,
  files: () => PublishedFiles,
): Promise<{ url: string; asked: string[]; answerUpTo: (count: number) => void }> {
  const asked: string[] = [];
  let limit = Number.POSITIVE_INFINITY;
  const server = createServer((request, response) => {
    const path = (request.url ?? "").slice(1);
    if (asked.push(path) > limit) return;
    const bytes = files().get(path);
    response.statusCode = bytes === undefined ? 404 : 200;
    response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { url, asked, answerUpTo: (count) => void (limit = count) };
}

/** A command that runs until the test ends it: its lines as they come. */
function running(
  t: TestContext,
  words: readonly string[],
): { child: ChildProcess; line: () => Promise<string> } {
  const child = spawn(process.execPath, ["--conditions=@docket/source", binary, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const next = await lines.next();
    return next.done === true ? "(it ended)" : next.value;
  };
  return { child, line };
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once("close", resolve));
}

test("a server of docket is monitored and mirrored", { timeout: 4 * withinMs }, async (t) => {
  const directory = temporary(t);
  const data = join(directory, "data");
  const server = await startServer(t, ["--data", data]);
  const key = join(data, "log.vkey");
  const state = join(directory, "state");
  const once = ["monitor", server.url, "--key", key, "--state", state, "--once"];
  await post(server, ["a", "b"]);
  const first = await docket(once);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /first seen: \d+ entries, root /);

  const watch = running(t, [
    "monitor",
    server.url,
    "--key",
    key,
    "--state",
    state,
    "--interval",
    "1",
    "--json",
  ]);
  const start = JSON.parse(await watch.line()) as { kind: string };
  assert.ok(["unchanged", "grown"].includes(start.kind), start.kind);
  const refused = await docket(once);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /another monitor uses .*\n {2}directory_locked: /);
  await post(server, ["c", "d"]);
  const grown = JSON.parse(await watch.line()) as { kind: string; from: number; size: number };
  assert.ok(grown.kind === "grown" && grown.size > grown.from);

  const copy = join(directory, "copy");
  const mirror = ["mirror", server.url, copy, "--key", key, "--entries"];
  const withoutKey = await docket(mirror);
  assert.equal(withoutKey.code, 3, withoutKey.stderr);
  assert.match(withoutKey.stdout, /incomplete: entries: the server does not show .* API key may help/);
  const withKey = await docket([...mirror, "--checkpoints", "--api-key", server.key, "--json"]);
  assert.equal(withKey.code, 0, withKey.stderr);
  const report = JSON.parse(withKey.stdout) as { outcome: string; size: number; entries: number };
  assert.deepEqual([report.outcome, report.entries], ["complete", report.size]);
  const verified = await docket(["verify", copy, "--key", key]);
  assert.equal(verified.code, 0, verified.stdout);
  for (const [path, bytes] of filesBelow(copy)) {
    const original = join(data, "sites/main", path);
    if (path.startsWith("tile/") && existsSync(original))
      assert.deepEqual(bytes, readFileSync(original), path);
  }

  assert.equal(await server.stop(), 0);
  let line = await watch.line();
  // What was sealed at the stop may still have been seen.
  if (line.includes('"grown"')) line = await watch.line();
  assert.match(line, /"kind":"unreachable","reason":"cannot fetch /);
  watch.child.kill("SIGTERM");
  assert.equal(await ended(watch.child), 0);
  const away = await docket(once);
  assert.equal(away.code, 3);
  assert.match(away.stdout, /unreachable: cannot fetch/);
});

test("a fork is evidence for everyone", { timeout: 2 * withinMs }, async (t) => {
  const directory = temporary(t);
  const state = join(directory, "state");
  let files = publish(testEntries(300));
  const { url } = await serveFiles(t, () => files);
  const look = ["monitor", url, "--key", followedKey.vkey, "--state", state, "--once"];
  assert.equal((await docket(look)).code, 0);
  files = publish(testEntries(700, 1, 299));
  const fork = await docket(look);
  assert.equal(fork.code, 1);
  const evidence = /FORK: the tree of 700 entries has the root .* evidence: (\S+) (\S+) (\S+)\n/.exec(
    fork.stdout,
  );
  const [, kept = "", served = "", proof = ""] = evidence ?? [];
  assert.deepEqual(readFileSync(kept), readFileSync(state));
  assert.deepEqual(readFileSync(served), Buffer.from(files.get("checkpoint") ?? []));
  assert.ok(existsSync(proof));
  files = publish(testEntries(200));
  const back = await docket(look);
  assert.equal(back.code, 1);
  assert.match(back.stdout, /ROLLBACK: the log showed 300 entries before, and 200 now/);
});

test("a mirror that is killed goes on where it was", { timeout: 2 * withinMs }, async (t) => {
  const directory = temporary(t);
  const copy = join(directory, "copy");
  const files = publish(testEntries(20_000));
  const { url, asked, answerUpTo } = await serveFiles(t, () => files);
  const words = ["mirror", url, copy, "--key", followedKey.vkey, "--entries"];
  for (const signal of ["SIGKILL", "SIGTERM"] as const) {
    const before = asked.length;
    answerUpTo(before + 40);
    const { child } = running(t, words);
    const end = ended(child);
    while (asked.length <= before + 40) await new Promise((resolve) => setTimeout(resolve, 10));
    const refused = await docket(words);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /another docket mirror writes .*\n {2}directory_locked: /);
    child.kill(signal);
    assert.equal(await end, signal === "SIGTERM" ? 143 : null);
    assert.equal(existsSync(join(copy, "checkpoint")), false);
  }
  answerUpTo(Number.POSITIVE_INFINITY);
  const before = asked.length;
  const finished = await docket(words);
  assert.equal(finished.code, 0, finished.stderr);
  assert.ok(asked.length - before < files.size - 40, String(asked.length - before));
  for (const [path, bytes] of files)
    assert.deepEqual(readFileSync(join(copy, path)), Buffer.from(bytes), path);
  assert.deepEqual(globSync("incoming", { cwd: copy }), []);
});

test("what is mirrored can be mirrored and monitored again", { timeout: 2 * withinMs }, async (t) => {
  const directory = temporary(t);
  const files = publish(testEntries(600));
  const original = await serveFiles(t, () => files);
  const copy = join(directory, "copy");
  const key = ["--key", followedKey.vkey];
  assert.equal((await docket(["mirror", original.url, copy, ...key, "--entries"])).code, 0);
  const copied = filesBelow(copy);
  const again = await serveFiles(t, () => copied);
  const second = await docket(["mirror", again.url, join(directory, "second"), ...key, "--entries"]);
  assert.equal(second.code, 0, second.stderr);
  const state = join(directory, "state");
  assert.equal((await docket(["monitor", again.url, ...key, "--state", state, "--once"])).code, 0);
  assert.deepEqual(readFileSync(state), Buffer.from(files.get("checkpoint") ?? []));
});
