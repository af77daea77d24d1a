// SPDX-License-Identifier: Apache-2.0
// A replica's server: nobody without its key, nothing out of its directory, and no stack traces.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { disk } from "../stores/files/node-disk.ts";
import { createCopyServer } from "./copy-server.ts";
import { CopyStore } from "./copy-store.ts";

const key = "the-key";

async function serve(t: TestContext): Promise<{ port: number; directory: string }> {
  const directory = mkdtempSync(join(tmpdir(), "docket-copy-server-"));
  const store = new CopyStore(directory, { disk, clock: Date.now });
  const keyHash = hash("sha256", key, "base64url");
  const server = createCopyServer({ store, directory, keyHash, onFault: () => undefined });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await store.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return { port: (server.address() as AddressInfo).port, directory };
}

type Answer = { status: number; body: string };

function ask(port: number, method: string, path: string, body = "", bearer = key): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${bearer}`, "Content-Length": Buffer.byteLength(body) };
    const request = httpRequest({ port, host: "127.0.0.1", method, path, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

function codeOf({ body }: Answer): string {
  return (JSON.parse(body) as { error: { code: string } }).error.code;
}

test("without the key nothing is told", async (t) => {
  const { port } = await serve(t);
  for (const bearer of ["", "another", `${key}x`, "%00"]) {
    for (const path of ["/replica", "/replica/all", "/replica/files/copy.json", "/", "/metrics"]) {
      const answer = await ask(port, "GET", path, "", bearer);
      assert.deepEqual([answer.status, codeOf(answer)], [401, "unauthenticated"], path);
    }
  }
  assert.deepEqual(await ask(port, "GET", "/replica"), { status: 200, body: "null" });
});

test("paths lead nowhere but to a copy's files, and what is malformed is refused", async (t) => {
  const { port, directory } = await serve(t);
  const tricks = [
    "../../etc/passwd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "policy/..%2f..%2f..%2fetc/passwd",
    "policy/%00",
    "sites/main/epoch.json",
    "lock.sqlite",
    "replica-key.json",
    "%",
    `policy/${"a".repeat(2000)}`,
  ];
  for (const trick of tricks) {
    const read = await ask(port, "GET", `/replica/files/${trick}`);
    assert.ok(read.status === 404 || read.status === 422, `${trick}: ${read.status}`);
    const written = await ask(port, "PUT", `/replica/files/${trick}`, "evil");
    assert.ok(written.status === 404 || written.status === 422, `${trick}: ${written.status}`);
    assert.ok(!written.body.includes("at "), "no stack trace");
  }
  assert.deepEqual(readdirSync(directory), []);
  const bodies: [string, string][] = [
    ["/replica", "{"],
    ["/replica", '{"origin":"x","keys":"{}"}'],
    ["/replica/records", "\0\0\0\x02{}"],
    ["/replica/remove", "{}"],
    ["/replica/remove", '["docket.json"]'],
    ["/replica/vacate", ""],
  ];
  for (const [path, body] of bodies) {
    const answer = await ask(port, "POST", path, body);
    assert.deepEqual([answer.status, codeOf(answer)], [422, "replica_refused"], `${path} ${body}`);
  }
  assert.equal((await ask(port, "DELETE", "/replica")).status, 404);
});
