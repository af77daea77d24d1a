// SPDX-License-Identifier: Apache-2.0
// The example apps before a real server: what they let through, what they answer, and what they do while the
// server is away.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DocketClient } from "@docket/client";
import { checkReceipt } from "@docket/client/receipts";

/** The product, as its users have it: a program. */
const binary = fileURLToPath(new URL("../../docket/bin/docket.js", import.meta.url));
const apps = fileURLToPath(new URL("../../../examples/apps/", import.meta.url));
const names = ["express", "fastify", "hono", "next-route"];
const spam = "Free iPhones at http://bit.ly/x";
/** Far above what anything here takes. */
const patienceMs = 60_000;

type Server = { url: string; key: string; stop: () => Promise<unknown> };

/** Starts a server on a free port. Its key is printed when the directory is made. */
async function startServer(t: TestContext, data: string): Promise<Server> {
  const words = ["--conditions=@docket/source", binary, "serve", "--listen", "127.0.0.1:0", "--data", data];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const exited = new Promise((resolve) => child.once("close", resolve));
  const stop = (): Promise<unknown> => {
    child.kill("SIGTERM");
    return exited;
  };
  const isNew = !existsSync(data);
  let said = "";
  for await (const line of createInterface({ input: child.stdout })) {
    said += `${line}\n`;
    const url = / on (http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
    const key = /dk_[A-Za-z0-9_-]{43}/.exec(said)?.[0];
    if (url !== undefined && (key !== undefined || !isNew)) return { url, key: key ?? "", stop };
  }
  throw new Error(`it ended:\n${said}`);
}

type App = { url: string; child: ChildProcess; spool: string; exited: Promise<unknown> };
type Posted = { status: number; body: { record?: number | null; reasons?: string[]; outcome?: string } };

async function startApp(
  t: TestContext,
  name: string,
  url: string,
  key: string,
  folder: string,
): Promise<App> {
  const spool = join(folder, `${name}.spool`);
  const child = spawn(process.execPath, ["--conditions=@docket/source", join(apps, `${name}.mjs`)], {
    env: { ...process.env, PORT: "0", DOCKET_URL: url, DOCKET_API_KEY: key, SPOOL: spool },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  const exited = new Promise((resolve) => child.once("close", resolve));
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port !== undefined) return { url: `http://127.0.0.1:${port}`, child, spool, exited };
  }
  throw new Error(`${name} ended`);
}

async function post({ url }: App, text: string, author = "ann"): Promise<Posted> {
  const response = await fetch(`${url}/comments`, {
    method: "POST",
    headers: { "content-type": "application/json", "accept-language": "en" },
    body: JSON.stringify({ author, text }),
    signal: AbortSignal.timeout(patienceMs),
  });
  return { status: response.status, body: (await response.json()) as Posted["body"] };
}

test("each example lets through what is allowed, and says why it doesn't", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "docket-client-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data");
  const server = await startServer(t, data);
  const started: App[] = [];
  for (const name of names) {
    const app = await startApp(t, name, server.url, server.key, folder);
    started.push(app);
    const saved = await post(app, `hello from ${name}`, `${name}-ann`);
    assert.equal(saved.status, 201, name);
    assert.equal(typeof saved.body.record, "number", name);
    const refused = await post(app, spam, `${name}-eve`);
    assert.deepEqual([refused.status, refused.body.outcome], [422, "reject"], name);
    assert.ok((refused.body.reasons ?? []).length > 0, name);
    assert.equal(typeof refused.body.record, "number", name);
  }
  await receiptIsChecked(server.url, server.key, data);

  // The server goes away: comments appear, and wait to be decided.
  const [app] = started as [App];
  for (const other of started.slice(1)) other.child.kill("SIGTERM");
  assert.equal(await server.stop(), 0);
  const meanwhile = await post(app, spam, "mallory");
  assert.deepEqual([meanwhile.status, meanwhile.body.record], [201, null]);
  assert.equal(readdirSync(app.spool).filter((name) => name.endsWith(".spool")).length, 1);
  // The app dies at once, and what waits is there at its next start.
  app.child.kill("SIGKILL");
  await app.exited;

  const again = await startServer(t, data);
  await startApp(t, "express", again.url, server.key, folder);
  const client = new DocketClient({
    url: again.url,
    apiKey: server.key,
    timeoutMs: 5000,
    fallback: { "*": "allow" },
  });
  const removed = await until(async () => {
    const { changes } = await client.changes(0);
    return changes.find(({ type, cause }) => type === "removed" && cause === "late");
  });
  await client.applied([removed.record]);
  await until(async () => (readdirSync(app.spool).length === 0 ? "empty" : undefined));
  assert.equal(await again.stop(), 0);
  const words = ["--conditions=@docket/source", binary, "verify", data, "--key", join(data, "log.vkey")];
  assert.match(execFileSync(process.execPath, words, { encoding: "utf8" }), /verified/i);
});

async function receiptIsChecked(url: string, apiKey: string, data: string): Promise<void> {
  const client = new DocketClient({ url, apiKey, timeoutMs: 5000, fallback: { "*": "allow" } });
  const decision = await client.decide({
    id: "with-receipt",
    type: "comment",
    actor: { id: "zoe" },
    content: { text: "hello" },
  });
  const receipt = await client.receipt(decision.index ?? -1);
  const keys = readFileSync(join(data, "log.vkey"), "utf8").trim().split("\n");
  assert.equal(checkReceipt(receipt, keys).verdict, "verified");
  assert.notEqual(checkReceipt(receipt.replace('"allow', '"hold'), keys).verdict, "verified");
}

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  const endMs = Date.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > endMs) throw new Error("it did not come to be so");
    await sleep(100);
  }
}
