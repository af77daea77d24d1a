// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import { test } from "node:test";
import type { FastifyRequest } from "fastify";
import { CallLog, callsMax } from "./calls.ts";
import type { CallsView } from "./calls.ts";
import { testEvent, testKeyId, testNowMs, testServer, withKey } from "./testing/server.ts";

void test("the last calls and what was wrong with them, without what anybody wrote", async (t) => {
  const { server, close } = await testServer();
  t.after(close);
  const send = (url: string, payload: unknown, headers: object = withKey("ingest")): Promise<unknown> =>
    server.inject({
      method: "POST",
      url,
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
      headers: { "content-type": "application/json", ...headers },
    });
  await send("/v1/decisions", testEvent({ id: "secret-event" }));
  await send("/v1/decisions", { ...testEvent(), actor: { id: "secret-account", age: "x" } });
  await send("/v1/decisions", testEvent(), { authorization: `Bearer dk_${"unknown".padEnd(43, "u")}` });
  await server.inject({ url: "/v1/actors/secret-account/standing", headers: withKey("ingest") });
  await server.inject({ url: "/v1/settings", headers: { ...withKey("admin"), "docket-request": "1" } });
  await send("/v1/decisions/batch", '{"id":"secret"}\n', {
    ...withKey("ingest"),
    "content-type": "application/x-ndjson",
  });
  await server.inject({ url: "/metrics" });
  const ask = async (query: string): Promise<CallsView> =>
    (await server.inject({ url: `/v1/calls${query}`, headers: withKey("auditor") })).json();
  const all = await ask("");
  assert.deepEqual(
    all.calls.map(({ call, status, key, error }) => [call, status, key, error?.code, error?.pointer]),
    [
      ["POST /v1/decisions/batch", 200, testKeyId("ingest"), "schema_mismatch", ""],
      ["GET /v1/actors/{id}/standing", 200, testKeyId("ingest"), undefined, undefined],
      ["POST /v1/decisions", 401, null, "unauthenticated", null],
      ["POST /v1/decisions", 400, testKeyId("ingest"), "unknown_field", "/actor/age"],
      ["POST /v1/decisions", 200, testKeyId("ingest"), undefined, undefined],
    ],
  );
  assert.deepEqual([all.seen, all.failed, all.since], [5, 3, new Date(testNowMs).toISOString()]);
  assert.doesNotMatch(JSON.stringify(all), /secret|dk_/);
  const failed = await ask("?only=failed&limit=2");
  assert.deepEqual(
    failed.calls.map(({ status }) => status),
    [200, 401],
  );
  assert.ok(failed.calls.every(({ error }) => error !== null && error.summary !== "" && error.remedy !== ""));
  for (const query of ["?only=good", "?limit=0", `?limit=${callsMax + 1}`, "?all=1"]) {
    assert.equal(((await ask(query)) as unknown as { error?: unknown }).error !== undefined, true, query);
  }
});

void test("it holds no more than its limit, and keeps what failed beside what did not", () => {
  const calls = new CallLog(() => testNowMs);
  const request = (over: object): FastifyRequest =>
    ({
      method: "GET",
      headers: {},
      caller: { id: "k_a" },
      signedIn: null,
      failure: null,
      routeOptions: { url: "/v1/settings" },
      ...over,
    }) as unknown as FastifyRequest;
  calls.note(request({ failure: { code: "not_found", pointer: `/\u202e${"x".repeat(999)}` } }), 404, 1.26);
  for (let i = 0; i < callsMax + 10; i++) calls.note(request({}), 200, i);
  const all = calls.view("all", callsMax).calls;
  assert.deepEqual([all.length, all[0]?.ms, all.at(-1)?.ms], [callsMax, callsMax + 9, 10]);
  const [failed] = calls.view("failed", callsMax).calls;
  assert.equal(failed?.ms, 1.3);
  assert.ok(failed.error?.pointer?.length === 100 && !failed.error.pointer.includes("\u202e"));
});
