// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { describe, test } from "node:test";
import type { TestContext } from "node:test";
import {
  followedKey,
  followedOrigin,
  followedSigner,
  fetchOf,
  publish,
  testEntries,
} from "../../follow/testing/log-files.ts";
import { generateSignerKey } from "@docket/tlog";
import { run } from "../main.ts";
import type { Terminal } from "../terminal.ts";
import { runMonitor } from "./run.ts";

function testTerminal(): { terminal: Terminal; out: () => string; err: () => string } {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const terminal: Terminal = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    clock: Date.now,
    nowMs: () => 0,
    signals: new EventEmitter(),
    temporaryDirectory: "/nowhere",
    outputGone: new AbortController().signal,
  };
  return { terminal, out: () => String(stdout.read() ?? ""), err: () => String(stderr.read() ?? "") };
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), "docket-monitor-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("used wrongly, monitor and mirror do nothing and end with 2", async (t) => {
  const directory = temporary(t);
  const other = join(directory, "other");
  mkdirSync(join(other, "sites"), { recursive: true });
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const noKeys = file("none.vkey", "\n");
  const noPolicy = file("policy", "quorum all\n");
  const elsewhere = generateSignerKey("log.example/other", new Uint8Array(32)).verifierKey;
  const twoLogs = file("two", `log ${followedKey.vkey}\nlog ${elsewhere}\nquorum none\n`);
  const key = ["--key", followedKey.vkey];
  const url = "http://127.0.0.1:1/";
  const wrong: [string[], RegExp][] = [
    [["monitor", url], /name the key that you trust/],
    [["monitor", url, "--key", "/nothing"], /\/nothing is neither a verifier key nor a file/],
    [["monitor", url, "--key", noKeys], /holds no verifier keys/],
    [["monitor", url, "--key", other], /cannot be read: EISDIR/],
    [["monitor", url, "--policy", twoLogs], /keys of two logs, log.example\/followed and log.example\/other/],
    [["monitor", "ftp://example.org", ...key], /is no URL/],
    [["monitor", "log.example", ...key], /is no URL/],
    [["monitor", "http://a:b@127.0.0.1:1/", ...key], /neither a password nor a query/],
    [["monitor", url, ...key, "--policy", noPolicy], /is no tlog-policy/],
    [["monitor", url, ...key, "--interval", "0"], /whole number of seconds/],
    [["monitor", url, ...key, "--stall", "1e3"], /whole number of seconds/],
    [["monitor", url, ...key, "--state", join(directory, "no/where")], /there is no directory/],
    [["mirror", url, other, ...key], /is no mirror: it has sites/],
    [["mirror", url, join(noKeys, "below"), ...key], /cannot make the directory/],
  ];
  for (const [words, message] of wrong) {
    const { terminal, out, err } = testTerminal();
    assert.equal(await run(words, terminal), 2, words.join(" "));
    assert.equal(out(), "");
    assert.match(err(), message);
    assert.equal(terminal.signals.listenerCount("SIGINT"), 0);
  }
  assert.deepEqual(readdirSync(other), ["sites"]);
});

describe("monitor", () => {
  const files = publish(testEntries(10));
  const fetch = fetchOf(() => files);
  const monitoring = { url: "http://log.example", key: followedKey.vkey, interval: 60, stall: 86_400 };

  test("takes the keys of the log that the policy names for its address", async (t) => {
    const directory = temporary(t);
    const elsewhere = generateSignerKey("log.example/other", new Uint8Array(32)).verifierKey;
    const policy = join(directory, "policy");
    const logs = `log ${elsewhere} http://other.example\nlog ${followedSigner.vkey} http://log.example/\n`;
    writeFileSync(policy, `${logs}quorum none\n`);
    for (const url of ["http://log.example", "http://log.example/"]) {
      const { terminal, out } = testTerminal();
      const state = join(directory, "state");
      const options = { ...monitoring, url, key: undefined, policy, state, once: true };
      assert.equal(await runMonitor(options, terminal, fetch), 0);
      assert.match(out(), /(?:first seen|unchanged): 10 entries/);
    }
  });

  test("that nobody reads any more ends, as one does that is told to", async (t) => {
    for (const end of ["SIGTERM", "EPIPE"]) {
      const gone = new AbortController();
      const { terminal, out } = testTerminal();
      const state = join(temporary(t), "state");
      const running = runMonitor({ ...monitoring, state }, { ...terminal, outputGone: gone.signal }, fetch);
      await new Promise((resolve) => terminal.stdout.once("readable", resolve));
      assert.match(out(), /first seen/);
      if (end === "EPIPE") gone.abort();
      else terminal.signals.emit("SIGTERM", "SIGTERM");
      assert.equal(await running, 0);
    }
  });

  test("ends with 1 where it saw a violation, also long ago", async (t) => {
    const { terminal } = testTerminal();
    const state = join(temporary(t), "state");
    const lying = fetchOf(() => new Map([["checkpoint", Buffer.from(`${followedOrigin}\n`)]]));
    const running = runMonitor({ ...monitoring, state }, terminal, lying);
    await new Promise((resolve) => terminal.stdout.once("readable", resolve));
    terminal.signals.emit("SIGINT", "SIGINT");
    assert.equal(await running, 1);
  });
});
