// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import { permissions, roles } from "../access/permissions.ts";
import type { Role } from "../access/permissions.ts";
import type { BrakesView } from "../rollout/brake-desk.ts";
import { testKeyId, testServer, withKey } from "./testing/server.ts";
import type { TestServer } from "./testing/server.ts";

const why = "looked at fifty of them";

test("brakes are listed for the roles that read the policy, confirmed by analysts and admins", () =>
  opened(async (server) => {
    server.brakes.hit(5);
    for (const role of roles) {
      const listed = await server.server.inject({ url: "/v1/policy/brakes", headers: withKey(role) });
      assert.equal(listed.statusCode, permissions.readPolicy.includes(role) ? 200 : 403, role);
      if (role === "analyst" || role === "admin") continue;
      assert.equal((await confirm(server, role, 0, { why })).status, 403, role);
    }
    const before = (await view(server)).brakes[0];
    assert.deepEqual(
      [before?.index, before?.key, before?.hits, before?.changedBy],
      [0, "comments/links", 5, testKeyId("analyst")],
    );
    const { status, json } = await confirm(server, "admin", 0, { why });
    assert.deepEqual([status, json], [200, { index: 1, of: 0, key: "comments/links", alone: false }]);
    assert.deepEqual((await view(server)).brakes, []);
    assert.deepEqual(server.brakes.records[1], { kind: "confirm", by: testKeyId("admin") });
  }));

test("what is under watch is listed too, and metrics count what waits", () =>
  opened(async (server) => {
    server.brakes.hit(4);
    const { watched, brakes } = await view(server);
    assert.deepEqual([brakes.length, watched[0]?.key, watched[0]?.hits], [0, "comments/links", 4]);
    assert.equal(await metric(server, "docket_brakes_active"), "0");
    server.brakes.hit(5);
    assert.equal(await metric(server, "docket_brakes_active"), "1");
    assert.equal(await metric(server, "docket_capped_total"), "0");
  }));

test("from level pair on, whoever made the change doesn't confirm it", () =>
  opened(async (server) => {
    server.brakes.level = "pair";
    server.brakes.hit(5);
    const refused = await confirm(server, "analyst", 0, { why });
    assert.deepEqual([refused.status, refused.code], [403, "approval_needed"]);
    assert.equal((await confirm(server, "admin", 0, { why })).status, 200);
  }));

test("a confirmation that says no reason, or names nothing that waits, is refused", () =>
  opened(async (server) => {
    server.brakes.hit(5);
    for (const body of [{}, { why: "" }, { why, more: 1 }, { why: "x".repeat(4001) }]) {
      assert.equal((await confirm(server, "admin", 0, body)).status, 400, JSON.stringify(body));
    }
    assert.deepEqual((await confirm(server, "admin", 0, { why: "  " })).code, "usage");
    assert.equal((await confirm(server, "admin", 7, { why })).code, "not_found");
    await confirm(server, "admin", 0, { why });
    assert.equal((await confirm(server, "admin", 0, { why })).code, "not_found", "twice");
  }));

async function opened(use: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await testServer();
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

async function view({ server }: TestServer): Promise<BrakesView> {
  return (await server.inject({ url: "/v1/policy/brakes", headers: withKey("admin") })).json();
}

async function confirm(
  { server }: TestServer,
  role: Role,
  index: number,
  body: object,
): Promise<{ status: number; code: string | undefined; json: unknown }> {
  const answer = await server.inject({
    method: "POST",
    url: `/v1/policy/brakes/${index}/confirmation`,
    headers: { "content-type": "application/json", ...withKey(role) },
    payload: JSON.stringify(body),
  });
  const json = answer.json<{ error?: { code: string } }>();
  return { status: answer.statusCode, code: json.error?.code, json };
}

async function metric({ server }: TestServer, name: string): Promise<string | undefined> {
  const { body } = await server.inject({ url: "/metrics" });
  return new RegExp(`^${name} (.*)$`, "m").exec(body)?.[1];
}
