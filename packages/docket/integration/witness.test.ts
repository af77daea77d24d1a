// SPDX-License-Identifier: Apache-2.0
// `docket witness` as its users have it: real processes, real directories, killed in the middle of traffic.
import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { openCheckpoint, parseVerifierKey } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { goReader, goSkipReason } from "../../../tools/interop/go-reader.ts";
import { at } from "../src/testing/at.ts";
import { nameOfOrigin } from "../src/witness/directory.ts";
import { TestLog } from "../src/witness/testing/log.ts";
import { docket, startServing } from "./testing/docket.ts";
import type { Serving } from "./testing/docket.ts";

const name = "witness.example/w1";
const startWithinMs = 60_000;

type Made = { folder: string; data: string; verifiers: Verifier[] };

/** A witness that knows these logs. */
async function make(t: TestContext, logs: readonly TestLog[]): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), "docket-witness-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "w");
  const made = await docket(["witness", "init", data, "--name", name, "--json"]);
  assert.equal(made.code, 0, made.stderr);
  const { verifierKeys } = JSON.parse(made.stdout) as { verifierKeys: string[] };
  const keys = join(folder, "keys");
  writeFileSync(keys, logs.map(({ key }) => `${key.vkey}\n`).join(""));
  const added = await docket(["witness", "add-log", data, keys]);
  assert.equal(added.code, 0, added.stderr);
  return { folder, data, verifiers: verifierKeys.map(parseVerifierKey) };
}

function serve(t: TestContext, data: string, env: Record<string, string> = {}): Promise<Serving> {
  return startServing(t, ["witness", "serve", data, "--listen", "127.0.0.1:0"], { env });
}

async function add(url: string, body: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
  return { status: response.status, body: await response.text() };
}

async function latest(url: string, origin: string): Promise<string | undefined> {
  const response = await fetch(`${url}/${nameOfOrigin(origin)}/checkpoint`);
  const text = await response.text();
  return response.status === 200 ? text : undefined;
}

/** Asks until it is so. */
async function until(isSo: () => boolean | Promise<boolean>, pauseMs = 20): Promise<void> {
  for (let waitedMs = 0; !(await isSo()); waitedMs += pauseMs) {
    assert.ok(waitedMs < startWithinMs, "it did not come to be so");
    await sleep(pauseMs);
  }
}

/** What clients of one log were given: sizes and which of the two branches. */
type Given = { size: number; branch: number; note: string };

/** Grows a log by one of two branches until the witness is gone, and writes down each cosignature. */
async function grow(
  url: string,
  branches: readonly TestLog[],
  branch: number,
  given: Given[],
): Promise<void> {
  const log = at(branches, branch);
  let old = 0;
  for (let k = 0; ; k++) {
    const size = old + 1 + ((7 * k + branch) % 5);
    const note = log.checkpoint(size);
    let answered: { status: number; body: string };
    try {
      answered = await add(url, log.request(old, size, note));
    } catch {
      return;
    }
    if (answered.status === 200) {
      given.push({ size, branch, note: note + answered.body });
      old = size;
    } else if (answered.status === 409) {
      old = Number(answered.body);
    } else {
      // The other branch won: this one is a fork.
      assert.equal(answered.status, 422, answered.body);
      return;
    }
  }
}

describe("a witness that is killed", () => {
  test("in the middle of traffic never goes back, and never vouches for two branches", async (t) => {
    const pairs = ["a", "b"].map((each) => [
      new TestLog(`log.example/${each}`),
      new TestLog(`log.example/${each}`, 4),
    ]);
    const origins = pairs.map((branches) => at(branches, 0));
    const { data, verifiers } = await make(t, origins);
    const given = pairs.map((): Given[] => []);
    for (let cycle = 0; cycle < 4; cycle++) {
      const running = await serve(t, data);
      for (const [place, { origin }] of origins.entries()) {
        const seen = await latest(running.url, origin);
        const most = Math.max(0, ...at(given, place).map(({ size }) => size));
        const size = seen === undefined ? 0 : openCheckpoint(Buffer.from(seen), verifiers).checkpoint.size;
        assert.ok(size >= most, `${origin} had ${most}, is at ${size} after kill ${cycle}`);
      }
      const traffic = pairs.flatMap((branches, place) =>
        [0, 1, 0, 1].map((branch) => grow(running.url, branches, branch, at(given, place))),
      );
      // Not a time but a count, so that a slow machine is killed in traffic too.
      const before = given.flat().length;
      await until(() => given.flat().length >= before + 10 + 7 * cycle, 1);
      running.child.kill("SIGKILL");
      await running.exited;
      await Promise.all(traffic);
    }
    for (const list of given) {
      assert.ok(list.length > 0);
      const branchOf = list.find(({ size }) => size > 4)?.branch;
      for (const { size, branch, note } of list) {
        const { checkpoint, verified } = openCheckpoint(Buffer.from(note), verifiers);
        assert.equal(checkpoint.size, size);
        assert.equal(verified.length, 2);
        // Below the fork both branches are one log.
        if (size > 4) assert.equal(branch, branchOf);
      }
    }
  });
});

describe("a witness that runs", () => {
  test("cosigns what Go verifies, takes new logs in, and ends in good order", async (t) => {
    const [log, later] = [new TestLog("log.example/a"), new TestLog("log.example/later")];
    const { folder, data } = await make(t, [log]);
    assert.equal(statSync(join(folder, "w.keys", "witness.key")).mode & 0o077, 0);
    const running = await serve(t, data, { DOCKET_LOG_LEVEL: "info" });
    assert.equal((await add(running.url, log.request(0, 3))).status, 200);
    assert.equal((await add(running.url, log.request(3, 1000))).status, 200);

    const second = await docket(["witness", "serve", data, "--listen", "127.0.0.1:0"]);
    assert.deepEqual([second.code, second.stdout], [2, ""]);
    assert.match(second.stderr, /another process serves[^]*directory_locked/);

    assert.equal((await add(running.url, later.request(0, 3))).status, 404);
    const added = await docket([
      "witness",
      "add-log",
      data,
      later.key.vkey,
      "--url",
      "https://later.example/",
    ]);
    assert.deepEqual([added.code, added.stdout], [0, "log.example/later: 1 key added\n"]);
    running.child.kill("SIGHUP");
    await until(async () => (await add(running.url, later.request(0, 3))).status !== 404);

    // A list that cannot be read leaves the one before in force.
    appendFileSync(join(data, "logs"), "nonsense here\n");
    running.child.kill("SIGHUP");
    await until(() => /line \d+: .*nonsense/.test(running.output()));
    assert.equal((await add(running.url, later.request(3, 5))).status, 200);

    const note = join(folder, "note");
    writeFileSync(note, (await latest(running.url, log.origin)) ?? "");
    running.child.kill("SIGTERM");
    assert.equal(await running.exited, 0, running.output());
    assert.match(running.output(), /"route":"add-checkpoint","status":200/);
    assert.doesNotMatch(running.output(), /PRIVATE/);

    const go = goReader();
    if (go === undefined) {
      t.diagnostic(goSkipReason);
      return;
    }
    const [ed25519 = ""] = readFileSync(join(data, "witness.vkey"), "utf8").split("\n");
    const line = await go.checkCosigned(note, ed25519);
    assert.equal(line, `go: ${name} cosigned size 1000 of log.example/a, ok`);
    writeFileSync(note, readFileSync(note, "utf8").replace("\n1000\n", "\n1001\n"));
    await assert.rejects(go.checkCosigned(note, ed25519), { code: 1 });
  });
});
