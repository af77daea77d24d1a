// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { LabelPage } from "../labels/label-desk.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

async function post(
  { server }: TestServer,
  body: object,
  role: Parameters<typeof withKey>[0] = "reviewer",
): Promise<{ status: number; body: Record<string, unknown> & { error?: { code: string } } }> {
  const headers = { ...withKey(role), "content-type": "application/json" };
  const answer = await server.inject({
    method: "POST",
    url: "/v1/labels",
    headers,
    payload: JSON.stringify(body),
  });
  return { status: answer.statusCode, body: answer.json() };
}

test("a reviewer labels a decision; what was said last is in force", async () => {
  const world = await testServer();
  const first = await post(world, { index: 0, label: "spam", reason: "phishing", note: "see the link" });
  assert.equal(first.status, 200);
  assert.deepEqual(first.body, {
    of: 0,
    label: "spam",
    source: "moderator",
    reason: "phishing",
    by: testKeyId("reviewer"),
    role: "reviewer",
    at: "1970-01-01T00:00:00.000Z",
    index: 1,
  });
  assert.equal(world.labels.parts, 1);
  await post(world, { index: 0, label: "notSpam", source: "user" }, "admin");
  const read = async (query: string): Promise<LabelPage> =>
    (await world.server.inject({ url: `/v1/labels${query}`, headers: withKey("analyst") })).json<LabelPage>();
  const { labels, next } = await read("");
  assert.deepEqual(
    labels.map(({ label, source, reason, index }) => ({ label, source, reason, index })),
    [{ label: "notSpam", source: "user", reason: null, index: 2 }],
  );
  assert.equal(next, null);
  assert.deepEqual(await read("?from=1"), { labels: [], next: null });
  await world.close();
});

test("whoever may not label is told so, and what is no label is refused", async () => {
  const world = await testServer();
  for (const role of ["ingest", "analyst", "auditor"] as const) {
    assert.equal((await post(world, { index: 0, label: "spam" }, role)).status, 403, role);
  }
  const codes: [object, string][] = [
    [{ index: 0 }, "schema_mismatch"],
    [{ index: 0, label: "ham" }, "schema_mismatch"],
    [{ index: -1, label: "spam" }, "schema_mismatch"],
    [{ index: 0, label: "spam", reason: "Not A Code" }, "schema_mismatch"],
    [{ index: 0, label: "spam", note: "" }, "schema_mismatch"],
    [{ index: 0, label: "spam", who: "me" }, "unknown_field"],
    [{ index: 5, label: "spam" }, "not_found"],
  ];
  for (const [body, code] of codes) {
    assert.equal((await post(world, body)).body.error?.code, code, JSON.stringify(body));
  }
  assert.equal((await post(world, { index: 0, label: "spam", note: "  " })).body.error?.code, "usage");
  for (const query of ["?from=-1", "?limit=0", "?limit=99999"]) {
    const answer = await world.server.inject({ url: `/v1/labels${query}`, headers: withKey("admin") });
    assert.equal(answer.statusCode, 400, query);
  }
  assert.equal(world.labels.leaves.length, 0);
  await world.close();
});
