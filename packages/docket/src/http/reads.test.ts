// SPDX-License-Identifier: Apache-2.0
// Who reads what is on record before they have it, on a real site; and the table of what each route reads.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { DocketRecord } from "@docket/protocol";
import { enforcementPolicy, testSite } from "../enforcement/testing/site.ts";
import type { TestSite } from "../enforcement/testing/site.ts";
import { Authenticator } from "../access/authenticator.ts";
import type { Role } from "../access/permissions.ts";
import { readings } from "../readings/contract.ts";
import type { ReadingCode } from "../readings/contract.ts";
import { routeReads } from "./reads.ts";
import { createServer } from "./server.ts";
import { testKeyFeed, testKeyId, testServer, withKey } from "./testing/server.ts";

const page = readFileSync(new URL("../../../../docs/operations/reads.md", import.meta.url), "utf8");

type Answer = { status: number; code: string | undefined; text: string };
type World = {
  site: TestSite;
  get: (url: string, role: Role, reason?: string) => Promise<Answer>;
  reads: () => Promise<(DocketRecord & { kind: "read" })[]>;
  close: () => Promise<void>;
};

async function world(site: TestSite): Promise<World> {
  const { site: docket, ...desks } = site.opened;
  const authenticator = await Authenticator.open({
    feed: testKeyFeed(),
    sealAccess: async () => undefined,
    clock: Date.now,
  });
  const server = createServer({
    ...desks,
    site: docket,
    authenticator,
    clock: Date.now,
    publicEntries: false,
    version: "0.0.0-test",
    processMetrics: false,
  });
  return {
    site,
    get: async (url, role, reason) => {
      const why = reason === undefined ? {} : { "docket-reason": Buffer.from(reason).toString("latin1") };
      const answer = await server.inject({ method: "GET", url, headers: { ...withKey(role), ...why } });
      const isJson = String(answer.headers["content-type"]).startsWith("application/json");
      const { error }: { error?: { code: string } } = isJson ? answer.json() : {};
      return { status: answer.statusCode, code: error?.code, text: answer.body };
    },
    reads: async () => {
      const found: (DocketRecord & { kind: "read" })[] = [];
      for (let index = 0; index < docket.status().size; index++) {
        const { record } = await docket.recorded(index);
        if (record.kind === "read") found.push(record);
      }
      return found;
    },
    close: async () => {
      await server.close();
      await authenticator.close();
    },
  };
}

void test("facts, timelines, notices and entries leave a record before they are shown", async (t) => {
  const { get, reads, close, site } = await world(await testSite(t));
  const { index = -1, actor } = await site.decide("spam and more", "u-1");
  const by = (role: Role): string => testKeyId(role);
  const said = async (): Promise<unknown[]> =>
    (await reads()).map((read) => [read.what, read.by, read.of ?? read.subject ?? null]);

  assert.equal((await get(`/v1/decisions/${index}`, "ingest")).status, 200);
  assert.equal((await get(`/v1/receipts/${index}`, "auditor")).status, 200);
  assert.equal((await get("/healthz", "auditor")).status, 200);
  assert.equal((await get("/v1/policy", "auditor")).status, 200);
  assert.deepEqual(await said(), [], "what anyone may see leaves none");

  assert.match((await get(`/v1/decisions/${index}`, "auditor")).text, /"facts"/);
  assert.equal((await get(`/v1/actors/${actor}/timeline`, "analyst")).status, 200);
  assert.equal((await get(`/v1/notices/${index}`, "reviewer")).code, "reason_needed");
  assert.equal((await get(`/v1/notices/${index}`, "reviewer", "Rückfrage 17")).status, 200);
  assert.equal((await get(`/v1/notices/${index}`, "ingest")).status, 200);
  const { publishedSize } = site.opened.site.status();
  assert.equal((await get(`/tile/entries/000.p/${publishedSize}`, "auditor")).status, 200);
  assert.deepEqual(await said(), [
    ["facts", by("auditor"), null],
    ["timeline", by("analyst"), actor],
    ["notice", by("reviewer"), index],
    ["notice", by("ingest"), null],
    ["entries", by("auditor"), null],
  ]);
  const [, , notice] = await reads();
  const why = await site.opened.site.sitePart(notice?.index ?? -1, "change");
  assert.equal(why, '{"v":1,"why":"Rückfrage 17"}');

  // What is not there, or not for them, is not read.
  assert.equal((await get("/v1/decisions/9999", "auditor")).status, 404);
  assert.equal((await get("/tile/entries/000.p/1", "reviewer")).status, 403);
  assert.equal((await get("/tile/entries/000", "auditor")).status, 404);
  assert.equal((await get(`/v1/notices/${index}`, "reviewer", "x".repeat(2000))).code, "schema_mismatch");
  assert.equal((await reads()).length, 5);
  await close();
  // Those that were counted come with the close, in a record for all of them.
});

void test("what cannot be sealed is not shown", async (t) => {
  const { get, close, site } = await world(await testSite(t, enforcementPolicy, undefined, true));
  const { index = -1 } = await site.decide("spam and more", "u-1");
  // Once it is published, which reading it waits for.
  assert.equal((await get(`/v1/receipts/${index}`, "admin")).status, 200);
  const bundle = `/tile/entries/000.p/${site.opened.site.status().publishedSize}`;
  site.fail([{ call: "write", path: "journal", as: "ENOSPC" }]);
  for (const url of [`/v1/decisions/${index}`, bundle, "/v1/actors/u-1/standing"]) {
    const answer = await get(url, "admin");
    assert.equal(answer.status, 503, url);
    assert.ok(!answer.text.includes("u-1") && !answer.text.includes('"facts"'), answer.text);
  }
  site.fail([]);
  assert.equal((await get(`/v1/decisions/${index}`, "admin")).status, 200);
  await close();
});

void test("each route says what it reads, and each code is read by some route or command", async () => {
  const { server, close } = await testServer();
  await server.ready();
  await close();
  const used = new Set(Object.values(routeReads));
  const byCommands: ReadonlySet<string> = new Set(["labelledTexts", "texts"]);
  for (const code of Object.keys(readings)) {
    assert.ok(used.has(code as ReadingCode) || byCommands.has(code), `nothing reads ${code}`);
  }
});

void test("docs/operations/reads.md has every code and every route that leaves a record", () => {
  for (const [code, { about, each, reason }] of Object.entries(readings)) {
    const routes = Object.entries(routeReads)
      .filter(([route, reads]) => reads === code && !/\/sites\/|\/cosigned\//.test(route))
      .map(([route]) => `\`${route.replaceAll(/:(\w+)/g, "{$1}").replace("*", "{name}")}\``);
    const how = `${each ? "each" : "counted"}${reason ? ", with a reason" : ""}`;
    const row = `| \`${code}\` | ${about} | ${how} | ${routes.join(", ")} |`;
    assert.ok(page.includes(row), `reads.md lacks this row:\n${row}`);
  }
});
