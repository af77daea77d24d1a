// SPDX-License-Identifier: Apache-2.0
// Timelines, findings and case files over HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { findingKinds } from "../patterns/contract.ts";
import { TestPatterns } from "./testing/patterns.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";

const dayMs = 86_400_000;
const noon = Date.UTC(2026, 10, 22, 12);

void test("timelines and findings are asked for by page, kind and time", async () => {
  const patterns = new TestPatterns();
  const { server, close } = await testServer({ patterns });
  const get = (url: string): Promise<number> =>
    server.inject({ url, headers: withKey("analyst") }).then(({ statusCode }) => statusCode);
  assert.equal(await get("/v1/actors/alice/timeline"), 200);
  assert.equal(await get("/v1/actors/alice/timeline?before=9&limit=2"), 200);
  assert.equal(await get("/v1/actors/alice/timeline?kind=decision,dispute"), 200);
  assert.equal(await get("/v1/actors?restricted=true&before=7"), 200);
  assert.equal(await get("/v1/actors/bob/timeline"), 404);
  assert.equal(await get("/v1/findings"), 200);
  assert.equal(await get("/v1/findings?kind=burst,pair&from=2026-11-22T12:00:00Z"), 200);
  const toMs = Date.UTC(2026, 10, 23);
  assert.deepEqual(patterns.asked, [
    { before: undefined, limit: 50, kinds: undefined },
    { before: 9, limit: 2, kinds: undefined },
    { before: undefined, limit: 50, kinds: ["decision", "dispute"] },
    { before: 7, restricted: true, limit: 50 },
    { kinds: [...findingKinds], fromMs: toMs - 7 * dayMs, toMs },
    { kinds: ["burst", "pair"], fromMs: noon, toMs },
  ]);
  for (const url of [
    "/v1/actors/alice/timeline?limit=501",
    "/v1/actors/alice/timeline?before=-1",
    "/v1/actors/alice/timeline?page=1",
    "/v1/actors/alice/timeline?kind=ghosts",
    "/v1/actors?restricted=perhaps",
    "/v1/actors?limit=201",
    "/v1/findings?kind=ghosts",
    "/v1/findings?from=yesterday",
  ]) {
    assert.equal(await get(url), 400, url);
  }
  await close();
});

void test("a case file is made by a reviewer, with a reason", async () => {
  const patterns = new TestPatterns();
  const { server, close } = await testServer({ patterns });
  const post = async (role: "reviewer" | "analyst" | "auditor", payload: object): Promise<number> => {
    const headers = { "content-type": "application/json", ...withKey(role) };
    const answer = await server.inject({
      method: "POST",
      url: "/v1/cases",
      headers,
      payload: JSON.stringify(payload),
    });
    return answer.statusCode;
  };
  const wish = { actor: "alice", reason: "asked by a court", withEvidence: true };
  assert.equal(await post("reviewer", wish), 200);
  const asked = JSON.parse(JSON.stringify(patterns.asked)) as unknown;
  assert.deepEqual(asked, [{ author: { by: testKeyId("reviewer"), role: "reviewer" }, wish }]);
  assert.equal(await post("analyst", wish), 403);
  assert.equal(await post("auditor", { records: [1], reason: "x" }), 403);
  assert.equal(await post("reviewer", { actor: "alice" }), 400);
  assert.equal(await post("reviewer", { actor: "alice", reason: "x", force: true }), 400);
  assert.equal(await post("reviewer", { records: [], reason: "x" }), 400);
  await close();
});
