// SPDX-License-Identifier: Apache-2.0
// What takes a second person, over HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ada, ApprovalWorld } from "../approvals/testing/approval-world.ts";
import type { RequestWish } from "../approvals/contract.ts";
import { roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";

type Answer = { status: number; body: Record<string, unknown> & { error?: { code: string } } };

const subject = `a_${"x".repeat(22)}`;
const wish: RequestWish = { act: "erasure", subject, what: { ground: "request" }, why: "ticket 7" };

async function open(): Promise<{
  world: ApprovalWorld;
  ask: (method: "GET" | "POST", url: string, role: Role, body?: object) => Promise<Answer>;
  close: () => Promise<void>;
}> {
  const world = new ApprovalWorld();
  world.level = "pair";
  for (const role of roles) world.keys.set(testKeyId(role), { role, madeAt: -1 });
  const { server, close } = await testServer({ requests: world.desk });
  return {
    world,
    close,
    ask: async (method, url, role, body) => {
      const payload =
        body === undefined
          ? {}
          : { payload: JSON.stringify(body), headers: { "content-type": "application/json" } };
      const answer = await server.inject({
        method,
        url,
        ...payload,
        headers: { ...payload.headers, ...withKey(role) },
      });
      const isJson = String(answer.headers["content-type"]).startsWith("application/json");
      return { status: answer.statusCode, body: isJson ? answer.json() : {} };
    },
  };
}

void test("a request is seen, approved by another, and refused to whoever made it", async () => {
  const { world, ask, close } = await open();
  const { index, hash } = await world.desk.request({ by: testKeyId("admin"), role: "admin" }, wish);
  const url = `/v1/requests/${index}`;
  const shown = await ask("GET", url, "auditor");
  assert.deepEqual(
    [shown.body["state"], shown.body["why"], shown.body["hash"]],
    ["waiting", "ticket 7", hash],
  );
  assert.equal((await ask("POST", `${url}/approve`, "admin", {})).body.error?.code, "approval_needed");
  assert.equal(
    (await ask("POST", `${url}/approve`, "auditor", { hash: "x" })).body.error?.code,
    "request_conflict",
  );
  const approved = await ask("POST", `${url}/approve`, "auditor", { hash, why: "seen" });
  assert.deepEqual([approved.status, approved.body["state"]], [200, "approved"]);
  const open_ = await ask("GET", "/v1/requests?open=true", "admin");
  assert.equal((open_.body["requests"] as unknown[]).length, 1);
  assert.equal((await ask("POST", `${url}/withdraw`, "auditor", {})).body.error?.code, "approval_needed");
  assert.equal((await ask("POST", `${url}/withdraw`, "admin")).body["state"], "withdrawn");
  assert.equal((await ask("POST", `${url}/approve`, "auditor", {})).body.error?.code, "request_conflict");
  assert.equal((await ask("GET", "/v1/requests/99", "admin")).status, 404);
  assert.equal((await ask("GET", "/v1/requests?open=maybe", "admin")).status, 400);
  assert.equal((await ask("POST", `${url}/refuse`, "auditor", { because: 1 })).status, 400);
  await close();
});

void test("whoever may not approve sees their own requests, and no other's", async () => {
  const { world, ask, close } = await open();
  const other = await world.desk.request(ada, wish);
  const own = await world.desk.request({ by: testKeyId("reviewer"), role: "reviewer" }, wish);
  const listed = (await ask("GET", "/v1/requests", "reviewer")).body["requests"] as { index: number }[];
  assert.deepEqual(
    listed.map(({ index }) => index),
    [own.index],
  );
  assert.equal((await ask("GET", `/v1/requests/${other.index}`, "reviewer")).status, 404);
  assert.equal((await ask("POST", `/v1/requests/${other.index}/withdraw`, "reviewer")).status, 404);
  assert.equal((await ask("POST", `/v1/requests/${other.index}/approve`, "reviewer")).status, 403);
  assert.equal((await ask("GET", `/v1/requests/${own.index}`, "reviewer")).status, 200);
  assert.equal((await ask("POST", `/v1/requests/${own.index}/withdraw`, "reviewer", {})).status, 200);
  for (const role of ["ingest", "analyst"] as const) {
    assert.equal((await ask("GET", "/v1/requests", role)).status, 403);
  }
  await close();
});

void test("statements of reasons take a second person above level solo", async () => {
  const { world, ask, close } = await open();
  const body = { from: "2026-11-01", to: "2026-11-30" };
  assert.equal((await ask("POST", "/v1/statements", "auditor", body)).body.error?.code, "usage");
  const waits = await ask("POST", "/v1/statements", "auditor", { ...body, why: "due" });
  assert.equal(waits.status, 202);
  const { index, act, what } = waits.body["request"] as { index: number; act: string; what: object };
  assert.equal(act, "bulkRead");
  assert.equal((what as { from: string }).from, "2026-11-01T00:00:00.000Z");
  const again = { ...body, request: index };
  assert.equal((await ask("POST", "/v1/statements", "auditor", again)).body.error?.code, "approval_needed");
  assert.equal((await ask("POST", `/v1/requests/${index}/approve`, "admin", {})).status, 200);
  const longer = { ...again, to: "2026-12-01" };
  assert.equal((await ask("POST", "/v1/statements", "auditor", longer)).body.error?.code, "request_conflict");
  assert.equal((await ask("POST", "/v1/statements", "admin", again)).body.error?.code, "request_conflict");
  assert.equal((await ask("POST", "/v1/statements", "auditor", again)).status, 200);
  assert.equal((await ask("POST", "/v1/statements", "auditor", again)).body.error?.code, "request_conflict");
  world.level = "solo";
  assert.equal((await ask("POST", "/v1/statements", "auditor", body)).status, 200);
  await close();
});
