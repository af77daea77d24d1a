// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { FastifyInstance } from "fastify";
import { decodeEntryBundle, openCheckpoint, parseVerifierKey } from "@docket/tlog";
import type { Verifier } from "@docket/tlog";
import { Authenticator } from "../access/authenticator.ts";
import { createInstallation } from "../installation.ts";
import type { Installation } from "../installation.ts";
import { openInstallation, openOpaqueInstallation } from "../main.ts";
import { openPublication } from "../publication/publication.ts";
import { disk } from "../stores/files/node-disk.ts";
import { replaceDurably } from "../stores/files/replace-durably.ts";
import type { Fault } from "../testing/faulty-disk.ts";
import { createOpaqueServer } from "./opaque-server.ts";
import { testKeyFeed, withKey } from "./testing/server.ts";

type Running = {
  server: FastifyInstance;
  installation: Installation;
  keys: Verifier[];
  /** Sets what fails from now on. */
  fault: (faults: readonly Fault[]) => void;
};

async function setUp(t: TestContext, publicAdd = true): Promise<Running> {
  const parent = mkdtempSync(join(tmpdir(), "docket-opaque-"));
  const faults = join(parent, "faults.json");
  const diskModule = new URL("../testing/faulty-disk.ts", import.meta.url);
  diskModule.searchParams.set("faults", faults);
  const installation = createInstallation(disk, join(parent, "data"), undefined, { opaque: true });
  const opened = await openOpaqueInstallation(installation, { diskModule: diskModule.href });
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: () => Promise.resolve(),
    clock: Date.now,
  });
  const { origin, paths, data } = installation;
  const keys = readFileSync(join(data, "log.vkey"), "utf8").trim().split("\n").map(parseVerifierKey);
  const server = createOpaqueServer({
    log: opened.log,
    origin,
    paths,
    publication: openPublication({ paths, origin, verifiers: keys, put: replaceDurably, clock: Date.now }),
    clock: Date.now,
    authenticator,
    publicAdd,
    publicEntries: true,
    version: "0.0.0-test",
    processMetrics: false,
  });
  t.after(async () => {
    await server.close();
    await authenticator.close();
    await opened.close();
    rmSync(parent, { recursive: true });
  });
  const fault = (each: readonly Fault[]): void =>
    disk.replaceFile(faults, Buffer.from(JSON.stringify(each)), false);
  return { server, installation, keys, fault };
}

void test("any bytes are an entry, whatever type they claim, and the answer is the index", async (t) => {
  const { server, installation, keys } = await setUp(t);
  const bodies = [
    { payload: Buffer.from([0, 255, 128]), headers: { "content-type": "application/octet-stream" } },
    { payload: Buffer.from("{not json"), headers: { "content-type": "application/json" } },
    { payload: Buffer.from("a=b"), headers: { "content-type": "application/x-www-form-urlencoded" } },
    { payload: Buffer.from("no type at all"), headers: {} },
    { payload: Buffer.alloc(65_535, 7), headers: { "content-type": "text/plain" } },
  ];
  for (const [index, body] of bodies.entries()) {
    const answer = await server.inject({ method: "POST", url: "/add", ...body });
    assert.deepEqual([answer.statusCode, answer.body], [200, String(index)]);
    assert.equal(answer.headers["content-type"], "text/plain; charset=utf-8");
  }
  const last = await server.inject({ method: "POST", url: "/add?until=published", payload: "" });
  assert.equal(last.body, "5", "no body is the empty entry");
  const note = await server.inject("/checkpoint");
  const { checkpoint, verified } = openCheckpoint(note.rawPayload, keys, installation.origin);
  assert.deepEqual([checkpoint.size, verified.length], [6, 2]);
  const bundle = await server.inject("/tile/entries/000.p/6");
  const entries = decodeEntryBundle(bundle.rawPayload, 6).map((entry) => Buffer.from(entry));
  assert.deepEqual(entries, [...bodies.map(({ payload }) => payload), Buffer.alloc(0)]);
  const { status, ...sizes } = (await server.inject("/readyz")).json<Record<string, unknown>>();
  assert.equal(status, "ok");
  assert.deepEqual(sizes, { size: 6, durableSize: 6, integratedSize: 6, publishedSize: 6 });
  const metrics = await server.inject("/metrics");
  for (const state of ["durable", "integrated", "published"]) {
    assert.ok(metrics.body.includes(`docket_log_records{state="${state}"} 6`), metrics.body);
  }
});

void test("what is no entry gets an error in the one shape, and nothing is added", async (t) => {
  const { server } = await setUp(t);
  const code = async (request: object): Promise<unknown[]> => {
    const answer = await server.inject(request);
    return [answer.statusCode, answer.json<{ error: { code: string } }>().error.code];
  };
  const payload = Buffer.alloc(65_536);
  assert.deepEqual(await code({ method: "POST", url: "/add", payload }), [413, "body_too_large"]);
  for (const url of ["/add?until=later", "/add?until=durable&until=durable"]) {
    assert.deepEqual(await code({ method: "POST", url, payload: "x" }), [400, "schema_mismatch"]);
  }
  assert.deepEqual(await code({ method: "POST", url: "/add?now", payload: "x" }), [400, "unknown_field"]);
  assert.deepEqual(await code({ method: "GET", url: "/add" }), [405, "method_not_allowed"]);
  assert.deepEqual(await code({ method: "POST", url: "/v1/decisions", payload: "{}" }), [404, "not_found"]);
  assert.equal((await server.inject("/readyz")).json<{ size: number }>().size, 0);
});

void test("a disk that hangs, or is full, is answered in time, and with what is known", async (t) => {
  const { server, fault } = await setUp(t);
  const add = async (url: string): Promise<[number, { code: string; message: string }]> => {
    const answer = await server.inject({ method: "POST", url, payload: "x" });
    return [answer.statusCode, answer.json<{ error: { code: string; message: string } }>().error];
  };
  fault([{ call: "replaceFile", path: "/tile/", as: "ENOSPC" }]);
  const [status, unpublished] = await add("/add?until=published");
  assert.deepEqual([status, unpublished.code], [503, "overloaded"]);
  assert.match(unpublished.message, /added as 0,/);
  fault([{ call: "sync", path: ".journal", as: "hang" }]);
  const [late, unknown] = await add("/add");
  assert.deepEqual([late, unknown.code], [503, "sealing_unknown"]);
  fault([]);
  const last = await server.inject({ method: "POST", url: "/add?until=published", payload: "x" });
  assert.equal(last.body, "2", "what was not answered is there");
});

void test("without a word, only keys that may add entries add them", async (t) => {
  const { server } = await setUp(t, false);
  const add = async (headers: Record<string, string>): Promise<number> =>
    (await server.inject({ method: "POST", url: "/add", payload: "x", headers })).statusCode;
  assert.equal(await add({}), 401);
  assert.equal(await add(withKey("auditor")), 403);
  assert.equal(await add(withKey("ingest")), 200);
});

void test("an opaque log takes no events, and a log of records no entries", async (t) => {
  const { installation } = await setUp(t);
  await assert.rejects(openInstallation(installation), { code: "usage", message: /opaque log/ });
  const parent = mkdtempSync(join(tmpdir(), "docket-records-"));
  t.after(() => rmSync(parent, { recursive: true }));
  const records = createInstallation(disk, join(parent, "data"));
  await assert.rejects(openOpaqueInstallation(records), { code: "usage", message: /log of records/ });
});
