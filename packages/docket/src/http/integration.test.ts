// SPDX-License-Identifier: Apache-2.0
// The server on a real site, over real sockets: log, threads, policy and API keys.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { encodeReceipt } from "@docket/protocol";
import type { Decision, Receipt } from "@docket/protocol";
import {
  appendLeafHash,
  decodeEntryBundle,
  emptyFrontier,
  frontierRoot,
  leafHash,
  openCheckpoint,
  parseVerifierKey,
} from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { verifyReceipt } from "@docket/verify";
import { createApiKey, revokeApiKey } from "../access/api-keys.ts";
import type { ApiKeyStore } from "../access/api-keys.ts";
import { Authenticator } from "../access/authenticator.ts";
import { createInstallation } from "../installation.ts";
import { openInstallation } from "../main.ts";
import { disk } from "../stores/files/node-disk.ts";
import { openSqliteApiKeyFeed } from "../stores/sqlite/access-client.ts";
import { accessPath } from "../stores/sqlite/access-file.ts";
import { openSqliteApiKeys } from "../stores/sqlite/api-keys.ts";
import { createServer } from "./server.ts";
import { testEvent } from "./testing/server.ts";

type Running = { url: string; store: ApiKeyStore; keys: Verifier[]; origin: string };

async function serve(t: TestContext): Promise<Running> {
  const parent = mkdtempSync(join(tmpdir(), "docket-http-"));
  const installation = createInstallation(disk, join(parent, "data"));
  const opened = await openInstallation(installation);
  const { site } = opened;
  const keysPath = accessPath(installation.data);
  const store = openSqliteApiKeys(keysPath, "main");
  const authenticator = await Authenticator.open({
    feed: openSqliteApiKeyFeed(keysPath, "main"),
    sealAccess: (change, key, role) => site.sealAccess(change, key, role),
    clock: Date.now,
  });
  const server = createServer({
    site,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    store.close();
    await opened.close();
    rmSync(parent, { recursive: true });
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const vkeys = readFileSync(join(installation.data, "log.vkey"), "utf8").trim().split("\n");
  return { url, store, keys: vkeys.map(parseVerifierKey), origin: site.origin };
}

function caller(
  { url, store }: Running,
  role: string,
): (path: string, init?: RequestInit) => Promise<Response> {
  const { key } = createApiKey(store, { role }, Date.now(), randomBytes);
  return (path, init = {}) => {
    const type = { "content-type": "application/json", ...(init.headers as Record<string, string>) };
    return fetch(url + path, { ...init, headers: { ...type, authorization: `Bearer ${key}` } });
  };
}

void test("a server on a real site", async (t) => {
  const running = await serve(t);
  await t.test(
    "a decision made over HTTP can be looked up, opened, and checked against the published log",
    () => lookUp(running),
  );
  await t.test("who reads the static path computes the root that the checkpoint signs", () =>
    readLog(running),
  );
  await t.test("a sender of 20 MB gets to read why not, and a revoked key stops working", () =>
    largeAndRevoked(running),
  );
});

async function lookUp(running: Running): Promise<void> {
  const app = caller(running, "ingest");
  const lines = Array.from({ length: 20 }, (_, i) => JSON.stringify(testEvent({ id: `e${i}` })));
  const batch = await app("/v1/decisions/batch", {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: lines.join("\n"),
  });
  const answers = (await batch.text()).trim().split("\n");
  assert.equal(answers.at(-1), '{"end":true,"lines":20}');
  const body = JSON.stringify(testEvent({ id: "e7" }));
  const repeat = (await (await app("/v1/decisions", { method: "POST", body })).json()) as Decision;
  assert.equal(repeat.repeat, true);
  const index = repeat.index as number;

  const reviewer = caller(running, "reviewer");
  const recorded = (await (await reviewer(`/v1/decisions/${index}`)).json()) as Record<string, object>;
  assert.deepEqual(Object.keys(recorded), ["record", "decision", "facts"]);
  const receipt = await (await reviewer(`/v1/receipts/${index}`)).text();
  const opened = await reviewer(`/v1/receipts/${index}/opening`, {
    method: "POST",
    body: '{"reason":"asked"}',
  });
  const opening = await opened.text();
  assert.ok((JSON.parse(opening) as Receipt).opening?.some(({ plaintext }) => plaintext.includes("hello")));
  for (const text of [encodeReceipt(repeat.receipt as Receipt), receipt, opening]) {
    const report = verifyReceipt(text, { keys: running.keys });
    assert.equal(report.verdict, "verified", JSON.stringify(report));
  }
  const standing = (await (await app("/v1/actors/alice/standing")).json()) as { actor: string };
  assert.equal(standing.actor, repeat.actor);
}

async function readLog(running: Running): Promise<void> {
  const app = caller(running, "admin");
  const lines = Array.from({ length: 300 }, (_, i) => JSON.stringify(testEvent({ id: `l${i}` })));
  const headers = { "content-type": "application/x-ndjson" };
  await (await app("/v1/decisions/batch", { method: "POST", headers, body: lines.join("\n") })).text();
  await app("/v1/receipts/320");
  const note = new Uint8Array(await (await fetch(`${running.url}/checkpoint`)).arrayBuffer());
  const { checkpoint } = openCheckpoint(note, running.keys, running.origin);
  assert.ok(checkpoint.size >= 300);
  const frontier = emptyFrontier();
  while (frontier.size < checkpoint.size) {
    const width = Math.min(256, checkpoint.size - frontier.size);
    const name = `00${frontier.size / 256}${width === 256 ? "" : `.p/${width}`}`;
    const bundle = await app(`/tile/entries/${name}`);
    assert.equal(bundle.status, 200, name);
    assert.equal((await fetch(`${running.url}/tile/0/${name}`)).status, 200, name);
    for (const entry of decodeEntryBundle(new Uint8Array(await bundle.arrayBuffer()), width)) {
      appendLeafHash(frontier, leafHash(entry));
    }
  }
  assert.deepEqual(frontierRoot(frontier), checkpoint.root);
}

async function largeAndRevoked(running: Running): Promise<void> {
  const { key, id } = createApiKey(running.store, { role: "ingest" }, Date.now(), randomBytes);
  const post = (body: string): Promise<Response> =>
    fetch(`${running.url}/v1/decisions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body,
    });
  const large = await post(JSON.stringify(testEvent({ content: { text: "x".repeat(20_000_000) } })));
  assert.equal(large.status, 413, await large.clone().text());
  assert.equal(((await large.json()) as { error: { code: string } }).error.code, "body_too_large");
  revokeApiKey(running.store, id, Date.now());
  // It is looked at once a second, and at once when somebody sends a key that is not known.
  const unknown = { authorization: `Bearer dk_${"x".repeat(43)}` };
  assert.equal((await fetch(`${running.url}/v1/decisions/0`, { headers: unknown })).status, 401);
  assert.equal((await post(JSON.stringify(testEvent()))).status, 401);
}
