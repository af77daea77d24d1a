// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import {
  emptyRoot,
  formatCheckpoint,
  generateSignerKey,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signNote,
  utf8,
} from "@docket/tlog";
import { openPublication } from "../publication/publication.ts";
import { RecentCheckpoints } from "../log/recent-checkpoints.ts";
import { disk } from "../stores/files/node-disk.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import { testNowMs, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";
import { MemorySite } from "./testing/site.ts";

const { origin } = new MemorySite();
const log = parseSignerKey(generateSignerKey(origin, new Uint8Array(32).fill(1)).signerKey);
const witnessKey = generateSignerKey("witness.example/w", new Uint8Array(32).fill(2), "ed25519-cosignature");
const witness = parseSignerKey(witnessKey.signerKey, () => 1_700_000_000);

function noteOf(size: number, cosigned = false): Uint8Array {
  const text = formatCheckpoint({ origin, size, root: emptyRoot, extensions: [] });
  return signNote(text, cosigned ? [log, witness] : [log]);
}

async function setUp(t: TestContext): Promise<TestServer & { paths: MemorySite["paths"] }> {
  const data = mkdtempSync(join(tmpdir(), "docket-checkpoints-"));
  const { paths } = new MemorySite(data);
  mkdirSync(paths.keptCheckpoints, { recursive: true });
  const publication = openPublication({
    paths,
    origin,
    verifiers: [parseVerifierKey(log.vkey)],
    put: replaceDurably,
    clock: () => testNowMs,
  });
  const running = await testServer({ data, publication });
  t.after(async () => {
    await running.close();
    rmSync(data, { recursive: true });
  });
  return { ...running, paths };
}

function addRecent(directory: string, size: number, signature?: Uint8Array): void {
  const recent = new RecentCheckpoints(disk, directory, 0);
  const text = formatCheckpoint({ origin, size, root: emptyRoot, extensions: [] });
  recent.add({
    size,
    timeMs: testNowMs,
    root: emptyRoot,
    signature: signature ?? log.sign(utf8(text)),
  });
  recent.close();
}

void test("checkpoints are served by size: kept, newest, and of the last day", async (t) => {
  const { server, paths } = await setUp(t);
  writeFileSync(join(paths.keptCheckpoints, "7"), noteOf(7, true));
  writeFileSync(paths.checkpoint, noteOf(12));
  addRecent(join(paths.site, "recent"), 9);
  for (const prefix of ["", "/sites/main"]) {
    for (const [size, note] of [
      [7, noteOf(7, true)],
      [9, noteOf(9)],
      [12, noteOf(12)],
    ] as const) {
      const answer = await server.inject(`${prefix}/checkpoints/${size}`);
      assert.equal(answer.statusCode, 200);
      assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
      assert.deepEqual(answer.rawPayload, Buffer.from(note));
    }
    for (const size of ["8", "0", "07", "9007199254740992", "x", "7.tmp", "..%2fcheckpoint", "-7", "7%00"]) {
      const answer = await server.inject(`${prefix}/checkpoints/${size}`);
      assert.equal(answer.statusCode, 404, size);
      assert.equal(answer.json().error.code, "not_found");
    }
  }
});

void test("a row of the last day whose signature does not verify is not served", async (t) => {
  const { server, paths } = await setUp(t);
  addRecent(join(paths.site, "recent"), 9, new Uint8Array(64));
  assert.equal((await server.inject("/checkpoints/9")).statusCode, 404);
});

void test("the newest cosigned checkpoint lies at /cosigned, with the log's tiles", async (t) => {
  const { server, paths } = await setUp(t);
  for (const prefix of ["/cosigned", "/sites/main/cosigned"]) {
    assert.equal((await server.inject(`${prefix}/checkpoint`)).statusCode, 404);
  }
  writeFileSync(join(paths.site, "checkpoint.cosigned"), noteOf(7, true));
  writeFileSync(paths.checkpoint, noteOf(300));
  mkdirSync(join(paths.site, "tile/0"), { recursive: true });
  writeFileSync(join(paths.site, "tile/0/000"), "hashes");
  for (const prefix of ["/cosigned", "/sites/main/cosigned"]) {
    const answer = await server.inject(`${prefix}/checkpoint`);
    assert.equal(answer.headers["cache-control"], "no-cache");
    assert.equal(parseNote(answer.rawPayload).signatures.length, 2);
    assert.equal((await server.inject(`${prefix}/tile/0/000`)).body, "hashes");
    assert.equal((await server.inject(`${prefix}/tile/entries/000`)).statusCode, 401);
  }
});

void test("sizes of kept checkpoints are listed, a part at a time", async (t) => {
  const { server, paths } = await setUp(t);
  for (let size = 2; size <= 2400; size += 2) writeFileSync(join(paths.keptCheckpoints, String(size)), "");
  writeFileSync(join(paths.keptCheckpoints, "2402.123.tmp"), "");
  const first = (await server.inject("/v1/checkpoints")).json<{ sizes: number[]; more: boolean }>();
  assert.equal(first.sizes.length, 1000);
  assert.deepEqual([first.sizes[0], first.sizes.at(-1), first.more], [2, 2000, true]);
  const last = (await server.inject("/v1/checkpoints?after=2397")).json<typeof first>();
  assert.deepEqual(last, { sizes: [2398, 2400], more: false });
  for (const query of ["after=-1", "after=x", "after=", "after=1&after=2", "before=3"]) {
    const answer = await server.inject(`/v1/checkpoints?${query}`);
    assert.equal(answer.statusCode, 400, query);
  }
});

void test("a receipt's checkpoint can be chosen, if there is such a one", async (t) => {
  const { server, site, paths } = await setUp(t);
  writeFileSync(paths.checkpoint, noteOf(1));
  const headers = { "content-type": "application/json", ...withKey("admin") };
  const event = { id: "e1", type: "comment", actor: { id: "a" }, content: { text: "x" } };
  await server.inject({ method: "POST", url: "/v1/decisions", headers, payload: JSON.stringify(event) });
  site.publishedSize = 1;
  const ask = async (query: string): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await server.inject({ url: `/v1/receipts/0?${query}`, headers });
    return { status: answer.statusCode, body: answer.json() };
  };
  for (const query of [
    "checkpoint=",
    "checkpoint=0",
    "checkpoint=newest",
    "checkpoint=1&checkpoint=1",
    "x=1",
  ]) {
    assert.equal((await ask(query)).status, 400, query);
  }
  for (const query of ["checkpoint=2", "checkpoint=cosigned", "checkpoint=kept"]) {
    assert.equal((await ask(query)).status, 404, query);
  }
  const given = await ask("checkpoint=1");
  assert.equal(given.status, 200);
  assert.ok(String(given.body["proof"]).endsWith(Buffer.from(noteOf(1)).toString("utf8")));
});
