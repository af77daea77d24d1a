// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { formatCheckpoint, generateSignerKey, leafHash, parseSignerKey, signNote } from "@docket/tlog";
import { testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

const size = 300;
const files = ["tile/0/000", "tile/0/001.p/44", "tile/0/001.p/50", "tile/1/000.p/1", "tile/entries/000"];

async function setUp(t: TestContext, publicEntries = false): Promise<TestServer> {
  const data = mkdtempSync(join(tmpdir(), "docket-tiles-"));
  const running = await testServer({ data, publicEntries });
  t.after(async () => {
    await running.close();
    rmSync(data, { recursive: true });
  });
  const { paths, origin } = running.site;
  for (const file of files) {
    mkdirSync(dirname(join(paths.site, file)), { recursive: true });
    writeFileSync(join(paths.site, file), `bytes of ${file}`);
  }
  writeFileSync(join(paths.site, "tile", "secret"), "secret");
  const { signerKey } = generateSignerKey(origin, new Uint8Array(32));
  const root = leafHash(new Uint8Array());
  const checkpoint = formatCheckpoint({ origin, size, root, extensions: [] });
  writeFileSync(paths.checkpoint, signNote(checkpoint, [parseSignerKey(signerKey)]));
  running.site.publishedSize = size;
  return running;
}

void test("a checkpoint is asked for anew, a tile may be kept, and each has its type", async (t) => {
  const { server } = await setUp(t);
  for (const prefix of ["", "/sites/main"]) {
    const checkpoint = await server.inject(`${prefix}/checkpoint`);
    assert.equal(checkpoint.headers["content-type"], "text/plain; charset=utf-8");
    assert.equal(checkpoint.headers["cache-control"], "no-cache");
    assert.match(checkpoint.body, /\n300\n/);
    for (const file of ["tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"]) {
      const tile = await server.inject(`${prefix}/${file}`);
      assert.equal(tile.body, `bytes of ${file}`);
      assert.equal(tile.headers["content-type"], "application/octet-stream");
      assert.equal(tile.headers["cache-control"], "public, max-age=31536000, immutable");
      assert.equal(tile.headers["content-length"], String(tile.rawPayload.length));
      const head = await server.inject({ method: "HEAD", url: `${prefix}/${file}` });
      assert.equal(head.statusCode, 200);
      assert.equal(head.body, "");
    }
  }
});

void test("only canonical paths of what the checkpoint covers are served", async (t) => {
  const { server } = await setUp(t);
  const refused = [
    "tile/0/001.p/50",
    "tile/0/001",
    "tile/1/000",
    "tile/2/000.p/1",
    "tile/0/00",
    "tile/0/0000",
    "tile/0/x000/000",
    "tile/00/000",
    "tile/0/000.p/256",
    "tile/0/000.p/0",
    "tile/0/%30%30%30",
    "tile/0/000/",
    "tile//0/000",
    "tile/secret",
    "tile/0/..%2fsecret",
    "tile/0/..%2f..%2fcheckpoint",
    "tile/64/000",
    "tile/0",
    "tile/",
    "tile/0/%00",
    "tile/e%6Etries/000",
    "sites/other/checkpoint",
  ];
  for (const path of refused) {
    const answer = await server.inject({ url: `/${path}`, headers: withKey("admin") });
    assert.equal(answer.statusCode, 404, path);
    assert.equal(answer.json().error.code, "not_found");
    assert.equal(answer.headers["cache-control"], "no-store", path);
  }
});

void test("entries are for auditors, or for all if the operator says so", async (t) => {
  const closed = await setUp(t);
  assert.equal((await closed.server.inject("/tile/entries/000")).statusCode, 401);
  for (const path of ["/tile/e%6Etries/000", "/tile/entries%2f000", "/sites/main/tile/entries/000"]) {
    assert.notEqual((await closed.server.inject(path)).statusCode, 200, path);
  }
  const answer = await closed.server.inject({ url: "/tile/entries/000", headers: withKey("auditor") });
  assert.equal(answer.body, "bytes of tile/entries/000");
  const open = await setUp(t, true);
  assert.equal((await open.server.inject("/tile/entries/000")).statusCode, 200);
});

void test("a checkpoint newer than the server was told of covers its tiles", async (t) => {
  const { server, site } = await setUp(t);
  site.publishedSize = 0;
  assert.equal((await server.inject("/tile/0/001.p/44")).statusCode, 200);
  assert.equal((await server.inject("/tile/0/001.p/50")).statusCode, 404);
});

void test("before anything is published there is neither checkpoint nor tile", async () => {
  const { server, close } = await testServer({ data: "/nonexistent" });
  for (const path of ["/checkpoint", "/tile/0/000"])
    assert.equal((await server.inject(path)).statusCode, 404, path);
  await close();
});
