// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { TestErasures } from "./testing/erasures.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

const actor = `a_${"b".repeat(22)}`;
const wish = { account: "alice", ground: "request", askedBy: "ticket 17" };

type Answer = { status: number; body: Record<string, unknown> & { error?: { code: string } } };

async function ask(
  { server }: TestServer,
  url: string,
  body?: object,
  role: Parameters<typeof withKey>[0] = "admin",
): Promise<Answer> {
  const answer = await server.inject({
    method: body === undefined ? "GET" : "POST",
    url: `/v1/${url}`,
    headers: { ...withKey(role), ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

test("an administrator looks, erases and sees how it stands; an auditor sees that it was done", async () => {
  const erasures = new TestErasures();
  const world = await testServer({ erasures });
  const preview = await ask(world, "erasures/preview", { account: "alice" });
  assert.deepEqual([preview.status, preview.body["actor"]], [200, actor]);
  const done = await ask(world, "erasures", { ...wish, request: 12 });
  assert.deepEqual([done.status, done.body["state"], done.body["request"]], [200, "done", 12]);
  assert.deepEqual(erasures.asked[0]?.author, { by: testKeyId("admin"), role: "admin" });
  assert.equal((await ask(world, "erasures/0", undefined, "auditor")).status, 200);
  const { body } = await ask(world, "erasures?limit=5", undefined, "auditor");
  assert.equal((body["erasures"] as unknown[]).length, 1);
  assert.equal((await ask(world, "erasures/7")).body.error?.code, "not_found");
  await world.close();
});

test("an erasure that waits for a second person is answered 202 with the request", async () => {
  const erasures = new TestErasures();
  const waits = { index: 9, state: "waiting" };
  erasures.erase = async () => ({ waits }) as never;
  const world = await testServer({ erasures });
  const answer = await ask(world, "erasures", wish);
  assert.deepEqual([answer.status, answer.body["request"]], [202, waits]);
  await world.close();
});

test("whoever may not is told so, and what names nobody, or two, is refused", async () => {
  const world = await testServer();
  for (const role of ["ingest", "analyst", "reviewer", "auditor"] as const) {
    assert.equal((await ask(world, "erasures", wish, role)).status, 403, role);
    assert.equal((await ask(world, "holds", { ground: "court", why: "case 1" }, role)).status, 403, role);
  }
  const refused: [string, object, string][] = [
    ["erasures", { ground: "request", askedBy: "ticket" }, "schema_mismatch"],
    ["erasures", { ...wish, actor }, "schema_mismatch"],
    ["erasures", { ...wish, ground: "Not a code" }, "schema_mismatch"],
    ["erasures", { ...wish, more: 1 }, "unknown_field"],
    ["erasures/preview", { account: "nobody" }, "not_found"],
    ["holds", { ground: "court" }, "schema_mismatch"],
    ["holds", { account: "nobody", ground: "court", why: "case 1" }, "not_found"],
    ["holds/5/lift", { ground: "closed", why: "over" }, "not_found"],
  ];
  for (const [url, body, code] of refused) {
    assert.equal((await ask(world, url, body)).body.error?.code, code, `${url} ${JSON.stringify(body)}`);
  }
  assert.equal((await ask(world, "holds?all=maybe")).body.error?.code, "schema_mismatch");
  await world.close();
});

test("a hold is placed on an account or on everybody, and lifted", async () => {
  const world = await testServer();
  const placed = await ask(world, "holds", { account: "alice", ground: "court", why: "case 1" });
  assert.deepEqual([placed.status, placed.body["actor"]], [200, actor]);
  const everybody = await ask(world, "holds", { ground: "court", why: "case 2" });
  assert.equal(everybody.body["actor"], null);
  assert.equal((await ask(world, "holds/0/lift", { ground: "closed", why: "over" })).status, 200);
  const count = async (query: string): Promise<number> =>
    ((await ask(world, `holds${query}`, undefined, "auditor")).body["holds"] as unknown[]).length;
  assert.deepEqual([await count(""), await count("?all=true")], [1, 2]);
  await world.close();
});

test("an export needs a reason from whoever is no app", async () => {
  const world = await testServer();
  const url = `subjects/${actor}/export`;
  assert.equal((await ask(world, url, undefined, "ingest")).status, 403);
  assert.equal((await ask(world, url)).body.error?.code, "reason_needed");
  const headers = { ...withKey("reviewer"), "docket-reason": "ticket 12" };
  const get = async (query: string): Promise<{ error?: { code: string }; actor?: string }> =>
    (await world.server.inject({ url: `/v1/${url}${query}`, headers })).json();
  assert.equal((await get("")).actor, actor);
  for (const query of ["?limit=0", "?language=fr"]) {
    assert.equal((await get(query)).error?.code, "schema_mismatch", query);
  }
  await world.close();
});
